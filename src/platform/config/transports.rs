//! The ways out of the portal: where mail and text messages go, who reports on them, and where files are kept.

use std::path::PathBuf;

use secrecy::SecretString;

/// Where mail goes.
#[derive(Clone, Debug)]
pub enum MailTransport {
    /// Only the development mailbox.
    Mailbox,
    /// A real server.
    Smtp(Smtp),
}

/// How to reach the SMTP server.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Encryption of the connection.
    pub tls: SmtpTls,
    /// User name and password, when the server asks for them.
    pub credentials: Option<(String, SecretString)>,
}

/// Encryption of an SMTP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// TLS from the first byte.
    Implicit,
    /// STARTTLS, required.
    StartTls,
    /// In the clear: loopback or development.
    None,
}

/// How mail is signed (RFC 6376).
#[derive(Clone, Debug)]
pub struct Dkim {
    /// The domain that signs.
    pub domain: String,
    /// Name of the key in its DNS.
    pub selector: String,
    /// The private key: RSA in PEM, or an Ed25519 key in Base64.
    pub key: SecretString,
}

/// How campaigns leave.
#[derive(Clone, Debug)]
pub struct Campaigns {
    /// Connections at the same time.
    pub connections: usize,
    /// Messages a second, overall.
    pub per_second: Option<u32>,
    /// Messages a second to each domain.
    pub domain_per_second: Option<u32>,
    /// Our postal address.
    pub postal_address: Option<String>,
}

/// Who may report bounces and complaints, and how they prove it.
#[derive(Clone, Debug, Default)]
pub struct MailHooks {
    /// Keys of the generic form, each as good as the others; without any it is closed.
    pub secrets: Vec<SecretString>,
    /// `user:password` of Postmark, also the one that it had before.
    pub postmark: Vec<SecretString>,
    /// Amazon SES by SNS.
    pub ses: Option<SesHook>,
}

/// Reports of Amazon SES.
#[derive(Clone, Debug)]
pub struct SesHook {
    /// ARN of the topic of SNS that is believed.
    pub topic: String,
    /// Root of what is asked instead of Amazon for certificates and to confirm the subscription.
    pub stand_in: Option<String>,
}

/// Where text messages and calls go.
#[derive(Clone, Debug)]
pub enum SmsTransport {
    /// Only the development mailbox.
    Mailbox,
    /// A Twilio-compatible HTTP API.
    Twilio {
        /// Root of the API, without a trailing slash.
        url: String,
        /// Account SID.
        account_sid: String,
        /// Auth token.
        auth_token: SecretString,
        /// Our number in E.164.
        from: String,
    },
}

/// Where files are kept.
#[derive(Clone, Debug)]
pub enum StoragePlace {
    /// A folder that every process of the portal sees.
    Folder(PathBuf),
    /// A bucket.
    Bucket {
        /// Its name.
        name: String,
        /// Root of the service, where it is not Amazon's.
        endpoint: Option<String>,
        /// Region.
        region: String,
        /// Access key id.
        key_id: String,
        /// Secret access key.
        key: SecretString,
    },
}
