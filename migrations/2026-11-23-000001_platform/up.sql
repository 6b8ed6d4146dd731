-- What any part of the product stands on: sessions, limits, messages, audit.

-- Browser sessions (opaque token, only its hash is kept). `state` holds what a
-- visitor needs between two pages and never a password.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    person_id uuid,
    credential_version integer,
    kind text NOT NULL DEFAULT 'visitor' CHECK (kind IN ('visitor', 'customer', 'staff')),
    state jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    idle_seconds integer NOT NULL CHECK (idle_seconds > 0),
    authenticated_at timestamptz,
    reauthenticated_at timestamptz,
    ip inet,
    country text,
    user_agent text,
    CHECK ((kind = 'visitor') = (person_id IS NULL)),
    CHECK ((person_id IS NULL) = (credential_version IS NULL))
);
CREATE INDEX sessions_person ON sessions (person_id, last_used_at DESC) WHERE person_id IS NOT NULL;
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Shared token buckets (GCRA): one row per bucket, the key is a digest so that
-- no address stands here. Unlogged: after a crash everybody starts afresh.
CREATE UNLOGGED TABLE rate_limits (
    bucket bytea PRIMARY KEY,
    full_at timestamptz NOT NULL
);
CREATE INDEX rate_limits_full_at ON rate_limits (full_at);

-- The outbox: mail, text messages and voice calls, written in the transaction
-- of what they tell. The body is sealed because it may carry a live link.
CREATE TABLE messages (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('mail', 'sms', 'voice')),
    name text NOT NULL,
    class text NOT NULL CHECK (class IN ('transactional', 'marketing')),
    person_id uuid,
    recipient text NOT NULL,
    subject text NOT NULL,
    sealed_body bytea,
    message_id text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    failed_at timestamptz,
    -- When staff gave it another round of attempts: earlier ones no longer count.
    tried_again_at timestamptz,
    CHECK (sent_at IS NULL OR failed_at IS NULL)
);
CREATE INDEX messages_recent ON messages (id DESC);
CREATE INDEX messages_person ON messages (person_id, id DESC);
CREATE INDEX messages_failed ON messages (failed_at DESC) WHERE failed_at IS NOT NULL;
CREATE INDEX messages_unsent ON messages (created_at) WHERE sent_at IS NULL AND failed_at IS NULL;

CREATE TABLE message_attempts (
    id uuid PRIMARY KEY,
    message_id uuid NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    outcome text CHECK (outcome IN ('sent', 'temporary_failure', 'permanent_failure', 'interrupted')),
    detail text,
    CHECK ((finished_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX message_attempts_message ON message_attempts (message_id, id);

-- The audit log: append-only and chained by hash. It speaks of people only by
-- their ids; what could identify someone stands in audit_details, which can be
-- erased without breaking the chain because the chain covers only its digest.
CREATE TABLE audit_events (
    seq bigint PRIMARY KEY CHECK (seq > 0),
    id uuid NOT NULL UNIQUE,
    at timestamptz NOT NULL,
    actor_kind text NOT NULL CHECK (actor_kind IN ('visitor', 'customer', 'staff', 'system')),
    actor_id uuid,
    subject_kind text NOT NULL,
    subject_id uuid,
    action text NOT NULL,
    request_id uuid,
    details_digest bytea NOT NULL CHECK (octet_length(details_digest) = 32),
    previous_hash bytea NOT NULL CHECK (octet_length(previous_hash) = 32),
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32)
);
CREATE INDEX audit_events_subject ON audit_events (subject_id, id DESC);
CREATE INDEX audit_events_actor ON audit_events (actor_id, id DESC);

CREATE TABLE audit_details (
    event_id uuid PRIMARY KEY REFERENCES audit_events (id),
    salt bytea NOT NULL CHECK (octet_length(salt) = 16),
    ip inet,
    country text,
    user_agent text,
    note text
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Details may be erased, as a whole row, and never rewritten.
CREATE TRIGGER audit_details_no_rewrite BEFORE UPDATE ON audit_details
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Development only: how far the injected clock was moved, so that a restart and
-- a second process agree. Never written in production.
CREATE TABLE development_clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    advanced_seconds bigint NOT NULL
);
