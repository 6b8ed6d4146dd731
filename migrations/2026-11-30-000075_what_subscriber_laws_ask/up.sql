-- Some laws ask for the birth of a person; sealed, as the rest of what a record says.
ALTER TABLE subscriber_records ADD COLUMN sealed_birth bytea;

-- In Australia whoever subscribes is asked for, as in Spain whoever buys, and not whoever they let use the number.
ALTER TABLE subscriber_records DROP CONSTRAINT subscriber_records_end_users,
    ADD CONSTRAINT subscriber_records_end_users CHECK (subject = 'customer' OR country NOT IN ('AU', 'ES'));
