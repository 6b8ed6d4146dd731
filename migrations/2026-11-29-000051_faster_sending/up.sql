-- Less work for each message of a campaign, and for each unsubscription.

-- No index has a column in it that changes while a message is sent, and each page has room for a second version of its rows,
-- so no change touches an index. The queue is read in the order of ids, from the first message on that was still open.
DROP INDEX campaign_recipients_queue;
DROP INDEX campaign_recipients_under_way;
CREATE INDEX campaign_recipients_order ON campaign_recipients (campaign_id, id);
ALTER TABLE campaign_recipients SET (fillfactor = 50);
ALTER TABLE campaigns ADD open_from uuid;

-- The same for what a decision changes at a contact. The nightly sweep, the only one to ask for the last decision, reads
-- the table.
DROP INDEX contacts_last_decided;
ALTER TABLE contacts SET (fillfactor = 85);
ALTER TABLE contact_topics SET (fillfactor = 85);

-- What a decision may say. A connection reads the rules of a domain once, those of a table with every statement.
CREATE DOMAIN decision_topic AS text
    CHECK (VALUE IN ('product_news', 'newsletter', 'events', 'offers', 'surveys', 'onboarding_calls', 'tracking'));
CREATE DOMAIN decision_channel AS text CHECK (VALUE IN ('email', 'phone', 'web'));
CREATE DOMAIN decision_choice AS text CHECK (VALUE IN ('subscribed', 'unsubscribed', 'paused', 'limited'));
CREATE DOMAIN decision_limit AS integer CHECK (VALUE BETWEEN 1 AND 31);
CREATE DOMAIN decision_actor AS text CHECK (VALUE IN ('person', 'staff', 'system'));
CREATE DOMAIN decision_via AS text CHECK (VALUE IN
    ('page', 'link', 'one_click', 'form', 'sign_up', 'email_change', 'staff', 'import', 'gpc', 'complaint', 'bounce'));
CREATE DOMAIN decision_reason AS text CHECK (char_length(VALUE) <= 500);

DROP TRIGGER preference_decisions_campaign ON preference_decisions;
ALTER TABLE preference_decisions
    DROP CONSTRAINT preference_decisions_topic_check, DROP CONSTRAINT preference_decisions_channel_check,
    DROP CONSTRAINT preference_decisions_choice_check, DROP CONSTRAINT preference_decisions_monthly_limit_check,
    DROP CONSTRAINT preference_decisions_actor_check, DROP CONSTRAINT preference_decisions_via_check,
    DROP CONSTRAINT preference_decisions_reason_check, DROP CONSTRAINT preference_decisions_check,
    DROP CONSTRAINT preference_decisions_check1, DROP CONSTRAINT preference_decisions_check2,
    DROP CONSTRAINT preference_decisions_tracking_check,
    ALTER topic TYPE decision_topic, ALTER channel TYPE decision_channel, ALTER choice TYPE decision_choice,
    ALTER monthly_limit TYPE decision_limit, ALTER actor TYPE decision_actor, ALTER via TYPE decision_via,
    ALTER reason TYPE decision_reason;
CREATE TRIGGER preference_decisions_campaign AFTER INSERT ON preference_decisions FOR EACH ROW
    WHEN (NEW.choice = 'unsubscribed' AND NEW.campaign_id IS NOT NULL)
    EXECUTE FUNCTION note_unsubscribed_from_campaign();

-- As before, and what no single column can tell is looked at here: a time goes with a pause and nothing else, a number with
-- a limit, tracking with the web; a pause and a limit are about all mail. A topic that was decided about before is
-- changed in place, and what waits to be sent is asked for by the time of the decision itself.
CREATE OR REPLACE FUNCTION apply_preference_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- Ending a pause asks for nothing: only a yes to a topic does.
    own_wish boolean := NEW.actor = 'person' AND NEW.choice = 'subscribed' AND NEW.channel = 'email' AND NEW.topic IS NOT NULL;
    yes_or_no boolean := NEW.choice IN ('subscribed', 'unsubscribed');
    digest bytea;
BEGIN
    IF (NEW.choice = 'paused') <> (NEW.paused_until IS NOT NULL)
        OR NEW.choice <> 'limited' AND NEW.monthly_limit IS NOT NULL
        OR NOT yes_or_no AND (NEW.topic IS NOT NULL OR NEW.channel <> 'email')
        OR (NEW.topic IS NOT DISTINCT FROM 'tracking') <> (NEW.channel = 'web')
    THEN
        RAISE check_violation USING MESSAGE = 'a decision that contradicts itself', TABLE = 'preference_decisions';
    END IF;
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
    IF yes_or_no AND NEW.topic IS NOT NULL THEN
        -- The contact's row is taken, so nobody else adds the topic in between.
        UPDATE contact_topics SET subscribed = NEW.choice = 'subscribed', decision_id = NEW.id
        WHERE contact_id = NEW.contact_id AND topic = NEW.topic AND channel = NEW.channel;
        IF NOT FOUND THEN
            INSERT INTO contact_topics (contact_id, topic, channel, subscribed, decision_id)
            VALUES (NEW.contact_id, NEW.topic, NEW.channel, NEW.choice = 'subscribed', NEW.id);
        END IF;
    ELSIF NEW.choice = 'unsubscribed' THEN
        UPDATE contact_topics SET subscribed = false, decision_id = NEW.id
        WHERE contact_id = NEW.contact_id AND channel = NEW.channel AND subscribed;
    END IF;
    IF NEW.choice = 'unsubscribed' AND NEW.channel = 'email' THEN
        NEW.cancelled_messages := suppress_queued_messages(NEW.contact_id, NEW.topic, NEW.decided_at);
    END IF;
    IF own_wish THEN
        UPDATE mail_suppressions SET lifted_at = NEW.decided_at
        WHERE email_digest = digest AND reason = 'complaint' AND lifted_at IS NULL;
    END IF;
    RETURN NEW;
END $$;

-- As before; most contacts have nothing that waits, and that is seen at one look.
CREATE OR REPLACE FUNCTION suppress_queued_messages(contact uuid, about text, at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    gone bigint := 0;
    here bigint;
    until timestamptz;
BEGIN
    PERFORM FROM campaign_recipients r WHERE r.contact_id = contact AND r.state IN ('queued', 'sending') LIMIT 1;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    until := clock_timestamp() + interval '250 milliseconds';
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
