DROP INDEX communications_direction;
DROP INDEX communications_channel;
DROP INDEX communications_status;
DROP INDEX api_requests_credential;
DROP INDEX api_requests_method;
DROP INDEX api_requests_status;
