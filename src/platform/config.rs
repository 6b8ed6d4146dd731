//! Settings: each is one row of [`SETTINGS`] and an environment variable. The program reads all
//! of them at the start and names everything that is wrong at once, rather than one error a start.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

use super::crypto;

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
    "PORTAL_VAR_DIR" "var" false "Data folder: private database cluster and the demo key.";
    "DATABASE_URL" "" true "A Postgres server. Without it the program runs a private cluster in the data folder.";
    "PORTAL_DATABASE_POOL" "12" false "Database connections of the web server, 2 to 100.";
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
    "PORTAL_SMS_TRANSPORT" "twilio" false "`twilio` (any compatible HTTP API), or in development `mailbox` (the default there).";
    "PORTAL_SMS_URL" "https://api.twilio.com" false "Root of the Twilio-compatible API.";
    "PORTAL_SMS_ACCOUNT_SID" "" false "Account SID at the text message provider.";
    "PORTAL_SMS_AUTH_TOKEN" "" true "Auth token at the text message provider.";
    "PORTAL_SMS_FROM" "" false "Number that texts and calls come from, in E.164.";
    "PORTAL_GEOIP_DB" "" false "MaxMind country database (`.mmdb`); without it the country is unknown.";
    "PORTAL_BLOCKED_COUNTRIES" "" false "Countries (ISO 3166 two-letter codes, comma-separated) that may not sign in for export control.";
    "PORTAL_PASSWORD_HASHES" "2" false "Password hashes computed at the same time, 1 to 64; each takes 46 MiB.";
    "PORTAL_LOG" "info" false "Log filter, as in `info,portal=debug`.";
    "PORTAL_LOG_FORMAT" "" false "`json` or `text`; without it `json` in production.";
}

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
    /// Data folder.
    pub var_dir: PathBuf,
    /// A real Postgres server, or none for the private cluster.
    pub database_url: Option<SecretString>,
    /// Connections of the web server.
    pub database_pool: usize,
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
    /// Where text messages go.
    pub sms: SmsTransport,
    /// Country database.
    pub geoip_db: Option<PathBuf>,
    /// Countries that may not sign in, upper case.
    pub blocked_countries: Vec<String>,
    /// Password hashes at the same time.
    pub password_hashes: usize,
    /// Log filter.
    pub log: String,
    /// Logs as JSON.
    pub log_json: bool,
}

/// Everything that is wrong with the settings.
#[derive(Debug, thiserror::Error)]
#[error("the settings are wrong:\n{}", .0.iter().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n"))]
pub struct ConfigErrors(pub Vec<String>);

/// Reads values and gathers what is wrong with them.
struct Reader<'a> {
    variables: &'a HashMap<String, String>,
    errors: Vec<String>,
}

impl Reader<'_> {
    fn optional(&self, name: &str) -> Option<String> {
        debug_assert!(SETTINGS.iter().any(|s| s.name == name), "{name} is not in SETTINGS");
        self.variables.get(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty())
    }

    fn text(&self, name: &str) -> String {
        let default = SETTINGS.iter().find(|s| s.name == name).map_or("", |s| s.default);
        self.optional(name).unwrap_or_else(|| default.to_owned())
    }

    fn wrong(&mut self, message: String) {
        self.errors.push(message);
    }

    fn parsed<T: std::str::FromStr>(&mut self, name: &str, fallback: T, expected: &str) -> T {
        let text = self.text(name);
        match text.parse() {
            Ok(value) => value,
            Err(_) => {
                self.wrong(format!("{name} is not {expected}"));
                fallback
            }
        }
    }

    fn number(&mut self, name: &str, range: std::ops::RangeInclusive<usize>) -> usize {
        let low = *range.start();
        let expected = format!("a number from {low} to {}", range.end());
        let value = self.parsed(name, low, &expected);
        if !range.contains(&value) {
            self.wrong(format!("{name} is not {expected}"));
        }
        value
    }

    fn required(&mut self, name: &str, when: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.wrong(format!("{name} is missing: it is needed {when}"));
            String::new()
        })
    }
}

impl Config {
    /// Reads all settings from these variables.
    ///
    /// `demo` is the `--demo` switch: development, with a key of its own and people to try things with.
    /// `bind` overrides `PORTAL_BIND`.
    ///
    /// # Errors
    /// [`ConfigErrors`] with every mistake, also a `PORTAL_…` variable that does not exist.
    pub fn read(variables: &HashMap<String, String>, demo: bool, bind: Option<SocketAddr>) -> Result<Self, ConfigErrors> {
        let mut r = Reader { variables, errors: Vec::new() };
        for name in variables.keys().filter(|name| name.starts_with("PORTAL_")) {
            if !SETTINGS.iter().any(|s| s.name == name) {
                r.wrong(format!("{name} is no setting of this program"));
            }
        }
        let development = r.development(demo);
        let fallback = SocketAddr::from(([127, 0, 0, 1], 8080));
        let bind = bind.unwrap_or_else(|| r.parsed("PORTAL_BIND", fallback, "an address and port such as 127.0.0.1:8080"));
        let var_dir = PathBuf::from(r.text("PORTAL_VAR_DIR"));
        let config = Self {
            development,
            demo,
            base_url: r.base_url(development, bind),
            bind,
            metrics_bind: r.metrics_bind(),
            secret_key: r.secret_key(demo, &var_dir),
            var_dir,
            database_url: r.database_url(),
            database_pool: r.number("PORTAL_DATABASE_POOL", 2..=100),
            web_workers: r.optional("PORTAL_WEB_WORKERS").map(|_| r.number("PORTAL_WEB_WORKERS", 1..=256)),
            job_concurrency: r.number("PORTAL_JOB_CONCURRENCY", 1..=64),
            trusted_proxies: r.trusted_proxies(),
            mail: r.mail(development),
            mail_from: r.parsed("PORTAL_MAIL_FROM", "no-reply@localhost".parse().expect("an address"), "a mail address"),
            sms: r.sms(development),
            geoip_db: r.geoip_db(),
            blocked_countries: r.blocked_countries(),
            password_hashes: r.number("PORTAL_PASSWORD_HASHES", 1..=64),
            log: r.text("PORTAL_LOG"),
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
            ("PORTAL_MAIL_TRANSPORT", None) if matches!(self.mail, MailTransport::Mailbox) => "mailbox".into(),
            ("PORTAL_SMS_TRANSPORT", None) if matches!(self.sms, SmsTransport::Mailbox) => "mailbox".into(),
            ("PORTAL_SECRET_KEY", None) if self.demo => "(made for the demo, not shown)".into(),
            (_, Some(value)) => value.to_owned(),
            (_, None) if setting.default.is_empty() => "(not set)".into(),
            (_, None) => setting.default.to_owned(),
        }
    }
}

impl Reader<'_> {
    fn development(&mut self, demo: bool) -> bool {
        match (self.optional("PORTAL_ENV").as_deref(), demo) {
            (Some("production"), true) => {
                self.wrong("PORTAL_ENV is production, and --demo is for development only".into());
                true
            }
            (Some("development"), _) | (None, true) => true,
            (Some("production") | None, false) => false,
            (Some(_), _) => {
                self.wrong("PORTAL_ENV is neither production nor development".into());
                false
            }
        }
    }

    fn base_url(&mut self, development: bool, bind: SocketAddr) -> String {
        let given = self.optional("PORTAL_BASE_URL");
        if given.is_none() && development {
            return format!("http://{bind}");
        }
        let url = given.unwrap_or_else(|| self.required("PORTAL_BASE_URL", "in production"));
        let url = url.trim_end_matches('/').to_owned();
        let origin_only = webauthn_rs::prelude::Url::parse(&url)
            .is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.host().is_some() && u.path() == "/" && u.query().is_none());
        if !url.is_empty() && !origin_only {
            self.wrong("PORTAL_BASE_URL is not an address such as https://portal.example.com, without a path".into());
        } else if !development && url.starts_with("http://") {
            self.wrong("PORTAL_BASE_URL is http: production runs behind https only".into());
        }
        url
    }

    fn metrics_bind(&mut self) -> Option<SocketAddr> {
        if self.text("PORTAL_METRICS_BIND") == "off" {
            return None;
        }
        Some(self.parsed("PORTAL_METRICS_BIND", SocketAddr::from(([127, 0, 0, 1], 9464)), "an address and port, or off"))
    }

    fn secret_key(&mut self, demo: bool, var_dir: &std::path::Path) -> SecretString {
        let key = match self.optional("PORTAL_SECRET_KEY") {
            Some(key) => key,
            None if demo => match demo_key(var_dir) {
                Ok(key) => key,
                Err(error) => {
                    self.wrong(format!("the demo key cannot be kept in {}: {error}", var_dir.display()));
                    return SecretString::from("");
                }
            },
            None => self.required("PORTAL_SECRET_KEY", "everywhere but with --demo"),
        };
        if !key.is_empty() && crypto::parse_master_key(&key).is_none() {
            self.wrong("PORTAL_SECRET_KEY is not at least 32 bytes of Base64".into());
        }
        SecretString::from(key)
    }

    fn database_url(&mut self) -> Option<SecretString> {
        let url = self.optional("DATABASE_URL")?;
        if url.parse::<tokio_postgres::Config>().is_err() {
            self.wrong("DATABASE_URL is not a Postgres address".into());
        }
        Some(SecretString::from(url))
    }

    fn trusted_proxies(&mut self) -> Vec<IpNet> {
        let mut networks = Vec::new();
        for text in self.text("PORTAL_TRUSTED_PROXIES").split(',').map(str::trim).filter(|t| !t.is_empty()) {
            match text.parse().or_else(|_| text.parse().map(|ip: std::net::IpAddr| IpNet::from(ip))) {
                Ok(network) => networks.push(network),
                Err(_) => self.wrong(format!("PORTAL_TRUSTED_PROXIES names {text:?}, which is no network")),
            }
        }
        networks
    }

    fn mail(&mut self, development: bool) -> MailTransport {
        let transport = self.optional("PORTAL_MAIL_TRANSPORT").unwrap_or_else(|| if development { "mailbox" } else { "smtp" }.into());
        match transport.as_str() {
            "mailbox" if development => MailTransport::Mailbox,
            "mailbox" => {
                self.wrong("PORTAL_MAIL_TRANSPORT is mailbox: the development mailbox does not exist in production".into());
                MailTransport::Mailbox
            }
            "smtp" => MailTransport::Smtp(self.smtp(development)),
            _ => {
                self.wrong("PORTAL_MAIL_TRANSPORT is neither smtp nor mailbox".into());
                MailTransport::Mailbox
            }
        }
    }

    fn smtp(&mut self, development: bool) -> Smtp {
        let host = self.required("PORTAL_SMTP_HOST", "with the smtp transport");
        let tls = match self.text("PORTAL_SMTP_TLS").as_str() {
            "implicit" => SmtpTls::Implicit,
            "starttls" => SmtpTls::StartTls,
            "none" => SmtpTls::None,
            _ => {
                self.wrong("PORTAL_SMTP_TLS is none of implicit, starttls, none".into());
                SmtpTls::StartTls
            }
        };
        let loopback = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if tls == SmtpTls::None && !development && !loopback {
            self.wrong("PORTAL_SMTP_TLS is none: in production mail leaves the machine encrypted".into());
        }
        let port = match self.optional("PORTAL_SMTP_PORT") {
            Some(_) => self.parsed("PORTAL_SMTP_PORT", 25, "a port"),
            None => match tls {
                SmtpTls::Implicit => 465,
                SmtpTls::StartTls => 587,
                SmtpTls::None => 25,
            },
        };
        let username = self.optional("PORTAL_SMTP_USERNAME");
        let password = self.optional("PORTAL_SMTP_PASSWORD");
        if username.is_some() != password.is_some() {
            self.wrong("PORTAL_SMTP_USERNAME and PORTAL_SMTP_PASSWORD go together: one of them is missing".into());
        }
        Smtp { host, port, tls, credentials: username.zip(password.map(SecretString::from)) }
    }

    fn sms(&mut self, development: bool) -> SmsTransport {
        let transport = self.optional("PORTAL_SMS_TRANSPORT").unwrap_or_else(|| if development { "mailbox" } else { "twilio" }.into());
        match transport.as_str() {
            "mailbox" if development => SmsTransport::Mailbox,
            "mailbox" => {
                self.wrong("PORTAL_SMS_TRANSPORT is mailbox: the development mailbox does not exist in production".into());
                SmsTransport::Mailbox
            }
            "twilio" => self.twilio(development),
            _ => {
                self.wrong("PORTAL_SMS_TRANSPORT is neither twilio nor mailbox".into());
                SmsTransport::Mailbox
            }
        }
    }

    fn twilio(&mut self, development: bool) -> SmsTransport {
        let url = self.text("PORTAL_SMS_URL").trim_end_matches('/').to_owned();
        if !(url.starts_with("https://") || development && url.starts_with("http://")) {
            self.wrong("PORTAL_SMS_URL is not an https address".into());
        }
        SmsTransport::Twilio {
            url,
            account_sid: self.required("PORTAL_SMS_ACCOUNT_SID", "with the twilio transport"),
            auth_token: SecretString::from(self.required("PORTAL_SMS_AUTH_TOKEN", "with the twilio transport")),
            from: self.required("PORTAL_SMS_FROM", "with the twilio transport"),
        }
    }

    fn geoip_db(&mut self) -> Option<PathBuf> {
        let path = PathBuf::from(self.optional("PORTAL_GEOIP_DB")?);
        if !path.is_file() {
            self.wrong(format!("PORTAL_GEOIP_DB names {}, which is no file", path.display()));
        }
        Some(path)
    }

    fn blocked_countries(&mut self) -> Vec<String> {
        let text = self.text("PORTAL_BLOCKED_COUNTRIES");
        let countries: Vec<String> = text.split(',').map(|c| c.trim().to_uppercase()).filter(|c| !c.is_empty()).collect();
        for country in countries.iter().filter(|c| c.len() != 2 || !c.bytes().all(|b| b.is_ascii_uppercase())) {
            self.errors.push(format!("PORTAL_BLOCKED_COUNTRIES names {country:?}, which is no two-letter country code"));
        }
        countries
    }

    fn log_json(&mut self, development: bool) -> bool {
        match self.optional("PORTAL_LOG_FORMAT").as_deref() {
            None => !development,
            Some("json") => true,
            Some("text") => false,
            Some(_) => {
                self.wrong("PORTAL_LOG_FORMAT is neither json nor text".into());
                false
            }
        }
    }
}

/// The demo's own key: made at the first start and kept, so that sessions survive a restart.
fn demo_key(var_dir: &std::path::Path) -> std::io::Result<String> {
    use base64::Engine as _;
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::create_dir_all(var_dir)?;
    let path = var_dir.join("demo.key");
    let fresh = base64::engine::general_purpose::STANDARD.encode(crypto::Keys::derive(&[]).random_bytes::<32>());
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    match made.and_then(|mut file| file.write_all(fresh.as_bytes())) {
        Ok(()) => Ok(fresh),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => std::fs::read_to_string(&path),
        Err(error) => Err(error),
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

impl Config {
    /// The master key as bytes. It was checked by [`Config::read`].
    pub fn master_key(&self) -> Vec<u8> {
        crypto::parse_master_key(self.secret_key.expose_secret()).expect("checked when the settings were read")
    }
}
