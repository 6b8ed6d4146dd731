-- What the last try to make a copy failed of, for whoever ordered it: no failure goes without.
ALTER TABLE exports ADD COLUMN stumbled_over text
    CHECK (stumbled_over IN ('storage_full', 'storage', 'storage_slow', 'database', 'stopped', 'fault'));
UPDATE exports SET stumbled_over = 'fault' WHERE stumbled_at IS NOT NULL OR given_up_at IS NOT NULL;
ALTER TABLE exports ADD CONSTRAINT exports_say_what_failed
    CHECK (num_nonnulls(stumbled_at, given_up_at) = 0 OR stumbled_over IS NOT NULL);
