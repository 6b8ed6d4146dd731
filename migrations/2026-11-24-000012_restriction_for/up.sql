-- The restriction that a record with these keys is under, the oldest if there are several. Whoever stores a record
-- shares a lock of the account until their transaction ends; whoever begins a restriction takes it alone. The function
-- is volatile, so that it looks only after it has the lock, and sees what was committed meanwhile.
CREATE FUNCTION restriction_for(account uuid, keys bigint[]) RETURNS uuid LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(x'4c580007'::integer, hashtext(account::text));
    RETURN (SELECT id FROM restrictions
            WHERE account_id = account AND lifted_at IS NULL AND person_keys <@ keys
            ORDER BY id LIMIT 1);
END $$;
