-- When the privacy team was told that a deletion has not arrived somewhere in time (S110): once for each place.
ALTER TABLE content_deletion_steps ADD COLUMN alerted_at timestamptz CHECK (alerted_at >= due_at);
