-- What was approved rests on two people, and so does the day until which nobody is told: a later one, which one person sets, is
-- noted as proposed, and holds once another sets the same. An earlier one holds at once.
ALTER TABLE disclosure_steps DROP CONSTRAINT disclosure_steps_act_check;
ALTER TABLE disclosure_steps ADD CONSTRAINT disclosure_steps_act_check
    CHECK (act IN ('received', 'objected', 'answered', 'approved', 'silenced', 'postponed', 'disclosed', 'refused', 'withdrawn'));
ALTER TABLE disclosure_steps DROP CONSTRAINT disclosure_steps_check1;
ALTER TABLE disclosure_steps ADD CONSTRAINT disclosure_steps_silent_until CHECK ((act IN ('silenced', 'postponed')) = (silent_until IS NOT NULL));

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
        WHEN 'postponed' THEN '{}'
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
    -- Nobody else has looked at a day that is later than the approved one.
    IF NEW.act = 'silenced' AND d.approved_at IS NOT NULL AND NEW.silent_until > d.silent_until AND NOT EXISTS (
        SELECT FROM disclosure_steps s WHERE s.disclosure_id = d.id AND s.act = 'postponed' AND s.silent_until = NEW.silent_until
            AND s.actor_id <> NEW.actor_id
            AND NOT EXISTS (SELECT FROM disclosure_steps l WHERE l.disclosure_id = d.id AND l.act = 'silenced' AND l.seq > s.seq)) THEN
        NEW.act := 'postponed';
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
        WHEN 'postponed' THEN d.state
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

-- Whoever was told of a business transfer is told once where it does not come about.
ALTER TABLE transfer_notices ADD COLUMN called_off_at timestamptz;
CREATE INDEX transfer_notices_told ON transfer_notices (disclosure_id, person_id) WHERE told_at IS NOT NULL AND called_off_at IS NULL;
