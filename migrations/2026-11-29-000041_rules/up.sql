-- By which rules accounts may be restricted, and who answers for each of them (S127).

CREATE TABLE rules (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (char_length(name) BETWEEN 3 AND 100),
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL
);

-- What a rule says. A version never changes: only what it may do does, by the rows of `rule_modes`.
CREATE TABLE rule_versions (
    id uuid PRIMARY KEY,
    rule_id uuid NOT NULL REFERENCES rules (id),
    number integer NOT NULL CHECK (number > 0),
    expression text NOT NULL CHECK (char_length(expression) BETWEEN 1 AND 1000),
    -- The thresholds by their names.
    parameters jsonb NOT NULL CHECK (jsonb_typeof(parameters) = 'object'),
    weight integer NOT NULL CHECK (weight BETWEEN 1 AND 100),
    reason_code text NOT NULL CHECK (char_length(reason_code) BETWEEN 1 AND 40),
    -- What the customer reads.
    words text NOT NULL CHECK (char_length(words) BETWEEN 20 AND 1000),
    level text NOT NULL CHECK (level IN ('warned', 'sending_paused', 'api_read_only', 'suspended')),
    -- How long the restriction lasts; null: until somebody lifts it.
    hours integer CHECK (hours BETWEEN 1 AND 8760),
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    mode text NOT NULL DEFAULT 'shadow' CHECK (mode IN ('shadow', 'review', 'enforce', 'retired')),
    mode_since timestamptz NOT NULL,
    UNIQUE (rule_id, number)
);
-- Of the versions of a rule, one at most acts.
CREATE UNIQUE INDEX rule_versions_acting ON rule_versions (rule_id) WHERE mode IN ('review', 'enforce');
CREATE INDEX rule_versions_live ON rule_versions (rule_id) WHERE mode <> 'retired';

-- What a version would have done in the last 30 days.
CREATE TABLE rule_replays (
    id uuid PRIMARY KEY,
    version_id uuid NOT NULL REFERENCES rule_versions (id),
    from_hour timestamptz NOT NULL,
    to_hour timestamptz NOT NULL CHECK (to_hour > from_hour),
    began_at timestamptz NOT NULL,
    -- Accounts up to this one are done.
    done_account uuid,
    accounts bigint NOT NULL DEFAULT 0,
    finished_at timestamptz
);
CREATE INDEX rule_replays_version ON rule_replays (version_id, id DESC);
CREATE UNIQUE INDEX rule_replays_one ON rule_replays (version_id) WHERE finished_at IS NULL;
CREATE INDEX rule_replays_began ON rule_replays (began_at);

CREATE TABLE rule_replay_hits (
    id uuid PRIMARY KEY,
    replay_id uuid NOT NULL REFERENCES rule_replays (id) ON DELETE CASCADE,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- The first hour in which it would have acted, and in how many hours it matched.
    first_hour timestamptz NOT NULL,
    hours integer NOT NULL CHECK (hours > 0),
    score integer NOT NULL,
    UNIQUE (replay_id, account_id)
);
CREATE INDEX rule_replay_hits_account ON rule_replay_hits (account_id);

-- That a version should do more than it does. Somebody else decides about it.
CREATE TABLE rule_proposals (
    id uuid PRIMARY KEY,
    version_id uuid NOT NULL REFERENCES rule_versions (id),
    mode text NOT NULL CHECK (mode IN ('review', 'enforce')),
    -- Emptied when the replay is past its time.
    replay_id uuid REFERENCES rule_replays (id) ON DELETE SET NULL,
    why text NOT NULL CHECK (char_length(why) BETWEEN 10 AND 1000),
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    outcome text CHECK (outcome IN ('approved', 'declined', 'withdrawn')),
    CHECK ((outcome IS NULL) = (decided_at IS NULL)),
    CONSTRAINT rule_proposals_second_person
        CHECK (outcome IS DISTINCT FROM 'approved' OR (decided_by IS NOT NULL AND decided_by <> proposed_by))
);
CREATE UNIQUE INDEX rule_proposals_open ON rule_proposals (version_id) WHERE outcome IS NULL;
CREATE INDEX rule_proposals_version ON rule_proposals (version_id, id DESC);

-- What a version may do, since when, by whom and why. Nobody: the portal itself, which only takes away.
CREATE TABLE rule_modes (
    id uuid PRIMARY KEY,
    version_id uuid NOT NULL REFERENCES rule_versions (id),
    seq integer NOT NULL,
    mode text NOT NULL CHECK (mode IN ('shadow', 'review', 'enforce', 'retired')),
    proposal_id uuid UNIQUE REFERENCES rule_proposals (id),
    set_by uuid,
    because text NOT NULL CHECK (char_length(because) BETWEEN 1 AND 1000),
    at timestamptz NOT NULL,
    UNIQUE (version_id, seq)
);

CREATE FUNCTION refuse_rule(what text, why text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', why USING ERRCODE = 'check_violation', CONSTRAINT = what;
END $$;

CREATE FUNCTION rule_mode_rank(mode text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE mode WHEN 'retired' THEN -1 WHEN 'shadow' THEN 0 WHEN 'review' THEN 1 WHEN 'enforce' THEN 2 END
$$;

-- A version begins in shadow, and never changes by itself.
CREATE FUNCTION keep_rule_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.mode <> 'shadow' THEN
            PERFORM refuse_rule('rule_versions_begin_in_shadow', 'a version of a rule begins in shadow');
        END IF;
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM refuse_rule('rule_versions_kept', 'a version of a rule is kept');
    ELSIF pg_trigger_depth() < 2 OR to_jsonb(NEW) - '{mode,mode_since}'::text[] <> to_jsonb(OLD) - '{mode,mode_since}'::text[] THEN
        PERFORM refuse_rule('rule_versions_kept', 'a version of a rule does not change');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rule_versions_keep BEFORE INSERT OR UPDATE OR DELETE ON rule_versions
    FOR EACH ROW EXECUTE FUNCTION keep_rule_version();

CREATE FUNCTION begin_rule_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rule_modes (id, version_id, seq, mode, set_by, because, at)
    VALUES (gen_random_uuid(), NEW.id, 0, 'shadow', NEW.created_by, 'Written', NEW.created_at);
    RETURN NEW;
END $$;
CREATE TRIGGER rule_versions_begin AFTER INSERT ON rule_versions
    FOR EACH ROW EXECUTE FUNCTION begin_rule_version();

-- Moving on needs a proposal that somebody else approved; whoever approved it moves it. Taking away needs nobody else.
CREATE FUNCTION apply_rule_mode() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    version rule_versions%ROWTYPE;
    other rule_versions%ROWTYPE;
    proposal rule_proposals%ROWTYPE;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM refuse_rule('rule_modes_kept', 'what a version of a rule might do is append-only');
    END IF;
    -- The versions of one rule change one after the other.
    PERFORM FROM rules r JOIN rule_versions v ON v.rule_id = r.id WHERE v.id = NEW.version_id FOR UPDATE OF r;
    SELECT * INTO version FROM rule_versions WHERE id = NEW.version_id FOR UPDATE;
    IF NEW.seq = 0 AND NOT EXISTS (SELECT FROM rule_modes WHERE version_id = NEW.version_id) THEN
        IF NEW.mode <> 'shadow' THEN
            PERFORM refuse_rule('rule_modes_transition', 'a version of a rule begins in shadow');
        END IF;
        RETURN NEW;
    END IF;
    SELECT max(seq) + 1 INTO NEW.seq FROM rule_modes WHERE version_id = NEW.version_id;
    IF version.mode = 'retired' OR version.mode = NEW.mode THEN
        PERFORM refuse_rule('rule_modes_transition', format('a version that is in %s does not go to %s', version.mode, NEW.mode));
    END IF;
    IF rule_mode_rank(NEW.mode) > rule_mode_rank(version.mode) THEN
        SELECT * INTO proposal FROM rule_proposals WHERE id = NEW.proposal_id;
        IF proposal.id IS NULL OR proposal.version_id <> NEW.version_id OR proposal.mode <> NEW.mode
            OR proposal.outcome IS DISTINCT FROM 'approved' OR proposal.decided_by IS DISTINCT FROM NEW.set_by THEN
            PERFORM refuse_rule('rule_modes_two_people', 'a version moves on when somebody else has approved it');
        END IF;
        FOR other IN SELECT * FROM rule_versions v WHERE v.rule_id = version.rule_id AND v.id <> version.id AND v.mode IN ('review', 'enforce') LOOP
            INSERT INTO rule_modes (id, version_id, seq, mode, set_by, because, at)
            VALUES (gen_random_uuid(), other.id, 1, 'retired', NEW.set_by, format('Version %s takes its place', version.number), NEW.at);
        END LOOP;
    END IF;
    UPDATE rule_versions SET mode = NEW.mode, mode_since = NEW.at WHERE id = NEW.version_id;
    -- What was proposed about it meanwhile is about another state of things.
    UPDATE rule_proposals SET outcome = 'withdrawn', decided_at = NEW.at WHERE version_id = NEW.version_id AND outcome IS NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER rule_modes_apply BEFORE INSERT OR UPDATE OR DELETE ON rule_modes
    FOR EACH ROW EXECUTE FUNCTION apply_rule_mode();

-- What is proposed was replayed, and what was decided stays.
CREATE FUNCTION keep_rule_proposal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    present text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse_rule('rule_proposals_kept', 'what was proposed about a rule is kept');
    ELSIF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - 'replay_id' = to_jsonb(OLD) - 'replay_id' AND NEW.replay_id IS NULL THEN
            RETURN NEW;
        ELSIF OLD.outcome IS NOT NULL OR to_jsonb(NEW) - '{outcome,decided_by,decided_at}'::text[] <> to_jsonb(OLD) - '{outcome,decided_by,decided_at}'::text[] THEN
            PERFORM refuse_rule('rule_proposals_kept', 'what was decided about a rule stays');
        END IF;
        RETURN NEW;
    END IF;
    SELECT mode INTO present FROM rule_versions WHERE id = NEW.version_id FOR SHARE;
    IF NEW.outcome IS NOT NULL OR present = 'retired' OR rule_mode_rank(NEW.mode) <= rule_mode_rank(present) THEN
        PERFORM refuse_rule('rule_modes_transition', format('a version that is in %s does not go to %s', present, NEW.mode));
    END IF;
    IF NOT EXISTS (SELECT FROM rule_replays WHERE id = NEW.replay_id AND version_id = NEW.version_id AND finished_at IS NOT NULL) THEN
        PERFORM refuse_rule('rule_proposals_replayed', 'what a version would have done is looked at first');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rule_proposals_keep BEFORE INSERT OR UPDATE OR DELETE ON rule_proposals
    FOR EACH ROW EXECUTE FUNCTION keep_rule_proposal();
