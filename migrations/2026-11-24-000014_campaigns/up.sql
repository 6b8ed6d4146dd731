-- Campaigns: what is written, to whom it goes, and what became of each message.

CREATE TABLE campaigns (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    topic text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    -- To whom, of those who may receive the topic. Nothing means everybody.
    audience_state text CHECK (audience_state IN ('customers', 'others')),
    audience_country text CHECK (audience_country ~ '^[A-Z]{2}$'),
    audience_company text,
    -- The present state; `campaign_states` says who brought it there, when and why.
    state text NOT NULL DEFAULT 'draft'
        CHECK (state IN ('draft', 'waiting', 'scheduled', 'sending', 'paused', 'finished', 'cancelled')),
    scheduled_for timestamptz,
    created_at timestamptz NOT NULL,
    created_by uuid,
    -- Whoever last changed the words or the audience cannot approve them.
    changed_at timestamptz NOT NULL,
    changed_by uuid,
    approved_at timestamptz,
    approved_by uuid,
    CHECK (state IN ('draft', 'cancelled') OR scheduled_for IS NOT NULL),
    CHECK ((approved_at IS NULL) = (approved_by IS NULL)),
    CHECK (approved_by IS NULL OR approved_by IS DISTINCT FROM changed_by)
);
CREATE INDEX campaigns_open ON campaigns (scheduled_for) WHERE state IN ('scheduled', 'sending');

CREATE TABLE campaign_states (
    id uuid PRIMARY KEY,
    campaign_id uuid NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    state text NOT NULL,
    at timestamptz NOT NULL,
    person_id uuid,
    note text
);
CREATE INDEX campaign_states_campaign ON campaign_states (campaign_id, id);

-- A message of a campaign. Its id makes its Message-ID, so every attempt carries the same one. The address is the
-- contact's: a contact who goes takes it along, and the row stays for the count.
CREATE TABLE campaign_recipients (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    campaign_id uuid NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    contact_id uuid REFERENCES contacts (id) ON DELETE SET NULL,
    -- queued -> sending (being handed over by a worker) -> sent or refused; or suppressed, cancelled.
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'sending', 'sent', 'refused', 'suppressed', 'cancelled')),
    attempts smallint NOT NULL DEFAULT 0,
    -- How often a worker stopped while it may have been handing this message over.
    doubts smallint NOT NULL DEFAULT 0,
    -- The worker that is at it: the key of the advisory lock it holds while it lives.
    worker integer,
    began_at timestamptz,
    not_before timestamptz,
    settled_at timestamptz,
    detail text,
    bounced_at timestamptz,
    complained_at timestamptz,
    unsubscribed_at timestamptz,
    CHECK ((state IN ('queued', 'sending')) = (settled_at IS NULL)),
    CHECK (state <> 'sending' OR (worker IS NOT NULL AND began_at IS NOT NULL))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX campaign_recipients_once ON campaign_recipients (campaign_id, contact_id);
CREATE INDEX campaign_recipients_contact ON campaign_recipients (contact_id);
CREATE INDEX campaign_recipients_queue ON campaign_recipients (campaign_id, id) WHERE state = 'queued';
CREATE INDEX campaign_recipients_under_way ON campaign_recipients (campaign_id) WHERE state = 'sending';

-- When the next messages may leave: overall (`*`) and to each domain.
CREATE UNLOGGED TABLE campaign_rates (
    lane text PRIMARY KEY,
    free_at timestamptz NOT NULL
);

-- What servers and providers reported about mail of ours.
CREATE TABLE mail_reports (
    id uuid PRIMARY KEY,
    provider text NOT NULL CHECK (provider IN ('generic', 'ses', 'postmark', 'mailbox')),
    -- The provider's own name for it: told twice, it counts once.
    external_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('hard_bounce', 'soft_bounce', 'complaint')),
    contact_id uuid REFERENCES contacts (id) ON DELETE SET NULL,
    recipient_id uuid REFERENCES campaign_recipients (id) ON DELETE SET NULL,
    message_id uuid REFERENCES messages (id) ON DELETE SET NULL,
    detail text NOT NULL,
    received_at timestamptz NOT NULL,
    UNIQUE (provider, external_id)
);
CREATE INDEX mail_reports_contact ON mail_reports (contact_id);
CREATE INDEX mail_reports_recipient ON mail_reports (recipient_id);
CREATE INDEX mail_reports_message ON mail_reports (message_id);
CREATE INDEX mail_reports_received ON mail_reports (received_at);

-- Takes what waits to be sent to a contact, about a topic or about any, out of the queue and answers how many. A message
-- that a worker has in its hands is begun within 150 ms or given back; it is waited for, so that none begins after
-- whoever asked was told that there will be none.
CREATE FUNCTION suppress_queued_messages(contact uuid, about text, at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
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

-- The same for a decision: it has just written its own time at the contact.
CREATE OR REPLACE FUNCTION suppress_queued_messages(contact uuid, about text) RETURNS bigint LANGUAGE sql AS $$
    SELECT suppress_queued_messages(contact, about, (SELECT last_decided_at FROM contacts WHERE id = contact))
$$;

-- How many marketing mails a contact was sent from a moment on.
CREATE OR REPLACE FUNCTION marketing_mails_since(contact uuid, since timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM campaign_recipients
    WHERE contact_id = contact AND state IN ('sending', 'sent') AND began_at >= since
$$;

-- A decision that unsubscribes names the campaign that it answers: it counts among the campaign's results.
CREATE FUNCTION note_unsubscribed_from_campaign() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE campaign_recipients SET unsubscribed_at = coalesce(unsubscribed_at, NEW.decided_at)
    WHERE campaign_id = NEW.campaign_id AND contact_id = NEW.contact_id;
    RETURN NULL;
END $$;
CREATE TRIGGER preference_decisions_campaign AFTER INSERT ON preference_decisions FOR EACH ROW
    WHEN (NEW.choice = 'unsubscribed' AND NEW.campaign_id IS NOT NULL)
    EXECUTE FUNCTION note_unsubscribed_from_campaign();
