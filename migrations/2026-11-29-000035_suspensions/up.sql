-- Suspensions: what an account may not do for a time, why, who said so, what it was shown by, and who was told.

CREATE TABLE suspensions (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    level text NOT NULL CHECK (level IN ('warned', 'sending_paused', 'api_read_only', 'suspended')),
    -- A rule by itself, a rule that asked somebody of the staff first, or staff alone.
    decided_by_kind text NOT NULL CHECK (decided_by_kind IN ('rule', 'staff')),
    decided_by uuid,
    rule_id uuid,
    rule_version_id uuid,
    evaluation_id uuid,
    reason_code text NOT NULL CHECK (reason_code IN ('spam', 'abuse', 'fraud', 'security', 'legal', 'terms')),
    -- The facts, as the customer reads them.
    words text NOT NULL CHECK (char_length(words) BETWEEN 10 AND 4000),
    -- What was measured, and the events behind it; emptied when nobody can object any more.
    evidence jsonb NOT NULL DEFAULT '{}',
    evidence_emptied_at timestamptz,
    automated boolean NOT NULL,
    began_at timestamptz NOT NULL,
    expires_at timestamptz,
    appeal_until timestamptz NOT NULL,
    ended_at timestamptz,
    ended_how text CHECK (ended_how IN ('expired', 'lifted')),
    -- Counts the steps.
    version integer NOT NULL DEFAULT 0,
    CHECK (automated = (decided_by IS NULL)),
    CHECK ((decided_by_kind = 'staff') = (rule_id IS NULL)),
    CHECK (num_nonnulls(rule_id, rule_version_id, evaluation_id) IN (0, 3)),
    CHECK (decided_by_kind = 'rule' OR decided_by IS NOT NULL),
    CHECK (expires_at > began_at),
    -- Six months at least (DSA 20).
    CHECK (appeal_until AT TIME ZONE 'UTC' >= began_at AT TIME ZONE 'UTC' + interval '6 months'),
    CHECK ((ended_at IS NULL) = (ended_how IS NULL)),
    CHECK (ended_at >= began_at)
);
CREATE INDEX suspensions_of_account ON suspensions (account_id, id);
CREATE INDEX suspensions_open ON suspensions (account_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX suspensions_one_per_rule ON suspensions (account_id, rule_id) WHERE ended_at IS NULL AND rule_id IS NOT NULL;
CREATE INDEX suspensions_expiring ON suspensions (expires_at) WHERE ended_at IS NULL AND expires_at IS NOT NULL;
CREATE INDEX suspensions_of_rule ON suspensions (rule_id, began_at) WHERE rule_id IS NOT NULL;
CREATE INDEX suspensions_reason ON suspensions (reason_code, began_at);
CREATE INDEX suspensions_evidence ON suspensions (appeal_until) WHERE evidence_emptied_at IS NULL;

-- What became of a suspension, step by step. It changes by a step alone.
CREATE TABLE suspension_steps (
    id uuid PRIMARY KEY,
    suspension_id uuid NOT NULL REFERENCES suspensions (id) ON DELETE CASCADE,
    seq integer NOT NULL,
    step text NOT NULL CHECK (step IN ('began', 'upheld', 'shortened', 'lifted', 'expired')),
    at timestamptz NOT NULL,
    actor_kind text NOT NULL CHECK (actor_kind IN ('rule', 'staff', 'system')),
    actor_id uuid,
    -- Why, as the customer reads it.
    words text CHECK (char_length(words) BETWEEN 10 AND 4000),
    -- The new end of one that was shortened.
    until timestamptz,
    -- The appeal that led to it.
    appeal_id uuid,
    -- Which version whoever acts has seen; nothing for what looks at none.
    seen_version integer,
    UNIQUE (suspension_id, seq),
    CHECK ((step = 'shortened') = (until IS NOT NULL)),
    CHECK (step <> 'upheld' OR appeal_id IS NOT NULL),
    CHECK (step IN ('began', 'expired') OR (actor_kind = 'staff' AND actor_id IS NOT NULL AND words IS NOT NULL)),
    CHECK ((step = 'expired') = (actor_kind = 'system')),
    CHECK ((actor_kind = 'staff') = (actor_id IS NOT NULL))
);

-- Who was told that a suspension began: no suspension without at least one (S128).
CREATE TABLE suspension_notices (
    suspension_id uuid NOT NULL REFERENCES suspensions (id) ON DELETE CASCADE,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    message_id uuid NOT NULL,
    told_at timestamptz NOT NULL,
    PRIMARY KEY (suspension_id, person_id)
);
CREATE INDEX suspension_notices_person ON suspension_notices (person_id);

CREATE FUNCTION refuse_suspension(what text, why text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', why USING ERRCODE = 'check_violation', CONSTRAINT = what;
END $$;

CREATE FUNCTION keep_suspension() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := '{evidence,evidence_emptied_at}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM accounts WHERE id = OLD.account_id) THEN
            PERFORM refuse_suspension('suspensions_kept', 'a suspension stays as long as its account');
        END IF;
        RETURN OLD;
    END IF;
    IF pg_trigger_depth() < 2 AND (to_jsonb(NEW) - free <> to_jsonb(OLD) - free
        OR OLD.evidence_emptied_at IS NOT NULL OR NEW.evidence_emptied_at IS NULL OR NEW.evidence_emptied_at < OLD.appeal_until) THEN
        PERFORM refuse_suspension('suspensions_by_step', 'a suspension changes by a step alone');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER suspensions_keep BEFORE UPDATE OR DELETE ON suspensions FOR EACH ROW EXECUTE FUNCTION keep_suspension();

-- Takes a step: looks whether it may follow, and makes the suspension what it is afterwards.
CREATE FUNCTION take_suspension_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    s suspensions;
BEGIN
    SELECT * INTO STRICT s FROM suspensions WHERE id = NEW.suspension_id FOR UPDATE;
    IF (s.version = 0) <> (NEW.step = 'began') THEN
        PERFORM refuse_suspension('suspensions_transition', 'the first step, and it alone, begins a suspension');
    ELSIF s.ended_at IS NOT NULL OR (NEW.step <> 'expired' AND s.expires_at <= NEW.at) THEN
        PERFORM refuse_suspension('suspensions_ended', 'the suspension is over');
    ELSIF NEW.seen_version IS NOT NULL AND NEW.seen_version <> s.version THEN
        PERFORM refuse_suspension('suspensions_stale', 'somebody else acted on this suspension meanwhile');
    ELSIF NEW.step = 'expired' AND (s.expires_at IS NULL OR s.expires_at > NEW.at) THEN
        PERFORM refuse_suspension('suspensions_transition', 'the suspension has not expired');
    ELSIF NEW.step = 'shortened' AND (NEW.until <= NEW.at OR NEW.until >= s.expires_at) THEN
        PERFORM refuse_suspension('suspensions_shorter', 'a new end lies ahead, and before the present one');
    END IF;
    NEW.seq := s.version + 1;
    UPDATE suspensions SET
        version = version + 1,
        expires_at = CASE WHEN NEW.step = 'shortened' THEN NEW.until ELSE expires_at END,
        ended_at = CASE WHEN NEW.step IN ('lifted', 'expired') THEN NEW.at END,
        ended_how = CASE WHEN NEW.step IN ('lifted', 'expired') THEN NEW.step END
    WHERE id = s.id;
    RETURN NEW;
END $$;
CREATE TRIGGER suspension_steps_take BEFORE INSERT ON suspension_steps FOR EACH ROW EXECUTE FUNCTION take_suspension_step();

CREATE FUNCTION keep_suspension_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM suspensions WHERE id = OLD.suspension_id) THEN
        RETURN OLD;
    END IF;
    PERFORM refuse_suspension('suspension_steps_kept', 'the steps of a suspension are append-only');
END $$;
CREATE TRIGGER suspension_steps_keep BEFORE UPDATE OR DELETE ON suspension_steps FOR EACH ROW EXECUTE FUNCTION keep_suspension_step();

-- At the end of the transaction a new suspension has begun, and somebody was told.
CREATE FUNCTION require_suspension_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM suspension_notices WHERE suspension_id = NEW.id) THEN
        PERFORM refuse_suspension('suspensions_notice', 'no suspension without a notice');
    ELSIF NOT EXISTS (SELECT FROM suspension_steps WHERE suspension_id = NEW.id) THEN
        PERFORM refuse_suspension('suspensions_transition', 'a suspension begins with a step');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER suspensions_notice AFTER INSERT ON suspensions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_suspension_notice();

-- Who stands behind a suspension and so never decides an appeal against it.
CREATE FUNCTION suspension_parties(suspension uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT decided_by FROM suspensions WHERE id = suspension AND decided_by IS NOT NULL
$$;

-- The suspensions of an account that were not ended; which of them are in force is a question of the hour.
CREATE FUNCTION open_suspensions(account uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_agg(jsonb_build_object('id', id, 'level', level, 'expires_at', expires_at) ORDER BY id)
    FROM suspensions WHERE account_id = account AND ended_at IS NULL
$$;

ALTER TABLE receipts DROP CONSTRAINT receipts_kind_check;
ALTER TABLE receipts ADD CONSTRAINT receipts_kind_check CHECK (kind IN ('request_fulfilled', 'request_partly_fulfilled', 'request_denied',
    'person_erased', 'account_closed', 'account_erased', 'content_deleted', 'suspension_began', 'appeal_decided'));
