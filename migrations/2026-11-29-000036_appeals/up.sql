-- Appeals against suspensions: what the owner says, what both sides write, and what a person decided who had no part in it.

CREATE TABLE appeals (
    id uuid PRIMARY KEY,
    suspension_id uuid NOT NULL REFERENCES suspensions (id) ON DELETE CASCADE,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- The second goes to another person and is final.
    round integer NOT NULL CHECK (round IN (1, 2)),
    filed_by uuid REFERENCES people (id) ON DELETE SET NULL,
    words text NOT NULL CHECK (char_length(words) BETWEEN 1 AND 2000),
    filed_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL CHECK (due_at > filed_at),
    -- The first message of our staff, or the decision.
    first_answered_at timestamptz,
    outcome text CHECK (outcome IN ('upheld', 'shortened', 'lifted', 'withdrawn', 'moot')),
    decided_by uuid,
    decided_at timestamptz,
    decision_words text CHECK (char_length(decision_words) BETWEEN 10 AND 4000),
    -- Counts what happened: messages, and the end.
    version integer NOT NULL DEFAULT 0,
    CHECK ((outcome IS NULL) = (decided_at IS NULL)),
    CHECK (coalesce(outcome IN ('upheld', 'shortened', 'lifted'), false) = (decided_by IS NOT NULL)),
    CHECK ((decided_by IS NULL) = (decision_words IS NULL))
);
CREATE UNIQUE INDEX appeals_one_open ON appeals (suspension_id) WHERE outcome IS NULL;
CREATE UNIQUE INDEX appeals_one_a_round ON appeals (suspension_id, round) WHERE outcome IS DISTINCT FROM 'withdrawn';
CREATE INDEX appeals_of_account ON appeals (account_id);
CREATE INDEX appeals_filed_by ON appeals (filed_by) WHERE filed_by IS NOT NULL;
CREATE INDEX appeals_open ON appeals (due_at, id) WHERE outcome IS NULL;
CREATE INDEX appeals_ended ON appeals (decided_at, id) WHERE outcome IS NOT NULL;
CREATE INDEX appeals_answered ON appeals (first_answered_at) WHERE first_answered_at IS NOT NULL;

CREATE TABLE appeal_messages (
    id uuid PRIMARY KEY,
    appeal_id uuid NOT NULL REFERENCES appeals (id) ON DELETE CASCADE,
    author_kind text NOT NULL CHECK (author_kind IN ('customer', 'staff')),
    author_id uuid NOT NULL,
    body text NOT NULL CHECK (char_length(body) BETWEEN 1 AND 2000),
    sent_at timestamptz NOT NULL
);
CREATE INDEX appeal_messages_of ON appeal_messages (appeal_id, id);

-- An appeal is filed in time, against what stands, and at most twice.
CREATE FUNCTION file_appeal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    s suspensions;
    answered integer;
BEGIN
    SELECT * INTO STRICT s FROM suspensions WHERE id = NEW.suspension_id FOR UPDATE;
    answered := (SELECT count(*) FROM appeals WHERE suspension_id = s.id AND outcome IN ('upheld', 'shortened'));
    IF NEW.account_id <> s.account_id THEN
        PERFORM refuse_suspension('appeals_account', 'the suspension is of another account');
    ELSIF s.ended_at IS NOT NULL OR s.expires_at <= NEW.filed_at THEN
        PERFORM refuse_suspension('suspensions_ended', 'the suspension is over');
    ELSIF NEW.filed_at >= s.appeal_until THEN
        PERFORM refuse_suspension('appeals_late', 'the time to appeal is over');
    ELSIF answered >= 2 THEN
        PERFORM refuse_suspension('appeals_final', 'the second appeal was final');
    ELSIF NEW.outcome IS NOT NULL OR NEW.version <> 0 THEN
        PERFORM refuse_suspension('appeals_transition', 'an appeal begins open');
    END IF;
    NEW.round := answered + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER appeals_file BEFORE INSERT ON appeals FOR EACH ROW EXECUTE FUNCTION file_appeal();

-- Who decides an appeal has claimed it, had no part in the suspension, is not of the account, and is not who decided the
-- first one (S130).
CREATE FUNCTION check_appeal_decision(a appeals, decider uuid, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF decider IN (SELECT suspension_parties(a.suspension_id)) OR decider = a.filed_by
        OR EXISTS (SELECT FROM accounts WHERE id = a.account_id AND owner_id = decider)
        OR EXISTS (SELECT FROM account_members WHERE account_id = a.account_id AND person_id = decider) THEN
        PERFORM refuse_suspension('appeals_party', 'whoever has a part in it decides no appeal');
    ELSIF a.round = 2 AND EXISTS (SELECT FROM appeals f WHERE f.suspension_id = a.suspension_id AND f.round = 1 AND f.decided_by = decider) THEN
        PERFORM refuse_suspension('appeals_second', 'the second appeal goes to another person');
    ELSIF NOT holds_desk_claim('appeals', a.id, decider, at) THEN
        PERFORM refuse_suspension('appeals_claim', 'whoever decides has claimed the appeal');
    END IF;
END $$;

CREATE FUNCTION keep_appeal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := '{first_answered_at,outcome,decided_by,decided_at,decision_words,version}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM suspensions WHERE id = OLD.suspension_id) AND EXISTS (SELECT FROM accounts WHERE id = OLD.account_id) THEN
            PERFORM refuse_suspension('appeals_kept', 'an appeal stays as long as its suspension');
        END IF;
        RETURN OLD;
    END IF;
    -- Whoever filed it was erased.
    IF NEW.filed_by IS NULL AND to_jsonb(NEW) - 'filed_by'::text = to_jsonb(OLD) - 'filed_by'::text THEN
        RETURN NEW;
    END IF;
    IF OLD.outcome IS NOT NULL THEN
        PERFORM refuse_suspension('appeals_decided', 'the appeal is closed');
    ELSIF to_jsonb(NEW) - free <> to_jsonb(OLD) - free OR NEW.version <> OLD.version + 1 THEN
        PERFORM refuse_suspension('appeals_transition', 'an appeal changes by a message or by its end');
    END IF;
    IF NEW.outcome IN ('upheld', 'shortened', 'lifted') THEN
        PERFORM check_appeal_decision(OLD, NEW.decided_by, NEW.decided_at);
        NEW.first_answered_at := coalesce(NEW.first_answered_at, NEW.decided_at);
    END IF;
    IF NEW.outcome IS NOT NULL THEN
        PERFORM end_desk_claim('appeals', OLD.id);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER appeals_keep BEFORE UPDATE OR DELETE ON appeals FOR EACH ROW EXECUTE FUNCTION keep_appeal();

-- A message belongs to an open appeal, and whoever decides sees that it came.
CREATE FUNCTION take_appeal_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE appeals SET version = version + 1,
        first_answered_at = CASE WHEN NEW.author_kind = 'staff' THEN coalesce(first_answered_at, NEW.sent_at) ELSE first_answered_at END
        WHERE id = NEW.appeal_id AND outcome IS NULL;
    IF NOT FOUND THEN
        PERFORM refuse_suspension('appeals_decided', 'the appeal is closed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER appeal_messages_take BEFORE INSERT ON appeal_messages FOR EACH ROW EXECUTE FUNCTION take_appeal_message();

CREATE FUNCTION keep_appeal_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM appeals WHERE id = OLD.appeal_id) THEN
        RETURN OLD;
    END IF;
    PERFORM refuse_suspension('appeal_messages_kept', 'what was written about an appeal stays');
END $$;
CREATE TRIGGER appeal_messages_keep BEFORE UPDATE OR DELETE ON appeal_messages FOR EACH ROW EXECUTE FUNCTION keep_appeal_message();

-- With the suspension its open appeal is over: there is nothing left to decide.
CREATE FUNCTION settle_appeals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.step IN ('lifted', 'expired') THEN
        UPDATE appeals SET outcome = 'moot', decided_at = NEW.at, version = version + 1
            WHERE suspension_id = NEW.suspension_id AND outcome IS NULL;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER suspension_steps_settle AFTER INSERT ON suspension_steps FOR EACH ROW EXECUTE FUNCTION settle_appeals();
