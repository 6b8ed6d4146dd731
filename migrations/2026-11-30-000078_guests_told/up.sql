-- Whoever has a seat at an event that is called off is told by a job, some in a transaction: the last of them stands here, so
-- that whoever goes on tells nobody twice.
ALTER TABLE events ADD COLUMN told_up_to uuid;
