DROP TRIGGER suspension_steps_settle ON suspension_steps;
DROP FUNCTION settle_appeals();
DROP TABLE appeal_messages;
DROP FUNCTION keep_appeal_message();
DROP FUNCTION take_appeal_message();
DROP FUNCTION check_appeal_decision(appeals, uuid, timestamptz);
DROP TABLE appeals;
DROP FUNCTION keep_appeal();
DROP FUNCTION file_appeal();
