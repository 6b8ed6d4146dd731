CREATE OR REPLACE FUNCTION may_transfer(disclosure uuid, today date) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT d.transfer_on <= today AND NOT EXISTS (
        SELECT FROM accounts a WHERE NOT EXISTS (
            SELECT FROM transfer_notices n WHERE n.disclosure_id = d.id AND n.person_id = a.owner_id
                AND (n.told_at < d.transfer_on::timestamp AT TIME ZONE 'UTC'
                    OR (n.told_at IS NOT NULL AND a.created_at >= (d.transfer_on - 1)::timestamp AT TIME ZONE 'UTC'))))
    FROM disclosures d WHERE d.id = disclosure
$$;
DROP TRIGGER disclosure_steps_own ON disclosure_steps;
DROP FUNCTION refuse_own_disclosure;
DROP TRIGGER disclosure_steps_when ON disclosure_steps;
DROP FUNCTION require_day_of_handover;
CREATE OR REPLACE FUNCTION begin_disclosure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'received' OR NEW.version <> 0 OR NEW.words IS NULL OR num_nonnulls(NEW.told_at, NEW.approved_by, NEW.closed_at) > 0
        OR (NEW.ground = 'law' AND NEW.order_reference IS NULL) THEN
        PERFORM refuse_disclosure('disclosures_begin', 'a disclosure begins as it comes in');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION keep_disclosure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := '{person_id,account_id,order_reference,words,silent_since,silent_until,silent_because,told_at}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.closed_at IS NULL THEN
            PERFORM refuse_disclosure('disclosures_kept', 'a disclosure under way is not deleted');
        END IF;
        RETURN OLD;
    END IF;
    IF pg_trigger_depth() < 2 AND to_jsonb(NEW) - free <> to_jsonb(OLD) - free
        OR OLD.told_at IS NOT NULL AND NEW.told_at IS DISTINCT FROM OLD.told_at
        OR NEW.person_id IS NOT NULL AND NEW.person_id IS DISTINCT FROM OLD.person_id
        OR NEW.account_id IS NOT NULL AND NEW.account_id IS DISTINCT FROM OLD.account_id THEN
        PERFORM refuse_disclosure('disclosures_by_step', 'a disclosure changes by a step alone');
    END IF;
    IF num_nonnulls(NEW.person_id, NEW.account_id) = 0 AND num_nonnulls(OLD.person_id, OLD.account_id) > 0 THEN
        NEW.order_reference := NULL;
        NEW.words := NULL;
        NEW.silent_since := NULL;
        NEW.silent_until := NULL;
        NEW.silent_because := NULL;
        UPDATE disclosure_steps SET note = NULL, words = CASE WHEN words IS NULL THEN NULL ELSE 'Removed.' END WHERE disclosure_id = NEW.id;
    END IF;
    RETURN NEW;
END $$;
UPDATE disclosures SET silent_since = NULL, silent_until = NULL WHERE silent_because IS NULL AND silent_until IS NOT NULL;
ALTER TABLE disclosures DROP CONSTRAINT disclosures_silence;
ALTER TABLE disclosures ADD CONSTRAINT disclosures_silence CHECK (num_nonnulls(silent_since, silent_until, silent_because) = 0
    OR (num_nonnulls(silent_since, silent_until, silent_because) = 3 AND recipient_kind = 'legal'
        AND silent_until BETWEEN silent_since AND silent_since + 366));
