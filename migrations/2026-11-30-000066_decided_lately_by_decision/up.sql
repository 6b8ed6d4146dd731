-- An index with a column that every decision changes at its contact had each decision write all indexes of contacts anew.
-- Decisions are only added, in the order of time, so who decided lately is found in them by an index that grows at one end.
DROP INDEX contacts_decided;
CREATE INDEX preference_decisions_decided ON preference_decisions (decided_at);
