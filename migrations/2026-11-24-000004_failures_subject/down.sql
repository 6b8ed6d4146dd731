ALTER TABLE sign_in_failures RENAME COLUMN subject_digest TO email_digest;
