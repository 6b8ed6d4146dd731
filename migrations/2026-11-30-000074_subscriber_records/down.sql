DELETE FROM desk_looks WHERE queue = 'subscriber_records';
DELETE FROM saved_views WHERE queue = 'subscriber_records';
ALTER TABLE desk_looks DROP CONSTRAINT desk_looks_queue_check,
    ADD CONSTRAINT desk_looks_queue_check CHECK (queue IN ('requests', 'disputes', 'appeals', 'alerts', 'jobs', 'enquiries', 'suspensions', 'closures'));
ALTER TABLE saved_views DROP CONSTRAINT saved_views_queue_check,
    ADD CONSTRAINT saved_views_queue_check CHECK (queue IN ('requests', 'disputes', 'appeals', 'alerts', 'jobs', 'enquiries', 'suspensions', 'closures'));
DROP TABLE subscriber_record_shares;
DROP FUNCTION keep_subscriber_record_share();
DELETE FROM subscriber_record_files;
DROP TABLE subscriber_record_files;
DROP TABLE subscriber_records;
DROP FUNCTION keep_subscriber_record();
