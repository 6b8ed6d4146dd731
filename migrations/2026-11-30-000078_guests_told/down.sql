ALTER TABLE events DROP COLUMN told_up_to;
