DELETE FROM event_registrations r USING event_registrations other
    WHERE r.cancelled_at IS NULL AND r.confirmed_at IS NULL AND other.cancelled_at IS NULL AND other.id <> r.id
        AND other.event_id = r.event_id AND other.email_key = r.email_key AND (other.confirmed_at IS NOT NULL OR other.id > r.id);
DROP INDEX event_registrations_once;
CREATE UNIQUE INDEX event_registrations_once ON event_registrations (event_id, email_key) WHERE cancelled_at IS NULL;
