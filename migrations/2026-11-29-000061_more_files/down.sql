DO $do$
DECLARE
    made text := pg_get_functiondef('keep_dispute'::regproc);
    new CONSTANT text := $s$DELETE FROM dispute_messages WHERE dispute_id = NEW.id;
        DELETE FROM dispute_files WHERE dispute_id = NEW.id;$s$;
BEGIN
    EXECUTE replace(made, new, $s$DELETE FROM dispute_messages WHERE dispute_id = NEW.id;$s$);
END $do$;
DROP TRIGGER dispute_messages_take ON dispute_messages;
DROP FUNCTION take_dispute_message();
-- The files go with their lists.
DELETE FROM dispute_files;
DROP TABLE dispute_files;
DROP FUNCTION limit_dispute_files();
DELETE FROM appeal_files;
DROP TABLE appeal_files;
DROP FUNCTION limit_appeal_files();
CREATE OR REPLACE FUNCTION limit_data_request_files() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    request uuid := (SELECT request_id FROM data_request_messages WHERE id = NEW.message_id);
    all_bytes bigint;
BEGIN
    PERFORM FROM data_requests WHERE id = request FOR UPDATE;
    SELECT sum(f.bytes) INTO all_bytes FROM files f
        WHERE f.id = NEW.file_id OR f.id IN (SELECT l.file_id FROM data_request_message_files l
            JOIN data_request_messages m ON m.id = l.message_id WHERE m.request_id = request);
    IF all_bytes > 104857600 OR (SELECT count(*) FROM data_request_message_files WHERE message_id = NEW.message_id) >= 5 THEN
        PERFORM refuse_data_request('data_requests_files', 'a message has up to five files, and a request up to 100 MB of them');
    END IF;
    RETURN NEW;
END $$;
DROP FUNCTION files_fit(uuid, bigint, uuid[]);
