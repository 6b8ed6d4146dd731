CREATE OR REPLACE VIEW cascades AS
    SELECT c.conrelid::regclass::text AS child, a.attname::text AS child_column,
        c.confrelid::regclass::text AS parent, p.attname::text AS parent_column
    FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    JOIN pg_attribute p ON p.attrelid = c.confrelid AND p.attnum = c.confkey[1]
    WHERE c.contype = 'f' AND c.confdeltype = 'c' AND c.connamespace = 'public'::regnamespace AND c.conrelid <> c.confrelid;
CREATE OR REPLACE FUNCTION limit_data_request_files() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    request uuid := (SELECT request_id FROM data_request_messages WHERE id = NEW.message_id);
BEGIN
    PERFORM FROM data_requests WHERE id = request FOR NO KEY UPDATE;
    IF NOT files_fit(NEW.file_id, (SELECT count(*) FROM data_request_message_files WHERE message_id = NEW.message_id),
        ARRAY(SELECT l.file_id FROM data_request_message_files l JOIN data_request_messages m ON m.id = l.message_id WHERE m.request_id = request)) THEN
        PERFORM refuse_data_request('data_requests_files', 'a message has up to five files, and a request up to 100 MB of them');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION limit_dispute_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM disputes WHERE id = NEW.dispute_id FOR NO KEY UPDATE;
    IF NEW.message_id IS NOT NULL AND NOT EXISTS (SELECT FROM dispute_messages WHERE id = NEW.message_id AND dispute_id = NEW.dispute_id) THEN
        PERFORM refuse_dispute('dispute_files_message', 'the message is about another dispute');
    ELSIF NOT files_fit(NEW.file_id,
        (SELECT count(*) FROM dispute_files WHERE dispute_id = NEW.dispute_id AND message_id IS NOT DISTINCT FROM NEW.message_id),
        ARRAY(SELECT file_id FROM dispute_files WHERE dispute_id = NEW.dispute_id)) THEN
        PERFORM refuse_dispute('disputes_files', 'up to five files come at a time, and up to 100 MB of them with a dispute');
    END IF;
    RETURN NEW;
END $$;
DROP FUNCTION room_for_dispute_file;
CREATE OR REPLACE FUNCTION limit_appeal_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM appeals WHERE id = NEW.appeal_id FOR NO KEY UPDATE;
    IF NEW.message_id IS NOT NULL AND NOT EXISTS (SELECT FROM appeal_messages WHERE id = NEW.message_id AND appeal_id = NEW.appeal_id) THEN
        PERFORM refuse_suspension('appeal_files_message', 'the message is about another appeal');
    ELSIF NOT files_fit(NEW.file_id,
        (SELECT count(*) FROM appeal_files WHERE appeal_id = NEW.appeal_id AND message_id IS NOT DISTINCT FROM NEW.message_id),
        ARRAY(SELECT file_id FROM appeal_files WHERE appeal_id = NEW.appeal_id)) THEN
        PERFORM refuse_suspension('appeals_files', 'up to five files come at a time, and up to 100 MB of them with an appeal');
    END IF;
    RETURN NEW;
END $$;

DELETE FROM event_registrations r USING event_registrations other
    WHERE r.cancelled_at IS NULL AND r.confirmed_at IS NULL AND other.cancelled_at IS NULL AND other.id <> r.id
        AND other.event_id = r.event_id AND other.email_key = r.email_key AND (other.confirmed_at IS NOT NULL OR other.id > r.id);
DROP INDEX event_registrations_once;
CREATE UNIQUE INDEX event_registrations_once ON event_registrations (event_id, email_key) WHERE cancelled_at IS NULL;
