-- Staff are people with roles; a role says who gave it and when.
CREATE TABLE staff_roles (
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('reviewer', 'privacy', 'support', 'marketing', 'admin')),
    granted_by uuid,
    granted_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, role)
);

CREATE TABLE staff_invitations (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    role text NOT NULL CHECK (role IN ('reviewer', 'privacy', 'support', 'marketing', 'admin')),
    token_hash bytea NOT NULL UNIQUE,
    invited_by uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    withdrawn_at timestamptz
);
CREATE INDEX staff_invitations_email ON staff_invitations (lower(email));
-- A newer invitation replaces the older one, also when two are sent at the same moment.
CREATE UNIQUE INDEX staff_invitations_one_open ON staff_invitations (lower(email), role)
    WHERE accepted_at IS NULL AND withdrawn_at IS NULL;

-- A look at one person's record: who, whose, why, and until when it may be
-- repeated. The customer sees it in their activity.
CREATE TABLE record_views (
    id uuid PRIMARY KEY,
    staff_id uuid NOT NULL,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    role text NOT NULL,
    reason text NOT NULL CHECK (char_length(btrim(reason)) BETWEEN 10 AND 500),
    viewed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX record_views_person ON record_views (person_id, id DESC);
CREATE INDEX record_views_staff ON record_views (staff_id, person_id, expires_at);

-- Look-up by the beginning of a name.
CREATE INDEX people_name ON people (lower(name) text_pattern_ops);

-- What each walk along the audit log found, so that a page can tell without walking.
CREATE TABLE audit_verifications (
    id uuid PRIMARY KEY,
    verified_at timestamptz NOT NULL,
    events bigint NOT NULL CHECK (events >= 0),
    broken_seq bigint,
    broken_why text,
    CHECK ((broken_seq IS NULL) = (broken_why IS NULL))
);
