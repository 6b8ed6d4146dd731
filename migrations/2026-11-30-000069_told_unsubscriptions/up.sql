-- A provider also tells that somebody unsubscribed with it.
ALTER TABLE mail_reports DROP CONSTRAINT mail_reports_kind_check,
    ADD CONSTRAINT mail_reports_kind_check CHECK (kind IN ('hard_bounce', 'soft_bounce', 'complaint', 'unsubscribed'));
