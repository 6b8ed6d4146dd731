-- That this database was made of a backup. It is not served before what was erased since is erased again.
--
-- A restore makes this table before anything else and no backup holds it, so that no moment exists in which a database
-- is restored and does not say so. Hence the IF NOT EXISTS.
CREATE TABLE IF NOT EXISTS restores (
    id uuid PRIMARY KEY,
    backup text NOT NULL,
    -- The moment that the backup shows.
    taken_at timestamptz NOT NULL,
    began_at timestamptz NOT NULL,
    restored_at timestamptz,
    ledger_replayed_at timestamptz CHECK (ledger_replayed_at IS NULL OR restored_at IS NOT NULL)
);
