DROP TRIGGER data_request_messages_take ON data_request_messages;
DROP FUNCTION take_data_request_message();
