DROP TABLE staff_undertakings;
DROP FUNCTION summed_up(uuid);
CREATE FUNCTION summed_up(whose uuid)
RETURNS TABLE (has_totp boolean, has_passkey boolean, held_roles text[], recovery_version integer, recovery_until timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM totp_factors WHERE person_id = whose),
        EXISTS (SELECT FROM passkeys WHERE person_id = whose),
        ARRAY(SELECT role FROM staff_roles WHERE person_id = whose ORDER BY role),
        (SELECT credential_version FROM account_recoveries
            WHERE person_id = whose AND cancelled_at IS NULL AND completed_at IS NULL),
        (SELECT expires_at FROM account_recoveries
            WHERE person_id = whose AND cancelled_at IS NULL AND completed_at IS NULL)
$$;
CREATE OR REPLACE FUNCTION sum_up_person(whose uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM people WHERE id = whose FOR NO KEY UPDATE;
    UPDATE people p SET (has_totp, has_passkey, held_roles, recovery_version, recovery_until) =
        (SELECT s.has_totp, s.has_passkey, s.held_roles, s.recovery_version, s.recovery_until FROM summed_up(whose) s)
        WHERE p.id = whose;
END $$;
ALTER TABLE people DROP COLUMN undertaking_version;
