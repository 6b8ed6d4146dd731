-- Whoever of the staff reaches what customers keep with us, or what we know of people, has agreed to keep it confidential: to
-- a version of the undertaking, on a day (S157).
CREATE TABLE staff_undertakings (
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    -- The day from which on that text holds.
    version date NOT NULL,
    agreed_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, version)
);

-- The latest of them stands beside its owner like factors and roles, because each page of the console asks for it.
ALTER TABLE people ADD COLUMN undertaking_version date;

DROP FUNCTION summed_up(uuid);
CREATE FUNCTION summed_up(whose uuid)
RETURNS TABLE (has_totp boolean, has_passkey boolean, held_roles text[], recovery_version integer, recovery_until timestamptz,
    undertaking_version date)
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM totp_factors WHERE person_id = whose),
        EXISTS (SELECT FROM passkeys WHERE person_id = whose),
        ARRAY(SELECT role FROM staff_roles WHERE person_id = whose ORDER BY role),
        (SELECT credential_version FROM account_recoveries
            WHERE person_id = whose AND cancelled_at IS NULL AND completed_at IS NULL),
        (SELECT expires_at FROM account_recoveries
            WHERE person_id = whose AND cancelled_at IS NULL AND completed_at IS NULL),
        (SELECT max(version) FROM staff_undertakings WHERE person_id = whose)
$$;

CREATE OR REPLACE FUNCTION sum_up_person(whose uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM people WHERE id = whose FOR NO KEY UPDATE;
    UPDATE people p SET (has_totp, has_passkey, held_roles, recovery_version, recovery_until, undertaking_version) =
        (SELECT s.has_totp, s.has_passkey, s.held_roles, s.recovery_version, s.recovery_until, s.undertaking_version
            FROM summed_up(whose) s)
        WHERE p.id = whose;
END $$;

CREATE TRIGGER staff_undertakings_summed_up AFTER INSERT OR DELETE OR UPDATE OF person_id, version ON staff_undertakings
    FOR EACH ROW EXECUTE FUNCTION sum_up_owner();
