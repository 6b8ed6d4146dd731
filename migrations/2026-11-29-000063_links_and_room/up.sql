-- Anybody can type an address, and takes nothing from who registered with it before: each time is a row with a link of its own.
-- One of them becomes the seat of the address.
DROP INDEX event_registrations_once;
CREATE UNIQUE INDEX event_registrations_once ON event_registrations (event_id, email_key) WHERE confirmed_at IS NOT NULL AND cancelled_at IS NULL;

-- What an owner took back shares the room of what they file in its place: else each withdrawal would make room for more.
CREATE OR REPLACE FUNCTION limit_appeal_files() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    a appeals;
BEGIN
    SELECT * INTO a FROM appeals WHERE id = NEW.appeal_id FOR NO KEY UPDATE;
    IF NEW.message_id IS NOT NULL AND NOT EXISTS (SELECT FROM appeal_messages WHERE id = NEW.message_id AND appeal_id = NEW.appeal_id) THEN
        PERFORM refuse_suspension('appeal_files_message', 'the message is about another appeal');
    ELSIF NOT files_fit(NEW.file_id,
        (SELECT count(*) FROM appeal_files WHERE appeal_id = NEW.appeal_id AND message_id IS NOT DISTINCT FROM NEW.message_id),
        ARRAY(SELECT l.file_id FROM appeal_files l JOIN appeals o ON o.id = l.appeal_id WHERE o.suspension_id = a.suspension_id AND o.round = a.round)) THEN
        PERFORM refuse_suspension('appeals_files', 'up to five files come at a time, and up to 100 MB of them with an appeal');
    END IF;
    RETURN NEW;
END $$;

-- Anybody can raise disputes, one after the other, and on the public form with any address: what is in the storage by them has
-- an end too. Counted without a lock: a few files more, of two tabs at once, do no harm.
CREATE FUNCTION room_for_dispute_file(d disputes, new_file uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    new_bytes bigint := (SELECT bytes FROM files WHERE id = new_file AND uploaded_by_kind = 'customer');
BEGIN
    IF new_bytes IS NULL THEN
        RETURN;
    ELSIF d.state = 'unproven' THEN
        IF new_bytes + (SELECT coalesce(sum(f.bytes), 0) FROM disputes o JOIN dispute_files l ON l.dispute_id = o.id JOIN files f ON f.id = l.file_id
            WHERE o.closed_at IS NULL AND o.state = 'unproven') > 5368709120 THEN
            PERFORM refuse_dispute('disputes_unproven_room', 'up to 5 GB of files are kept with disputes that nobody confirmed');
        END IF;
    -- What somebody else may have typed with their address takes no room from anybody.
    ELSIF new_bytes + (SELECT coalesce(sum(f.bytes), 0) FROM disputes o JOIN dispute_files l ON l.dispute_id = o.id JOIN files f ON f.id = l.file_id
        WHERE f.uploaded_by_kind = 'customer' AND o.state NOT IN ('unproven', 'lapsed')
            AND (o.person_id = d.person_id OR lower(o.email) = lower(d.email))) > 524288000 THEN
        PERFORM refuse_dispute('disputes_room', 'up to 500 MB of files are kept with the disputes of one person');
    END IF;
END $$;

CREATE OR REPLACE FUNCTION limit_dispute_files() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    d disputes;
BEGIN
    SELECT * INTO d FROM disputes WHERE id = NEW.dispute_id FOR NO KEY UPDATE;
    IF NEW.message_id IS NOT NULL AND NOT EXISTS (SELECT FROM dispute_messages WHERE id = NEW.message_id AND dispute_id = NEW.dispute_id) THEN
        PERFORM refuse_dispute('dispute_files_message', 'the message is about another dispute');
    ELSIF NOT files_fit(NEW.file_id,
        (SELECT count(*) FROM dispute_files WHERE dispute_id = NEW.dispute_id AND message_id IS NOT DISTINCT FROM NEW.message_id),
        ARRAY(SELECT file_id FROM dispute_files WHERE dispute_id = NEW.dispute_id)) THEN
        PERFORM refuse_dispute('disputes_files', 'up to five files come at a time, and up to 100 MB of them with a dispute');
    END IF;
    PERFORM room_for_dispute_file(d, NEW.file_id);
    RETURN NEW;
END $$;

-- The same for requests about data, which can be asked, withdrawn and asked again. Without an account nobody sends files before
-- it is known who they are.
CREATE OR REPLACE FUNCTION limit_data_request_files() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    r data_requests;
    new_bytes bigint := (SELECT bytes FROM files WHERE id = NEW.file_id AND uploaded_by_kind = 'customer');
BEGIN
    SELECT * INTO r FROM data_requests WHERE id = (SELECT request_id FROM data_request_messages WHERE id = NEW.message_id) FOR NO KEY UPDATE;
    IF NOT files_fit(NEW.file_id, (SELECT count(*) FROM data_request_message_files WHERE message_id = NEW.message_id),
        ARRAY(SELECT l.file_id FROM data_request_message_files l JOIN data_request_messages m ON m.id = l.message_id WHERE m.request_id = r.id)) THEN
        PERFORM refuse_data_request('data_requests_files', 'a message has up to five files, and a request up to 100 MB of them');
    ELSIF new_bytes + (SELECT coalesce(sum(f.bytes), 0) FROM data_requests o JOIN data_request_messages m ON m.request_id = o.id
        JOIN data_request_message_files l ON l.message_id = m.id JOIN files f ON f.id = l.file_id
        WHERE f.uploaded_by_kind = 'customer' AND (o.person_id = r.person_id OR lower(o.email) = lower(r.email))) > 524288000 THEN
        PERFORM refuse_data_request('data_requests_files', 'up to 500 MB of files are kept with the requests of one person');
    END IF;
    RETURN NEW;
END $$;

-- A file goes with what lists it, so that a hold on files keeps that too.
CREATE OR REPLACE VIEW cascades AS
    SELECT c.conrelid::regclass::text AS child, a.attname::text AS child_column,
        c.confrelid::regclass::text AS parent, p.attname::text AS parent_column
    FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    JOIN pg_attribute p ON p.attrelid = c.confrelid AND p.attnum = c.confkey[1]
    WHERE c.contype = 'f' AND c.confdeltype = 'c' AND c.connamespace = 'public'::regnamespace AND c.conrelid <> c.confrelid
    UNION ALL SELECT 'files', 'id', t.tgrelid::regclass::text, 'file_id'
    FROM pg_trigger t WHERE t.tgfoid = 'drop_listed_file'::regproc AND NOT t.tgisinternal;
