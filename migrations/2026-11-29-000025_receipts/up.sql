-- What was done about somebody's data, signed, so that it can be shown later without asking us. A document names people
-- and accounts by their SIDs and holds no other words of theirs.
CREATE TABLE receipts (
    id uuid PRIMARY KEY,
    person_id uuid REFERENCES people ON DELETE SET NULL,
    account_id uuid REFERENCES accounts ON DELETE SET NULL,
    request_id uuid REFERENCES data_requests ON DELETE SET NULL,
    kind text NOT NULL CHECK (kind IN ('request_fulfilled', 'request_partly_fulfilled', 'request_denied',
        'person_erased', 'account_closed', 'account_erased', 'content_deleted')),
    -- As it is handed out: header, document and signature.
    document text NOT NULL CHECK (document ~ '^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$'),
    issued_at timestamptz NOT NULL
);
CREATE INDEX receipts_of_person ON receipts (person_id, id DESC) WHERE person_id IS NOT NULL;
CREATE INDEX receipts_of_account ON receipts (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX receipts_of_request ON receipts (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX receipts_issued ON receipts (issued_at);
