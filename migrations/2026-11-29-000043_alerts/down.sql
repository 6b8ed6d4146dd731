CREATE OR REPLACE FUNCTION rule_counts_since(rule uuid, account uuid) RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT NULL::timestamptz $$;
CREATE OR REPLACE FUNCTION suspension_parties(suspension uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT decided_by FROM suspensions WHERE id = suspension AND decided_by IS NOT NULL
$$;
ALTER TABLE suspensions
    DROP CONSTRAINT suspensions_rule_id_fkey,
    DROP CONSTRAINT suspensions_rule_version_id_fkey;
DROP TRIGGER rule_modes_alerts ON rule_modes;
DROP TABLE rule_alerts;
DROP FUNCTION close_alerts_of_version();
DROP FUNCTION keep_rule_alert();
