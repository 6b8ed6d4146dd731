-- What the log of disclosures refuses besides, and what it keeps. A prohibition to tell outlives whom it is about: else what may
-- not be told yet would stand on the public list from the moment on at which they are erased. Only why goes with them.
ALTER TABLE disclosures DROP CONSTRAINT disclosures_silence;
ALTER TABLE disclosures ADD CONSTRAINT disclosures_silence CHECK (num_nonnulls(silent_since, silent_until, silent_because) = 0
    OR (num_nonnulls(silent_since, silent_until) = 2 AND recipient_kind = 'legal'
        AND silent_until BETWEEN silent_since AND silent_since + 366));

-- Nobody may be kept from knowing without a law or an order that is named, nor by leaving out whom it is about.
CREATE OR REPLACE FUNCTION begin_disclosure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'received' OR NEW.version <> 0 OR NEW.words IS NULL OR num_nonnulls(NEW.told_at, NEW.approved_by, NEW.closed_at) > 0
        OR (NEW.ground = 'law' AND NEW.order_reference IS NULL) OR (NEW.silent_until IS NOT NULL AND NEW.silent_because IS NULL) THEN
        PERFORM refuse_disclosure('disclosures_begin', 'a disclosure begins as it comes in');
    END IF;
    IF num_nonnulls(NEW.person_id, NEW.account_id) = 0 AND NEW.recipient_kind NOT IN ('deidentified', 'transfer')
        AND (NEW.words || ' ' || coalesce(NEW.order_reference, '')) ~ '@|(US|AC)[0-9a-fA-F]{32}' THEN
        PERFORM refuse_disclosure('disclosures_named', 'whoever is named is whom it is about');
    END IF;
    RETURN NEW;
END $$;

-- The days of a prohibition change by a step alone too, words are only emptied, and nobody is told of what is not approved. Where
-- an account goes before its owner was told, it is about that owner from then on.
CREATE OR REPLACE FUNCTION keep_disclosure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := '{person_id,account_id,order_reference,words,silent_because,told_at}';
    to_owner boolean;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.closed_at IS NULL THEN
            PERFORM refuse_disclosure('disclosures_kept', 'a disclosure under way is not deleted');
        END IF;
        RETURN OLD;
    END IF;
    to_owner := OLD.person_id IS NULL AND NEW.account_id IS NULL
        AND NEW.person_id = (SELECT a.owner_id FROM accounts a WHERE a.id = OLD.account_id);
    IF pg_trigger_depth() < 2 AND to_jsonb(NEW) - free <> to_jsonb(OLD) - free
        OR NEW.words IS NOT NULL AND NEW.words IS DISTINCT FROM OLD.words
        OR NEW.order_reference IS NOT NULL AND NEW.order_reference IS DISTINCT FROM OLD.order_reference
        OR NEW.silent_because IS NOT NULL AND NEW.silent_because IS DISTINCT FROM OLD.silent_because
        OR NEW.told_at IS DISTINCT FROM OLD.told_at AND (OLD.told_at IS NOT NULL OR OLD.state NOT IN ('approved', 'disclosed'))
        OR NEW.person_id IS NOT NULL AND NEW.person_id IS DISTINCT FROM OLD.person_id AND to_owner IS NOT TRUE
        OR NEW.account_id IS NOT NULL AND NEW.account_id IS DISTINCT FROM OLD.account_id THEN
        PERFORM refuse_disclosure('disclosures_by_step', 'a disclosure changes by a step alone');
    END IF;
    IF num_nonnulls(NEW.person_id, NEW.account_id) = 0 AND num_nonnulls(OLD.person_id, OLD.account_id) > 0 THEN
        NEW.order_reference := NULL;
        NEW.words := NULL;
        NEW.silent_because := NULL;
        UPDATE disclosure_steps SET note = NULL, words = CASE WHEN words IS NULL THEN NULL ELSE 'Removed.' END WHERE disclosure_id = NEW.id;
    END IF;
    RETURN NEW;
END $$;

-- Nothing was handed over before it was approved, nor before the day of a transfer, nor on a day to come; and what leads to nobody
-- names nobody in the end either. By its name this looks after the step itself was found to be allowed.
CREATE FUNCTION require_day_of_handover() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.act = 'disclosed' AND EXISTS (SELECT FROM disclosures d WHERE d.id = NEW.disclosure_id
        AND (NEW.handed_on < greatest((d.approved_at AT TIME ZONE 'UTC')::date, d.transfer_on)
            OR NEW.handed_on > (NEW.at AT TIME ZONE 'UTC')::date)) THEN
        PERFORM refuse_disclosure('disclosures_handed', 'nothing is handed over before it was approved');
    END IF;
    IF NEW.words ~ '@|(US|AC)[0-9a-fA-F]{32}'
        AND EXISTS (SELECT FROM disclosures d WHERE d.id = NEW.disclosure_id AND d.recipient_kind = 'deidentified') THEN
        PERFORM refuse_disclosure('disclosures_unnamed', 'what leads to nobody names nobody');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER disclosure_steps_when BEFORE INSERT ON disclosure_steps FOR EACH ROW EXECUTE FUNCTION require_day_of_handover();

-- Nobody of the staff works on what is about themselves or an account of theirs: they hear of it like everybody else.
CREATE FUNCTION refuse_own_disclosure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM disclosures d LEFT JOIN accounts a ON a.id = d.account_id
        WHERE d.id = NEW.disclosure_id AND NEW.actor_id IN (d.person_id, a.owner_id)) THEN
        PERFORM refuse_disclosure('disclosures_own', 'somebody else works on what is about oneself');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER disclosure_steps_own BEFORE INSERT ON disclosure_steps FOR EACH ROW EXECUTE FUNCTION refuse_own_disclosure();

-- Whoever takes an account over on the last day or later is told too, and could not be before the day, like the owner of an
-- account that is as young: without this a transfer would never come about once an account changed hands then.
CREATE OR REPLACE FUNCTION may_transfer(disclosure uuid, today date) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT d.transfer_on <= today AND NOT EXISTS (
        SELECT FROM accounts a WHERE NOT EXISTS (
            SELECT FROM transfer_notices n WHERE n.disclosure_id = d.id AND n.person_id = a.owner_id
                AND (n.told_at < d.transfer_on::timestamp AT TIME ZONE 'UTC'
                    OR (n.told_at IS NOT NULL AND (a.created_at >= (d.transfer_on - 1)::timestamp AT TIME ZONE 'UTC'
                        OR EXISTS (SELECT FROM account_handovers h WHERE h.account_id = a.id AND h.to_id = a.owner_id
                            AND h.what = 'ownership' AND h.accepted_at >= (d.transfer_on - 1)::timestamp AT TIME ZONE 'UTC'))))))
    FROM disclosures d WHERE d.id = disclosure
$$;
