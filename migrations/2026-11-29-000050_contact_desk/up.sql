-- Looks of staff at an address that need not be a customer's, who of staff made and lifted a suppression, and a monthly
-- limit that two campaigns cannot exceed together.

CREATE TABLE contact_views (
    id uuid PRIMARY KEY,
    staff_id uuid NOT NULL,
    -- The mailbox that was looked up. There need not be a contact.
    email_digest bytea NOT NULL,
    -- Whose it was then, if they sign in.
    person_id uuid REFERENCES people (id) ON DELETE CASCADE,
    role text NOT NULL,
    reason text NOT NULL CHECK (char_length(btrim(reason)) BETWEEN 10 AND 500),
    viewed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX contact_views_digest ON contact_views (email_digest, id DESC);
CREATE INDEX contact_views_person ON contact_views (person_id, id DESC) WHERE person_id IS NOT NULL;

-- A complaint and an erasure are their owner's own; staff lift neither.
ALTER TABLE mail_suppressions
    ADD made_by uuid,
    ADD lifted_by uuid,
    ADD lifted_because text CHECK (char_length(lifted_because) <= 500),
    ADD CONSTRAINT mail_suppressions_lifted_by_staff CHECK (lifted_by IS NULL OR reason IN ('hard_bounce', 'staff'));

-- Whether one more mailing to a contact keeps to its limit. Whoever asks has the contact's mailings for itself until its
-- transaction ends, and counts what was committed until now, not until its statement began. Null while somebody else has them.
CREATE FUNCTION within_monthly_limit(contact uuid, most integer, at timestamptz) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(1280835605, hashtext(contact::text)) THEN
        RETURN NULL;
    END IF;
    RETURN marketing_mails_since(contact, at - interval '30 days') < most;
END $$;
