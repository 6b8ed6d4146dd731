-- What the nightly sweep and a copy look for is found by an index, however much there is.
CREATE INDEX messages_created ON messages (created_at);
CREATE INDEX messages_recipient ON messages (lower(recipient)) WHERE person_id IS NULL;
CREATE INDEX sign_ins_email ON sign_ins (email_digest) WHERE person_id IS NULL;
CREATE INDEX record_views_viewed ON record_views (viewed_at);
CREATE INDEX known_browsers_used ON known_browsers (last_used_at);
CREATE INDEX newsletter_sign_ups_email ON newsletter_sign_ups (lower(email));
CREATE INDEX white_paper_requests_email ON white_paper_requests (lower(email));
CREATE INDEX event_registrations_lower_email ON event_registrations (lower(email));

-- The details of an event know their moment themselves.
ALTER TABLE audit_details ADD COLUMN at timestamptz;
ALTER TABLE audit_details DISABLE TRIGGER audit_details_no_rewrite;
UPDATE audit_details d SET at = e.at FROM audit_events e WHERE e.id = d.event_id;
ALTER TABLE audit_details ENABLE TRIGGER audit_details_no_rewrite;
ALTER TABLE audit_details ALTER COLUMN at SET NOT NULL;
CREATE INDEX audit_details_at ON audit_details (at);

-- When a session ends by itself. Adding seconds to a moment depends on nothing else, so that it can be indexed.
CREATE FUNCTION session_ends_at(expires_at timestamptz, last_used_at timestamptz, idle_seconds integer) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT least(expires_at, last_used_at + make_interval(secs => idle_seconds)) $$;
CREATE INDEX sessions_ends ON sessions (session_ends_at(expires_at, last_used_at, idle_seconds));
