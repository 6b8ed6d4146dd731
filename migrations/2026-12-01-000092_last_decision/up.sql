-- When a topic was last decided about stands with the topic, whose row is written to by each such decision in any case. For
-- the sake of that time alone a no to one wrote a second version of its contact's row, and that was a quarter of what an
-- unsubscription cost the database. The last decision of a contact is the later of what stands at both.
ALTER TABLE contact_topics ADD decided_at timestamptz;
UPDATE contact_topics t SET decided_at = coalesce((SELECT d.decided_at FROM preference_decisions d WHERE d.id = t.decision_id), c.last_decided_at)
FROM contacts c WHERE c.id = t.contact_id;
ALTER TABLE contact_topics ALTER decided_at SET NOT NULL;

-- As before; a no to a topic stands with the topic alone.
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
    IF NEW.choice = 'unsubscribed' AND NEW.topic IS NOT NULL THEN
        -- Changes nothing here: as much of the row is taken as a change would take.
        PERFORM FROM contacts WHERE id = NEW.contact_id AND replaced_at IS NULL FOR NO KEY UPDATE;
    ELSE
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
    END IF;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = 'a decision for a contact that is gone', TABLE = 'preference_decisions';
    END IF;
    NEW.seq := nextval('preference_decisions_seq');
    IF yes_or_no AND NEW.topic IS NOT NULL THEN
        -- The contact's row is taken, so nobody else adds the topic in between.
        UPDATE contact_topics SET subscribed = NEW.choice = 'subscribed', decision_id = NEW.id, decided_at = greatest(decided_at, NEW.decided_at)
        WHERE contact_id = NEW.contact_id AND topic = NEW.topic AND channel = NEW.channel;
        IF NOT FOUND THEN
            INSERT INTO contact_topics (contact_id, topic, channel, subscribed, decision_id, decided_at)
            VALUES (NEW.contact_id, NEW.topic, NEW.channel, NEW.choice = 'subscribed', NEW.id, NEW.decided_at);
        END IF;
    ELSIF NEW.choice = 'unsubscribed' THEN
        UPDATE contact_topics SET subscribed = false, decision_id = NEW.id, decided_at = greatest(decided_at, NEW.decided_at)
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

-- What is taken out of the queue is settled when that is done: whoever asks says when.
DROP FUNCTION suppress_queued_messages(uuid, text);
