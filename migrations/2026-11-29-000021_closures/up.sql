-- Closing an account: thirty days to fetch what is in it, then that goes, and after sixty days the rest.

CREATE TABLE account_closures (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- The owner, or a member of staff who was asked by mail (S78).
    requested_by_kind text NOT NULL CHECK (requested_by_kind IN ('customer', 'staff')),
    requested_by uuid NOT NULL,
    note text CHECK (char_length(note) BETWEEN 10 AND 2000),
    requested_at timestamptz NOT NULL,
    -- What the account was in, and is again if the closure is undone.
    from_state text NOT NULL CHECK (from_state IN ('trial', 'active', 'suspended')),
    content_until timestamptz NOT NULL,
    data_until timestamptz NOT NULL,
    undone_at timestamptz,
    undone_by uuid,
    -- When what was in it was to go, and when the rest.
    content_ordered_at timestamptz,
    data_ordered_at timestamptz,
    reminded_at timestamptz,
    CHECK (content_until >= requested_at + interval '30 days' AND data_until >= content_until),
    CHECK (data_until <= requested_at + interval '60 days'),
    CHECK ((undone_at IS NULL) = (undone_by IS NULL)),
    -- What has begun to go is not undone.
    CONSTRAINT account_closures_undo CHECK (undone_at IS NULL OR content_ordered_at IS NULL),
    CHECK (data_ordered_at IS NULL OR content_ordered_at IS NOT NULL),
    CHECK (requested_by_kind = 'customer' OR note IS NOT NULL)
);
CREATE UNIQUE INDEX account_closures_one ON account_closures (account_id) WHERE undone_at IS NULL;
CREATE INDEX account_closures_content ON account_closures (content_until) WHERE undone_at IS NULL AND content_ordered_at IS NULL;
CREATE INDEX account_closures_data ON account_closures (data_until) WHERE undone_at IS NULL AND data_ordered_at IS NULL;

-- What stays of a customer after closure: that they were one (S73).
CREATE TABLE former_customers (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL UNIQUE,
    email text NOT NULL CHECK (octet_length(email) BETWEEN 3 AND 254),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    company text CHECK (char_length(company) <= 200),
    opened_at timestamptz NOT NULL,
    closed_at timestamptz NOT NULL
);
CREATE INDEX former_customers_email ON former_customers (lower(email));
CREATE INDEX former_customers_closed ON former_customers (closed_at);
CREATE INDEX sales_enquiries_email ON sales_enquiries (lower(email));
