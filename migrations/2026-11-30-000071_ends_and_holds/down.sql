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

ALTER TABLE contact_topics ALTER channel TYPE text,
    ADD CONSTRAINT contact_topics_channel_check CHECK (channel IN ('email', 'phone', 'web'));
ALTER TABLE contacts
    ALTER email TYPE text, ALTER name TYPE text, ALTER company TYPE text, ALTER monthly_limit TYPE integer,
    ADD CONSTRAINT contacts_email_check CHECK (octet_length(email) BETWEEN 3 AND 254),
    ADD CONSTRAINT contacts_name_check CHECK (char_length(name) <= 200),
    ADD CONSTRAINT contacts_company_check CHECK (char_length(company) <= 200),
    ADD CONSTRAINT contacts_monthly_limit_check CHECK (monthly_limit BETWEEN 1 AND 31);
DROP DOMAIN contact_email, contact_name;

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

-- One that a hold keeps cannot stay beside the other of its mailbox. Nothing here deletes it: end the hold first.
DROP INDEX contacts_one_address, contacts_one_mailbox;
ALTER TABLE contacts ADD CONSTRAINT contacts_email_key_key UNIQUE (email_key), ADD CONSTRAINT contacts_email_digest_key UNIQUE (email_digest),
    DROP replaced_at;

ALTER TABLE campaigns DROP at_rest_since;
