DROP TRIGGER disclosure_steps_ahead ON disclosure_steps;
DROP FUNCTION require_time_for_notices;
CREATE OR REPLACE FUNCTION may_transfer(disclosure uuid, today date) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT false $$;
DROP INDEX subscriber_record_shares_lately;
DROP TABLE transfer_notices;
