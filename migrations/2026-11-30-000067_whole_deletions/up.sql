-- A deletion of the person is done wholly or not at all: nothing but the erasure deletes anything, and that leaves only what
-- the law keeps, which its receipt names; a hold stops it as a whole. Some items are another kind of request.
CREATE FUNCTION refuse_deletion_in_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM data_requests r WHERE r.id = NEW.request_id AND r.kind = 'deletion') THEN
        PERFORM refuse_data_request('data_requests_whole', 'a deletion is done wholly or not at all');
    END IF;
    RETURN NEW;
END $$;
-- Behind the trigger that takes the step and refuses what is out of turn.
CREATE TRIGGER data_request_steps_whole BEFORE INSERT ON data_request_steps FOR EACH ROW
    WHEN (NEW.act = 'partly_fulfilled') EXECUTE FUNCTION refuse_deletion_in_part();
