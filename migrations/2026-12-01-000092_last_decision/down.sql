UPDATE contacts c SET last_decided_at = t.decided_at
FROM (SELECT contact_id, max(decided_at) AS decided_at FROM contact_topics GROUP BY contact_id) t
WHERE t.contact_id = c.id AND t.decided_at > c.last_decided_at;

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
    WHERE id = NEW.contact_id AND replaced_at IS NULL RETURNING email_digest INTO digest;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = 'a decision for a contact that is gone', TABLE = 'preference_decisions';
    END IF;
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

ALTER TABLE contact_topics DROP decided_at;

CREATE FUNCTION suppress_queued_messages(contact uuid, about text) RETURNS bigint LANGUAGE sql AS $$
    SELECT suppress_queued_messages(contact, about, (SELECT last_decided_at FROM contacts WHERE id = contact))
$$;
