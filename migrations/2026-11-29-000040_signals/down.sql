DROP FUNCTION signal_key(bytea, text);
DROP TABLE signal_progress;
DROP TABLE signal_accounts;
DROP TABLE signal_recipients;
DROP TABLE signal_hours;
ALTER TABLE communications DROP COLUMN body_key;
