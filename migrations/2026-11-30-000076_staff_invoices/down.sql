DROP INDEX invoices_gone;
DELETE FROM desk_looks WHERE queue = 'invoices';
DELETE FROM saved_views WHERE queue = 'invoices';
ALTER TABLE desk_looks DROP CONSTRAINT desk_looks_queue_check,
    ADD CONSTRAINT desk_looks_queue_check CHECK (queue IN ('requests', 'disputes', 'appeals', 'alerts', 'jobs', 'enquiries', 'suspensions', 'closures', 'subscriber_records'));
ALTER TABLE saved_views DROP CONSTRAINT saved_views_queue_check,
    ADD CONSTRAINT saved_views_queue_check CHECK (queue IN ('requests', 'disputes', 'appeals', 'alerts', 'jobs', 'enquiries', 'suspensions', 'closures', 'subscriber_records'));
