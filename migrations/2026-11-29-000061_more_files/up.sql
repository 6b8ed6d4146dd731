-- Files with appeals and with disputes, and with what both sides write about them.

-- Whether one more file fits: five at a time, and 100 MB with one thing, of which these are listed.
CREATE FUNCTION files_fit(new_file uuid, sent_with_it bigint, listed uuid[]) RETURNS boolean LANGUAGE sql AS $$
    SELECT sent_with_it < 5 AND coalesce(sum(bytes), 0) <= 104857600 FROM files WHERE id = new_file OR id = ANY (listed)
$$;

-- A message has locked its request a little already, and so may another: neither waits for the other's first lock.
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

CREATE TABLE appeal_files (
    file_id uuid PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    appeal_id uuid NOT NULL REFERENCES appeals (id) ON DELETE CASCADE,
    -- With which message; nothing where it came with the appeal itself.
    message_id uuid REFERENCES appeal_messages (id) ON DELETE CASCADE
);
CREATE INDEX appeal_files_appeal ON appeal_files (appeal_id);
CREATE INDEX appeal_files_message ON appeal_files (message_id) WHERE message_id IS NOT NULL;
CREATE TRIGGER appeal_files_drop AFTER DELETE ON appeal_files FOR EACH ROW EXECUTE FUNCTION drop_listed_file();

CREATE FUNCTION limit_appeal_files() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER appeal_files_limit BEFORE INSERT ON appeal_files FOR EACH ROW EXECUTE FUNCTION limit_appeal_files();

CREATE TABLE dispute_files (
    file_id uuid PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    dispute_id uuid NOT NULL REFERENCES disputes (id) ON DELETE CASCADE,
    -- With which message; nothing where it came with the dispute itself.
    message_id uuid REFERENCES dispute_messages (id) ON DELETE CASCADE
);
CREATE INDEX dispute_files_dispute ON dispute_files (dispute_id);
CREATE INDEX dispute_files_message ON dispute_files (message_id) WHERE message_id IS NOT NULL;
CREATE TRIGGER dispute_files_drop AFTER DELETE ON dispute_files FOR EACH ROW EXECUTE FUNCTION drop_listed_file();

CREATE FUNCTION limit_dispute_files() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER dispute_files_limit BEFORE INSERT ON dispute_files FOR EACH ROW EXECUTE FUNCTION limit_dispute_files();

-- A form with files may arrive for ten minutes. Whoever was erased meanwhile leaves no message behind it.
CREATE FUNCTION take_dispute_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM disputes WHERE id = NEW.dispute_id AND num_nonnulls(person_id, email, postal_address) > 0 FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse_dispute('disputes_transition', 'whoever raised the dispute is not known any more');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dispute_messages_take BEFORE INSERT ON dispute_messages FOR EACH ROW EXECUTE FUNCTION take_dispute_message();

-- With whom it was about goes what they sent along. The rest of the function stays what it is.
DO $do$
DECLARE
    made text := pg_get_functiondef('keep_dispute'::regproc);
    old CONSTANT text := $s$DELETE FROM dispute_messages WHERE dispute_id = NEW.id;$s$;
    new CONSTANT text := $s$DELETE FROM dispute_messages WHERE dispute_id = NEW.id;
        DELETE FROM dispute_files WHERE dispute_id = NEW.id;$s$;
BEGIN
    IF position(old IN made) = 0 THEN
        RAISE EXCEPTION 'keep_dispute is not what this migration expects';
    END IF;
    EXECUTE replace(made, old, new);
END $do$;
