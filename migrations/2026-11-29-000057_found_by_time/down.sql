DROP INDEX sessions_ends;
DROP FUNCTION session_ends_at;
ALTER TABLE audit_details DROP COLUMN at;
DROP INDEX event_registrations_lower_email, white_paper_requests_email, newsletter_sign_ups_email, known_browsers_used,
    record_views_viewed, sign_ins_email, messages_recipient, messages_created;
