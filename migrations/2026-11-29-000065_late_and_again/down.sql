DELETE FROM erasure_ledger WHERE kind = 'contact';
ALTER TABLE erasure_ledger DROP CONSTRAINT erasure_ledger_kind_check;
ALTER TABLE erasure_ledger ADD CONSTRAINT erasure_ledger_kind_check CHECK (kind IN ('person', 'account', 'content', 'address'));
DROP TRIGGER data_request_messages_take ON data_request_messages;
DROP FUNCTION take_data_request_message();
