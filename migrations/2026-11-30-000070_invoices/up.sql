-- Invoices, as the billing system tells of them by a signed hook (S44). They outlive their account by law and in identifying
-- form (S45, S74): the reference to the account goes with the account, so that nothing else that stays leads to the name on
-- an invoice or back. For the same reason a row has days and no moments.
CREATE TABLE invoices (
    id uuid PRIMARY KEY,
    account_id uuid REFERENCES accounts (id) ON DELETE SET NULL,
    -- Who told us.
    source text NOT NULL CHECK (source = 'processor'),
    number text NOT NULL CHECK (char_length(number) BETWEEN 1 AND 64),
    issued_on date NOT NULL,
    due_on date NOT NULL CHECK (due_on >= issued_on),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    -- In the smallest unit of the currency.
    total_minor bigint NOT NULL CHECK (total_minor >= 0),
    tax_minor bigint NOT NULL CHECK (tax_minor >= 0 AND tax_minor <= total_minor),
    billing_name text NOT NULL CHECK (char_length(billing_name) BETWEEN 1 AND 200),
    billing_lines text[] NOT NULL CHECK (cardinality(billing_lines) BETWEEN 1 AND 5),
    billing_postal_code text CHECK (char_length(billing_postal_code) BETWEEN 1 AND 20),
    billing_city text NOT NULL CHECK (char_length(billing_city) BETWEEN 1 AND 100),
    billing_country text NOT NULL CHECK (billing_country ~ '^[A-Z]{2}$'),
    -- What became of it, each a fact with its day; neither while it is open.
    settled_on date,
    voided_on date,
    voided_because text CHECK (char_length(voided_because) BETWEEN 1 AND 500),
    -- Counted once, by the law that held when it was stored: an index serves the sweep, and a date that somebody was told
    -- stays. Where a law changes for invoices that are there, a migration counts them again.
    kept_until timestamptz NOT NULL CHECK ((kept_until AT TIME ZONE 'UTC')::date > issued_on),
    CONSTRAINT invoices_one UNIQUE (source, number),
    CHECK ((voided_on IS NULL) = (voided_because IS NULL))
);
CREATE INDEX invoices_account ON invoices (account_id, id) WHERE account_id IS NOT NULL;
CREATE INDEX invoices_open ON invoices (account_id) WHERE settled_on IS NULL AND voided_on IS NULL;
CREATE INDEX invoices_kept ON invoices (kept_until);

-- What stands on an invoice is not changed, and what became of it is told once.
CREATE FUNCTION keep_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free CONSTANT text[] := '{account_id,settled_on,voided_on,voided_because,kept_until}';
BEGIN
    IF to_jsonb(NEW) - free <> to_jsonb(OLD) - free
        OR (NEW.account_id IS NOT NULL AND NEW.account_id IS DISTINCT FROM OLD.account_id)
        OR (OLD.settled_on IS NOT NULL AND NEW.settled_on IS DISTINCT FROM OLD.settled_on)
        OR (OLD.voided_on IS NOT NULL AND NEW.voided_on IS DISTINCT FROM OLD.voided_on)
        OR (OLD.voided_because IS NOT NULL AND NEW.voided_because IS DISTINCT FROM OLD.voided_because) THEN
        RAISE EXCEPTION 'an invoice is not changed once it is issued'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invoices_as_issued';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoices_as_issued BEFORE UPDATE ON invoices FOR EACH ROW EXECUTE FUNCTION keep_invoice();
