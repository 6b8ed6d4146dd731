-- A hold on what hangs on a record keeps the record, because both would go; and a part that is deleted by itself is held
-- when its record is.
CREATE OR REPLACE FUNCTION refuse_held_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM share_hold_lock();
    IF EXISTS (SELECT FROM holds WHERE ended_at IS NULL) AND EXISTS (
        SELECT FROM gone g JOIN holds h ON h.ended_at IS NULL AND (
            (h.scope = 'account' AND h.account_id = g.account_id)
            OR (h.scope = 'end_user' AND h.account_id = g.account_id AND g.person_keys @> h.person_keys)
            OR (h.scope = 'person' AND h.person_id = (SELECT owner_id FROM accounts a WHERE a.id = g.account_id))
            OR (h.scope = 'table' AND (h.table_name = TG_TABLE_NAME OR (TG_TABLE_NAME = 'communications'
                AND h.table_name IN ('communication_statuses', 'communication_bodies')))))) THEN
        PERFORM refuse_held('a record');
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION refuse_held_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM share_hold_lock();
    IF EXISTS (SELECT FROM holds WHERE ended_at IS NULL) AND EXISTS (
        SELECT FROM gone g JOIN communications c ON c.id = g.communication_id
        JOIN accounts a ON a.id = c.account_id
        JOIN holds h ON h.ended_at IS NULL AND (
            (h.scope = 'account' AND h.account_id = c.account_id)
            OR (h.scope = 'end_user' AND h.account_id = c.account_id AND c.person_keys @> h.person_keys)
            OR (h.scope = 'person' AND h.person_id = a.owner_id)
            OR (h.scope = 'table' AND h.table_name = TG_TABLE_NAME))) THEN
        PERFORM refuse_held('a part of a record');
    END IF;
    RETURN NULL;
END $$;
-- What goes with its record was looked at there.
CREATE TRIGGER communication_bodies_held AFTER DELETE ON communication_bodies REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_held_part();
CREATE TRIGGER communication_statuses_held AFTER DELETE ON communication_statuses REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_held_part();

-- Which rows go with which by the database itself.
CREATE VIEW cascades AS
    SELECT c.conrelid::regclass::text AS child, a.attname::text AS child_column,
        c.confrelid::regclass::text AS parent, p.attname::text AS parent_column
    FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    JOIN pg_attribute p ON p.attrelid = c.confrelid AND p.attnum = c.confkey[1]
    WHERE c.contype = 'f' AND c.confdeltype = 'c' AND c.connamespace = 'public'::regnamespace AND c.conrelid <> c.confrelid;

-- Whoever is erased leaves no request behind that somebody would work on: the erasure ends them, verified or not.
CREATE FUNCTION is_going(r data_requests, actor text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT actor = 'system' AND EXISTS (SELECT FROM erasures e WHERE e.finished_at IS NULL
        AND e.subject IN ('person', 'address') AND (r.person_id IS NULL OR e.subject_id = r.person_id))
$$;
-- The rest of the function stays what it is.
DO $do$
DECLARE
    made text := pg_get_functiondef('take_data_request_step'::regproc);
    old CONSTANT text := $s$NEW.act = 'expired' AND r.state IN ('open', 'extended') AND NOT (r.kind$s$;
    new CONSTANT text := $s$NEW.act = 'expired' AND r.state IN ('open', 'extended') AND NOT is_going(r, NEW.actor_kind) AND NOT (r.kind$s$;
BEGIN
    IF position(old IN made) = 0 THEN
        RAISE EXCEPTION 'take_data_request_step is not what this migration expects';
    END IF;
    EXECUTE replace(made, old, new);
END $do$;
