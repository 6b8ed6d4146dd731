DROP TABLE development_clock;
DROP TABLE audit_details;
DROP TABLE audit_events;
DROP FUNCTION refuse_change();
DROP TABLE message_attempts;
DROP TABLE messages;
DROP TABLE rate_limits;
DROP TABLE sessions;
