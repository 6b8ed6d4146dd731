-- What is counted is an address or the second factor of a person: the name says neither.
ALTER TABLE sign_in_failures RENAME COLUMN email_digest TO subject_digest;
