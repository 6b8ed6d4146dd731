-- What customers keep with us: claims, communications, and what is done for the people in them.

-- How long a product's records are kept, as its owner instructs (S108), and whether it is kept at all (S103).
-- The choice in force is the one that was not superseded; without one, the product's own default holds.
CREATE TABLE storage_choices (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    product text NOT NULL CHECK (product IN ('claims', 'communications', 'communication_bodies')),
    stored boolean NOT NULL,
    days integer NOT NULL CHECK (days BETWEEN 1 AND 3650),
    -- What extended storage costs per 1,000 records and month, as it was accepted (S109).
    price_cents integer NOT NULL DEFAULT 0 CHECK (price_cents >= 0),
    decided_by_kind text NOT NULL CHECK (decided_by_kind IN ('customer', 'program', 'system')),
    decided_by uuid,
    decided_at timestamptz NOT NULL,
    superseded_at timestamptz
);
CREATE UNIQUE INDEX storage_choices_present ON storage_choices (account_id, product) WHERE superseded_at IS NULL;
CREATE INDEX storage_choices_account ON storage_choices (account_id, id DESC);

-- A person's wish that records about them are not used for now. Who it is stands here sealed.
CREATE TABLE restrictions (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    identifier_kind text NOT NULL CHECK (identifier_kind IN ('email', 'phone', 'name', 'vin')),
    sealed_identifier bytea NOT NULL,
    person_keys bigint[] NOT NULL CHECK (cardinality(person_keys) > 0),
    reason text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 500),
    began_by_kind text NOT NULL CHECK (began_by_kind IN ('customer', 'program')),
    began_by uuid NOT NULL,
    began_at timestamptz NOT NULL,
    lifted_by uuid,
    lifted_at timestamptz,
    CHECK (lifted_at IS NULL OR lifted_by IS NOT NULL)
);
CREATE INDEX restrictions_account ON restrictions (account_id, id DESC);
CREATE UNIQUE INDEX restrictions_one_open ON restrictions (account_id, person_keys) WHERE lifted_at IS NULL;

-- A claim on an insured vehicle.
CREATE TABLE claims (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    claim_number text NOT NULL CHECK (char_length(claim_number) BETWEEN 1 AND 64),
    insurer text NOT NULL CHECK (char_length(insurer) BETWEEN 1 AND 200),
    policy_number text CHECK (char_length(policy_number) <= 64),
    friendly_name text CHECK (char_length(friendly_name) <= 200),
    state text NOT NULL CHECK (state IN ('reported', 'open', 'approved', 'denied', 'settled', 'closed', 'withdrawn')),
    lost_on date NOT NULL,
    reported_on date CHECK (reported_on >= lost_on),
    -- The people in it: role, name, address, phones, e-mails of each.
    parties jsonb NOT NULL CHECK (jsonb_typeof(parties) = 'array'),
    vin text CHECK (vin ~ '^[A-HJ-NPR-Z0-9]{17}$'),
    vehicle_make text CHECK (char_length(vehicle_make) <= 100),
    vehicle_model text CHECK (char_length(vehicle_model) <= 100),
    vehicle_year integer CHECK (vehicle_year BETWEEN 1886 AND 2100),
    lender text CHECK (char_length(lender) <= 200),
    sealed_loan_number bytea,
    loan_number_last4 text CHECK (char_length(loan_number_last4) <= 4),
    -- Amounts in the smallest unit of the currency.
    claimed_amount bigint CHECK (claimed_amount >= 0),
    settled_amount bigint CHECK (settled_amount >= 0),
    currency text CHECK (currency ~ '^[A-Z]{3}$'),
    notes text CHECK (char_length(notes) <= 10000),
    -- Keyed digests of every e-mail address, number, name and VIN in it, for finding a person without an index of
    -- plain text. Sixty-four bits of each; what is found is compared with the record itself.
    person_keys bigint[] NOT NULL,
    restriction_id uuid REFERENCES restrictions (id) ON DELETE SET NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (currency IS NOT NULL OR (claimed_amount IS NULL AND settled_amount IS NULL)),
    CONSTRAINT claims_number UNIQUE (account_id, insurer, claim_number)
);
CREATE INDEX claims_account ON claims (account_id, id DESC);
CREATE INDEX claims_person_keys ON claims USING gin (person_keys);
CREATE INDEX claims_restriction ON claims (restriction_id) WHERE restriction_id IS NOT NULL;
CREATE INDEX claims_updated ON claims (account_id, updated_at);

-- A message that a customer's program sent or received: who, when, how it went. What it says stands apart.
CREATE TABLE communications (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    claim_id uuid REFERENCES claims (id) ON DELETE SET NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'sms', 'voice', 'push')),
    direction text NOT NULL CHECK (direction IN ('outbound', 'inbound')),
    sender text CHECK (char_length(sender) <= 254),
    recipient text CHECK (char_length(recipient) <= 254),
    device_token text CHECK (char_length(device_token) <= 512),
    friendly_name text CHECK (char_length(friendly_name) <= 200),
    status text NOT NULL CHECK (status IN ('queued', 'sent', 'delivered', 'bounced', 'complained', 'failed')),
    status_at timestamptz NOT NULL,
    person_keys bigint[] NOT NULL,
    restriction_id uuid REFERENCES restrictions (id) ON DELETE SET NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (recipient IS NOT NULL OR device_token IS NOT NULL)
);
CREATE INDEX communications_account ON communications (account_id, id DESC);
CREATE INDEX communications_claim ON communications (claim_id, id DESC) WHERE claim_id IS NOT NULL;
CREATE INDEX communications_person_keys ON communications USING gin (person_keys);
CREATE INDEX communications_restriction ON communications (restriction_id) WHERE restriction_id IS NOT NULL;
CREATE INDEX communications_created ON communications (account_id, created_at);

CREATE TABLE communication_statuses (
    id uuid PRIMARY KEY,
    communication_id uuid NOT NULL REFERENCES communications (id) ON DELETE CASCADE,
    status text NOT NULL CHECK (status IN ('queued', 'sent', 'delivered', 'bounced', 'complained', 'failed')),
    detail text CHECK (char_length(detail) <= 500),
    at timestamptz NOT NULL
);
CREATE INDEX communication_statuses_communication ON communication_statuses (communication_id, id);

-- What a message says: customer content, kept only where its owner chose so (S100, S103), sealed.
CREATE TABLE communication_bodies (
    communication_id uuid PRIMARY KEY REFERENCES communications (id) ON DELETE CASCADE,
    sealed_body bytea NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX communication_bodies_created ON communication_bodies (created_at);

-- An import, and how far it came, so that it can go on after a crash. `progress_digest` covers the lines that are
-- done: only the same file can go on.
CREATE TABLE imports (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    key text CHECK (char_length(key) BETWEEN 1 AND 255),
    product text NOT NULL CHECK (product IN ('claims')),
    format text NOT NULL CHECK (format IN ('ndjson', 'csv')),
    mode text NOT NULL CHECK (mode IN ('all_or_nothing', 'best_effort')),
    lines_done bigint NOT NULL DEFAULT 0,
    imported bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    errors jsonb NOT NULL DEFAULT '[]',
    progress_digest bytea,
    began_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    finished_at timestamptz,
    outcome text CHECK (outcome IN ('complete', 'partial', 'refused')),
    CHECK ((finished_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX imports_key ON imports (account_id, key) WHERE key IS NOT NULL;
CREATE INDEX imports_account ON imports (account_id, id DESC);
CREATE INDEX imports_updated ON imports (updated_at);

-- That somebody's records were deleted on instruction: a dated receipt. Who it was is not kept, only a keyed
-- digest that shows whether a given person was meant.
CREATE TABLE content_deletions (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    identifier_kind text NOT NULL CHECK (identifier_kind IN ('email', 'phone', 'name', 'vin')),
    identifier_digest bytea NOT NULL,
    claims bigint NOT NULL,
    parties bigint NOT NULL,
    communications bigint NOT NULL,
    bodies bigint NOT NULL,
    instructed_by_kind text NOT NULL CHECK (instructed_by_kind IN ('customer', 'program')),
    instructed_by uuid NOT NULL,
    instructed_at timestamptz NOT NULL
);
CREATE INDEX content_deletions_account ON content_deletions (account_id, id DESC);

-- Where the deletion has to arrive, and when it did (S110): all within 30 days.
CREATE TABLE content_deletion_steps (
    deletion_id uuid NOT NULL REFERENCES content_deletions (id) ON DELETE CASCADE,
    step text NOT NULL CHECK (step IN ('tables', 'search', 'answers', 'backups')),
    due_at timestamptz NOT NULL,
    done_at timestamptz,
    PRIMARY KEY (deletion_id, step)
);
CREATE INDEX content_deletion_steps_open ON content_deletion_steps (due_at) WHERE done_at IS NULL;
