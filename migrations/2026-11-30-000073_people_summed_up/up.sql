-- What every signed-in page needs to know of its reader stands beside the reader, in the row that is read anyway: four
-- tables less to open for each look at a page. The tables themselves stay what counts, and the database keeps the two
-- alike: whoever writes to one writes to both, in one transaction.
ALTER TABLE people
    ADD COLUMN has_totp boolean NOT NULL DEFAULT false,
    ADD COLUMN has_passkey boolean NOT NULL DEFAULT false,
    ADD COLUMN held_roles text[] NOT NULL DEFAULT '{}',
    ADD COLUMN recovery_version integer,
    ADD COLUMN recovery_until timestamptz;

-- What stands in the tables of a person. There is at most one recovery under way, as an index sees to.
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

-- First the person is locked, as whoever changes factors, roles or recoveries has done already; then a second statement
-- sees what others committed until then. A person who is being deleted is not there any more, and nothing is to be done.
CREATE FUNCTION sum_up_person(whose uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM people WHERE id = whose FOR NO KEY UPDATE;
    UPDATE people p SET (has_totp, has_passkey, held_roles, recovery_version, recovery_until) =
        (SELECT s.has_totp, s.has_passkey, s.held_roles, s.recovery_version, s.recovery_until FROM summed_up(whose) s)
        WHERE p.id = whose;
END $$;

CREATE FUNCTION sum_up_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM sum_up_person(OLD.person_id);
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.person_id <> OLD.person_id) THEN
        PERFORM sum_up_person(NEW.person_id);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER totp_factors_summed_up AFTER INSERT OR DELETE OR UPDATE OF person_id ON totp_factors
    FOR EACH ROW EXECUTE FUNCTION sum_up_owner();
CREATE TRIGGER passkeys_summed_up AFTER INSERT OR DELETE OR UPDATE OF person_id ON passkeys
    FOR EACH ROW EXECUTE FUNCTION sum_up_owner();
CREATE TRIGGER staff_roles_summed_up AFTER INSERT OR DELETE OR UPDATE OF person_id, role ON staff_roles
    FOR EACH ROW EXECUTE FUNCTION sum_up_owner();
CREATE TRIGGER account_recoveries_summed_up
    AFTER INSERT OR UPDATE OF person_id, credential_version, expires_at, cancelled_at, completed_at ON account_recoveries
    FOR EACH ROW EXECUTE FUNCTION sum_up_owner();
-- What is over long since goes without anybody being locked for it.
CREATE TRIGGER account_recoveries_gone AFTER DELETE ON account_recoveries
    FOR EACH ROW WHEN (OLD.cancelled_at IS NULL AND OLD.completed_at IS NULL) EXECUTE FUNCTION sum_up_owner();

-- With the triggers in place nobody writes to the tables meanwhile.
UPDATE people p SET (has_totp, has_passkey, held_roles, recovery_version, recovery_until) =
    (SELECT s.has_totp, s.has_passkey, s.held_roles, s.recovery_version, s.recovery_until FROM summed_up(p.id) s)
    WHERE EXISTS (SELECT FROM totp_factors WHERE person_id = p.id) OR EXISTS (SELECT FROM passkeys WHERE person_id = p.id)
    OR EXISTS (SELECT FROM staff_roles WHERE person_id = p.id)
    OR EXISTS (SELECT FROM account_recoveries WHERE person_id = p.id AND cancelled_at IS NULL AND completed_at IS NULL);
