CREATE OR REPLACE FUNCTION mailable_contacts(about text, at timestamptz) RETURNS TABLE (contact_id uuid) LANGUAGE sql STABLE AS $$
    SELECT c.id FROM contacts c
    JOIN contact_topics t ON t.contact_id = c.id AND t.topic = about AND t.channel = 'email' AND t.subscribed
    WHERE c.confirmed_at IS NOT NULL
      AND c.stopped_at IS NULL
      AND (c.paused_until IS NULL OR c.paused_until <= at)
      AND NOT EXISTS (SELECT FROM mail_suppressions s WHERE s.email_digest = c.email_digest AND s.lifted_at IS NULL)
      AND (c.monthly_limit IS NULL OR c.monthly_limit > marketing_mails_since(c.id, at - interval '30 days'))
$$;
DROP TABLE processing_limits;
DROP TABLE data_request_claims;
DROP TABLE data_request_tries;
DROP TABLE data_request_codes;
DROP TABLE data_request_messages;
DROP TABLE data_request_withheld;
DROP FUNCTION check_data_request_verification(data_requests, data_request_steps);
DROP FUNCTION check_data_request_fulfilment(data_requests, data_request_steps);
DROP TABLE data_request_steps;
DROP TABLE data_requests;
DROP FUNCTION lock_end_user_answers();
DROP FUNCTION limit_data_request_tries();
DROP FUNCTION keep_data_request_withheld();
DROP FUNCTION keep_data_request_step();
DROP FUNCTION take_data_request_step();
DROP FUNCTION keep_data_request();
DROP FUNCTION begin_data_request();
DROP FUNCTION refuse_data_request(text, text);
