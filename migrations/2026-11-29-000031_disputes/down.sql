DROP TABLE dispute_messages;
DROP TABLE dispute_steps;
DROP TABLE disputes;
DROP FUNCTION keep_dispute_step();
DROP FUNCTION take_dispute_step();
DROP FUNCTION keep_dispute();
DROP FUNCTION begin_dispute();
DROP FUNCTION refuse_dispute(text, text);
