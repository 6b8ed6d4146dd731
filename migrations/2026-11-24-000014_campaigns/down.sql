DROP TRIGGER preference_decisions_campaign ON preference_decisions;
DROP FUNCTION note_unsubscribed_from_campaign();
CREATE OR REPLACE FUNCTION suppress_queued_messages(contact uuid, about text) RETURNS bigint LANGUAGE sql AS $$ SELECT 0::bigint $$;
CREATE OR REPLACE FUNCTION marketing_mails_since(contact uuid, since timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT 0::bigint $$;
DROP FUNCTION suppress_queued_messages(uuid, text, timestamptz);
DROP TABLE mail_reports, campaign_rates, campaign_recipients, campaign_states, campaigns;
