DO $do$
DECLARE
    made text := pg_get_functiondef('take_dispute_step'::regproc);
    new CONSTANT text := $s$WHEN 'noted' THEN d.state
        WHEN 'withdrawn' THEN CASE d.state WHEN 'unproven' THEN 'lapsed' ELSE 'withdrawn' END$s$;
BEGIN
    EXECUTE replace(made, new, $s$WHEN 'noted' THEN d.state$s$);
END $do$;
DROP TRIGGER dispute_steps_note ON dispute_steps;
DROP FUNCTION require_dispute_note;
ALTER TABLE dispute_steps ADD CONSTRAINT dispute_steps_check1 CHECK (act <> 'noted' OR note IS NOT NULL) NOT VALID;
