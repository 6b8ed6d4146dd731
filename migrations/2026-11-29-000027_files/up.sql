-- Files that somebody sent along with something. What is in them lies sealed in the storage, under their id; a row says
-- what they are. A table for each thing that files can hang on lists them, and what it lists no longer goes.
CREATE TABLE files (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120 AND name !~ '[/\\[:cntrl:]]'),
    media_type text NOT NULL CHECK (media_type IN ('application/pdf', 'image/png', 'image/jpeg', 'image/webp', 'text/plain')),
    bytes bigint NOT NULL CHECK (bytes BETWEEN 1 AND 10485760),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    uploaded_by_kind text NOT NULL CHECK (uploaded_by_kind IN ('customer', 'staff', 'system')),
    uploaded_by uuid,
    uploaded_at timestamptz NOT NULL,
    -- Since when the storage says that it has no such file.
    missing_since timestamptz
);
CREATE INDEX files_missing ON files (id) WHERE missing_since IS NOT NULL;

-- For every table that lists files in a column `file_id`: AFTER DELETE, for each row. What goes, takes its file along.
CREATE FUNCTION drop_listed_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM files WHERE id = OLD.file_id;
    RETURN NULL;
END $$;

CREATE TABLE data_request_message_files (
    file_id uuid PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    message_id uuid NOT NULL REFERENCES data_request_messages (id) ON DELETE CASCADE
);
CREATE INDEX data_request_message_files_message ON data_request_message_files (message_id);
CREATE TRIGGER data_request_message_files_drop AFTER DELETE ON data_request_message_files
    FOR EACH ROW EXECUTE FUNCTION drop_listed_file();

-- Five with a message, and 100 MB with all messages of a request. One after the other, as the request is locked.
CREATE FUNCTION limit_data_request_files() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER data_request_message_files_limit BEFORE INSERT ON data_request_message_files
    FOR EACH ROW EXECUTE FUNCTION limit_data_request_files();
