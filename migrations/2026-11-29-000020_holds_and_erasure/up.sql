-- What must not be deleted for the time being, what is being erased, and that it was.

-- A hold keeps data of a person, an account, an end user or a whole table until the matter that it is for has ended
-- (S72, S112). It holds from the moment that somebody asks for it, and lapses unless a second person approves it.
CREATE TABLE holds (
    id uuid PRIMARY KEY,
    scope text NOT NULL CHECK (scope IN ('person', 'account', 'end_user', 'table')),
    person_id uuid,
    account_id uuid,
    table_name text CHECK (char_length(table_name) BETWEEN 1 AND 63),
    -- An end user is known by what a record would find them by; who it is stays sealed.
    identifier_kind text CHECK (identifier_kind IN ('email', 'phone', 'name', 'vin')),
    sealed_identifier bytea,
    person_keys bigint[] DEFAULT '{}',
    -- Keyed digests that stand for a person where no id does.
    digests bytea[] DEFAULT '{}',
    matter text NOT NULL CHECK (matter IN ('investigation', 'audit', 'litigation', 'law_enforcement', 'security')),
    reason text CHECK (char_length(reason) BETWEEN 10 AND 2000),
    -- The law that forbids to tell whose data it is; nothing where they are told.
    silent_because text CHECK (char_length(silent_because) BETWEEN 10 AND 500),
    requested_by uuid NOT NULL,
    requested_at timestamptz NOT NULL,
    lapses_at timestamptz NOT NULL CHECK (lapses_at > requested_at),
    approved_by uuid,
    approved_at timestamptz,
    review_on date NOT NULL,
    reminded_for date,
    ended_at timestamptz,
    -- Nobody where it lapsed.
    ended_by uuid,
    ended_because text CHECK (char_length(ended_because) BETWEEN 1 AND 2000),
    CONSTRAINT holds_second_person CHECK (approved_by <> requested_by),
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CHECK (ended_at IS NOT NULL OR ended_by IS NULL),
    CHECK (ended_at IS NOT NULL OR reason IS NOT NULL),
    CHECK (ended_at IS NOT NULL OR CASE scope
        WHEN 'person' THEN person_id IS NOT NULL AND num_nonnulls(account_id, table_name, identifier_kind) = 0
        WHEN 'account' THEN account_id IS NOT NULL AND num_nonnulls(person_id, table_name, identifier_kind) = 0
        WHEN 'end_user' THEN account_id IS NOT NULL AND identifier_kind IS NOT NULL AND cardinality(person_keys) > 0
            AND num_nonnulls(person_id, table_name) = 0
        ELSE table_name IS NOT NULL AND num_nonnulls(person_id, account_id, identifier_kind) = 0 END)
);
CREATE INDEX holds_active ON holds (scope, id) WHERE ended_at IS NULL;
CREATE INDEX holds_person ON holds (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX holds_account ON holds (account_id) WHERE account_id IS NOT NULL;

-- Whose data is held, so that every sweep asks in the same words.
CREATE VIEW held_people AS
    SELECT person_id FROM holds WHERE ended_at IS NULL AND scope = 'person' AND person_id IS NOT NULL;
CREATE VIEW held_accounts AS
    SELECT account_id FROM holds WHERE ended_at IS NULL AND scope = 'account' AND account_id IS NOT NULL
    UNION SELECT id FROM accounts WHERE owner_id IN (SELECT person_id FROM held_people);
CREATE VIEW held_addresses AS
    SELECT lower(email) AS address FROM people WHERE id IN (SELECT person_id FROM held_people)
    UNION SELECT phone FROM people WHERE id IN (SELECT person_id FROM held_people) AND phone IS NOT NULL;
CREATE VIEW held_digests AS
    SELECT unnest(digests) AS digest FROM holds WHERE ended_at IS NULL;

-- Whoever deletes shares this lock until the end of the transaction, whoever places a hold takes it alone: what is still
-- there when a hold is placed stays there.
CREATE FUNCTION share_hold_lock() RETURNS void LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock_shared(1280835598) $$;
CREATE FUNCTION take_hold_lock() RETURNS void LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock(1280835598) $$;

CREATE FUNCTION refuse_held(what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is on hold and is not deleted', what USING ERRCODE = 'check_violation', CONSTRAINT = 'holds_hold';
END $$;

-- The database is the last guard: whatever deletes a person, an account or a record, a hold stands against it.
CREATE FUNCTION refuse_held_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM share_hold_lock();
    IF EXISTS (SELECT FROM gone g JOIN held_people h ON h.person_id = g.id)
        OR EXISTS (SELECT FROM gone g JOIN accounts a ON a.owner_id = g.id JOIN held_accounts h ON h.account_id = a.id)
        OR EXISTS (SELECT FROM holds WHERE ended_at IS NULL AND scope = 'table' AND table_name = TG_TABLE_NAME) THEN
        PERFORM refuse_held('a person');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER people_held AFTER DELETE ON people REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_held_person();

CREATE FUNCTION refuse_held_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM share_hold_lock();
    IF EXISTS (SELECT FROM gone g JOIN holds h ON h.ended_at IS NULL AND (
            (h.scope = 'account' AND h.account_id = g.id) OR (h.scope = 'end_user' AND h.account_id = g.id)
            OR (h.scope = 'person' AND h.person_id = g.owner_id) OR (h.scope = 'table' AND h.table_name = TG_TABLE_NAME))) THEN
        PERFORM refuse_held('an account');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER accounts_held AFTER DELETE ON accounts REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_held_account();

CREATE FUNCTION refuse_held_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM share_hold_lock();
    IF EXISTS (SELECT FROM holds WHERE ended_at IS NULL) AND EXISTS (
        SELECT FROM gone g JOIN holds h ON h.ended_at IS NULL AND (
            (h.scope = 'account' AND h.account_id = g.account_id)
            OR (h.scope = 'end_user' AND h.account_id = g.account_id AND g.person_keys @> h.person_keys)
            OR (h.scope = 'person' AND h.person_id = (SELECT owner_id FROM accounts a WHERE a.id = g.account_id))
            OR (h.scope = 'table' AND h.table_name = TG_TABLE_NAME))) THEN
        PERFORM refuse_held('a record');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER claims_held AFTER DELETE ON claims REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_held_record();
CREATE TRIGGER communications_held AFTER DELETE ON communications REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_held_record();

-- Erasing a person or an account takes many steps, and ends in one transaction.
CREATE TABLE erasures (
    id uuid PRIMARY KEY,
    subject text NOT NULL CHECK (subject IN ('person', 'account', 'content')),
    -- Who or what; emptied at the end.
    subject_id uuid,
    cause text NOT NULL CHECK (cause IN ('request', 'closure', 'restore')),
    request_id uuid REFERENCES data_requests (id) ON DELETE SET NULL,
    ordered_at timestamptz NOT NULL,
    began_at timestamptz,
    tries integer NOT NULL DEFAULT 0,
    -- Since when a hold stands against it.
    held_since timestamptz,
    finished_at timestamptz,
    -- Rows that there were when it began, by table.
    found jsonb NOT NULL DEFAULT '{}',
    CHECK ((finished_at IS NULL) = (subject_id IS NOT NULL))
);
CREATE UNIQUE INDEX erasures_one ON erasures (subject, subject_id) WHERE finished_at IS NULL;
CREATE INDEX erasures_request ON erasures (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX erasures_finished ON erasures (finished_at) WHERE finished_at IS NOT NULL;

-- What has begun to be erased is not taken back: the steps of the request wait for the same row as the erasure.
CREATE FUNCTION refuse_step_of_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.act IN ('withdrawn', 'denied', 'expired', 'fraud_suspected')
        AND EXISTS (SELECT FROM erasures WHERE request_id = NEW.request_id AND finished_at IS NULL) THEN
        PERFORM refuse_data_request('data_requests_transition', 'the deletion has begun');
    END IF;
    RETURN NEW;
END $$;
-- After the trigger that locks the request: triggers of one table run in the order of their names.
CREATE TRIGGER data_request_steps_under_way BEFORE INSERT ON data_request_steps
    FOR EACH ROW EXECUTE FUNCTION refuse_step_of_erasure();

-- That somebody or something was erased, by ids that lead nowhere: a restored backup is brought up to date with it (S165).
CREATE TABLE erasure_ledger (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('person', 'account', 'content')),
    blinded bytea NOT NULL CHECK (octet_length(blinded) = 32),
    erased_at timestamptz NOT NULL,
    UNIQUE (kind, blinded, erased_at)
);
CREATE INDEX erasure_ledger_erased ON erasure_ledger (erased_at);

-- What a sweep did, whole or not.
CREATE TABLE retention_runs (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('soon', 'nightly', 'ordered')),
    began_at timestamptz NOT NULL,
    finished_at timestamptz,
    -- Deleted rows by table.
    deleted jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX retention_runs_began ON retention_runs (began_at);

-- What is emptied is set to its default: nothing, or an empty text where there has to be one.
ALTER TABLE mail_reports ALTER COLUMN detail SET DEFAULT '';

-- What was written to somebody, or withheld from them in words, goes with them too: what stays is that, when and for which
-- reason a request was answered.
CREATE OR REPLACE FUNCTION keep_data_request() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := '{person_id,email,name,agent,account_id,details,reminded}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.closed_at IS NULL THEN
            PERFORM refuse_data_request('data_requests_kept', 'a request under way is not deleted');
        END IF;
        RETURN OLD;
    END IF;
    IF pg_trigger_depth() < 2 AND to_jsonb(NEW) - free <> to_jsonb(OLD) - free THEN
        PERFORM refuse_data_request('data_requests_by_step', 'a request changes by a step alone');
    END IF;
    IF NEW.person_id IS NULL AND NEW.email IS NULL AND num_nonnulls(OLD.person_id, OLD.email) > 0 THEN
        NEW.name := NULL;
        NEW.agent := NULL;
        NEW.details := NULL;
        DELETE FROM data_request_messages WHERE request_id = NEW.id;
        DELETE FROM data_request_codes WHERE request_id = NEW.id;
        UPDATE data_request_steps SET note = NULL WHERE request_id = NEW.id AND note IS NOT NULL;
        UPDATE data_request_steps SET words = 'Removed with the person.' WHERE request_id = NEW.id AND words IS NOT NULL;
        UPDATE data_request_withheld SET item = 'Removed with the person.', words = 'Removed with the person.' WHERE request_id = NEW.id;
        UPDATE data_request_steps SET actor_id = NULL WHERE request_id = NEW.id AND actor_kind = 'requester' AND actor_id IS NOT NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION keep_data_request_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := '{note,words,actor_id}';
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM data_requests WHERE id = OLD.request_id) THEN
        RETURN OLD;
    ELSIF TG_OP = 'UPDATE' AND to_jsonb(NEW) - free = to_jsonb(OLD) - free
        AND (NEW.note IS NULL OR NEW.note = OLD.note)
        AND (NEW.words IS NOT DISTINCT FROM OLD.words OR NEW.words = 'Removed with the person.')
        AND (NEW.actor_id IS NOT DISTINCT FROM OLD.actor_id OR (NEW.actor_id IS NULL AND OLD.actor_kind <> 'staff')) THEN
        RETURN NEW;
    END IF;
    PERFORM refuse_data_request('data_request_steps_kept', 'the steps of a request are append-only');
END $$;
CREATE OR REPLACE FUNCTION keep_data_request_withheld() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM data_requests WHERE id = OLD.request_id) THEN
        RETURN OLD;
    ELSIF TG_OP = 'INSERT' AND EXISTS (SELECT FROM data_requests WHERE id = NEW.request_id AND state IN ('open', 'extended') FOR UPDATE) THEN
        RETURN NEW;
    ELSIF TG_OP = 'UPDATE' AND to_jsonb(NEW) - '{item,words}'::text[] = to_jsonb(OLD) - '{item,words}'::text[]
        AND NEW.item = 'Removed with the person.' AND NEW.words = 'Removed with the person.' THEN
        RETURN NEW;
    END IF;
    PERFORM refuse_data_request('data_request_withheld_kept', 'what is withheld is named while the request is decided');
END $$;
