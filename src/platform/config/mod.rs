//! Settings: each is one row of [`SETTINGS`] and an environment variable. The program reads all
//! of them at the start and names everything that is wrong at once, rather than one error a start (`reader`).

mod reader;
mod settings;
mod transports;

pub use settings::{SETTINGS, Setting};
pub use transports::{
    Campaigns, Dkim, MailHooks, MailTransport, SesHook, SmsTransport, Smtp, SmtpTls, StoragePlace,
};

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

use self::reader::Reader;
use super::crypto;
use super::jws::{Keyring, PublicKey, Signer};

/// The effective settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Development shows the mailbox, the component gallery and the clock; production refuses them.
    pub development: bool,
    /// Demo people exist.
    pub demo: bool,
    /// Public address without a trailing slash.
    pub base_url: String,
    /// Where the web server listens.
    pub bind: SocketAddr,
    /// Where Prometheus asks.
    pub metrics_bind: Option<SocketAddr>,
    /// Master key.
    pub secret_key: SecretString,
    /// Key that signs receipts; without it one is made from the master key.
    pub receipt_key: Option<SecretString>,
    /// Keys that signed receipts before.
    pub receipt_old_keys: Vec<PublicKey>,
    /// Data folder.
    pub var_dir: PathBuf,
    /// Where files are kept.
    pub storage: StoragePlace,
    /// Keys that backups are encrypted for.
    pub backup_recipients: Vec<age::x25519::Recipient>,
    /// A real Postgres server, or none for the private cluster.
    pub database_url: Option<SecretString>,
    /// Connections of the web server.
    pub database_pool: usize,
    /// Longest wait for one of them.
    pub database_wait: Duration,
    /// Web worker threads.
    pub web_workers: Option<usize>,
    /// Jobs at the same time.
    pub job_concurrency: usize,
    /// Proxies that are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Where mail goes.
    pub mail: MailTransport,
    /// Sender of mail.
    pub mail_from: lettre::message::Mailbox,
    /// Where undeliverable mail returns to.
    pub mail_bounces_to: Option<lettre::Address>,
    /// How mail is signed, if it is.
    pub dkim: Option<Dkim>,
    /// How campaigns leave.
    pub campaigns: Campaigns,
    /// Who may report bounces and complaints.
    pub mail_hooks: MailHooks,
    /// Keys of the hook by which the billing system tells of invoices; without any it is closed.
    pub billing_hook: Vec<SecretString>,
    /// Where text messages go.
    pub sms: SmsTransport,
    /// Country database.
    pub geoip_db: Option<PathBuf>,
    /// Countries that may not sign in, upper case.
    pub blocked_countries: Vec<String>,
    /// Requests a minute of each API credential.
    pub api_requests_per_minute: usize,
    /// How long a reader may take nothing of what is sent.
    pub reader_patience: Duration,
    /// How long a file may take that is imported whole or not at all.
    pub import_patience: Duration,
    /// Password hashes at the same time.
    pub password_hashes: usize,
    /// Where breached passwords are asked for, without a trailing slash.
    pub breached_passwords_url: Option<String>,
    /// Log filter.
    pub log: String,
    /// Logs as JSON.
    pub log_json: bool,
}

/// Everything that is wrong with the settings.
#[derive(Debug, thiserror::Error)]
#[error("the settings are wrong:\n{}", .0.iter().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n"))]
pub struct ConfigErrors(pub Vec<String>);

impl Config {
    /// Reads all settings from these variables.
    ///
    /// `demo` is the `--demo` switch: development, with a key of its own and people to try things with.
    /// `bind` overrides `PORTAL_BIND`.
    ///
    /// # Errors
    /// [`ConfigErrors`] with every mistake, also a `PORTAL_…` variable that does not exist.
    pub fn read(
        variables: &HashMap<String, String>,
        demo: bool,
        bind: Option<SocketAddr>,
    ) -> Result<Self, ConfigErrors> {
        let mut r = Reader { variables, errors: Vec::new() };
        for name in variables.keys().filter(|name| name.starts_with("PORTAL_")) {
            if !SETTINGS.iter().any(|s| s.name == name) {
                r.wrong(format!("{name} is no setting of this program"));
            }
        }
        let development = r.development(demo);
        let fallback = SocketAddr::from(([127, 0, 0, 1], 8080));
        let bind = bind.unwrap_or_else(|| {
            r.parsed("PORTAL_BIND", fallback, "an address and port such as 127.0.0.1:8080")
        });
        let var_dir = PathBuf::from(r.text("PORTAL_VAR_DIR"));
        let config = Self {
            development,
            demo,
            base_url: r.base_url(development, bind),
            bind,
            metrics_bind: r.metrics_bind(),
            secret_key: r.secret_key(demo, &var_dir),
            receipt_key: r.receipt_key(development),
            receipt_old_keys: r.receipt_old_keys(),
            storage: r.storage(&var_dir, development),
            var_dir,
            backup_recipients: r.backup_recipients(),
            database_url: r.database_url(),
            database_pool: r.number("PORTAL_DATABASE_POOL", 2..=100),
            database_wait: Duration::from_secs(r.number("PORTAL_DATABASE_WAIT_SECONDS", 1..=20) as u64),
            web_workers: r.optional("PORTAL_WEB_WORKERS").map(|_| r.number("PORTAL_WEB_WORKERS", 1..=256)),
            job_concurrency: r.number("PORTAL_JOB_CONCURRENCY", 1..=64),
            trusted_proxies: r.trusted_proxies(),
            mail: r.mail(development),
            mail_from: r.parsed(
                "PORTAL_MAIL_FROM",
                "no-reply@localhost".parse().expect("an address"),
                "a mail address",
            ),
            mail_bounces_to: r.mail_bounces_to(),
            dkim: r.dkim(),
            campaigns: r.campaigns(development),
            mail_hooks: r.mail_hooks(development),
            billing_hook: r.hook_secrets("PORTAL_BILLING_HOOK_SECRET"),
            sms: r.sms(development),
            geoip_db: r.geoip_db(),
            blocked_countries: r.blocked_countries(),
            api_requests_per_minute: r.number("PORTAL_API_REQUESTS_PER_MINUTE", 1..=1_000_000),
            reader_patience: Duration::from_secs(r.number("PORTAL_READER_PATIENCE_SECONDS", 1..=3600) as u64),
            import_patience: Duration::from_secs(r.number("PORTAL_IMPORT_PATIENCE_SECONDS", 1..=7200) as u64),
            password_hashes: r.number("PORTAL_PASSWORD_HASHES", 1..=64),
            breached_passwords_url: r.breached_passwords_url(development),
            log: r.log(),
            log_json: r.log_json(development),
        };
        if r.errors.is_empty() { Ok(config) } else { Err(ConfigErrors(r.errors)) }
    }

    /// Whether the portal is reached over TLS, and cookies are therefore `Secure` and `__Host-`.
    pub fn secure(&self) -> bool {
        self.base_url.starts_with("https://")
    }

    /// The effective settings as rows of name and value, secrets masked.
    pub fn rows(&self, variables: &HashMap<String, String>) -> Vec<(&'static str, String)> {
        SETTINGS
            .iter()
            .map(|setting| {
                let given = variables.get(setting.name).map(|v| v.trim()).filter(|v| !v.is_empty());
                (setting.name, self.shown(setting, given))
            })
            .collect()
    }

    fn shown(&self, setting: &Setting, given: Option<&str>) -> String {
        match (setting.name, given) {
            (_, Some(_)) if setting.secret => "(set, not shown)".into(),
            ("PORTAL_ENV", _) => if self.development { "development" } else { "production" }.into(),
            ("PORTAL_BASE_URL", _) => self.base_url.clone(),
            ("PORTAL_BIND", _) => self.bind.to_string(),
            ("PORTAL_MAIL_TRANSPORT", None) if matches!(self.mail, MailTransport::Mailbox) => {
                "mailbox".into()
            }
            ("PORTAL_SMS_TRANSPORT", None) if matches!(self.sms, SmsTransport::Mailbox) => "mailbox".into(),
            ("PORTAL_RECEIPT_KEY", None) => "(made from the master key, not shown)".into(),
            ("PORTAL_SECRET_KEY", None) if self.demo => "(made for the demo, not shown)".into(),
            (_, Some(value)) => value.to_owned(),
            ("PORTAL_LOG_FORMAT", None) => if self.log_json { "json" } else { "text" }.into(),
            ("PORTAL_WEB_WORKERS", None) => "(one per core)".into(),
            ("PORTAL_SMTP_PORT", None) => match &self.mail {
                MailTransport::Smtp(smtp) => smtp.port.to_string(),
                MailTransport::Mailbox => "(not set)".into(),
            },
            (_, None) if setting.default.is_empty() => "(not set)".into(),
            (_, None) => setting.default.to_owned(),
        }
    }

    /// The keys of receipts.
    ///
    /// # Errors
    /// None for settings that were read: they were checked.
    pub fn receipt_keyring(&self) -> anyhow::Result<Keyring> {
        let signer = match &self.receipt_key {
            Some(key) => {
                Signer::parse(key.expose_secret()).context("PORTAL_RECEIPT_KEY is no Ed25519 key")?
            }
            None => Signer::from_seed(crypto::Keys::derive(&self.master_key()).receipt_seed()),
        };
        Ok(Keyring { signer, before: self.receipt_old_keys.clone() })
    }

    /// The master key as bytes. It was checked by [`Config::read`].
    pub fn master_key(&self) -> Vec<u8> {
        crypto::parse_master_key(self.secret_key.expose_secret())
            .expect("checked when the settings were read")
    }
}

/// The variables of this process and of a `.env` beside it; the process wins.
///
/// # Errors
/// A `.env` that is there and cannot be read.
pub fn environment() -> Result<HashMap<String, String>, ConfigErrors> {
    let mut variables = HashMap::new();
    match dotenvy::dotenv_iter() {
        Ok(lines) => {
            for line in lines {
                let (name, value) = line.map_err(|error| ConfigErrors(vec![format!(".env: {error}")]))?;
                variables.insert(name, value);
            }
        }
        Err(error) if error.not_found() => {}
        Err(error) => return Err(ConfigErrors(vec![format!(".env: {error}")])),
    }
    variables.extend(std::env::vars());
    Ok(variables)
}
