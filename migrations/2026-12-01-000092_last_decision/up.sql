-- When a contact last decided is asked of the decisions, by the nightly sweep alone and after a restore. A column for it had
-- every unsubscription write a second version of the contact's row, and that was a quarter of what it cost the database.

-- Volatile, so that it sees what was decided after the question began: whoever waited for a contact that is due looks again
-- once somebody else is done with it. Dear, so that it is asked last.
CREATE FUNCTION last_decided_at(contact contacts) RETURNS timestamptz LANGUAGE sql VOLATILE COST 100000 AS $$
    SELECT greatest(contact.created_at,
        (SELECT max(d.decided_at) FROM preference_decisions d WHERE d.contact_id = contact.id),
        (SELECT max(d.decided_at) FROM partner_decisions d WHERE d.contact_id = contact.id))
$$;

-- As before; a contact is written to only by what changes it.
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

CREATE OR REPLACE FUNCTION apply_partner_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM contacts WHERE id = NEW.contact_id AND replaced_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = 'a decision for a contact that is gone', TABLE = 'partner_decisions';
    END IF;
    IF NEW.choice = 'consented' AND (NEW.actor <> 'person' OR NOT may_consent(NEW.contact_id, NEW.partner_id)) THEN
        RAISE check_violation USING MESSAGE = 'no yes is possible here', TABLE = 'partner_decisions', CONSTRAINT = 'partner_decisions_own_yes';
    END IF;
    NEW.seq := nextval('partner_decisions_seq');
    INSERT INTO contact_partners (contact_id, partner_id, consented, decision_id)
    VALUES (NEW.contact_id, NEW.partner_id, NEW.choice = 'consented', NEW.id)
    ON CONFLICT (contact_id, partner_id) DO UPDATE SET consented = excluded.consented, decision_id = excluded.decision_id;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION end_consents_by_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO partner_decisions (id, contact_id, partner_id, choice, decided_at, actor, via, wording)
    SELECT gen_random_uuid(), p.contact_id, p.partner_id, 'refused', greatest(NEW.confirmed_at, last_decided_at(NEW)), 'system', 'email_change',
        'The address changed, and the yes was about the one before.'
    FROM contact_partners p WHERE p.contact_id = NEW.id AND p.consented;
    RETURN NULL;
END $$;

-- What is taken out of the queue is settled when that is done: whoever asks says when.
DROP FUNCTION suppress_queued_messages(uuid, text);
ALTER TABLE contacts DROP COLUMN last_decided_at;
