-- Anybody can type an address, and takes nothing from who registered with it before: each time is a row with a link of its own.
-- One of them becomes the seat of the address.
DROP INDEX event_registrations_once;
CREATE UNIQUE INDEX event_registrations_once ON event_registrations (event_id, email_key) WHERE confirmed_at IS NOT NULL AND cancelled_at IS NULL;
