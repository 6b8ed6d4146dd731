-- Who works for us with data about people, for what, and what we have of them in writing (S115, S116, S158).
CREATE TABLE sub_processors (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    -- Where they do it: ISO 3166.
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    -- Which part of the portal they are needed for.
    function text NOT NULL CHECK (function IN ('hosting', 'storage', 'mail', 'telephony', 'billing')),
    does text NOT NULL CHECK (char_length(does) BETWEEN 1 AND 300),
    -- What binds them, since when, and when we last looked at them closely.
    assurance text CHECK (char_length(assurance) BETWEEN 1 AND 300),
    contract_on date,
    diligence_on date,
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    -- Published since then.
    approved_by uuid,
    approved_at timestamptz,
    ended_by uuid,
    ended_at timestamptz,
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CHECK ((ended_by IS NULL) = (ended_at IS NULL)),
    CONSTRAINT sub_processors_assured CHECK (approved_at IS NULL OR num_nonnulls(assurance, contract_on, diligence_on) = 3),
    CONSTRAINT sub_processors_second_person CHECK (approved_by <> proposed_by)
);

-- Customers rely on what was published: who it is and what for stays as it was proposed, each is published once and ended once,
-- and nothing of one that has ended changes. A contract can be renewed, and a closer look repeated.
CREATE FUNCTION keep_sub_processor() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER sub_processors_as_proposed BEFORE UPDATE ON sub_processors FOR EACH ROW EXECUTE FUNCTION keep_sub_processor();
