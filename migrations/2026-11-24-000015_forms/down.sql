DELETE FROM contacts WHERE id IN (SELECT contact_id FROM preference_decisions WHERE channel = 'web');
ALTER TABLE contact_topics DROP CONSTRAINT contact_topics_channel_check,
    ADD CONSTRAINT contact_topics_channel_check CHECK (channel IN ('email', 'phone'));
ALTER TABLE preference_decisions DROP CONSTRAINT preference_decisions_tracking_check,
    DROP CONSTRAINT preference_decisions_channel_check,
    ADD CONSTRAINT preference_decisions_channel_check CHECK (channel IN ('email', 'phone'));
ALTER TABLE preference_decisions DROP CONSTRAINT preference_decisions_topic_check,
    ADD CONSTRAINT preference_decisions_topic_check
    CHECK (topic IN ('product_news', 'newsletter', 'events', 'offers', 'surveys', 'onboarding_calls'));
DROP TABLE sales_enquiries;
DROP TABLE survey_answers;
DROP TABLE surveys;
DROP TABLE event_registrations;
DROP TABLE events;
DROP TABLE white_paper_requests;
DROP TABLE white_papers;
DROP TABLE newsletter_sign_ups;
DROP TABLE page_views;
