-- What people ask of us about their data, and every step that was taken. The state of a request changes by a step
-- alone, and the function below refuses every step that the rules do not allow, whoever takes it.

CREATE TABLE data_requests (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('categories', 'access', 'portability', 'correction', 'deletion', 'item_deletion',
        'restriction', 'restriction_lifting', 'consent_withdrawal', 'objection', 'end_user')),
    -- What was asked for at first: what cannot be verified is looked at as a question for categories.
    asked_kind text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('portal', 'form', 'email', 'agent')),
    state text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'verifying', 'open', 'extended', 'fulfilled',
        'partly_fulfilled', 'denied', 'withdrawn', 'expired')),
    -- Counts the steps.
    version integer NOT NULL DEFAULT 0,
    person_id uuid REFERENCES people (id) ON DELETE SET NULL,
    -- Of somebody who did not ask from an account.
    email text CHECK (octet_length(email) BETWEEN 3 AND 254),
    name text CHECK (char_length(name) <= 200),
    -- Who asks in the name of somebody else, and when their signed permission was seen.
    agent text CHECK (char_length(agent) <= 300),
    agent_permission_at timestamptz,
    -- The customer whose end user asks.
    account_id uuid REFERENCES accounts (id) ON DELETE SET NULL,
    details text CHECK (char_length(details) <= 4000),
    ccpa boolean NOT NULL,
    gdpr boolean NOT NULL,
    received_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    due_at timestamptz NOT NULL,
    -- Where one extension may move it.
    longest_due_at timestamptz NOT NULL,
    verified_at timestamptz,
    verified_how text CHECK (verified_how IN ('signed_in', 'mail_and_data', 'mailbox', 'staff', 'agent')),
    -- A deletion is asked for twice, and can be undone until the end of its grace.
    confirmed_at timestamptz,
    grace_until timestamptz,
    fraud_suspected_at timestamptz,
    -- Of an end user's request: our customer knows, or the law forbids to tell; our customer agrees that we answer.
    customer_informed_at timestamptz,
    informing_barred_at timestamptz,
    customer_agreed_at timestamptz,
    closed_at timestamptz,
    -- The last share of the time, in percent, at which staff were reminded.
    reminded integer NOT NULL DEFAULT 0 CHECK (reminded IN (0, 50, 75, 90, 100)),
    CHECK (ccpa OR gdpr),
    CHECK (due_at > received_at AND longest_due_at >= due_at),
    CHECK (NOT ccpa OR longest_due_at AT TIME ZONE 'UTC' <= received_at AT TIME ZONE 'UTC' + interval '90 days'),
    CHECK (NOT gdpr OR longest_due_at AT TIME ZONE 'UTC' <= received_at AT TIME ZONE 'UTC' + interval '3 months'),
    CHECK ((verified_at IS NULL) = (verified_how IS NULL)),
    CHECK ((confirmed_at IS NULL) = (grace_until IS NULL)),
    CHECK ((closed_at IS NULL) = (state IN ('received', 'verifying', 'open', 'extended')))
);
CREATE INDEX data_requests_person ON data_requests (person_id, id DESC) WHERE person_id IS NOT NULL;
CREATE INDEX data_requests_open ON data_requests (due_at, id) WHERE closed_at IS NULL;
CREATE INDEX data_requests_closed ON data_requests (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX data_requests_account ON data_requests (account_id) WHERE account_id IS NOT NULL;
-- What somebody waits for already is not asked for again; corrections and items differ from each other.
CREATE UNIQUE INDEX data_requests_one_open ON data_requests (person_id, kind)
    WHERE closed_at IS NULL AND channel = 'portal' AND kind NOT IN ('correction', 'item_deletion');

-- Append-only: who did what, when and why.
CREATE TABLE data_request_steps (
    id uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES data_requests (id) ON DELETE CASCADE,
    -- The version of the request after it, and its state; the function below sets both.
    seq integer NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT '',
    act text NOT NULL CHECK (act IN ('received', 'verification_started', 'verified', 'recast', 'confirmed', 'extended', 'fulfilled',
        'partly_fulfilled', 'denied', 'withdrawn', 'expired', 'acknowledged', 'fraud_suspected', 'fraud_cleared',
        'customer_informed', 'informing_barred', 'customer_agreed', 'noted', 'looked_again')),
    actor_kind text NOT NULL CHECK (actor_kind IN ('requester', 'staff', 'system')),
    actor_id uuid,
    at timestamptz NOT NULL,
    -- With 'verified'.
    how text,
    -- With 'confirmed'.
    until timestamptz,
    -- For staff alone.
    note text CHECK (char_length(btrim(note)) BETWEEN 1 AND 4000),
    -- For whoever asked.
    words text CHECK (char_length(btrim(words)) BETWEEN 1 AND 4000),
    reason_code text,
    legal_ground text CHECK (char_length(btrim(legal_ground)) BETWEEN 1 AND 500),
    look_again_on date,
    -- What the request was like when whoever acts looked at it; nothing for a program that acts on what it finds.
    seen_version integer,
    UNIQUE (request_id, seq),
    CONSTRAINT data_request_steps_denial CHECK (act <> 'denied'
        OR num_nulls(reason_code, legal_ground, words, look_again_on) = 0),
    CONSTRAINT data_request_steps_extension CHECK (act <> 'extended' OR words IS NOT NULL),
    CONSTRAINT data_request_steps_doubt CHECK (act NOT IN ('fraud_suspected', 'fraud_cleared', 'informing_barred', 'recast', 'noted')
        OR note IS NOT NULL),
    CHECK (actor_kind <> 'staff' OR actor_id IS NOT NULL),
    CHECK ((act = 'verified') = (how IS NOT NULL)),
    CHECK ((act = 'confirmed') = (until IS NOT NULL)),
    CHECK (look_again_on IS NULL OR look_again_on > (at AT TIME ZONE 'UTC')::date)
);

-- What was not given, corrected or deleted although asked for.
CREATE TABLE data_request_withheld (
    id uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES data_requests (id) ON DELETE CASCADE,
    item text NOT NULL CHECK (char_length(btrim(item)) BETWEEN 1 AND 200),
    reason_code text NOT NULL,
    legal_ground text NOT NULL CHECK (char_length(btrim(legal_ground)) BETWEEN 1 AND 500),
    words text NOT NULL CHECK (char_length(btrim(words)) BETWEEN 1 AND 4000),
    look_again_on date NOT NULL
);
CREATE INDEX data_request_withheld_request ON data_request_withheld (request_id);

-- What the two sides write to each other.
CREATE TABLE data_request_messages (
    id uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES data_requests (id) ON DELETE CASCADE,
    author_kind text NOT NULL CHECK (author_kind IN ('requester', 'staff', 'system')),
    author_id uuid,
    body text NOT NULL CHECK (char_length(btrim(body)) BETWEEN 1 AND 4000),
    sent_at timestamptz NOT NULL
);
CREATE INDEX data_request_messages_request ON data_request_messages (request_id, id);

-- The codes that were mailed to whoever asked without an account.
CREATE TABLE data_request_codes (
    id uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES data_requests (id) ON DELETE CASCADE,
    code_digest bytea NOT NULL,
    sent_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > sent_at)
);
CREATE INDEX data_request_codes_request ON data_request_codes (request_id, id DESC);

-- Every try to show who one is.
CREATE TABLE data_request_tries (
    id uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES data_requests (id) ON DELETE CASCADE,
    what text NOT NULL CHECK (what IN ('code', 'data')),
    matched boolean NOT NULL,
    -- How many further data points were right.
    points integer NOT NULL DEFAULT 0,
    tried_at timestamptz NOT NULL
);
CREATE INDEX data_request_tries_request ON data_request_tries (request_id);

-- Who works on a request, and until when nobody else decides it.
CREATE TABLE data_request_claims (
    request_id uuid PRIMARY KEY REFERENCES data_requests (id) ON DELETE CASCADE,
    staff_id uuid NOT NULL,
    claimed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > claimed_at)
);

-- What we must not do with the data of a person: use it beyond keeping it, or look it up elsewhere.
CREATE TABLE processing_limits (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    what text NOT NULL CHECK (what IN ('restriction', 'enrichment')),
    request_id uuid REFERENCES data_requests (id) ON DELETE SET NULL,
    began_at timestamptz NOT NULL,
    lifted_at timestamptz CHECK (lifted_at >= began_at)
);
CREATE UNIQUE INDEX processing_limits_one_open ON processing_limits (person_id, what) WHERE lifted_at IS NULL;
CREATE INDEX processing_limits_request ON processing_limits (request_id);

CREATE FUNCTION refuse_data_request(rule text, why text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', why USING ERRCODE = 'check_violation', CONSTRAINT = rule;
END $$;

-- A request begins without any step behind it, with a due date inside what the law gives.
CREATE FUNCTION begin_data_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'received' OR NEW.version <> 0 OR NEW.asked_kind <> NEW.kind OR NEW.reminded <> 0
        OR num_nonnulls(NEW.acknowledged_at, NEW.verified_at, NEW.confirmed_at, NEW.fraud_suspected_at, NEW.customer_informed_at,
            NEW.informing_barred_at, NEW.customer_agreed_at, NEW.closed_at) > 0 THEN
        PERFORM refuse_data_request('data_requests_beginning', 'a request begins as received');
    END IF;
    IF (NEW.ccpa AND NEW.due_at AT TIME ZONE 'UTC' > NEW.received_at AT TIME ZONE 'UTC' + interval '45 days')
        OR (NEW.gdpr AND NEW.due_at AT TIME ZONE 'UTC' > NEW.received_at AT TIME ZONE 'UTC' + interval '1 month') THEN
        PERFORM refuse_data_request('data_requests_due', 'a request is due in 45 days, or in a month where the GDPR holds');
    END IF;
    IF NEW.person_id IS NULL AND NEW.email IS NULL THEN
        PERFORM refuse_data_request('data_requests_requester', 'somebody asks');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER data_requests_begin BEFORE INSERT ON data_requests FOR EACH ROW EXECUTE FUNCTION begin_data_request();

-- Only a step changes what it is about; a request under way does not disappear. Once nothing says any more who asked,
-- what could tell it goes too.
CREATE FUNCTION keep_data_request() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := '{person_id,email,name,agent,account_id,details,reminded}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.closed_at IS NULL THEN
            PERFORM refuse_data_request('data_requests_kept', 'a request under way is not deleted');
        END IF;
        RETURN OLD;
    END IF;
    IF pg_trigger_depth() < 2 AND to_jsonb(NEW) - free <> to_jsonb(OLD) - free THEN
        PERFORM refuse_data_request('data_requests_by_step', 'a request changes by a step alone');
    END IF;
    IF NEW.person_id IS NULL AND NEW.email IS NULL AND num_nonnulls(OLD.person_id, OLD.email) > 0 THEN
        NEW.name := NULL;
        NEW.agent := NULL;
        NEW.details := NULL;
        DELETE FROM data_request_messages WHERE request_id = NEW.id;
        DELETE FROM data_request_codes WHERE request_id = NEW.id;
        UPDATE data_request_steps SET note = NULL WHERE request_id = NEW.id AND note IS NOT NULL;
        UPDATE data_request_steps SET actor_id = NULL WHERE request_id = NEW.id AND actor_kind = 'requester' AND actor_id IS NOT NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER data_requests_keep BEFORE UPDATE OR DELETE ON data_requests FOR EACH ROW EXECUTE FUNCTION keep_data_request();

-- Takes a step: looks whether the rules allow it, and makes the request what it is afterwards.
CREATE FUNCTION take_data_request_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    r data_requests;
    under_way CONSTANT text[] := '{received,verifying,open,extended}';
    allowed text[];
    target text;
BEGIN
    SELECT * INTO STRICT r FROM data_requests WHERE id = NEW.request_id FOR UPDATE;
    IF NEW.seen_version IS NOT NULL AND NEW.seen_version <> r.version THEN
        PERFORM refuse_data_request('data_requests_stale', 'somebody else acted on this request meanwhile');
    END IF;
    IF (r.version = 0) <> (NEW.act = 'received') THEN
        PERFORM refuse_data_request('data_requests_transition', 'the first step, and it alone, receives the request');
    END IF;
    allowed := CASE NEW.act
        WHEN 'verification_started' THEN '{received}'
        WHEN 'verified' THEN '{received,verifying}'
        WHEN 'recast' THEN '{received,verifying}'
        WHEN 'confirmed' THEN '{open,extended}'
        WHEN 'extended' THEN '{open}'
        WHEN 'fulfilled' THEN '{open,extended}'
        WHEN 'partly_fulfilled' THEN '{open,extended}'
        WHEN 'expired' THEN '{received,verifying,open,extended}'
        WHEN 'noted' THEN under_way || '{fulfilled,partly_fulfilled,denied,withdrawn,expired}'
        WHEN 'looked_again' THEN '{partly_fulfilled,denied}'
        ELSE under_way END;
    IF NOT r.state = ANY (allowed) THEN
        -- What is asked of a request that nobody verified has a name of its own.
        PERFORM refuse_data_request(
            CASE WHEN NEW.act IN ('fulfilled', 'partly_fulfilled') AND r.state IN ('received', 'verifying')
                THEN 'data_requests_unverified' ELSE 'data_requests_transition' END,
            format('%s does not follow %s', NEW.act, r.state));
    END IF;
    target := CASE NEW.act
        WHEN 'verification_started' THEN 'verifying'
        WHEN 'verified' THEN 'open'
        WHEN 'extended' THEN 'extended'
        WHEN 'fulfilled' THEN 'fulfilled'
        WHEN 'partly_fulfilled' THEN 'partly_fulfilled'
        WHEN 'denied' THEN 'denied'
        WHEN 'withdrawn' THEN 'withdrawn'
        WHEN 'expired' THEN 'expired'
        ELSE r.state END;

    IF NEW.actor_kind = 'staff' AND NEW.act IN ('extended', 'fulfilled', 'partly_fulfilled', 'denied') AND NOT EXISTS (
        SELECT FROM data_request_claims c WHERE c.request_id = r.id AND c.staff_id = NEW.actor_id AND c.expires_at > NEW.at) THEN
        PERFORM refuse_data_request('data_requests_claim', 'whoever decides has claimed the request');
    END IF;
    IF NEW.act = 'verified' THEN
        PERFORM check_data_request_verification(r, NEW);
    ELSIF NEW.act = 'recast' AND r.kind NOT IN ('access', 'portability') THEN
        PERFORM refuse_data_request('data_requests_transition', 'only a question for specifics becomes one for categories');
    ELSIF NEW.act = 'confirmed' AND (r.kind NOT IN ('deletion', 'item_deletion') OR r.confirmed_at IS NOT NULL) THEN
        PERFORM refuse_data_request('data_requests_transition', 'a deletion is confirmed, and once');
    ELSIF NEW.act = 'confirmed' AND r.kind = 'deletion' AND NEW.until < NEW.at + interval '168 hours' THEN
        PERFORM refuse_data_request('data_requests_grace', 'a deletion can be undone for seven days');
    ELSIF NEW.act = 'extended' AND (NEW.at > r.due_at OR r.longest_due_at <= r.due_at) THEN
        PERFORM refuse_data_request('data_requests_due', 'a request is extended before it is due');
    ELSIF NEW.act = 'expired' AND r.state IN ('open', 'extended') AND NOT (r.kind IN ('deletion', 'item_deletion') AND r.confirmed_at IS NULL) THEN
        PERFORM refuse_data_request('data_requests_transition', 'a verified request does not expire');
    ELSIF NEW.act = 'customer_agreed' AND r.customer_informed_at IS NULL THEN
        PERFORM refuse_data_request('data_requests_customer', 'our customer is informed first');
    ELSIF NEW.act IN ('customer_informed', 'informing_barred', 'customer_agreed') AND r.kind <> 'end_user' THEN
        PERFORM refuse_data_request('data_requests_transition', 'only an end user''s request concerns a customer');
    ELSIF NEW.act IN ('fulfilled', 'partly_fulfilled') THEN
        PERFORM check_data_request_fulfilment(r, NEW);
    END IF;

    UPDATE data_requests SET
        version = version + 1,
        state = target,
        kind = CASE WHEN NEW.act = 'recast' THEN 'categories' ELSE kind END,
        due_at = CASE WHEN NEW.act = 'extended' THEN longest_due_at ELSE due_at END,
        reminded = CASE WHEN NEW.act = 'extended' THEN 0 ELSE reminded END,
        acknowledged_at = CASE WHEN NEW.act = 'acknowledged' THEN coalesce(acknowledged_at, NEW.at) ELSE acknowledged_at END,
        verified_at = CASE WHEN NEW.act = 'verified' THEN NEW.at ELSE verified_at END,
        verified_how = CASE WHEN NEW.act = 'verified' THEN NEW.how ELSE verified_how END,
        agent_permission_at = CASE WHEN NEW.act = 'verified' AND NEW.how = 'agent' THEN NEW.at ELSE agent_permission_at END,
        confirmed_at = CASE WHEN NEW.act = 'confirmed' THEN NEW.at ELSE confirmed_at END,
        grace_until = CASE WHEN NEW.act = 'confirmed' THEN NEW.until ELSE grace_until END,
        fraud_suspected_at = CASE NEW.act WHEN 'fraud_suspected' THEN NEW.at WHEN 'fraud_cleared' THEN NULL ELSE fraud_suspected_at END,
        customer_informed_at = CASE WHEN NEW.act = 'customer_informed' THEN coalesce(customer_informed_at, NEW.at) ELSE customer_informed_at END,
        informing_barred_at = CASE WHEN NEW.act = 'informing_barred' THEN coalesce(informing_barred_at, NEW.at) ELSE informing_barred_at END,
        customer_agreed_at = CASE WHEN NEW.act = 'customer_agreed' THEN coalesce(customer_agreed_at, NEW.at) ELSE customer_agreed_at END,
        closed_at = CASE WHEN target IN ('fulfilled', 'partly_fulfilled', 'denied', 'withdrawn', 'expired') THEN coalesce(closed_at, NEW.at) END
    WHERE id = r.id;
    IF target <> r.state AND NOT target = ANY (under_way) THEN
        DELETE FROM data_request_claims WHERE request_id = r.id;
        DELETE FROM data_request_codes WHERE request_id = r.id;
    END IF;
    NEW.seq := r.version + 1;
    NEW.state := target;
    RETURN NEW;
END $$;

-- What each way to show who one is must have behind it.
CREATE FUNCTION check_data_request_verification(r data_requests, step data_request_steps) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    by_code boolean := EXISTS (SELECT FROM data_request_tries t WHERE t.request_id = r.id AND t.what = 'code' AND t.matched);
    by_data boolean := EXISTS (SELECT FROM data_request_tries t WHERE t.request_id = r.id AND t.what = 'data' AND t.matched AND t.points >= 2);
    holds boolean;
BEGIN
    holds := CASE step.how
        WHEN 'signed_in' THEN r.channel = 'portal' AND r.person_id IS NOT NULL AND step.actor_kind = 'requester' AND step.actor_id = r.person_id
        WHEN 'mail_and_data' THEN by_code AND by_data
        WHEN 'mailbox' THEN by_code AND r.kind IN ('categories', 'end_user')
        WHEN 'staff' THEN step.actor_kind = 'staff' AND step.note IS NOT NULL
        WHEN 'agent' THEN step.actor_kind = 'staff' AND step.note IS NOT NULL AND r.agent IS NOT NULL
        ELSE false END;
    IF NOT holds THEN
        PERFORM refuse_data_request('data_requests_verification', format('nothing shows that the request is verified by %s', step.how));
    END IF;
END $$;

-- What has to be so before a request is fulfilled, wholly or in part.
CREATE FUNCTION check_data_request_fulfilment(r data_requests, step data_request_steps) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF r.verified_at IS NULL THEN
        PERFORM refuse_data_request('data_requests_unverified', 'a request is verified before it is fulfilled');
    ELSIF r.fraud_suspected_at IS NOT NULL THEN
        PERFORM refuse_data_request('data_requests_fraud', 'a suspicion of fraud is cleared before a request is fulfilled');
    ELSIF r.kind IN ('deletion', 'item_deletion') AND r.confirmed_at IS NULL THEN
        PERFORM refuse_data_request('data_requests_unconfirmed', 'a deletion is confirmed before it is fulfilled');
    ELSIF r.grace_until > step.at THEN
        PERFORM refuse_data_request('data_requests_grace', 'a deletion can still be undone');
    ELSIF r.kind = 'end_user' AND r.customer_informed_at IS NULL AND r.informing_barred_at IS NULL THEN
        PERFORM refuse_data_request('data_requests_customer', 'our customer is informed before an end user''s request is fulfilled');
    ELSIF r.kind = 'deletion' AND EXISTS (
        -- Whoever is alone with an account is the contact of nobody else.
        SELECT FROM accounts a WHERE coalesce(a.contact_id, a.owner_id) = r.person_id
            AND (a.owner_id <> r.person_id OR EXISTS (SELECT FROM account_members m WHERE m.account_id = a.id))) THEN
        PERFORM refuse_data_request('data_requests_contact', 'the point of contact of an account hands that over first');
    ELSIF step.act = 'partly_fulfilled' AND NOT EXISTS (SELECT FROM data_request_withheld w WHERE w.request_id = r.id) THEN
        PERFORM refuse_data_request('data_requests_withheld', 'what is withheld is named');
    ELSIF step.act = 'fulfilled' AND EXISTS (SELECT FROM data_request_withheld w WHERE w.request_id = r.id) THEN
        PERFORM refuse_data_request('data_requests_withheld', 'something is withheld');
    END IF;
END $$;
CREATE TRIGGER data_request_steps_take BEFORE INSERT ON data_request_steps FOR EACH ROW EXECUTE FUNCTION take_data_request_step();

-- A step stays; only what was noted, and who the requester was, may be emptied.
CREATE FUNCTION keep_data_request_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := '{note,actor_id}';
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM data_requests WHERE id = OLD.request_id) THEN
        RETURN OLD;
    ELSIF TG_OP = 'UPDATE' AND to_jsonb(NEW) - free = to_jsonb(OLD) - free
        AND (NEW.note IS NULL OR NEW.note = OLD.note)
        AND (NEW.actor_id IS NOT DISTINCT FROM OLD.actor_id OR (NEW.actor_id IS NULL AND OLD.actor_kind <> 'staff')) THEN
        RETURN NEW;
    END IF;
    PERFORM refuse_data_request('data_request_steps_kept', 'the steps of a request are append-only');
END $$;
CREATE TRIGGER data_request_steps_keep BEFORE UPDATE OR DELETE ON data_request_steps FOR EACH ROW EXECUTE FUNCTION keep_data_request_step();

-- Something is withheld while a request is decided, and stays.
CREATE FUNCTION keep_data_request_withheld() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM data_requests WHERE id = OLD.request_id) THEN
        RETURN OLD;
    ELSIF TG_OP = 'INSERT' AND EXISTS (SELECT FROM data_requests WHERE id = NEW.request_id AND state IN ('open', 'extended') FOR UPDATE) THEN
        RETURN NEW;
    END IF;
    PERFORM refuse_data_request('data_request_withheld_kept', 'what is withheld is named while the request is decided');
END $$;
CREATE TRIGGER data_request_withheld_keep BEFORE INSERT OR UPDATE OR DELETE ON data_request_withheld
    FOR EACH ROW EXECUTE FUNCTION keep_data_request_withheld();

-- Tries are counted one after the other, and there are few: five for the code, three for what we know besides.
CREATE FUNCTION limit_data_request_tries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    failed bigint;
BEGIN
    PERFORM FROM data_requests WHERE id = NEW.request_id AND state IN ('received', 'verifying') FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse_data_request('data_requests_transition', 'nobody has to show who they are now');
    END IF;
    SELECT count(*) INTO failed FROM data_request_tries WHERE request_id = NEW.request_id AND what = NEW.what AND NOT matched;
    IF failed >= (CASE NEW.what WHEN 'code' THEN 5 ELSE 3 END) THEN
        PERFORM refuse_data_request('data_requests_tries', 'there were enough tries');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER data_request_tries_limit BEFORE INSERT ON data_request_tries FOR EACH ROW EXECUTE FUNCTION limit_data_request_tries();

-- An end user hears from us about their data only with our customer's consent (S162). That their request was passed on
-- is not about their data: the portal says so itself.
CREATE FUNCTION lock_end_user_answers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.author_kind = 'staff' AND EXISTS (
        SELECT FROM data_requests WHERE id = NEW.request_id AND kind = 'end_user' AND customer_agreed_at IS NULL) THEN
        PERFORM refuse_data_request('data_requests_customer', 'our customer has not agreed that we answer');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER data_request_messages_lock BEFORE INSERT ON data_request_messages FOR EACH ROW EXECUTE FUNCTION lock_end_user_answers();

-- Nobody is mailed whose data is under restriction (S87).
CREATE OR REPLACE FUNCTION mailable_contacts(about text, at timestamptz) RETURNS TABLE (contact_id uuid) LANGUAGE sql STABLE AS $$
    SELECT c.id FROM contacts c
    JOIN contact_topics t ON t.contact_id = c.id AND t.topic = about AND t.channel = 'email' AND t.subscribed
    WHERE c.confirmed_at IS NOT NULL
      AND c.stopped_at IS NULL
      AND (c.paused_until IS NULL OR c.paused_until <= at)
      AND NOT EXISTS (SELECT FROM mail_suppressions s WHERE s.email_digest = c.email_digest AND s.lifted_at IS NULL)
      AND NOT EXISTS (SELECT FROM processing_limits l WHERE l.person_id = c.person_id AND l.what = 'restriction' AND l.lifted_at IS NULL)
      AND (c.monthly_limit IS NULL OR c.monthly_limit > marketing_mails_since(c.id, at - interval '30 days'))
$$;
