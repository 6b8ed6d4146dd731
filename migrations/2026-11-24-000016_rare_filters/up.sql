-- A filter that lets few rows through made a page read the whole log of an account, or all of its communications. With
-- these, a page reads about as many rows as it shows. What most requests are (GET and POST, answered 2xx) is left out, so
-- that writing the log stays cheap.
CREATE INDEX api_requests_status ON api_requests (account_id, (status / 100), id DESC) WHERE status >= 300;
CREATE INDEX api_requests_method ON api_requests (account_id, method, id DESC) WHERE method NOT IN ('GET', 'POST');
CREATE INDEX api_requests_credential ON api_requests (account_id, credential, id DESC);

CREATE INDEX communications_status ON communications (account_id, status, id DESC) WHERE restriction_id IS NULL;
CREATE INDEX communications_channel ON communications (account_id, channel, id DESC) WHERE restriction_id IS NULL;
CREATE INDEX communications_direction ON communications (account_id, direction, id DESC) WHERE restriction_id IS NULL;
