ALTER TABLE former_customers ADD COLUMN account_id uuid UNIQUE;
UPDATE former_customers SET account_id = gen_random_uuid();
ALTER TABLE former_customers ALTER COLUMN account_id SET NOT NULL, DROP COLUMN account_digest;
