DO $do$
BEGIN
    EXECUTE replace(pg_get_functiondef('take_data_request_step'::regproc), ' AND NOT is_going(r, NEW.actor_kind)', '');
END $do$;
DROP FUNCTION is_going;
DROP VIEW cascades;
DROP TRIGGER communication_statuses_held ON communication_statuses;
DROP TRIGGER communication_bodies_held ON communication_bodies;
DROP FUNCTION refuse_held_part;
CREATE OR REPLACE FUNCTION refuse_held_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM share_hold_lock();
    IF EXISTS (SELECT FROM holds WHERE ended_at IS NULL) AND EXISTS (
        SELECT FROM gone g JOIN holds h ON h.ended_at IS NULL AND (
            (h.scope = 'account' AND h.account_id = g.account_id)
            OR (h.scope = 'end_user' AND h.account_id = g.account_id AND g.person_keys @> h.person_keys)
            OR (h.scope = 'person' AND h.person_id = (SELECT owner_id FROM accounts a WHERE a.id = g.account_id))
            OR (h.scope = 'table' AND h.table_name = TG_TABLE_NAME))) THEN
        PERFORM refuse_held('a record');
    END IF;
    RETURN NULL;
END $$;
