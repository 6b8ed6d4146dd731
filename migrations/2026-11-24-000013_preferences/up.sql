-- Whom we may write to or call, about what, and every decision that made it so.

CREATE TABLE contacts (
    id uuid PRIMARY KEY,
    email text NOT NULL CHECK (octet_length(email) BETWEEN 3 AND 254),
    -- In small letters, as addresses are compared.
    email_key text NOT NULL UNIQUE,
    -- Keyed; meets mail_suppressions, which know no addresses.
    email_digest bytea NOT NULL UNIQUE,
    name text CHECK (char_length(name) <= 200),
    company text CHECK (char_length(company) <= 200),
    person_id uuid UNIQUE REFERENCES people (id) ON DELETE CASCADE,
    country text,
    source text NOT NULL,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_decided_at timestamptz NOT NULL,
    -- The present state for all topics; only the trigger below writes it.
    paused_until timestamptz,
    monthly_limit integer CHECK (monthly_limit BETWEEN 1 AND 31),
    stopped_at timestamptz
);
CREATE INDEX contacts_last_decided ON contacts (last_decided_at) WHERE person_id IS NULL;

-- Append-only. A choice without a topic counts for all of them.
CREATE TABLE preference_decisions (
    id uuid PRIMARY KEY,
    -- The order in which decisions of one contact took effect.
    seq bigint NOT NULL,
    contact_id uuid NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    topic text CHECK (topic IN ('product_news', 'newsletter', 'events', 'offers', 'surveys', 'onboarding_calls')),
    channel text NOT NULL CHECK (channel IN ('email', 'phone')),
    choice text NOT NULL CHECK (choice IN ('subscribed', 'unsubscribed', 'paused', 'limited')),
    paused_until timestamptz,
    -- Null with 'limited': as many as there are, again.
    monthly_limit integer CHECK (monthly_limit BETWEEN 1 AND 31),
    decided_at timestamptz NOT NULL,
    actor text NOT NULL CHECK (actor IN ('person', 'staff', 'system')),
    actor_id uuid,
    via text NOT NULL CHECK (via IN ('page', 'link', 'one_click', 'form', 'sign_up', 'email_change', 'staff', 'import', 'gpc', 'complaint', 'bounce')),
    wording text NOT NULL,
    country text,
    campaign_id uuid,
    reason text CHECK (char_length(reason) <= 500),
    -- How many messages that waited to be sent it cancelled.
    cancelled_messages bigint NOT NULL DEFAULT 0,
    CHECK ((choice = 'paused') = (paused_until IS NOT NULL)),
    CHECK (choice = 'limited' OR monthly_limit IS NULL),
    CHECK (choice IN ('subscribed', 'unsubscribed') OR (topic IS NULL AND channel = 'email'))
);
CREATE SEQUENCE preference_decisions_seq OWNED BY preference_decisions.seq;
CREATE INDEX preference_decisions_contact ON preference_decisions (contact_id, seq DESC);

CREATE TABLE contact_topics (
    contact_id uuid NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    topic text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'phone')),
    subscribed boolean NOT NULL,
    -- The latest decision about it. No foreign key: the row is written just before the decision's own.
    decision_id uuid NOT NULL,
    PRIMARY KEY (contact_id, topic, channel)
);

-- Mailboxes that get no marketing mail whatever was chosen. An address is known by its digest only, so that this
-- outlives the contact.
CREATE TABLE mail_suppressions (
    id uuid PRIMARY KEY,
    email_digest bytea NOT NULL,
    reason text NOT NULL CHECK (reason IN ('hard_bounce', 'complaint', 'staff', 'erased')),
    since timestamptz NOT NULL,
    detail text CHECK (char_length(detail) <= 500),
    lifted_at timestamptz
);
CREATE UNIQUE INDEX mail_suppressions_one_open ON mail_suppressions (email_digest, reason) WHERE lifted_at IS NULL;

-- Takes messages about a topic (null: about any) that still wait to be sent to a contact out of the queue and answers
-- how many. Nothing queues yet; whoever does replaces this.
CREATE FUNCTION suppress_queued_messages(contact uuid, about text) RETURNS bigint LANGUAGE sql AS $$ SELECT 0::bigint $$;

-- How many marketing mails a contact was sent from a moment on. Replaced in the same way.
CREATE FUNCTION marketing_mails_since(contact uuid, since timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT 0::bigint $$;

-- Who may be mailed about a topic at a moment. Set-based: join it to queue, ask it for one contact before sending.
CREATE FUNCTION mailable_contacts(about text, at timestamptz) RETURNS TABLE (contact_id uuid) LANGUAGE sql STABLE AS $$
    SELECT c.id FROM contacts c
    JOIN contact_topics t ON t.contact_id = c.id AND t.topic = about AND t.channel = 'email' AND t.subscribed
    WHERE c.confirmed_at IS NOT NULL
      AND c.stopped_at IS NULL
      AND (c.paused_until IS NULL OR c.paused_until <= at)
      AND NOT EXISTS (SELECT FROM mail_suppressions s WHERE s.email_digest = c.email_digest AND s.lifted_at IS NULL)
      AND (c.monthly_limit IS NULL OR c.monthly_limit > marketing_mails_since(c.id, at - interval '30 days'))
$$;

-- Makes the present state of a decision as it is written. The contact's row is taken first, so that decisions of one
-- contact are numbered in the order in which they take effect.
CREATE FUNCTION apply_preference_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- Ending a pause asks for nothing: only a yes to a topic does.
    own_wish boolean := NEW.actor = 'person' AND NEW.choice = 'subscribed' AND NEW.channel = 'email' AND NEW.topic IS NOT NULL;
    digest bytea;
BEGIN
    UPDATE contacts SET
        last_decided_at = greatest(last_decided_at, NEW.decided_at),
        paused_until = CASE
            WHEN NEW.choice = 'paused' THEN NEW.paused_until
            WHEN NEW.actor = 'person' AND NEW.choice = 'subscribed' AND NEW.topic IS NULL THEN NULL
            ELSE paused_until END,
        monthly_limit = CASE WHEN NEW.choice = 'limited' THEN NEW.monthly_limit ELSE monthly_limit END,
        stopped_at = CASE
            WHEN NEW.choice = 'unsubscribed' AND NEW.channel = 'email' AND NEW.topic IS NULL THEN NEW.decided_at
            -- Only the person takes back that everything was stopped.
            WHEN own_wish THEN NULL
            ELSE stopped_at END
    WHERE id = NEW.contact_id RETURNING email_digest INTO digest;
    NEW.seq := nextval('preference_decisions_seq');
    IF NEW.choice IN ('subscribed', 'unsubscribed') AND NEW.topic IS NOT NULL THEN
        INSERT INTO contact_topics (contact_id, topic, channel, subscribed, decision_id)
        VALUES (NEW.contact_id, NEW.topic, NEW.channel, NEW.choice = 'subscribed', NEW.id)
        ON CONFLICT (contact_id, topic, channel) DO UPDATE
            SET subscribed = excluded.subscribed, decision_id = excluded.decision_id;
    ELSIF NEW.choice = 'unsubscribed' THEN
        UPDATE contact_topics SET subscribed = false, decision_id = NEW.id
        WHERE contact_id = NEW.contact_id AND channel = NEW.channel AND subscribed;
    END IF;
    IF NEW.choice = 'unsubscribed' AND NEW.channel = 'email' THEN
        NEW.cancelled_messages := suppress_queued_messages(NEW.contact_id, NEW.topic);
    END IF;
    IF own_wish THEN
        UPDATE mail_suppressions SET lifted_at = NEW.decided_at
        WHERE email_digest = digest AND reason = 'complaint' AND lifted_at IS NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER preference_decisions_apply BEFORE INSERT ON preference_decisions
    FOR EACH ROW EXECUTE FUNCTION apply_preference_decision();

-- A decision stays as it was taken; only a reason may be told afterwards, once. It goes with its contact alone.
CREATE FUNCTION keep_preference_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM contacts WHERE id = OLD.contact_id) THEN
        RETURN OLD;
    ELSIF TG_OP = 'UPDATE' AND OLD.reason IS NULL AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'preference_decisions is append-only';
END $$;
CREATE TRIGGER preference_decisions_keep BEFORE UPDATE OR DELETE ON preference_decisions
    FOR EACH ROW EXECUTE FUNCTION keep_preference_decision();
