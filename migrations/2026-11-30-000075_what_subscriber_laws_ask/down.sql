DROP INDEX subscriber_records_due, subscriber_records_decided, subscriber_records_ended;
CREATE INDEX subscriber_records_kept ON subscriber_records (kept_until) WHERE kept_until IS NOT NULL;
DROP TRIGGER subscriber_records_stay ON subscriber_records;
DROP TRIGGER subscriber_record_shares_stay ON subscriber_record_shares;
DROP TRIGGER subscriber_record_shares_in_time ON subscriber_record_shares;
DROP FUNCTION keep_subscriber_record_there(), keep_subscriber_record_share_there(), check_subscriber_record_share();
ALTER TABLE subscriber_record_shares DROP CONSTRAINT subscriber_record_shares_carrier;
ALTER TABLE subscriber_records DROP CONSTRAINT subscriber_records_end_users,
    ADD CONSTRAINT subscriber_records_end_users CHECK (subject = 'customer' OR country <> 'ES');
ALTER TABLE subscriber_records DROP COLUMN sealed_birth;
