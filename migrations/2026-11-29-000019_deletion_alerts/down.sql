ALTER TABLE content_deletion_steps DROP COLUMN alerted_at;
