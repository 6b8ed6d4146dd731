DELETE FROM desk_claims WHERE queue = 'enquiries';
DELETE FROM desk_looks WHERE queue IN ('enquiries', 'suspensions', 'closures');
DELETE FROM saved_views WHERE queue IN ('enquiries', 'suspensions', 'closures');
ALTER TABLE desk_claims DROP CONSTRAINT desk_claims_queue_check,
    ADD CONSTRAINT desk_claims_queue_check CHECK (queue IN ('requests', 'disputes', 'appeals', 'alerts', 'jobs'));
ALTER TABLE desk_looks DROP CONSTRAINT desk_looks_queue_check,
    ADD CONSTRAINT desk_looks_queue_check CHECK (queue IN ('requests', 'disputes', 'appeals', 'alerts', 'jobs'));
ALTER TABLE saved_views DROP CONSTRAINT saved_views_queue_check,
    ADD CONSTRAINT saved_views_queue_check CHECK (queue IN ('requests', 'disputes', 'appeals', 'alerts', 'jobs'));
