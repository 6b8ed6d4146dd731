DROP FUNCTION mailable_contacts(text, timestamptz);
DROP FUNCTION marketing_mails_since(uuid, timestamptz);
DROP TABLE mail_suppressions;
DROP TABLE contact_topics;
DROP TABLE preference_decisions;
DROP FUNCTION keep_preference_decision();
DROP FUNCTION apply_preference_decision();
DROP FUNCTION suppress_queued_messages(uuid, text);
DROP TABLE contacts;
