ALTER TABLE transfer_notices DROP COLUMN called_off_at;
CREATE OR REPLACE FUNCTION take_disclosure_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    d disclosures;
    today date := (NEW.at AT TIME ZONE 'UTC')::date;
    allowed text[];
    target text;
BEGIN
    SELECT * INTO STRICT d FROM disclosures WHERE id = NEW.disclosure_id FOR UPDATE;
    IF NEW.seen_version IS NOT NULL AND NEW.seen_version <> d.version THEN
        PERFORM refuse_disclosure('disclosures_stale', 'somebody else acted on this disclosure meanwhile');
    END IF;
    IF (d.version = 0) <> (NEW.act = 'received') THEN
        PERFORM refuse_disclosure('disclosures_transition', 'the first step, and it alone, receives the disclosure');
    END IF;
    allowed := CASE NEW.act
        WHEN 'received' THEN '{received}'
        WHEN 'objected' THEN '{received,answered}'
        WHEN 'answered' THEN '{objected}'
        WHEN 'approved' THEN '{received,answered}'
        WHEN 'disclosed' THEN '{approved}'
        WHEN 'silenced' THEN '{received,objected,answered,approved,disclosed}'
        ELSE '{received,objected,answered,approved}' END;
    IF NOT d.state = ANY (allowed) THEN
        PERFORM refuse_disclosure('disclosures_transition', format('%s does not follow %s', NEW.act, d.state));
    END IF;
    IF NEW.act IN ('objected', 'answered', 'silenced', 'refused', 'withdrawn') AND NEW.note IS NULL THEN
        PERFORM refuse_disclosure('disclosure_steps_note', 'such a step says why in a note');
    END IF;
    IF NEW.act = 'silenced' AND (d.silent_until IS NULL OR d.told_at IS NOT NULL) THEN
        PERFORM refuse_disclosure('disclosures_silence', 'nothing forbids to tell of this');
    END IF;
    -- Whoever it is about knows before it is handed over, unless that is forbidden (S121).
    IF NEW.act = 'disclosed' AND num_nonnulls(d.person_id, d.account_id) > 0 AND d.told_at IS NULL
        AND (d.silent_until IS NULL OR d.silent_until <= today) THEN
        PERFORM refuse_disclosure('disclosures_untold', 'whoever it is about is not told yet');
    END IF;
    IF NEW.act = 'disclosed' AND d.recipient_kind = 'transfer' AND NOT may_transfer(d.id, today) THEN
        PERFORM refuse_disclosure('disclosures_notices', 'not everybody was told of the transfer before its day');
    END IF;
    -- What was objected to with success is not asked for any more.
    target := CASE NEW.act
        WHEN 'silenced' THEN d.state
        WHEN 'answered' THEN CASE NEW.outcome WHEN 'upheld' THEN 'withdrawn' ELSE 'answered' END
        ELSE NEW.act END;
    UPDATE disclosures SET
        version = version + 1,
        state = target,
        approved_by = CASE NEW.act WHEN 'approved' THEN NEW.actor_id ELSE approved_by END,
        approved_at = CASE NEW.act WHEN 'approved' THEN NEW.at ELSE approved_at END,
        silent_since = CASE NEW.act WHEN 'silenced' THEN today ELSE silent_since END,
        silent_until = CASE NEW.act WHEN 'silenced' THEN NEW.silent_until ELSE silent_until END,
        closed_at = CASE WHEN target IN ('disclosed', 'refused', 'withdrawn') THEN coalesce(closed_at, NEW.at) END
    WHERE id = d.id;
    NEW.seq := d.version + 1;
    NEW.state := target;
    RETURN NEW;
END $$;
-- What was proposed and never held has no other name, and steps are kept: what is proposed keeps this from being undone.
ALTER TABLE disclosure_steps DROP CONSTRAINT disclosure_steps_silent_until;
ALTER TABLE disclosure_steps ADD CONSTRAINT disclosure_steps_check1 CHECK ((act = 'silenced') = (silent_until IS NOT NULL));
ALTER TABLE disclosure_steps DROP CONSTRAINT disclosure_steps_act_check;
ALTER TABLE disclosure_steps ADD CONSTRAINT disclosure_steps_act_check
    CHECK (act IN ('received', 'objected', 'answered', 'approved', 'silenced', 'disclosed', 'refused', 'withdrawn'));
