-- What was decided because of them stays.
DELETE FROM mail_reports WHERE kind = 'unsubscribed';
ALTER TABLE mail_reports DROP CONSTRAINT mail_reports_kind_check,
    ADD CONSTRAINT mail_reports_kind_check CHECK (kind IN ('hard_bounce', 'soft_bounce', 'complaint'));
