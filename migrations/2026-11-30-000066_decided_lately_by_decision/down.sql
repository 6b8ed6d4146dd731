DROP INDEX preference_decisions_decided;
CREATE INDEX contacts_decided ON contacts (last_decided_at);
