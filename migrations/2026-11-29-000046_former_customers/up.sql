-- Who was a customer is known by name for seven years (S73). By the id of their account, or by a moment to the microsecond,
-- the audit log and what else stays without a name could be tied back to them: so it keeps a keyed digest and days alone.
ALTER TABLE former_customers ADD COLUMN account_digest bytea CHECK (octet_length(account_digest) = 32);
-- The key is not here. What was noted before is told apart by nothing but its own row.
UPDATE former_customers SET account_digest = sha256(gen_random_uuid()::text::bytea || id::text::bytea),
    opened_at = date_trunc('day', opened_at, 'UTC'), closed_at = date_trunc('day', closed_at, 'UTC');
ALTER TABLE former_customers ALTER COLUMN account_digest SET NOT NULL, ADD UNIQUE (account_digest), DROP COLUMN account_id;
