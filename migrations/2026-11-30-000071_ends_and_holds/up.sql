-- Since when no message of a campaign is in the hands of a worker, dead or alive, once it is paused or cancelled: then there
-- is nothing left to see to. Null for those that ended before; they are looked at once.
ALTER TABLE campaigns ADD at_rest_since timestamptz,
    ADD CONSTRAINT campaigns_at_rest CHECK (at_rest_since IS NULL OR state IN ('paused', 'cancelled'));

-- Since when another contact of the same mailbox stands in the place of one that a hold keeps. It is found by its address no
-- more, and the address may be of one other.
ALTER TABLE contacts ADD replaced_at timestamptz,
    DROP CONSTRAINT contacts_email_key_key, DROP CONSTRAINT contacts_email_digest_key;
-- Not partial ones: whoever asks for all contacts of a mailbox is served by them too.
CREATE UNIQUE INDEX contacts_one_address ON contacts (email_key, coalesce(replaced_at, '-infinity'));
CREATE UNIQUE INDEX contacts_one_mailbox ON contacts (email_digest, coalesce(replaced_at, '-infinity'));

-- As before; one that was replaced gets nothing.
CREATE OR REPLACE FUNCTION mailable_contacts(about text, at timestamptz) RETURNS TABLE (contact_id uuid) LANGUAGE sql STABLE AS $$
    SELECT c.id FROM contacts c
    JOIN contact_topics t ON t.contact_id = c.id AND t.topic = about AND t.channel = 'email' AND t.subscribed
    WHERE c.confirmed_at IS NOT NULL
      AND c.replaced_at IS NULL
      AND c.stopped_at IS NULL
      AND (c.paused_until IS NULL OR c.paused_until <= at)
      AND NOT EXISTS (SELECT FROM mail_suppressions s WHERE s.email_digest = c.email_digest AND s.lifted_at IS NULL)
      AND NOT EXISTS (SELECT FROM processing_limits l WHERE l.person_id = c.person_id AND l.what = 'restriction' AND l.lifted_at IS NULL)
      AND (c.monthly_limit IS NULL OR c.monthly_limit > marketing_mails_since(c.id, at - interval '30 days'))
$$;

-- What a contact may be, as migration 51 has it for decisions: Postgres reads the rules of a table anew with every statement
-- that writes to it, and those of a domain once for each connection. A decision writes to both of these tables, and that was
-- a fifth of what it cost the database.
CREATE DOMAIN contact_email AS text CHECK (octet_length(VALUE) BETWEEN 3 AND 254);
CREATE DOMAIN contact_name AS text CHECK (char_length(VALUE) <= 200);
ALTER TABLE contacts
    DROP CONSTRAINT contacts_email_check, DROP CONSTRAINT contacts_name_check, DROP CONSTRAINT contacts_company_check,
    DROP CONSTRAINT contacts_monthly_limit_check,
    ALTER email TYPE contact_email, ALTER name TYPE contact_name, ALTER company TYPE contact_name,
    ALTER monthly_limit TYPE decision_limit;
ALTER TABLE contact_topics DROP CONSTRAINT contact_topics_channel_check, ALTER channel TYPE decision_channel;

-- As before; what is decided while another contact takes the place of this one is refused, as where it was deleted: whoever
-- tries again is led to the other.
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
