-- The log of disclosures (S120 to S126): what somebody outside asked for or is to get of personal data, and every step that was
-- taken. A disclosure changes by a step alone, and the function below refuses every step that the rules do not allow.

CREATE TABLE disclosures (
    id uuid PRIMARY KEY,
    state text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'objected', 'answered', 'approved', 'disclosed', 'refused', 'withdrawn')),
    -- Counts the steps.
    version integer NOT NULL DEFAULT 0,
    recipient_kind text NOT NULL CHECK (recipient_kind IN ('legal', 'operator', 'group', 'provider', 'transfer', 'deidentified')),
    recipient text NOT NULL CHECK (char_length(recipient) BETWEEN 2 AND 200),
    -- There are these five, and nothing is disclosed to an authority or the like without one (S120).
    ground text CHECK (ground IN ('law', 'agreements', 'security', 'protection', 'emergency')),
    sale boolean NOT NULL DEFAULT false,
    -- Which classes and categories of data, as the data map has them.
    classes text[] NOT NULL CHECK (cardinality(classes) > 0 AND classes <@ '{account,usage,content}'),
    categories text[] NOT NULL CHECK (cardinality(categories) > 0
        AND categories <@ '{identifiers,customer_records,commercial,activity,geolocation,professional,sensitive}'),
    -- Whom or what it is about; neither where it is about nobody by name, and once they are erased.
    person_id uuid REFERENCES people (id) ON DELETE SET NULL,
    account_id uuid REFERENCES accounts (id) ON DELETE SET NULL,
    -- As the order calls itself.
    order_reference text CHECK (char_length(order_reference) BETWEEN 1 AND 200),
    -- What is asked for, or is to be handed over; nothing once whom it was about is erased.
    words text CHECK (char_length(words) BETWEEN 10 AND 2000),
    -- How it was made sure that nobody can be told from it.
    method text CHECK (char_length(method) BETWEEN 10 AND 2000),
    received_on date NOT NULL,
    -- A law or an order forbids to tell whom it is about before this day; the day since when that is known, and which it is.
    silent_since date,
    silent_until date,
    silent_because text CHECK (char_length(silent_because) BETWEEN 10 AND 500),
    -- When whoever it is about was told.
    told_at timestamptz,
    -- The day of a business transfer.
    transfer_on date,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    approved_by uuid,
    approved_at timestamptz,
    closed_at timestamptz,
    CONSTRAINT disclosures_second_person CHECK (approved_by <> recorded_by),
    CONSTRAINT disclosures_ground CHECK ((recipient_kind = 'legal') = (ground IS NOT NULL)),
    -- Only with a business transfer can something be a sale, and never what end users left or what visits left (S23, S102, S124).
    CONSTRAINT disclosures_sale CHECK (NOT sale OR (recipient_kind = 'transfer' AND classes <@ '{account}' AND NOT categories && '{activity}')),
    CONSTRAINT disclosures_method CHECK ((recipient_kind = 'deidentified') = (method IS NOT NULL)),
    -- What leads to nobody names nobody, and what goes with a business is about everybody (S125).
    CONSTRAINT disclosures_nobody CHECK (recipient_kind NOT IN ('deidentified', 'transfer') OR num_nonnulls(person_id, account_id) = 0),
    CONSTRAINT disclosures_unnamed CHECK (recipient_kind <> 'deidentified'
        OR (coalesce(words, '') || ' ' || coalesce(method, '') || ' ' || coalesce(order_reference, '')) !~ '@|(US|AC)[0-9a-f]{32}'),
    CONSTRAINT disclosures_one CHECK (num_nonnulls(person_id, account_id) <= 1),
    -- A year at most at a time, and for a legal demand alone (S121).
    CONSTRAINT disclosures_silence CHECK (num_nonnulls(silent_since, silent_until, silent_because) = 0
        OR (num_nonnulls(silent_since, silent_until, silent_because) = 3 AND recipient_kind = 'legal'
            AND silent_until BETWEEN silent_since AND silent_since + 366)),
    CONSTRAINT disclosures_silence_kept CHECK (told_at IS NULL OR silent_until IS NULL OR (told_at AT TIME ZONE 'UTC')::date >= silent_until),
    CHECK ((recipient_kind = 'transfer') = (transfer_on IS NOT NULL)),
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CHECK ((closed_at IS NULL) = (state IN ('received', 'objected', 'answered', 'approved')))
);
CREATE INDEX disclosures_person ON disclosures (person_id, id DESC) WHERE person_id IS NOT NULL;
CREATE INDEX disclosures_account ON disclosures (account_id, id DESC) WHERE account_id IS NOT NULL;
CREATE INDEX disclosures_open ON disclosures (id DESC) WHERE closed_at IS NULL;
CREATE INDEX disclosures_closed ON disclosures (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX disclosures_silent ON disclosures (silent_until) WHERE told_at IS NULL AND silent_until IS NOT NULL;

-- Append-only: who did what, when and why.
CREATE TABLE disclosure_steps (
    id uuid PRIMARY KEY,
    disclosure_id uuid NOT NULL REFERENCES disclosures (id) ON DELETE CASCADE,
    -- The version of the disclosure after it, and its state; the function below sets both.
    seq integer NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT '',
    act text NOT NULL CHECK (act IN ('received', 'objected', 'answered', 'approved', 'silenced', 'disclosed', 'refused', 'withdrawn')),
    actor_id uuid NOT NULL,
    at timestamptz NOT NULL,
    -- For staff alone: why.
    note text CHECK (char_length(note) BETWEEN 1 AND 2000),
    -- What was handed over, for whoever it is about too.
    words text CHECK (char_length(words) BETWEEN 1 AND 2000),
    -- What came of an objection.
    outcome text CHECK (outcome IN ('upheld', 'narrowed', 'overruled')),
    -- The day until which nobody may be told, as it is from then on.
    silent_until date,
    -- The day on which it was handed over.
    handed_on date,
    -- What the disclosure was like when whoever acts looked at it.
    seen_version integer,
    UNIQUE (disclosure_id, seq),
    CHECK ((act = 'answered') = (outcome IS NOT NULL)),
    CHECK ((act = 'silenced') = (silent_until IS NOT NULL)),
    CHECK ((act = 'disclosed') = (handed_on IS NOT NULL)),
    CHECK (act <> 'disclosed' OR words IS NOT NULL)
);
CREATE INDEX disclosure_steps_objections ON disclosure_steps (at) WHERE act IN ('objected', 'answered');

-- Refuses something by the name of the rule that stands against it.
CREATE FUNCTION refuse_disclosure(rule text, why text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', why USING ERRCODE = 'check_violation', CONSTRAINT = rule;
END $$;

-- A disclosure begins without any step behind it, with what it is about; what a law compels has the reference of the order.
CREATE FUNCTION begin_disclosure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'received' OR NEW.version <> 0 OR NEW.words IS NULL OR num_nonnulls(NEW.told_at, NEW.approved_by, NEW.closed_at) > 0
        OR (NEW.ground = 'law' AND NEW.order_reference IS NULL) THEN
        PERFORM refuse_disclosure('disclosures_begin', 'a disclosure begins as it comes in');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER disclosures_begin BEFORE INSERT ON disclosures FOR EACH ROW EXECUTE FUNCTION begin_disclosure();

-- It changes by a step alone, but for whom it is about, which goes with what says so, and that they were told, which happens
-- once.
CREATE FUNCTION keep_disclosure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := '{person_id,account_id,order_reference,words,silent_since,silent_until,silent_because,told_at}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.closed_at IS NULL THEN
            PERFORM refuse_disclosure('disclosures_kept', 'a disclosure under way is not deleted');
        END IF;
        RETURN OLD;
    END IF;
    IF pg_trigger_depth() < 2 AND to_jsonb(NEW) - free <> to_jsonb(OLD) - free
        OR OLD.told_at IS NOT NULL AND NEW.told_at IS DISTINCT FROM OLD.told_at
        OR NEW.person_id IS NOT NULL AND NEW.person_id IS DISTINCT FROM OLD.person_id
        OR NEW.account_id IS NOT NULL AND NEW.account_id IS DISTINCT FROM OLD.account_id THEN
        PERFORM refuse_disclosure('disclosures_by_step', 'a disclosure changes by a step alone');
    END IF;
    IF num_nonnulls(NEW.person_id, NEW.account_id) = 0 AND num_nonnulls(OLD.person_id, OLD.account_id) > 0 THEN
        NEW.order_reference := NULL;
        NEW.words := NULL;
        NEW.silent_since := NULL;
        NEW.silent_until := NULL;
        NEW.silent_because := NULL;
        UPDATE disclosure_steps SET note = NULL, words = CASE WHEN words IS NULL THEN NULL ELSE 'Removed.' END WHERE disclosure_id = NEW.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER disclosures_keep BEFORE UPDATE OR DELETE ON disclosures FOR EACH ROW EXECUTE FUNCTION keep_disclosure();

-- Whether everybody was told who has to be before a business transfer. Nobody can be yet.
CREATE FUNCTION may_transfer(disclosure uuid, today date) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT false $$;

-- Takes a step: looks whether the rules allow it, and makes the disclosure what it is afterwards.
CREATE FUNCTION take_disclosure_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    d disclosures;
    today date := (NEW.at AT TIME ZONE 'UTC')::date;
    allowed text[];
    target text;
BEGIN
    SELECT * INTO STRICT d FROM disclosures WHERE id = NEW.disclosure_id FOR UPDATE;
    IF NEW.seen_version IS NOT NULL AND NEW.seen_version <> d.version THEN
        PERFORM refuse_disclosure('disclosures_stale', 'somebody else acted on this disclosure meanwhile');
    END IF;
    IF (d.version = 0) <> (NEW.act = 'received') THEN
        PERFORM refuse_disclosure('disclosures_transition', 'the first step, and it alone, receives the disclosure');
    END IF;
    allowed := CASE NEW.act
        WHEN 'received' THEN '{received}'
        WHEN 'objected' THEN '{received,answered}'
        WHEN 'answered' THEN '{objected}'
        WHEN 'approved' THEN '{received,answered}'
        WHEN 'disclosed' THEN '{approved}'
        WHEN 'silenced' THEN '{received,objected,answered,approved,disclosed}'
        ELSE '{received,objected,answered,approved}' END;
    IF NOT d.state = ANY (allowed) THEN
        PERFORM refuse_disclosure('disclosures_transition', format('%s does not follow %s', NEW.act, d.state));
    END IF;
    IF NEW.act IN ('objected', 'answered', 'silenced', 'refused', 'withdrawn') AND NEW.note IS NULL THEN
        PERFORM refuse_disclosure('disclosure_steps_note', 'such a step says why in a note');
    END IF;
    IF NEW.act = 'silenced' AND (d.silent_until IS NULL OR d.told_at IS NOT NULL) THEN
        PERFORM refuse_disclosure('disclosures_silence', 'nothing forbids to tell of this');
    END IF;
    -- Whoever it is about knows before it is handed over, unless that is forbidden (S121).
    IF NEW.act = 'disclosed' AND num_nonnulls(d.person_id, d.account_id) > 0 AND d.told_at IS NULL
        AND (d.silent_until IS NULL OR d.silent_until <= today) THEN
        PERFORM refuse_disclosure('disclosures_untold', 'whoever it is about is not told yet');
    END IF;
    IF NEW.act = 'disclosed' AND d.recipient_kind = 'transfer' AND NOT may_transfer(d.id, today) THEN
        PERFORM refuse_disclosure('disclosures_notices', 'not everybody was told of the transfer before its day');
    END IF;
    -- What was objected to with success is not asked for any more.
    target := CASE NEW.act
        WHEN 'silenced' THEN d.state
        WHEN 'answered' THEN CASE NEW.outcome WHEN 'upheld' THEN 'withdrawn' ELSE 'answered' END
        ELSE NEW.act END;
    UPDATE disclosures SET
        version = version + 1,
        state = target,
        approved_by = CASE NEW.act WHEN 'approved' THEN NEW.actor_id ELSE approved_by END,
        approved_at = CASE NEW.act WHEN 'approved' THEN NEW.at ELSE approved_at END,
        silent_since = CASE NEW.act WHEN 'silenced' THEN today ELSE silent_since END,
        silent_until = CASE NEW.act WHEN 'silenced' THEN NEW.silent_until ELSE silent_until END,
        closed_at = CASE WHEN target IN ('disclosed', 'refused', 'withdrawn') THEN coalesce(closed_at, NEW.at) END
    WHERE id = d.id;
    NEW.seq := d.version + 1;
    NEW.state := target;
    RETURN NEW;
END $$;
CREATE TRIGGER disclosure_steps_take BEFORE INSERT ON disclosure_steps FOR EACH ROW EXECUTE FUNCTION take_disclosure_step();

-- A step stays; only words may be emptied with whom it is about.
CREATE FUNCTION keep_disclosure_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := '{note,words}';
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM disclosures WHERE id = OLD.disclosure_id) THEN
        RETURN OLD;
    ELSIF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1 AND to_jsonb(NEW) - free = to_jsonb(OLD) - free THEN
        RETURN NEW;
    END IF;
    PERFORM refuse_disclosure('disclosure_steps_kept', 'the steps of a disclosure are append-only');
END $$;
CREATE TRIGGER disclosure_steps_keep BEFORE UPDATE OR DELETE ON disclosure_steps FOR EACH ROW EXECUTE FUNCTION keep_disclosure_step();
