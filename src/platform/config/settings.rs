//! The table of settings. The README shows the same, and a test compares.

/// One setting, as the README and `portal config` list it.
pub struct Setting {
    /// The environment variable.
    pub name: &'static str,
    /// What it is without the variable; empty when there is no default.
    pub default: &'static str,
    /// Never printed.
    pub secret: bool,
    /// What it does, in a sentence.
    pub about: &'static str,
}

macro_rules! settings {
    ($($name:literal $default:literal $secret:literal $about:literal;)*) => {
        /// Every setting there is.
        pub const SETTINGS: &[Setting] = &[$(Setting { name: $name, default: $default, secret: $secret, about: $about }),*];
    };
}

settings! {
    "PORTAL_ENV" "production" false "`production` or `development`; `--demo` means `development`.";
    "PORTAL_BASE_URL" "" false "Public address of the portal, `https://…`; required in production. In development `http://` and the bind address.";
    "PORTAL_BIND" "127.0.0.1:8080" false "Address and port that the web server listens on.";
    "PORTAL_METRICS_BIND" "127.0.0.1:9464" false "Address and port for Prometheus; `off` for none.";
    "PORTAL_SECRET_KEY" "" true "Master key: at least 32 random bytes in Base64 (`openssl rand -base64 32`). Required, except with `--demo`, which makes one under the data folder.";
    "PORTAL_RECEIPT_KEY" "" true "Ed25519 key that signs receipts, in Base64: 32 random bytes (`openssl rand -base64 32`), or PKCS#8. Required in production; in development it is made from the master key.";
    "PORTAL_RECEIPT_OLD_KEYS" "" false "Public keys that signed receipts before (the `x` of each in `/.well-known/receipt-keys.json`, comma-separated): they stay published.";
    "PORTAL_VAR_DIR" "var" false "Data folder: private database cluster, the demo key, and files unless they go elsewhere.";
    "PORTAL_STORAGE" "" false "Where files are kept: a folder that every process sees, or `s3://BUCKET`; without it `storage` in the data folder. Give a bucket the lifecycle rule `AbortIncompleteMultipartUpload` after one day, so that nothing stays of what a killed process was writing.";
    "PORTAL_STORAGE_ENDPOINT" "" false "Address of a service that speaks S3; without it Amazon's.";
    "PORTAL_STORAGE_REGION" "us-east-1" false "Region of the bucket.";
    "PORTAL_STORAGE_KEY_ID" "" false "Access key id for the bucket.";
    "PORTAL_STORAGE_KEY" "" true "Secret access key for the bucket.";
    "PORTAL_BACKUP_RECIPIENTS" "" false "Public keys of age (`age1…`, comma-separated) that backups are encrypted for; without them none can be made.";
    "DATABASE_URL" "" true "A Postgres server. Without it the program runs a private cluster in the data folder.";
    "PORTAL_DATABASE_POOL" "12" false "Database connections of the web server, 2 to 100.";
    "PORTAL_DATABASE_WAIT_SECONDS" "5" false "Seconds that a request waits for a database connection before it is answered 503, 1 to 20.";
    "PORTAL_WEB_WORKERS" "" false "Web worker threads; without it one per core.";
    "PORTAL_JOB_CONCURRENCY" "4" false "Jobs that run at the same time, 1 to 64.";
    "PORTAL_TRUSTED_PROXIES" "" false "Networks (CIDR, comma-separated) whose `X-Forwarded-For` is believed.";
    "PORTAL_MAIL_TRANSPORT" "smtp" false "`smtp`, or in development `mailbox` (the default there).";
    "PORTAL_MAIL_FROM" "LossExpress <no-reply@lossexpress.com>" false "Sender of all mail.";
    "PORTAL_SMTP_HOST" "" false "SMTP server; required with the `smtp` transport.";
    "PORTAL_SMTP_PORT" "" false "SMTP port; without it 465 for `implicit`, 587 for `starttls`, 25 for `none`.";
    "PORTAL_SMTP_TLS" "starttls" false "`implicit`, `starttls` or `none`; `none` is refused in production except on loopback.";
    "PORTAL_SMTP_USERNAME" "" false "SMTP user name, when the server asks for one.";
    "PORTAL_SMTP_PASSWORD" "" true "SMTP password.";
    "PORTAL_MAIL_BOUNCES_TO" "" false "Address that undeliverable mail returns to; without it the sender's.";
    "PORTAL_MAIL_POSTAL_ADDRESS" "" false "Our postal address, one line without our name, at the foot of every campaign; without it none can be scheduled in production.";
    "PORTAL_MAIL_DKIM_DOMAIN" "" false "Domain that mail is signed for with DKIM; needs the selector and the key.";
    "PORTAL_MAIL_DKIM_SELECTOR" "" false "Name of the DKIM key in the DNS of that domain.";
    "PORTAL_MAIL_DKIM_KEY_FILE" "" false "File with the private DKIM key: RSA of 2048 bits or more in PEM (`openssl genrsa 2048`), or the 32 bytes of an Ed25519 key in Base64.";
    "PORTAL_CAMPAIGN_CONNECTIONS" "16" false "SMTP connections that send a campaign at the same time, 1 to 64.";
    "PORTAL_CAMPAIGN_PER_SECOND" "0" false "Messages of campaigns a second, overall; 0 for no limit.";
    "PORTAL_CAMPAIGN_DOMAIN_PER_SECOND" "0" false "Messages of campaigns a second to each domain; 0 for no limit.";
    "PORTAL_HOOK_SECRET" "" true "Keys of at least 32 characters for `POST /hooks/mail/generic`, the present one and while it is changed another, comma-separated; without any that hook is closed.";
    "PORTAL_HOOK_POSTMARK" "" true "`user:password` that Postmark's webhook sends (HTTP Basic), while it is changed two of them, comma-separated; without any that hook is closed. With it, mail carries our Message-ID as metadata for Postmark.";
    "PORTAL_HOOK_SES_TOPIC" "" false "ARN of the SNS topic by which Amazon SES reports to `POST /hooks/mail/ses`; without it that hook is closed.";
    "PORTAL_HOOK_SES_STAND_IN" "" false "In development, root of an address that is asked instead of Amazon for SNS's certificates.";
    "PORTAL_BILLING_HOOK_SECRET" "" true "Keys of at least 32 characters for `POST /hooks/billing`, by which the billing system tells of invoices, the present one and while it is changed another, comma-separated; without any that hook is closed.";
    "PORTAL_SMS_TRANSPORT" "twilio" false "`twilio` (any compatible HTTP API), or in development `mailbox` (the default there).";
    "PORTAL_SMS_URL" "https://api.twilio.com" false "Root of the Twilio-compatible API.";
    "PORTAL_SMS_ACCOUNT_SID" "" false "Account SID at the text message provider.";
    "PORTAL_SMS_AUTH_TOKEN" "" true "Auth token at the text message provider.";
    "PORTAL_SMS_FROM" "" false "Number that texts and calls come from, in E.164.";
    "PORTAL_GEOIP_DB" "" false "MaxMind country database (`.mmdb`); without it the country is unknown.";
    "PORTAL_BLOCKED_COUNTRIES" "" false "Countries (ISO 3166 two-letter codes, comma-separated) that may not sign in for export control.";
    "PORTAL_API_REQUESTS_PER_MINUTE" "3000" false "Requests a minute that each API credential may make, 1 to 1000000.";
    "PORTAL_READER_PATIENCE_SECONDS" "60" false "Seconds after which whoever takes nothing of what is sent is cut off, 1 to 3600.";
    "PORTAL_IMPORT_PATIENCE_SECONDS" "900" false "Seconds that a file may take which is imported whole or not at all, 1 to 7200: its transaction is open as long.";
    "PORTAL_PASSWORD_HASHES" "2" false "Password hashes computed at the same time, 1 to 64; each takes 46 MiB.";
    "PORTAL_BREACHED_PASSWORDS_URL" "" false "Root of a range service that knows breached passwords, as in `https://api.pwnedpasswords.com/range`. It is sent the first five hex digits of a SHA-1 and no more; without it nothing is asked.";
    "PORTAL_LOG" "info" false "Log filter, as in `info,portal=debug`.";
    "PORTAL_LOG_FORMAT" "" false "`json` or `text`; without it `json` in production.";
}
