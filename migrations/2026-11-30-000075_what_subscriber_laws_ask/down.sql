CREATE OR REPLACE FUNCTION keep_subscriber_record() RETURNS trigger LANGUAGE plpgsql AS $$
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
DROP INDEX subscriber_records_due, subscriber_records_decided, subscriber_records_ended;
CREATE INDEX subscriber_records_kept ON subscriber_records (kept_until) WHERE kept_until IS NOT NULL;
DROP TRIGGER subscriber_records_stay ON subscriber_records;
DROP TRIGGER subscriber_record_shares_stay ON subscriber_record_shares;
DROP TRIGGER subscriber_record_shares_in_time ON subscriber_record_shares;
DROP FUNCTION keep_subscriber_record_there(), keep_subscriber_record_share_there(), check_subscriber_record_share();
ALTER TABLE subscriber_record_shares DROP CONSTRAINT subscriber_record_shares_carrier;
ALTER TABLE subscriber_records DROP CONSTRAINT subscriber_records_end_users,
    ADD CONSTRAINT subscriber_records_end_users CHECK (subject = 'customer' OR country <> 'ES');
ALTER TABLE subscriber_records DROP COLUMN sealed_birth;
