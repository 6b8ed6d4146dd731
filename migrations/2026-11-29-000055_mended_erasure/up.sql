-- A deletion that somebody without an account asked for is an erasure too: of all that stands by their address.
ALTER TABLE erasures DROP CONSTRAINT erasures_subject_check;
ALTER TABLE erasures ADD CONSTRAINT erasures_subject_check CHECK (subject IN ('person', 'account', 'content', 'address'));
ALTER TABLE erasure_ledger DROP CONSTRAINT erasure_ledger_kind_check;
ALTER TABLE erasure_ledger ADD CONSTRAINT erasure_ledger_kind_check CHECK (kind IN ('person', 'account', 'content', 'address'));

-- What went on the thirtieth day is another thing than what goes on the sixtieth, and so is taking a closure back.
ALTER TABLE receipts DROP CONSTRAINT receipts_kind_check;
ALTER TABLE receipts ADD CONSTRAINT receipts_kind_check CHECK (kind IN ('request_fulfilled', 'request_partly_fulfilled',
    'request_denied', 'person_erased', 'account_closed', 'account_closure_undone', 'account_content_erased', 'account_erased',
    'content_deleted', 'suspension_began', 'appeal_decided'));

-- Requests are also somebody's by the address that they were asked from.
CREATE INDEX data_requests_email ON data_requests (lower(email)) WHERE person_id IS NULL;

-- What has begun to be erased is not taken back, and nobody but the erasure itself says that it is done.
CREATE OR REPLACE FUNCTION refuse_step_of_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.act IN ('withdrawn', 'denied', 'expired', 'fraud_suspected')
            OR (NEW.act IN ('fulfilled', 'partly_fulfilled') AND NEW.actor_kind = 'staff'))
        AND EXISTS (SELECT FROM erasures WHERE request_id = NEW.request_id AND finished_at IS NULL) THEN
        PERFORM refuse_data_request('data_requests_transition', 'the deletion has begun');
    END IF;
    RETURN NEW;
END $$;

-- A new address takes along what was sent by forms under the old one. Which rows that were is kept as long as the change
-- can be undone, so that an undo gives back these and no others.
ALTER TABLE email_changes ADD COLUMN moved uuid[] NOT NULL DEFAULT '{}';

-- Whoever is held is also held by the addresses that they had before.
CREATE OR REPLACE VIEW held_addresses AS
    SELECT lower(email) AS address FROM people WHERE id IN (SELECT person_id FROM held_people)
    UNION SELECT phone FROM people WHERE id IN (SELECT person_id FROM held_people) AND phone IS NOT NULL
    UNION SELECT lower(old_email) FROM email_changes
        WHERE person_id IN (SELECT person_id FROM held_people) AND confirmed_at IS NOT NULL AND undone_at IS NULL;

-- What staff noted about a step goes with whom it was about. That it was there is looked at when it is written.
ALTER TABLE data_request_steps DROP CONSTRAINT data_request_steps_doubt;
CREATE FUNCTION require_data_request_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.note IS NULL AND NEW.act IN ('fraud_suspected', 'fraud_cleared', 'informing_barred', 'recast', 'noted') THEN
        PERFORM refuse_data_request('data_request_steps_doubt', 'such a step says why in a note');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER data_request_steps_note BEFORE INSERT ON data_request_steps FOR EACH ROW EXECUTE FUNCTION require_data_request_note();
