-- Subscriber records (S48): who uses a number, where a local law asks for that. They outlive their account by that law and in
-- identifying form (S75): the reference to the account goes with the account, and nothing else that stays leads to the name in
-- one. For that reason a row has days and no moments, and no id of a person. What identifies somebody is sealed.
CREATE TABLE subscriber_records (
    id uuid PRIMARY KEY,
    account_id uuid REFERENCES accounts (id) ON DELETE SET NULL,
    -- Only where a rule asks (S49): the list is that of `retention/subscriber_laws.rs`, which a test compares.
    country text NOT NULL CONSTRAINT subscriber_records_country CHECK (country IN ('AU', 'CH', 'DE', 'ES', 'FR')),
    subject text NOT NULL CHECK (subject IN ('customer', 'end_user')),
    sealed_name bytea NOT NULL,
    sealed_address bytea NOT NULL,
    identification_kind text CHECK (identification_kind IN ('passport', 'identity_card', 'residence_permit', 'company_register')),
    sealed_identification bytea,
    submitted_on date NOT NULL,
    -- What our staff decided, with the words for its owner where it was refused.
    outcome text CHECK (outcome IN ('accepted', 'refused')),
    decided_on date CHECK (decided_on >= submitted_on),
    refused_because text CHECK (char_length(refused_because) BETWEEN 10 AND 1000),
    -- Since when it is for no service any more, and until when a law keeps it; counted once, so that a date that somebody was
    -- told stays. Where a law changes for records that are there, a migration counts them again.
    ended_on date CHECK (ended_on >= submitted_on),
    ended_because text CHECK (ended_because IN ('withdrawn', 'replaced', 'account')),
    kept_until timestamptz,
    CHECK ((identification_kind IS NULL) = (sealed_identification IS NULL)),
    CHECK ((outcome IS NULL) = (decided_on IS NULL)),
    CHECK ((outcome IS NOT DISTINCT FROM 'refused') = (refused_because IS NOT NULL)),
    CHECK ((ended_on IS NULL) = (ended_because IS NULL) AND (ended_on IS NULL) = (kept_until IS NULL)),
    CONSTRAINT subscriber_records_of_nobody CHECK (account_id IS NOT NULL OR ended_on IS NOT NULL),
    -- Where the law asks for whoever buys the number, and not for whoever they let use it.
    CONSTRAINT subscriber_records_end_users CHECK (subject = 'customer' OR country <> 'ES')
);
CREATE INDEX subscriber_records_account ON subscriber_records (account_id, id) WHERE account_id IS NOT NULL;
CREATE INDEX subscriber_records_waiting ON subscriber_records (id) WHERE outcome IS NULL AND ended_on IS NULL;
CREATE INDEX subscriber_records_kept ON subscriber_records (kept_until) WHERE kept_until IS NOT NULL;

-- What a record says is not changed: a correction is another record. What became of one is told once.
CREATE FUNCTION keep_subscriber_record() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free CONSTANT text[] := '{account_id,outcome,decided_on,refused_because,ended_on,ended_because,kept_until}';
BEGIN
    IF to_jsonb(NEW) - free <> to_jsonb(OLD) - free
        OR (NEW.account_id IS NOT NULL AND NEW.account_id IS DISTINCT FROM OLD.account_id)
        OR (OLD.outcome IS NOT NULL AND (NEW.outcome, NEW.decided_on, NEW.refused_because)
            IS DISTINCT FROM (OLD.outcome, OLD.decided_on, OLD.refused_because))
        OR (OLD.ended_on IS NOT NULL AND (NEW.ended_on, NEW.ended_because) IS DISTINCT FROM (OLD.ended_on, OLD.ended_because)) THEN
        RAISE EXCEPTION 'a subscriber record is not changed once it is there'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'subscriber_records_as_submitted';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER subscriber_records_as_submitted BEFORE UPDATE ON subscriber_records
    FOR EACH ROW EXECUTE FUNCTION keep_subscriber_record();

-- What shows that a record says the truth.
CREATE TABLE subscriber_record_files (
    file_id uuid PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    record_id uuid NOT NULL REFERENCES subscriber_records (id) ON DELETE CASCADE
);
CREATE INDEX subscriber_record_files_record ON subscriber_record_files (record_id);
CREATE TRIGGER subscriber_record_files_drop AFTER DELETE ON subscriber_record_files
    FOR EACH ROW EXECUTE FUNCTION drop_listed_file();

-- To whom one was shown outside, on which ground, and what for (S50). None without a ground.
CREATE TABLE subscriber_record_shares (
    id uuid PRIMARY KEY,
    record_id uuid NOT NULL REFERENCES subscriber_records (id) ON DELETE CASCADE,
    recipient_kind text NOT NULL CHECK (recipient_kind IN ('carrier', 'authority')),
    recipient text NOT NULL CHECK (char_length(recipient) BETWEEN 2 AND 200),
    ground text NOT NULL CHECK (ground IN ('connectivity', 'legal_duty', 'order', 'emergency')),
    purpose text NOT NULL CHECK (char_length(purpose) BETWEEN 10 AND 500),
    shared_on date NOT NULL
);
CREATE INDEX subscriber_record_shares_record ON subscriber_record_shares (record_id, id);

-- A share is not changed either.
CREATE FUNCTION keep_subscriber_record_share() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was shared is not changed' USING ERRCODE = 'check_violation', CONSTRAINT = 'subscriber_record_shares_as_told';
END $$;
CREATE TRIGGER subscriber_record_shares_as_told BEFORE UPDATE ON subscriber_record_shares
    FOR EACH ROW EXECUTE FUNCTION keep_subscriber_record_share();

-- Whoever needs to see one says why.
ALTER TABLE desk_looks DROP CONSTRAINT desk_looks_queue_check,
    ADD CONSTRAINT desk_looks_queue_check CHECK (queue IN ('requests', 'disputes', 'appeals', 'alerts', 'jobs', 'enquiries', 'suspensions', 'closures', 'subscriber_records'));
ALTER TABLE saved_views DROP CONSTRAINT saved_views_queue_check,
    ADD CONSTRAINT saved_views_queue_check CHECK (queue IN ('requests', 'disputes', 'appeals', 'alerts', 'jobs', 'enquiries', 'suspensions', 'closures', 'subscriber_records'));
