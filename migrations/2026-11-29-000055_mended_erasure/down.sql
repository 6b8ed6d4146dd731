DROP TRIGGER data_request_steps_note ON data_request_steps;
DROP FUNCTION require_data_request_note;
ALTER TABLE data_request_steps ADD CONSTRAINT data_request_steps_doubt
    CHECK (act NOT IN ('fraud_suspected', 'fraud_cleared', 'informing_barred', 'recast', 'noted') OR note IS NOT NULL) NOT VALID;
CREATE OR REPLACE VIEW held_addresses AS
    SELECT lower(email) AS address FROM people WHERE id IN (SELECT person_id FROM held_people)
    UNION SELECT phone FROM people WHERE id IN (SELECT person_id FROM held_people) AND phone IS NOT NULL;
ALTER TABLE email_changes DROP COLUMN moved;
CREATE OR REPLACE FUNCTION refuse_step_of_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.act IN ('withdrawn', 'denied', 'expired', 'fraud_suspected')
        AND EXISTS (SELECT FROM erasures WHERE request_id = NEW.request_id AND finished_at IS NULL) THEN
        PERFORM refuse_data_request('data_requests_transition', 'the deletion has begun');
    END IF;
    RETURN NEW;
END $$;
DROP INDEX data_requests_email;
DELETE FROM receipts WHERE kind IN ('account_closure_undone', 'account_content_erased');
ALTER TABLE receipts DROP CONSTRAINT receipts_kind_check;
ALTER TABLE receipts ADD CONSTRAINT receipts_kind_check CHECK (kind IN ('request_fulfilled', 'request_partly_fulfilled',
    'request_denied', 'person_erased', 'account_closed', 'account_erased', 'content_deleted', 'suspension_began', 'appeal_decided'));
DELETE FROM erasure_ledger WHERE kind = 'address';
ALTER TABLE erasure_ledger DROP CONSTRAINT erasure_ledger_kind_check;
ALTER TABLE erasure_ledger ADD CONSTRAINT erasure_ledger_kind_check CHECK (kind IN ('person', 'account', 'content'));
DELETE FROM erasures WHERE subject = 'address';
ALTER TABLE erasures DROP CONSTRAINT erasures_subject_check;
ALTER TABLE erasures ADD CONSTRAINT erasures_subject_check CHECK (subject IN ('person', 'account', 'content'));
