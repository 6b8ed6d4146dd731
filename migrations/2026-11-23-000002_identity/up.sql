-- Who is signing in. A customer exists only after e-mail and phone are confirmed;
-- until then there is a sign-up, which expires and leaves nothing behind.

CREATE TABLE people (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    email text NOT NULL CHECK (octet_length(email) BETWEEN 3 AND 254),
    company text CHECK (char_length(company) <= 200),
    role text CHECK (char_length(role) <= 200),
    phone text CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    phone_verified_at timestamptz,
    email_verified_at timestamptz NOT NULL,
    -- Null while the password is void (its owner reported a break-in).
    password_hash text,
    password_changed_at timestamptz,
    -- Counts changes of password and factors: a session of an older version is dead.
    credential_version integer NOT NULL DEFAULT 1,
    onboarding_call_refused_at timestamptz,
    marketing_consented_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX people_email_key ON people (lower(email));
CREATE INDEX people_phone ON people (phone);

ALTER TABLE sessions ADD FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE;
ALTER TABLE messages ADD FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE SET NULL;

CREATE TABLE sign_ups (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL,
    company text,
    phone text NOT NULL,
    password_hash text NOT NULL,
    terms_version text NOT NULL,
    terms_accepted_at timestamptz NOT NULL,
    onboarding_call_refused_at timestamptz,
    marketing_consented_at timestamptz,
    email_token_hash bytea NOT NULL UNIQUE,
    email_confirmed_at timestamptz,
    ip inet,
    country text,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_ups_expiry ON sign_ups (expires_at);
CREATE INDEX sign_ups_email ON sign_ups (lower(email));

-- One-time codes to a phone, for a sign-up or for a change of number.
CREATE TABLE phone_verifications (
    id uuid PRIMARY KEY,
    sign_up_id uuid UNIQUE REFERENCES sign_ups (id) ON DELETE CASCADE,
    person_id uuid UNIQUE REFERENCES people (id) ON DELETE CASCADE,
    phone text NOT NULL,
    code_digest bytea NOT NULL,
    attempts_left integer NOT NULL CHECK (attempts_left >= 0),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CHECK (num_nonnulls(sign_up_id, person_id) = 1)
);
CREATE INDEX phone_verifications_expiry ON phone_verifications (expires_at);

CREATE TABLE terms_acceptances (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    document text NOT NULL,
    version text NOT NULL,
    accepted_at timestamptz NOT NULL,
    ip inet,
    UNIQUE (person_id, document, version)
);

-- The first account; the accounts area builds on it.
CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL
);
CREATE INDEX accounts_owner ON accounts (owner_id);

-- Every try to sign in, with or without success (S62). The address typed is kept
-- only as a keyed digest; person_id is set where the address has an account.
CREATE TABLE sign_ins (
    id uuid PRIMARY KEY,
    person_id uuid REFERENCES people (id) ON DELETE CASCADE,
    email_digest bytea,
    at timestamptz NOT NULL,
    method text NOT NULL CHECK (method IN ('password', 'totp', 'recovery_code', 'passkey', 'account_recovery', 'sign_up', 'invitation')),
    outcome text NOT NULL CHECK (outcome IN ('signed_in', 'second_factor_asked', 'refused', 'throttled', 'blocked_country')),
    ip inet,
    country text,
    user_agent text,
    session_id uuid
);
CREATE INDEX sign_ins_person ON sign_ins (person_id, id DESC);
CREATE INDEX sign_ins_at ON sign_ins (at);

-- Consecutive failures from browsers that are not known: at the password, by a
-- digest of the address (alike for addresses without an account), and at the
-- second factor, by a digest of the person.
CREATE TABLE sign_in_failures (
    email_digest bytea PRIMARY KEY,
    consecutive integer NOT NULL,
    last_at timestamptz NOT NULL
);
CREATE INDEX sign_in_failures_last_at ON sign_in_failures (last_at);

-- Browsers a person has signed in from: they stay usable while a stranger tries
-- passwords elsewhere, and a new one is worth a mail.
CREATE TABLE known_browsers (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL,
    user_agent text,
    country text,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    UNIQUE (person_id, token_hash)
);

CREATE TABLE password_resets (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX password_resets_person ON password_resets (person_id);

-- The link in each security mail: ends every session and starts a reset.
CREATE TABLE security_alerts (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    event text NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX security_alerts_person ON security_alerts (person_id);

CREATE TABLE email_changes (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    old_email text NOT NULL,
    new_email text NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    undo_token_hash bytea UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    undo_until timestamptz,
    undone_at timestamptz,
    CHECK ((confirmed_at IS NULL) = (undo_until IS NULL))
);
CREATE INDEX email_changes_person ON email_changes (person_id);

-- A secret that is shown but not yet confirmed by a code.
CREATE TABLE totp_enrolments (
    person_id uuid PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
    sealed_secret bytea NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE totp_factors (
    person_id uuid PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
    sealed_secret bytea NOT NULL,
    -- The newest time step that was accepted: each step counts once.
    last_step bigint NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL
);

CREATE TABLE recovery_codes (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    code_digest bytea NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    UNIQUE (person_id, code_digest)
);

CREATE TABLE passkeys (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    credential_id bytea NOT NULL UNIQUE,
    credential jsonb NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    created_at timestamptz NOT NULL,
    last_used_at timestamptz
);
CREATE INDEX passkeys_person ON passkeys (person_id);

-- A challenge that waits for the answer of an authenticator. Whoever deletes the
-- row has used it, so that each is accepted once. Unlogged: after a crash one asks again.
CREATE UNLOGGED TABLE passkey_ceremonies (
    id uuid PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('registration', 'sign_in', 'second_step', 'reauthentication')),
    person_id uuid,
    state jsonb NOT NULL,
    expires_at timestamptz NOT NULL,
    CHECK ((purpose = 'sign_in') = (person_id IS NULL))
);
CREATE INDEX passkey_ceremonies_expiry ON passkey_ceremonies (expires_at);

-- The slow lane back in, which only its owner can open beforehand.
CREATE TABLE recovery_optins (
    person_id uuid PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
    opted_in_at timestamptz NOT NULL
);
CREATE TABLE account_recoveries (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    -- A change of password or factors since the request makes it void.
    credential_version integer NOT NULL,
    cancel_token_hash bytea NOT NULL UNIQUE,
    finish_token_hash bytea UNIQUE,
    requested_at timestamptz NOT NULL,
    ready_at timestamptz NOT NULL,
    announced_at timestamptz,
    expires_at timestamptz NOT NULL,
    cancelled_at timestamptz,
    cancelled_because text CHECK (cancelled_because IN ('link', 'session', 'signed_in', 'opted_out', 'credentials_changed', 'expired')),
    completed_at timestamptz,
    ip inet,
    country text,
    user_agent text,
    CHECK (ready_at >= requested_at + interval '72 hours'),
    CHECK (completed_at >= ready_at),
    CHECK ((cancelled_at IS NULL) = (cancelled_because IS NULL)),
    CHECK (cancelled_at IS NULL OR completed_at IS NULL)
);
CREATE UNIQUE INDEX account_recoveries_one_open ON account_recoveries (person_id)
    WHERE cancelled_at IS NULL AND completed_at IS NULL;
