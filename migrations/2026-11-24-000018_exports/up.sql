-- A copy of what is kept about somebody, or in an account: ordered, made by a job, fetched, and gone after a week.
CREATE TABLE exports (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    account_id uuid REFERENCES accounts ON DELETE CASCADE,
    requested_at timestamptz NOT NULL,
    -- How far it is. Each try begins anew, in a snapshot of its own.
    attempts integer NOT NULL DEFAULT 0,
    began_at timestamptz,
    tables_total integer NOT NULL DEFAULT 0,
    tables_done integer NOT NULL DEFAULT 0,
    rows_done bigint NOT NULL DEFAULT 0,
    at_table text,
    -- The last try that did not come to its end, and what it was at.
    stumbled_at timestamptz,
    stumbled_in text,
    given_up_at timestamptz,
    -- What came of it.
    as_of timestamptz,
    finished_at timestamptz,
    file text,
    bytes bigint,
    sha256 bytea,
    expires_at timestamptz,
    fetched_at timestamptz,
    -- Somebody ended it before its time, and when the file was removed.
    ended_at timestamptz,
    removed_at timestamptz,
    CHECK (num_nulls(as_of, finished_at, file, bytes, sha256, expires_at) IN (0, 6)),
    CHECK (finished_at IS NULL OR given_up_at IS NULL),
    CHECK (sha256 IS NULL OR length(sha256) = 32),
    CHECK (removed_at IS NULL OR finished_at IS NOT NULL)
);
-- One at a time of each scope.
CREATE UNIQUE INDEX exports_under_way ON exports (person_id, coalesce(account_id, '00000000-0000-0000-0000-000000000000'))
    WHERE finished_at IS NULL AND given_up_at IS NULL AND ended_at IS NULL;
CREATE INDEX exports_of_person ON exports (person_id, id DESC);
CREATE INDEX exports_of_account ON exports (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX exports_requested ON exports (requested_at);
CREATE INDEX exports_with_file ON exports (id) WHERE file IS NOT NULL AND removed_at IS NULL;
