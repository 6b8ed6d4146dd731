ALTER TABLE subscriber_records DROP CONSTRAINT subscriber_records_end_users,
    ADD CONSTRAINT subscriber_records_end_users CHECK (subject = 'customer' OR country <> 'ES');
ALTER TABLE subscriber_records DROP COLUMN sealed_birth;
