-- Who decided lately: what a restored backup may not know of them is kept beside the backups.
CREATE INDEX contacts_decided ON contacts (last_decided_at);
