-- A form with files may arrive for ten minutes. Whoever was erased meanwhile leaves no message behind it.
CREATE FUNCTION take_data_request_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM data_requests WHERE id = NEW.request_id AND num_nonnulls(person_id, email) > 0 FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse_data_request('data_requests_transition', 'whoever asked is not known any more');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER data_request_messages_take BEFORE INSERT ON data_request_messages
    FOR EACH ROW EXECUTE FUNCTION take_data_request_message();

-- A contact that its owner had deleted is deleted again in a restored backup.
ALTER TABLE erasure_ledger DROP CONSTRAINT erasure_ledger_kind_check;
ALTER TABLE erasure_ledger ADD CONSTRAINT erasure_ledger_kind_check CHECK (kind IN ('person', 'account', 'content', 'address', 'contact'));
