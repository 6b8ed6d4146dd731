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
        UPDATE data_request_steps SET actor_id = NULL WHERE request_id = NEW.id AND actor_kind = 'requester' AND actor_id IS NOT NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION keep_data_request_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := '{note,actor_id}';
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM data_requests WHERE id = OLD.request_id) THEN
        RETURN OLD;
    ELSIF TG_OP = 'UPDATE' AND to_jsonb(NEW) - free = to_jsonb(OLD) - free
        AND (NEW.note IS NULL OR NEW.note = OLD.note)
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
    END IF;
    PERFORM refuse_data_request('data_request_withheld_kept', 'what is withheld is named while the request is decided');
END $$;
ALTER TABLE mail_reports ALTER COLUMN detail DROP DEFAULT;
DROP TABLE retention_runs, erasure_ledger;
DROP TRIGGER data_request_steps_under_way ON data_request_steps;
DROP FUNCTION refuse_step_of_erasure;
DROP TABLE erasures;
DROP TRIGGER communications_held ON communications;
DROP TRIGGER claims_held ON claims;
DROP TRIGGER accounts_held ON accounts;
DROP TRIGGER people_held ON people;
DROP FUNCTION refuse_held_record, refuse_held_account, refuse_held_person, refuse_held(text), take_hold_lock, share_hold_lock;
DROP VIEW held_digests, held_addresses, held_accounts, held_people;
DROP TABLE holds;
