-- How programs show whose they are, and what they asked for.

-- The auth token of an account, and a second one while the first is being replaced. The secret is random, so a
-- keyed digest is enough; it is sealed beside it only until its owner has looked at it once.
CREATE TABLE auth_tokens (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    slot text NOT NULL CHECK (slot IN ('primary', 'secondary')),
    secret_digest bytea NOT NULL UNIQUE CHECK (octet_length(secret_digest) = 32),
    sealed_secret bytea,
    created_by uuid,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    last_used_ip inet,
    last_used_country text,
    last_used_agent text,
    revoked_at timestamptz,
    revoked_because text CHECK (revoked_because IN ('replaced', 'revoked', 'leaked')),
    CHECK ((revoked_at IS NULL) = (revoked_because IS NULL)),
    CHECK (revoked_at IS NULL OR sealed_secret IS NULL)
);
CREATE UNIQUE INDEX auth_tokens_live ON auth_tokens (account_id, slot) WHERE revoked_at IS NULL;
CREATE INDEX auth_tokens_account ON auth_tokens (account_id, id DESC);

CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    secret_digest bytea NOT NULL UNIQUE CHECK (octet_length(secret_digest) = 32),
    created_by uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz CHECK (expires_at > created_at),
    expiry_announced_at timestamptz,
    last_used_at timestamptz,
    last_used_ip inet,
    last_used_country text,
    last_used_agent text,
    revoked_at timestamptz,
    revoked_because text CHECK (revoked_because IN ('revoked', 'leaked')),
    CHECK ((revoked_at IS NULL) = (revoked_because IS NULL))
);
CREATE INDEX api_keys_account ON api_keys (account_id, id DESC);
CREATE INDEX api_keys_expiry ON api_keys (expires_at)
    WHERE expires_at IS NOT NULL AND revoked_at IS NULL AND expiry_announced_at IS NULL;

-- A live secret that somebody found and handed in (S61).
CREATE TABLE leaked_secrets (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    credential_kind text NOT NULL CHECK (credential_kind IN ('auth_token', 'api_key')),
    credential uuid NOT NULL,
    response text NOT NULL CHECK (response IN ('revoke', 'replace')),
    reported_at timestamptz NOT NULL,
    UNIQUE (credential_kind, credential)
);
CREATE INDEX leaked_secrets_account ON leaked_secrets (account_id, id DESC);

-- One row a request of a program (S58, S63), written in batches.
CREATE TABLE api_requests (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    method text NOT NULL,
    route text NOT NULL,
    status integer NOT NULL,
    credential_kind text CHECK (credential_kind IN ('auth_token', 'api_key')),
    credential uuid,
    ip inet,
    country text,
    duration_micros bigint NOT NULL,
    CHECK ((credential_kind IS NULL) = (credential IS NULL))
);
CREATE INDEX api_requests_account ON api_requests (account_id, id DESC);
CREATE INDEX api_requests_at ON api_requests (at);

-- The same counted by day, so that a chart does not count rows.
CREATE TABLE api_request_days (
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- Midnight in UTC.
    day timestamptz NOT NULL,
    requests bigint NOT NULL,
    errors bigint NOT NULL,
    PRIMARY KEY (account_id, day)
);

-- What was answered to a request that may be sent again. The answer is sealed, because it holds what was stored;
-- when that is deleted, the answer goes with it and only the key stays.
CREATE TABLE idempotent_requests (
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    key text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 255),
    request_digest bytea NOT NULL,
    status integer,
    headers jsonb NOT NULL DEFAULT '{}',
    sealed_answer bytea,
    resource_id uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotent_requests_resource ON idempotent_requests (resource_id) WHERE resource_id IS NOT NULL;
CREATE INDEX idempotent_requests_created ON idempotent_requests (created_at);
