-- What programs deleted in the content, one by one or with a person, by keyed digests: a restored backup has it again, and
-- by this it is deleted again before anybody sees it (S110, S165).
CREATE TABLE deleted_records (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- A record, or by what somebody was known who was deleted.
    kind text NOT NULL CHECK (kind IN ('claim', 'communication', 'email', 'phone', 'name', 'vin')),
    blinded bytea NOT NULL CHECK (octet_length(blinded) = 32),
    -- Of somebody: the keys that every record about them has.
    person_keys bigint[] NOT NULL DEFAULT '{}',
    deleted_at timestamptz NOT NULL,
    -- When it was put beside the backups, which hold only what was deleted before them.
    mirrored_at timestamptz,
    CHECK ((kind IN ('claim', 'communication')) = (cardinality(person_keys) = 0))
);
CREATE INDEX deleted_records_account ON deleted_records (account_id);
CREATE INDEX deleted_records_deleted ON deleted_records (deleted_at);
CREATE INDEX deleted_records_to_mirror ON deleted_records (id) WHERE mirrored_at IS NULL;
