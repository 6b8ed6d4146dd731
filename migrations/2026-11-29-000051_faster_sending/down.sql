DROP TRIGGER preference_decisions_campaign ON preference_decisions;
ALTER TABLE preference_decisions
    ALTER topic TYPE text, ALTER channel TYPE text, ALTER choice TYPE text, ALTER monthly_limit TYPE integer, ALTER actor TYPE text,
    ALTER via TYPE text, ALTER reason TYPE text,
    ADD CONSTRAINT preference_decisions_topic_check
        CHECK (topic IN ('product_news', 'newsletter', 'events', 'offers', 'surveys', 'onboarding_calls', 'tracking')),
    ADD CONSTRAINT preference_decisions_channel_check CHECK (channel IN ('email', 'phone', 'web')),
    ADD CONSTRAINT preference_decisions_choice_check CHECK (choice IN ('subscribed', 'unsubscribed', 'paused', 'limited')),
    ADD CONSTRAINT preference_decisions_monthly_limit_check CHECK (monthly_limit BETWEEN 1 AND 31),
    ADD CONSTRAINT preference_decisions_actor_check CHECK (actor IN ('person', 'staff', 'system')),
    ADD CONSTRAINT preference_decisions_via_check CHECK (via IN
        ('page', 'link', 'one_click', 'form', 'sign_up', 'email_change', 'staff', 'import', 'gpc', 'complaint', 'bounce')),
    ADD CONSTRAINT preference_decisions_reason_check CHECK (char_length(reason) <= 500),
    ADD CONSTRAINT preference_decisions_check CHECK ((choice = 'paused') = (paused_until IS NOT NULL)),
    ADD CONSTRAINT preference_decisions_check1 CHECK (choice = 'limited' OR monthly_limit IS NULL),
    ADD CONSTRAINT preference_decisions_check2
        CHECK (choice IN ('subscribed', 'unsubscribed') OR (topic IS NULL AND channel = 'email')),
    ADD CONSTRAINT preference_decisions_tracking_check CHECK ((topic IS NOT DISTINCT FROM 'tracking') = (channel = 'web'));
CREATE TRIGGER preference_decisions_campaign AFTER INSERT ON preference_decisions FOR EACH ROW
    WHEN (NEW.choice = 'unsubscribed' AND NEW.campaign_id IS NOT NULL)
    EXECUTE FUNCTION note_unsubscribed_from_campaign();
DROP DOMAIN decision_topic, decision_channel, decision_choice, decision_limit, decision_actor, decision_via, decision_reason;

CREATE OR REPLACE FUNCTION apply_preference_decision() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE OR REPLACE FUNCTION suppress_queued_messages(contact uuid, about text, at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    gone bigint := 0;
    here bigint;
    until timestamptz := clock_timestamp() + interval '250 milliseconds';
BEGIN
    LOOP
        UPDATE campaign_recipients r SET state = 'suppressed', settled_at = at, detail = 'no longer wanted'
        FROM campaigns c
        WHERE c.id = r.campaign_id AND r.contact_id = contact AND r.state = 'queued' AND (about IS NULL OR c.topic = about);
        GET DIAGNOSTICS here = ROW_COUNT;
        gone := gone + here;
        EXIT WHEN clock_timestamp() >= until OR NOT EXISTS (
            SELECT FROM campaign_recipients r JOIN campaigns c ON c.id = r.campaign_id
            WHERE r.contact_id = contact AND r.state = 'sending' AND (about IS NULL OR c.topic = about));
        PERFORM pg_sleep(0.01);
    END LOOP;
    RETURN gone;
END $$;

CREATE INDEX contacts_last_decided ON contacts (last_decided_at) WHERE person_id IS NULL;
ALTER TABLE contacts RESET (fillfactor);
ALTER TABLE contact_topics RESET (fillfactor);
ALTER TABLE campaigns DROP COLUMN open_from;
ALTER TABLE campaign_recipients SET (fillfactor = 70);
DROP INDEX campaign_recipients_order;
CREATE INDEX campaign_recipients_queue ON campaign_recipients (campaign_id, id) WHERE state = 'queued';
CREATE INDEX campaign_recipients_under_way ON campaign_recipients (campaign_id) WHERE state = 'sending';
