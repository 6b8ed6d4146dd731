-- What visitors may be counted by, and what they send through public forms.

-- How often a page was looked at on a day, by browsers that agreed. No row is about a visitor.
CREATE TABLE page_views (
    -- Midnight in UTC.
    day timestamptz NOT NULL,
    -- The pattern of the site map, never an address with something typed in it.
    page text NOT NULL,
    -- Host of the page before; '' for none.
    referrer_host text NOT NULL CHECK (char_length(referrer_host) <= 253),
    -- ISO 3166, or '' where it is not known.
    country text NOT NULL CHECK (char_length(country) <= 2),
    purpose text NOT NULL CHECK (purpose IN ('visitors', 'popular_pages', 'navigation', 'advertisements')),
    views bigint NOT NULL CHECK (views > 0),
    PRIMARY KEY (day, page, referrer_host, country, purpose)
);

-- Somebody wants the newsletter and has not yet shown that the address is theirs.
CREATE TABLE newsletter_sign_ups (
    id uuid PRIMARY KEY,
    email text NOT NULL CHECK (char_length(email) <= 254),
    token_hash bytea NOT NULL UNIQUE,
    wording text NOT NULL,
    country text,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
    confirmed_at timestamptz
);
CREATE INDEX newsletter_sign_ups_expires ON newsletter_sign_ups (expires_at);

-- A paper that anybody may ask for.
CREATE TABLE white_papers (
    id uuid PRIMARY KEY,
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    summary text NOT NULL,
    body text NOT NULL CHECK (body <> ''),
    created_by uuid,
    created_at timestamptz NOT NULL,
    withdrawn_at timestamptz
);

CREATE TABLE white_paper_requests (
    id uuid PRIMARY KEY,
    white_paper_id uuid NOT NULL REFERENCES white_papers (id) ON DELETE CASCADE,
    email text NOT NULL CHECK (char_length(email) <= 254),
    company text,
    role text,
    use_case text,
    country text,
    token_hash bytea NOT NULL UNIQUE,
    requested_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > requested_at)
);
CREATE INDEX white_paper_requests_paper ON white_paper_requests (white_paper_id, id DESC);
CREATE INDEX white_paper_requests_at ON white_paper_requests (requested_at);

CREATE TABLE events (
    id uuid PRIMARY KEY,
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    about text NOT NULL,
    place text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    capacity integer NOT NULL CHECK (capacity BETWEEN 1 AND 100000),
    created_by uuid,
    created_at timestamptz NOT NULL,
    cancelled_at timestamptz
);
CREATE INDEX events_starts ON events (starts_at);

-- A registration takes a seat when its link is confirmed, and until it is cancelled.
CREATE TABLE event_registrations (
    id uuid PRIMARY KEY,
    event_id uuid NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    email text NOT NULL CHECK (char_length(email) <= 254),
    email_key text NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    company text,
    country text,
    token_hash bytea NOT NULL UNIQUE,
    registered_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    cancelled_at timestamptz
);
CREATE UNIQUE INDEX event_registrations_once ON event_registrations (event_id, email_key) WHERE cancelled_at IS NULL;
CREATE INDEX event_registrations_event ON event_registrations (event_id, id DESC);
CREATE INDEX event_registrations_email ON event_registrations (email_key);
CREATE INDEX event_registrations_at ON event_registrations (registered_at);

CREATE TABLE surveys (
    id uuid PRIMARY KEY,
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    about text NOT NULL,
    questions text[] NOT NULL CHECK (cardinality(questions) BETWEEN 1 AND 20),
    created_by uuid,
    created_at timestamptz NOT NULL,
    closed_at timestamptz
);

-- Answers are nobody's, unless a customer wished to have them with their data.
CREATE TABLE survey_answers (
    id uuid PRIMARY KEY,
    survey_id uuid NOT NULL REFERENCES surveys (id) ON DELETE CASCADE,
    person_id uuid REFERENCES people (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE,
    answers text[] NOT NULL,
    answered_at timestamptz NOT NULL
);
CREATE INDEX survey_answers_survey ON survey_answers (survey_id, id DESC);
CREATE INDEX survey_answers_person ON survey_answers (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX survey_answers_at ON survey_answers (answered_at);

-- Somebody wants to hear from the sales team (S24). A number is kept only where a call is wanted.
CREATE TABLE sales_enquiries (
    id uuid PRIMARY KEY,
    email text NOT NULL CHECK (char_length(email) <= 254),
    name text,
    company text,
    role text,
    use_case text,
    message text NOT NULL CHECK (message <> ''),
    phone text,
    call_wanted boolean NOT NULL,
    country text,
    token_hash bytea NOT NULL UNIQUE,
    received_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    answered_at timestamptz,
    answered_by uuid,
    CHECK (call_wanted = (phone IS NOT NULL)),
    CHECK ((answered_at IS NULL) = (answered_by IS NULL))
);
CREATE INDEX sales_enquiries_open ON sales_enquiries (id DESC) WHERE answered_at IS NULL;
CREATE INDEX sales_enquiries_received ON sales_enquiries (received_at);

-- What a browser's signal decides is about sharing and tracking on the web, apart from mail and telephone.
ALTER TABLE preference_decisions DROP CONSTRAINT preference_decisions_topic_check,
    ADD CONSTRAINT preference_decisions_topic_check
    CHECK (topic IN ('product_news', 'newsletter', 'events', 'offers', 'surveys', 'onboarding_calls', 'tracking'));
ALTER TABLE preference_decisions DROP CONSTRAINT preference_decisions_channel_check,
    ADD CONSTRAINT preference_decisions_channel_check CHECK (channel IN ('email', 'phone', 'web')),
    ADD CONSTRAINT preference_decisions_tracking_check CHECK ((topic IS NOT DISTINCT FROM 'tracking') = (channel = 'web'));
ALTER TABLE contact_topics DROP CONSTRAINT contact_topics_channel_check,
    ADD CONSTRAINT contact_topics_channel_check CHECK (channel IN ('email', 'phone', 'web'));
