-- Partners who may get an address for marketing of their own: from whoever said yes to that partner, and from nobody else
-- (S113). Nothing is sold, and there is no other ground than consent (S23, S102, S155).

CREATE TABLE partners (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    -- What they would send, in words that people read before they say yes.
    sends text NOT NULL CHECK (char_length(sends) BETWEEN 1 AND 300),
    policy_url text NOT NULL CHECK (char_length(policy_url) <= 500 AND policy_url ~ '^https://[^[:space:]]+$'),
    -- Where they are told to stop.
    contact_email text NOT NULL CHECK (octet_length(contact_email) BETWEEN 3 AND 254),
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    -- Published since then: nobody is asked before.
    approved_by uuid,
    approved_at timestamptz,
    ended_by uuid,
    ended_at timestamptz,
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CHECK ((ended_by IS NULL) = (ended_at IS NULL)),
    CONSTRAINT partners_second_person CHECK (approved_by <> proposed_by)
);

-- What people said yes to stays what they read: a partner is approved once and ended once, and nothing else of it changes.
CREATE FUNCTION keep_partner() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    steps text[] := '{approved_by,approved_at,ended_by,ended_at}';
BEGIN
    IF to_jsonb(NEW) - steps <> to_jsonb(OLD) - steps
        OR OLD.approved_at IS NOT NULL AND (NEW.approved_at, NEW.approved_by) IS DISTINCT FROM (OLD.approved_at, OLD.approved_by)
        OR OLD.ended_at IS NOT NULL AND to_jsonb(NEW) <> to_jsonb(OLD)
    THEN
        RAISE check_violation USING MESSAGE = 'a partner stays as it was proposed', TABLE = 'partners', CONSTRAINT = 'partners_as_proposed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER partners_as_proposed BEFORE UPDATE ON partners FOR EACH ROW EXECUTE FUNCTION keep_partner();

-- The present state; only the trigger below writes it.
CREATE TABLE contact_partners (
    contact_id uuid NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    partner_id uuid NOT NULL REFERENCES partners (id) ON DELETE CASCADE,
    consented boolean NOT NULL,
    decision_id uuid NOT NULL,
    PRIMARY KEY (contact_id, partner_id)
);
CREATE INDEX contact_partners_consented ON contact_partners (partner_id, contact_id) WHERE consented;

-- Append-only, like preference_decisions. Without a row the answer is no.
CREATE TABLE partner_decisions (
    id uuid PRIMARY KEY,
    -- The order in which decisions took effect.
    seq bigint NOT NULL,
    contact_id uuid NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    partner_id uuid NOT NULL REFERENCES partners (id) ON DELETE CASCADE,
    choice text NOT NULL CHECK (choice IN ('consented', 'refused')),
    decided_at timestamptz NOT NULL,
    actor decision_actor NOT NULL,
    actor_id uuid,
    via decision_via NOT NULL,
    wording text NOT NULL,
    country text
);
CREATE SEQUENCE partner_decisions_seq OWNED BY partner_decisions.seq;
CREATE INDEX partner_decisions_contact ON partner_decisions (contact_id, seq DESC);
CREATE INDEX partner_decisions_partner ON partner_decisions (partner_id);

-- Whether a contact may say yes to a partner now. Not while everything is stopped, their data is restricted (S87), or a browser
-- of theirs asked that nothing be shared (Global Privacy Control). The partner does not end until the transaction does.
CREATE FUNCTION may_consent(contact uuid, partner uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM partners x WHERE x.id = partner AND x.approved_at IS NOT NULL AND x.ended_at IS NULL FOR SHARE;
    RETURN FOUND AND EXISTS (SELECT FROM contacts c
        WHERE c.id = contact AND c.confirmed_at IS NOT NULL AND c.replaced_at IS NULL AND c.stopped_at IS NULL
          AND NOT EXISTS (SELECT FROM contact_topics t WHERE t.contact_id = c.id AND t.topic = 'tracking' AND t.channel = 'web' AND NOT t.subscribed)
          AND NOT EXISTS (SELECT FROM processing_limits l WHERE l.person_id = c.person_id AND l.what = 'restriction' AND l.lifted_at IS NULL));
END $$;

-- As for preference_decisions: the contact's row is taken first, so that decisions of one contact are numbered as they take
-- effect, and whoever makes a share waits. Only the person says yes.
CREATE FUNCTION apply_partner_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE contacts SET last_decided_at = greatest(last_decided_at, NEW.decided_at)
    WHERE id = NEW.contact_id AND replaced_at IS NULL;
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
CREATE TRIGGER partner_decisions_apply BEFORE INSERT ON partner_decisions FOR EACH ROW EXECUTE FUNCTION apply_partner_decision();

CREATE FUNCTION keep_partner_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND (NOT EXISTS (SELECT FROM contacts WHERE id = OLD.contact_id)
        OR NOT EXISTS (SELECT FROM partners WHERE id = OLD.partner_id))
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'partner_decisions is append-only';
END $$;
CREATE TRIGGER partner_decisions_keep BEFORE UPDATE OR DELETE ON partner_decisions FOR EACH ROW EXECUTE FUNCTION keep_partner_decision();

-- Every yes of a contact ends with one that stops everything, and with Global Privacy Control.
CREATE FUNCTION end_consents_by_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO partner_decisions (id, contact_id, partner_id, choice, decided_at, actor, actor_id, via, wording, country)
    SELECT gen_random_uuid(), p.contact_id, p.partner_id, 'refused', NEW.decided_at, NEW.actor, NEW.actor_id, NEW.via, NEW.wording, NEW.country
    FROM contact_partners p WHERE p.contact_id = NEW.contact_id AND p.consented;
    RETURN NULL;
END $$;
CREATE TRIGGER preference_decisions_consents AFTER INSERT ON preference_decisions FOR EACH ROW
    WHEN (NEW.choice = 'unsubscribed' AND (NEW.topic IS NULL AND NEW.channel = 'email' OR NEW.topic = 'tracking'))
    EXECUTE FUNCTION end_consents_by_decision();

-- A yes was about an address. Another address is asked anew.
CREATE FUNCTION end_consents_by_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO partner_decisions (id, contact_id, partner_id, choice, decided_at, actor, via, wording)
    SELECT gen_random_uuid(), p.contact_id, p.partner_id, 'refused', greatest(NEW.confirmed_at, NEW.last_decided_at), 'system', 'email_change',
        'The address changed, and the yes was about the one before.'
    FROM contact_partners p WHERE p.contact_id = NEW.id AND p.consented;
    RETURN NULL;
END $$;
CREATE TRIGGER contacts_consents AFTER UPDATE OF email_digest ON contacts FOR EACH ROW
    WHEN (OLD.email_digest IS DISTINCT FROM NEW.email_digest)
    EXECUTE FUNCTION end_consents_by_move();

-- Who may be handed to a partner at this moment, and by which decision. Set-based: a share is made from it, and a row of one is
-- held against it.
CREATE FUNCTION shareable_contacts(to_partner uuid) RETURNS TABLE (contact_id uuid, decision_id uuid) LANGUAGE sql STABLE AS $$
    SELECT c.id, p.decision_id FROM contact_partners p
    JOIN contacts c ON c.id = p.contact_id
    JOIN partners x ON x.id = p.partner_id AND x.approved_at IS NOT NULL AND x.ended_at IS NULL
    WHERE p.partner_id = to_partner AND p.consented
      AND c.confirmed_at IS NOT NULL
      AND c.replaced_at IS NULL
      AND c.stopped_at IS NULL
      AND NOT EXISTS (SELECT FROM contact_topics t WHERE t.contact_id = c.id AND t.topic = 'tracking' AND t.channel = 'web' AND NOT t.subscribed)
      AND NOT EXISTS (SELECT FROM mail_suppressions s WHERE s.email_digest = c.email_digest AND s.lifted_at IS NULL)
      AND NOT EXISTS (SELECT FROM processing_limits l WHERE l.person_id = c.person_id AND l.what = 'restriction' AND l.lifted_at IS NULL)
$$;

-- That addresses were handed to a partner. There is one ground, and a sale is none.
CREATE TABLE partner_shares (
    id uuid PRIMARY KEY,
    partner_id uuid NOT NULL REFERENCES partners (id) ON DELETE CASCADE,
    ground text NOT NULL DEFAULT 'consent' CONSTRAINT partner_shares_ground CHECK (ground = 'consent'),
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    contacts bigint NOT NULL DEFAULT 0
);
CREATE INDEX partner_shares_partner ON partner_shares (partner_id, id);

-- Whose address was in a share. Its id is the reference that the partner gets beside the address, so that it can be told to
-- stop without the address, also once that is deleted here.
CREATE TABLE partner_share_contacts (
    id uuid PRIMARY KEY,
    share_id uuid NOT NULL REFERENCES partner_shares (id) ON DELETE CASCADE,
    partner_id uuid NOT NULL REFERENCES partners (id) ON DELETE CASCADE,
    contact_id uuid REFERENCES contacts (id) ON DELETE SET NULL,
    -- The yes that it went by.
    decision_id uuid,
    shared_at timestamptz NOT NULL,
    -- When the partner was told that the yes has ended.
    told_at timestamptz
);
CREATE UNIQUE INDEX partner_share_contacts_once ON partner_share_contacts (share_id, contact_id);
CREATE INDEX partner_share_contacts_order ON partner_share_contacts (share_id, id);
CREATE INDEX partner_share_contacts_contact ON partner_share_contacts (contact_id);
CREATE INDEX partner_share_contacts_untold ON partner_share_contacts (partner_id, id) WHERE told_at IS NULL;

-- No row without a yes that stands at this moment. Whoever decides has the contact's row too: they are waited for, and what
-- they decided is seen.
CREATE FUNCTION require_partner_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT s.partner_id, s.made_at INTO NEW.partner_id, NEW.shared_at FROM partner_shares s WHERE s.id = NEW.share_id;
    PERFORM FROM contacts c WHERE c.id = NEW.contact_id FOR SHARE;
    SELECT s.decision_id INTO NEW.decision_id FROM shareable_contacts(NEW.partner_id) s WHERE s.contact_id = NEW.contact_id;
    IF NOT FOUND THEN
        RAISE check_violation USING MESSAGE = 'nobody is handed to a partner without a yes', TABLE = 'partner_share_contacts',
            CONSTRAINT = 'partner_share_contacts_consent';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER partner_share_contacts_consent BEFORE INSERT ON partner_share_contacts
    FOR EACH ROW EXECUTE FUNCTION require_partner_consent();

-- What was shared stays: it loses whom it is about, and is told once.
CREATE FUNCTION keep_partner_share_contact() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    loses text[] := '{contact_id,decision_id,told_at}';
BEGIN
    IF to_jsonb(NEW) - loses <> to_jsonb(OLD) - loses
        OR NEW.contact_id IS NOT NULL AND NEW.contact_id IS DISTINCT FROM OLD.contact_id
        OR NEW.decision_id IS NOT NULL AND NEW.decision_id IS DISTINCT FROM OLD.decision_id
        OR OLD.told_at IS NOT NULL AND NEW.told_at IS DISTINCT FROM OLD.told_at
    THEN
        RAISE check_violation USING MESSAGE = 'what was shared is not changed', TABLE = 'partner_share_contacts',
            CONSTRAINT = 'partner_share_contacts_as_shared';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER partner_share_contacts_as_shared BEFORE UPDATE ON partner_share_contacts
    FOR EACH ROW EXECUTE FUNCTION keep_partner_share_contact();
