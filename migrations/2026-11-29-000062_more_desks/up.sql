-- Suspensions, closures and enquiries are masked as well until somebody works on them or says why they look (S105).

ALTER TABLE desk_claims DROP CONSTRAINT desk_claims_queue_check,
    -- Nobody works on a suspension or a closure: whoever needs to see one says why.
    ADD CONSTRAINT desk_claims_queue_check CHECK (queue IN ('requests', 'disputes', 'appeals', 'alerts', 'jobs', 'enquiries'));
ALTER TABLE desk_looks DROP CONSTRAINT desk_looks_queue_check,
    ADD CONSTRAINT desk_looks_queue_check CHECK (queue IN ('requests', 'disputes', 'appeals', 'alerts', 'jobs', 'enquiries', 'suspensions', 'closures'));
ALTER TABLE saved_views DROP CONSTRAINT saved_views_queue_check,
    ADD CONSTRAINT saved_views_queue_check CHECK (queue IN ('requests', 'disputes', 'appeals', 'alerts', 'jobs', 'enquiries', 'suspensions', 'closures'));
