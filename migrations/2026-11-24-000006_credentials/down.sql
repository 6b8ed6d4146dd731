DROP TABLE idempotent_requests, api_request_days, api_requests, leaked_secrets, api_keys, auth_tokens;
