-- What an account does, counted by the hour: the signals from which spam and abuse are told (S66, S127). Whom or from
-- where is only here as a keyed digest.

-- The same words sent again are recognised by this, whether or not the body is kept: 64 bits of a keyed digest of what a
-- message says, bound to the account.
ALTER TABLE communications ADD COLUMN body_key bigint;

CREATE TABLE signal_hours (
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- The full hour, in UTC, that it counts from.
    hour timestamptz NOT NULL,
    requests integer NOT NULL DEFAULT 0 CHECK (requests >= 0),
    errors integer NOT NULL DEFAULT 0 CHECK (errors >= 0),
    -- Which credential was used from which network: 31 bits of the one above 32 of the other.
    key_networks bigint[] NOT NULL DEFAULT '{}' CHECK (cardinality(key_networks) <= 512),
    outbound integer NOT NULL DEFAULT 0 CHECK (outbound >= 0),
    recipients integer NOT NULL DEFAULT 0 CHECK (recipients >= 0),
    new_recipients integer NOT NULL DEFAULT 0 CHECK (new_recipients >= 0),
    bounced integer NOT NULL DEFAULT 0 CHECK (bounced >= 0),
    complained integer NOT NULL DEFAULT 0 CHECK (complained >= 0),
    -- Messages with a body, and how many of them said what most of them said.
    bodies integer NOT NULL DEFAULT 0 CHECK (bodies >= 0),
    same_body integer NOT NULL DEFAULT 0 CHECK (same_body >= 0),
    sign_in_failures integer NOT NULL DEFAULT 0 CHECK (sign_in_failures >= 0),
    countries bigint[] NOT NULL DEFAULT '{}' CHECK (cardinality(countries) <= 64),
    leaks integer NOT NULL DEFAULT 0 CHECK (leaks >= 0),
    mail_reports integer NOT NULL DEFAULT 0 CHECK (mail_reports >= 0),
    PRIMARY KEY (account_id, hour)
);
CREATE INDEX signal_hours_hour ON signal_hours (hour);

-- Whom an account wrote to, by keyed digest: since which hour and until which.
CREATE TABLE signal_recipients (
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    recipient_key bigint NOT NULL,
    first_hour timestamptz NOT NULL,
    last_hour timestamptz NOT NULL,
    PRIMARY KEY (account_id, recipient_key)
);
CREATE INDEX signal_recipients_first ON signal_recipients (account_id, first_hour);
CREATE INDEX signal_recipients_last ON signal_recipients (last_hour);

-- When the signals of an account last changed, and up to which change the rules have looked at them.
CREATE TABLE signal_accounts (
    account_id uuid PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    changed_at timestamptz NOT NULL,
    looked_at timestamptz
);
CREATE INDEX signal_accounts_due ON signal_accounts (account_id) WHERE looked_at IS NULL OR looked_at < changed_at;
CREATE INDEX signal_accounts_changed ON signal_accounts (changed_at);

-- Up to when everything was counted.
CREATE TABLE signal_progress (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    counted_until timestamptz NOT NULL
);

-- 64 bits that stand for a value, and lead back to it only with the secret.
CREATE FUNCTION signal_key(secret bytea, value text) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ('x' || encode(substring(sha256(secret || sha256(secret || convert_to(value, 'UTF8'))) FROM 1 FOR 8), 'hex'))::bit(64)::bigint
$$;
