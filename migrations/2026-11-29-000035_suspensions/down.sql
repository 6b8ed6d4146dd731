DELETE FROM receipts WHERE kind IN ('suspension_began', 'appeal_decided');
ALTER TABLE receipts DROP CONSTRAINT receipts_kind_check;
ALTER TABLE receipts ADD CONSTRAINT receipts_kind_check CHECK (kind IN ('request_fulfilled', 'request_partly_fulfilled', 'request_denied',
    'person_erased', 'account_closed', 'account_erased', 'content_deleted'));
DROP FUNCTION open_suspensions(uuid);
DROP FUNCTION suspension_parties(uuid);
DROP TABLE suspension_notices;
DROP TABLE suspension_steps;
DROP TABLE suspensions;
DROP FUNCTION require_suspension_notice();
DROP FUNCTION keep_suspension_step();
DROP FUNCTION take_suspension_step();
DROP FUNCTION keep_suspension();
DROP FUNCTION refuse_suspension(text, text);
