DROP TRIGGER account_recoveries_gone ON account_recoveries;
DROP TRIGGER account_recoveries_summed_up ON account_recoveries;
DROP TRIGGER staff_roles_summed_up ON staff_roles;
DROP TRIGGER passkeys_summed_up ON passkeys;
DROP TRIGGER totp_factors_summed_up ON totp_factors;
DROP FUNCTION sum_up_owner();
DROP FUNCTION sum_up_person(uuid);
DROP FUNCTION summed_up(uuid);
ALTER TABLE people
    DROP COLUMN has_totp,
    DROP COLUMN has_passkey,
    DROP COLUMN held_roles,
    DROP COLUMN recovery_version,
    DROP COLUMN recovery_until;
