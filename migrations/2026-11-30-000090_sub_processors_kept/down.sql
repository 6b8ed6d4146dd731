CREATE OR REPLACE FUNCTION keep_sub_processor() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    steps text[] := '{assurance,contract_on,diligence_on,approved_by,approved_at,ended_by,ended_at}';
BEGIN
    IF to_jsonb(NEW) - steps <> to_jsonb(OLD) - steps
        OR OLD.approved_at IS NOT NULL AND (NEW.approved_at, NEW.approved_by) IS DISTINCT FROM (OLD.approved_at, OLD.approved_by)
        OR OLD.ended_at IS NOT NULL AND to_jsonb(NEW) <> to_jsonb(OLD)
    THEN
        RAISE check_violation USING MESSAGE = 'a sub-processor stays as it was proposed', TABLE = 'sub_processors',
            CONSTRAINT = 'sub_processors_as_proposed';
    END IF;
    RETURN NEW;
END $$;
