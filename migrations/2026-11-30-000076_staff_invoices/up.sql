-- Invoices whose account is gone have no owner who reads them (S74): staff do, and say why (S105).
ALTER TABLE desk_looks DROP CONSTRAINT desk_looks_queue_check,
    ADD CONSTRAINT desk_looks_queue_check CHECK (queue IN ('requests', 'disputes', 'appeals', 'alerts', 'jobs', 'enquiries', 'suspensions', 'closures', 'subscriber_records', 'invoices'));
ALTER TABLE saved_views DROP CONSTRAINT saved_views_queue_check,
    ADD CONSTRAINT saved_views_queue_check CHECK (queue IN ('requests', 'disputes', 'appeals', 'alerts', 'jobs', 'enquiries', 'suspensions', 'closures', 'subscriber_records', 'invoices'));
CREATE INDEX invoices_gone ON invoices (id) WHERE account_id IS NULL;
