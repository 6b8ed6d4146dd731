-- Some laws ask for the birth of a person; sealed, as the rest of what a record says.
ALTER TABLE subscriber_records ADD COLUMN sealed_birth bytea;

-- In Australia whoever subscribes is asked for, as in Spain whoever buys, and not whoever they let use the number.
ALTER TABLE subscriber_records DROP CONSTRAINT subscriber_records_end_users,
    ADD CONSTRAINT subscriber_records_end_users CHECK (subject = 'customer' OR country NOT IN ('AU', 'ES'));

-- A share is of a day on which there was the record, and what connects a number is shown to its carrier while the record was
-- accepted and in force (S50).
ALTER TABLE subscriber_record_shares
    ADD CONSTRAINT subscriber_record_shares_carrier CHECK (ground <> 'connectivity' OR recipient_kind = 'carrier');
CREATE FUNCTION check_subscriber_record_share() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    r subscriber_records;
BEGIN
    SELECT * INTO r FROM subscriber_records WHERE id = NEW.record_id;
    IF NEW.shared_on < r.submitted_on THEN
        RAISE EXCEPTION 'a record is shown to nobody before it is there'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'subscriber_record_shares_in_time';
    ELSIF NEW.ground = 'connectivity' AND (r.outcome IS DISTINCT FROM 'accepted' OR NEW.shared_on < r.decided_on OR NEW.shared_on > r.ended_on) THEN
        RAISE EXCEPTION 'no number is connected by a record that is not accepted, or ended'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'subscriber_record_shares_connected';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER subscriber_record_shares_in_time BEFORE INSERT ON subscriber_record_shares
    FOR EACH ROW EXECUTE FUNCTION check_subscriber_record_share();

-- It goes with its record and not before; and a record that is accepted does not go while it is in force.
CREATE FUNCTION keep_subscriber_record_share_there() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM subscriber_records WHERE id = OLD.record_id) THEN
        RAISE EXCEPTION 'what was shared goes with its record and not before'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'subscriber_record_shares_stay';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER subscriber_record_shares_stay BEFORE DELETE ON subscriber_record_shares
    FOR EACH ROW EXECUTE FUNCTION keep_subscriber_record_share_there();
CREATE FUNCTION keep_subscriber_record_there() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a record that is accepted goes some time after its end'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'subscriber_records_stay';
END $$;
CREATE TRIGGER subscriber_records_stay BEFORE DELETE ON subscriber_records
    FOR EACH ROW WHEN (OLD.outcome = 'accepted' AND OLD.ended_on IS NULL) EXECUTE FUNCTION keep_subscriber_record_there();

-- When a record goes: what was refused and not corrected is for no service, and goes too. As the sweep asks for it.
DROP INDEX subscriber_records_kept;
CREATE INDEX subscriber_records_due ON subscriber_records
    ((coalesce(kept_until, CASE WHEN outcome = 'refused' THEN (decided_on + 61)::timestamp AT TIME ZONE 'UTC' END)));

-- The views of the desk.
CREATE INDEX subscriber_records_decided ON subscriber_records (outcome, id) WHERE ended_on IS NULL;
CREATE INDEX subscriber_records_ended ON subscriber_records (id) WHERE ended_on IS NOT NULL;

-- Nor is one decided that ended: it was for no service any more.
CREATE OR REPLACE FUNCTION keep_subscriber_record() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free CONSTANT text[] := '{account_id,outcome,decided_on,refused_because,ended_on,ended_because,kept_until}';
BEGIN
    IF to_jsonb(NEW) - free <> to_jsonb(OLD) - free
        OR (NEW.account_id IS NOT NULL AND NEW.account_id IS DISTINCT FROM OLD.account_id)
        OR ((OLD.outcome IS NOT NULL OR OLD.ended_on IS NOT NULL) AND (NEW.outcome, NEW.decided_on, NEW.refused_because)
            IS DISTINCT FROM (OLD.outcome, OLD.decided_on, OLD.refused_because))
        OR (OLD.ended_on IS NOT NULL AND (NEW.ended_on, NEW.ended_because) IS DISTINCT FROM (OLD.ended_on, OLD.ended_because)) THEN
        RAISE EXCEPTION 'a subscriber record is not changed once it is there'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'subscriber_records_as_submitted';
    END IF;
    RETURN NEW;
END $$;
