-- A rule in review asks: an alert waits until a person agrees or dismisses it.

CREATE TABLE rule_alerts (
    id uuid PRIMARY KEY,
    rule_id uuid NOT NULL REFERENCES rules (id),
    version_id uuid NOT NULL REFERENCES rule_versions (id),
    -- Emptied when the evaluation is past its time.
    evaluation_id uuid REFERENCES rule_evaluations (id) ON DELETE SET NULL,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    raised_at timestamptz NOT NULL,
    -- Somebody looks at it by then.
    due_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by uuid,
    -- Moot: the account was restricted by the rule meanwhile, or the rule asks no more.
    outcome text CHECK (outcome IN ('agreed', 'dismissed', 'moot')),
    reason text CHECK (char_length(reason) BETWEEN 10 AND 2000),
    suspension_id uuid REFERENCES suspensions (id) DEFERRABLE INITIALLY DEFERRED,
    CHECK ((outcome IS NULL) = (decided_at IS NULL)),
    CHECK ((outcome IN ('agreed', 'dismissed')) IS NOT TRUE OR (decided_by IS NOT NULL AND reason IS NOT NULL)),
    CHECK ((outcome = 'agreed') IS NOT TRUE OR suspension_id IS NOT NULL)
);
CREATE UNIQUE INDEX rule_alerts_one_open ON rule_alerts (account_id, rule_id) WHERE outcome IS NULL;
CREATE INDEX rule_alerts_open ON rule_alerts (due_at, id) WHERE outcome IS NULL;
CREATE INDEX rule_alerts_closed ON rule_alerts (due_at, id) WHERE outcome IS NOT NULL;
CREATE INDEX rule_alerts_all ON rule_alerts (due_at, id);
CREATE INDEX rule_alerts_rule ON rule_alerts (rule_id, account_id, decided_at);
CREATE INDEX rule_alerts_version ON rule_alerts (version_id) WHERE outcome IS NULL;
CREATE INDEX rule_alerts_evaluation ON rule_alerts (evaluation_id) WHERE evaluation_id IS NOT NULL;
CREATE INDEX rule_alerts_suspension ON rule_alerts (suspension_id) WHERE suspension_id IS NOT NULL;
CREATE INDEX rule_alerts_raised ON rule_alerts (raised_at);
CREATE INDEX rule_alerts_decided ON rule_alerts (decided_at) WHERE decided_at IS NOT NULL;

-- Whoever decides has claimed it; what was decided stays.
CREATE FUNCTION keep_rule_alert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'evaluation_id' = to_jsonb(OLD) - 'evaluation_id' AND NEW.evaluation_id IS NULL THEN
        RETURN NEW;
    ELSIF OLD.outcome IS NOT NULL
        OR to_jsonb(NEW) - '{decided_at,decided_by,outcome,reason,suspension_id}'::text[] <> to_jsonb(OLD) - '{decided_at,decided_by,outcome,reason,suspension_id}'::text[] THEN
        PERFORM refuse_rule('rule_alerts_decided', 'the alert was decided');
    ELSIF NEW.outcome IN ('agreed', 'dismissed') AND NOT holds_desk_claim('alerts', NEW.id, NEW.decided_by, NEW.decided_at) THEN
        PERFORM refuse_rule('rule_alerts_claim', 'whoever decides has claimed the alert');
    END IF;
    IF NEW.outcome IS NOT NULL THEN
        PERFORM end_desk_claim('alerts', NEW.id);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rule_alerts_keep BEFORE UPDATE ON rule_alerts FOR EACH ROW EXECUTE FUNCTION keep_rule_alert();

-- A version that is in shadow again, or retired, asks nobody.
CREATE FUNCTION close_alerts_of_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.mode IN ('shadow', 'retired') THEN
        UPDATE rule_alerts SET outcome = 'moot', decided_at = NEW.at WHERE version_id = NEW.version_id AND outcome IS NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rule_modes_alerts AFTER INSERT ON rule_modes FOR EACH ROW EXECUTE FUNCTION close_alerts_of_version();

-- The rule that a suspension names is there as long as it. The evaluation is not: it goes when nobody can object any more.
ALTER TABLE suspensions
    ADD FOREIGN KEY (rule_id) REFERENCES rules (id),
    ADD FOREIGN KEY (rule_version_id) REFERENCES rule_versions (id);

-- Whoever wrote the version of the rule, proposed that it does what it did, or approved that, stands behind it as well.
CREATE OR REPLACE FUNCTION suspension_parties(suspension uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT decided_by FROM suspensions WHERE id = suspension AND decided_by IS NOT NULL
    UNION SELECT v.created_by FROM suspensions s JOIN rule_versions v ON v.id = s.rule_version_id WHERE s.id = suspension
    UNION SELECT who FROM suspensions s JOIN rule_proposals p ON p.version_id = s.rule_version_id AND p.outcome = 'approved',
        LATERAL (VALUES (p.proposed_by), (p.decided_by)) AS parties (who) WHERE s.id = suspension
$$;

-- A suspension that was lifted, or an alert that was dismissed: what was before it does not count again for the rule.
CREATE OR REPLACE FUNCTION rule_counts_since(rule uuid, account uuid) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT greatest(
        (SELECT max(s.ended_at) FROM suspensions s WHERE s.account_id = account AND s.rule_id = rule AND s.ended_how = 'lifted'),
        (SELECT max(a.decided_at) FROM rule_alerts a WHERE a.account_id = account AND a.rule_id = rule AND a.outcome = 'dismissed'))
$$;
