DROP FUNCTION within_monthly_limit;
ALTER TABLE mail_suppressions DROP CONSTRAINT mail_suppressions_lifted_by_staff,
    DROP COLUMN made_by, DROP COLUMN lifted_by, DROP COLUMN lifted_because;
DROP TABLE contact_views;
