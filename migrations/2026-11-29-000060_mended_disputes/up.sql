-- What staff noted about a step goes with whom it was about. That it was there is looked at when it is written.
DO $do$
DECLARE
    rule text;
BEGIN
    SELECT conname INTO STRICT rule FROM pg_constraint
        WHERE conrelid = 'dispute_steps'::regclass AND contype = 'c' AND pg_get_constraintdef(oid) LIKE '%note IS NOT NULL%';
    EXECUTE format('ALTER TABLE dispute_steps DROP CONSTRAINT %I', rule);
END $do$;
CREATE FUNCTION require_dispute_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.act = 'noted' AND NEW.note IS NULL THEN
        PERFORM refuse_dispute('dispute_steps_note', 'such a step says what in a note');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dispute_steps_note BEFORE INSERT ON dispute_steps FOR EACH ROW EXECUTE FUNCTION require_dispute_note();

-- What nobody confirmed was never a dispute, also where somebody ended it: it lapses, is not counted and shows no words.
-- The rest of the function stays what it is.
DO $do$
DECLARE
    made text := pg_get_functiondef('take_dispute_step'::regproc);
    old CONSTANT text := $s$WHEN 'noted' THEN d.state$s$;
    new CONSTANT text := $s$WHEN 'noted' THEN d.state
        WHEN 'withdrawn' THEN CASE d.state WHEN 'unproven' THEN 'lapsed' ELSE 'withdrawn' END$s$;
BEGIN
    IF position(old IN made) = 0 THEN
        RAISE EXCEPTION 'take_dispute_step is not what this migration expects';
    END IF;
    EXECUTE replace(made, old, new);
END $do$;
