-- Disputes about data protection (S131, S132), and every step that was taken. A dispute changes by a step alone, and the
-- function below refuses every step that the rules do not allow, whoever takes it.

CREATE TABLE disputes (
    id uuid PRIMARY KEY,
    -- From a page of somebody who is signed in, from the form for anybody, by mail or by letter.
    channel text NOT NULL CHECK (channel IN ('portal', 'form', 'email', 'post')),
    -- 'unproven': somebody typed an address and has not shown yet that the mailbox is theirs.
    state text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'unproven', 'open', 'resolved', 'unresolved', 'withdrawn', 'lapsed')),
    -- Counts the steps.
    version integer NOT NULL DEFAULT 0,
    person_id uuid REFERENCES people (id) ON DELETE SET NULL,
    -- Of somebody who did not write from an account: where the answer goes.
    email text CHECK (octet_length(email) BETWEEN 3 AND 254),
    name text CHECK (char_length(name) <= 200),
    postal_address text CHECK (char_length(postal_address) <= 500),
    -- What it is about, and what they say; nothing once they are erased.
    subject text CHECK (char_length(btrim(subject)) BETWEEN 1 AND 200),
    words text CHECK (char_length(btrim(words)) BETWEEN 1 AND 4000),
    received_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL CHECK (due_at > received_at),
    closed_at timestamptz,
    -- The last share of the time, in percent, at which staff were reminded.
    reminded integer NOT NULL DEFAULT 0 CHECK (reminded IN (0, 75, 100)),
    CHECK ((closed_at IS NULL) = (state IN ('received', 'unproven', 'open')))
);
CREATE INDEX disputes_person ON disputes (person_id, id DESC) WHERE person_id IS NOT NULL;
CREATE INDEX disputes_address ON disputes (lower(email)) WHERE email IS NOT NULL;
CREATE INDEX disputes_due ON disputes (due_at, id);
CREATE INDEX disputes_open ON disputes (due_at, id) WHERE closed_at IS NULL;
CREATE INDEX disputes_open_channel ON disputes (channel, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX disputes_channel ON disputes (channel, due_at, id);
CREATE INDEX disputes_ended ON disputes (due_at, id) WHERE closed_at IS NOT NULL;
CREATE INDEX disputes_closed ON disputes (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX disputes_received ON disputes (received_at);

-- Append-only: who did what, when and why.
CREATE TABLE dispute_steps (
    id uuid PRIMARY KEY,
    dispute_id uuid NOT NULL REFERENCES disputes (id) ON DELETE CASCADE,
    -- The version of the dispute after it, and its state; the function below sets both.
    seq integer NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT '',
    act text NOT NULL CHECK (act IN ('received', 'proven', 'noted', 'resolved', 'unresolved', 'withdrawn', 'lapsed')),
    actor_kind text NOT NULL CHECK (actor_kind IN ('filer', 'staff', 'system')),
    actor_id uuid,
    at timestamptz NOT NULL,
    -- For staff alone.
    note text CHECK (char_length(btrim(note)) BETWEEN 1 AND 4000),
    -- For whoever raised it.
    words text CHECK (char_length(btrim(words)) BETWEEN 1 AND 4000),
    -- What the dispute was like when whoever acts looked at it; nothing for a program that acts on what it finds.
    seen_version integer,
    UNIQUE (dispute_id, seq),
    CHECK (actor_kind <> 'staff' OR actor_id IS NOT NULL),
    CHECK (act <> 'noted' OR note IS NOT NULL),
    CONSTRAINT dispute_steps_reasons CHECK (act NOT IN ('resolved', 'unresolved') OR words IS NOT NULL)
);

-- What both sides write to each other.
CREATE TABLE dispute_messages (
    id uuid PRIMARY KEY,
    dispute_id uuid NOT NULL REFERENCES disputes (id) ON DELETE CASCADE,
    author_kind text NOT NULL CHECK (author_kind IN ('filer', 'staff')),
    author_id uuid,
    body text NOT NULL CHECK (char_length(btrim(body)) BETWEEN 1 AND 4000),
    sent_at timestamptz NOT NULL
);
CREATE INDEX dispute_messages_dispute ON dispute_messages (dispute_id, id);

-- Refuses something by the name of the rule that stands against it.
CREATE FUNCTION refuse_dispute(rule text, why text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', why USING ERRCODE = 'check_violation', CONSTRAINT = rule;
END $$;

-- A dispute begins without any step behind it, with somebody who raises it and what they say.
CREATE FUNCTION begin_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'received' OR NEW.version <> 0 OR NEW.reminded <> 0 OR NEW.closed_at IS NOT NULL
        OR num_nulls(NEW.subject, NEW.words) > 0 OR num_nonnulls(NEW.person_id, NEW.email, NEW.postal_address) = 0 THEN
        PERFORM refuse_dispute('disputes_begin', 'a dispute begins as it comes in');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER disputes_begin BEFORE INSERT ON disputes FOR EACH ROW EXECUTE FUNCTION begin_dispute();

-- It changes by a step alone, but for who raised it and what they wrote, which may be emptied; with who it was, the
-- words of both sides go.
CREATE FUNCTION keep_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := '{person_id,email,name,postal_address,subject,words,reminded}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.closed_at IS NULL THEN
            PERFORM refuse_dispute('disputes_kept', 'a dispute under way is not deleted');
        END IF;
        RETURN OLD;
    END IF;
    IF pg_trigger_depth() < 2 AND to_jsonb(NEW) - free <> to_jsonb(OLD) - free THEN
        PERFORM refuse_dispute('disputes_by_step', 'a dispute changes by a step alone');
    END IF;
    IF num_nonnulls(NEW.person_id, NEW.email, NEW.postal_address) = 0 AND num_nonnulls(OLD.person_id, OLD.email, OLD.postal_address) > 0 THEN
        NEW.name := NULL;
        NEW.subject := NULL;
        NEW.words := NULL;
        DELETE FROM dispute_messages WHERE dispute_id = NEW.id;
        UPDATE dispute_steps SET note = NULL, words = CASE WHEN words IS NULL THEN NULL ELSE 'Removed.' END,
            actor_id = CASE WHEN actor_kind = 'filer' THEN NULL ELSE actor_id END WHERE dispute_id = NEW.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER disputes_keep BEFORE UPDATE OR DELETE ON disputes FOR EACH ROW EXECUTE FUNCTION keep_dispute();

-- Takes a step: looks whether the rules allow it, and makes the dispute what it is afterwards.
CREATE FUNCTION take_dispute_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    d disputes;
    allowed text[];
    target text;
BEGIN
    SELECT * INTO STRICT d FROM disputes WHERE id = NEW.dispute_id FOR UPDATE;
    IF NEW.seen_version IS NOT NULL AND NEW.seen_version <> d.version THEN
        PERFORM refuse_dispute('disputes_stale', 'somebody else acted on this dispute meanwhile');
    END IF;
    IF (d.version = 0) <> (NEW.act = 'received') THEN
        PERFORM refuse_dispute('disputes_transition', 'the first step, and it alone, receives the dispute');
    END IF;
    allowed := CASE NEW.act
        WHEN 'received' THEN '{received}'
        WHEN 'proven' THEN '{unproven}'
        WHEN 'lapsed' THEN '{unproven}'
        WHEN 'noted' THEN '{open,resolved,unresolved,withdrawn}'
        WHEN 'withdrawn' THEN '{unproven,open}'
        ELSE '{open}' END;
    IF NOT d.state = ANY (allowed) THEN
        PERFORM refuse_dispute('disputes_transition', format('%s does not follow %s', NEW.act, d.state));
    END IF;
    IF NEW.act IN ('resolved', 'unresolved') AND (NEW.actor_kind <> 'staff' OR NOT holds_desk_claim('disputes', d.id, NEW.actor_id, NEW.at)) THEN
        PERFORM refuse_dispute('disputes_claim', 'whoever decides has claimed the dispute');
    END IF;
    target := CASE NEW.act
        WHEN 'received' THEN CASE d.channel WHEN 'form' THEN 'unproven' ELSE 'open' END
        WHEN 'proven' THEN 'open'
        WHEN 'noted' THEN d.state
        ELSE NEW.act END;
    UPDATE disputes SET
        version = version + 1,
        state = target,
        closed_at = CASE WHEN target IN ('resolved', 'unresolved', 'withdrawn', 'lapsed') THEN coalesce(closed_at, NEW.at) END
    WHERE id = d.id;
    IF target NOT IN ('unproven', 'open') THEN
        PERFORM end_desk_claim('disputes', d.id);
    END IF;
    NEW.seq := d.version + 1;
    NEW.state := target;
    RETURN NEW;
END $$;
CREATE TRIGGER dispute_steps_take BEFORE INSERT ON dispute_steps FOR EACH ROW EXECUTE FUNCTION take_dispute_step();

-- A step stays; only words, and who raised the dispute, may be emptied with the person.
CREATE FUNCTION keep_dispute_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := '{note,words,actor_id}';
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM disputes WHERE id = OLD.dispute_id) THEN
        RETURN OLD;
    ELSIF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1 AND to_jsonb(NEW) - free = to_jsonb(OLD) - free
        AND (NEW.actor_id IS NOT DISTINCT FROM OLD.actor_id OR (NEW.actor_id IS NULL AND OLD.actor_kind <> 'staff')) THEN
        RETURN NEW;
    END IF;
    PERFORM refuse_dispute('dispute_steps_kept', 'the steps of a dispute are append-only');
END $$;
CREATE TRIGGER dispute_steps_keep BEFORE UPDATE OR DELETE ON dispute_steps FOR EACH ROW EXECUTE FUNCTION keep_dispute_step();
