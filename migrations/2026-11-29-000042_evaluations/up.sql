-- An evaluation that led somewhere: what was read, what it was judged by, and what came of it, so that it can be explained
-- and computed again.
CREATE TABLE rule_evaluations (
    id uuid PRIMARY KEY,
    rule_id uuid NOT NULL REFERENCES rules (id),
    version_id uuid NOT NULL REFERENCES rule_versions (id),
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    -- The day, in UTC: in shadow an account is noted once a day.
    day date NOT NULL,
    -- What the version might do when it was read.
    mode text NOT NULL CHECK (mode IN ('shadow', 'review', 'enforce')),
    led_to text NOT NULL CHECK (led_to IN ('noted', 'alert', 'restriction')),
    score integer NOT NULL,
    -- Every version that matched, with its weight.
    combined jsonb NOT NULL,
    -- The hours that were read, and what came before them.
    inputs jsonb NOT NULL,
    -- The signals by their names.
    vals jsonb NOT NULL,
    evidence jsonb NOT NULL
);
CREATE UNIQUE INDEX rule_evaluations_daily ON rule_evaluations (version_id, account_id, day) WHERE led_to = 'noted';
CREATE INDEX rule_evaluations_version ON rule_evaluations (version_id, id DESC);
CREATE INDEX rule_evaluations_account ON rule_evaluations (account_id, id DESC);
CREATE INDEX rule_evaluations_at ON rule_evaluations (at);

CREATE FUNCTION keep_rule_evaluation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse_rule('rule_evaluations_kept', 'an evaluation does not change');
    RETURN NULL;
END $$;
CREATE TRIGGER rule_evaluations_keep BEFORE UPDATE ON rule_evaluations
    FOR EACH ROW EXECUTE FUNCTION keep_rule_evaluation();

-- Since when what an account does counts for a rule again; null: always. Whoever can decide that a rule was wrong about an
-- account replaces this.
CREATE FUNCTION rule_counts_since(rule uuid, account uuid) RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT NULL::timestamptz $$;
