//! Reading settings: each function reads one, or a few that belong together, and notes what is wrong.

mod campaigns;
mod receipts;
mod transports;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use secrecy::SecretString;

use super::SETTINGS;
use crate::platform::crypto;
use crate::platform::geo::GeoIp;

/// Reads values and gathers what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) variables: &'a HashMap<String, String>,
    pub(super) errors: Vec<String>,
}

impl Reader<'_> {
    pub(super) fn optional(&self, name: &str) -> Option<String> {
        debug_assert!(SETTINGS.iter().any(|s| s.name == name), "{name} is not in SETTINGS");
        self.variables.get(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty())
    }

    pub(super) fn text(&self, name: &str) -> String {
        let default = SETTINGS.iter().find(|s| s.name == name).map_or("", |s| s.default);
        self.optional(name).unwrap_or_else(|| default.to_owned())
    }

    pub(super) fn wrong(&mut self, message: String) {
        self.errors.push(message);
    }

    pub(super) fn parsed<T: std::str::FromStr>(&mut self, name: &str, fallback: T, expected: &str) -> T {
        let text = self.text(name);
        match text.parse() {
            Ok(value) => value,
            Err(_) => {
                self.wrong(format!("{name} is not {expected}"));
                fallback
            }
        }
    }

    pub(super) fn number(&mut self, name: &str, range: std::ops::RangeInclusive<usize>) -> usize {
        let low = *range.start();
        let expected = format!("a number from {low} to {}", range.end());
        let value = self.parsed(name, low, &expected);
        if !range.contains(&value) {
            self.wrong(format!("{name} is not {expected}"));
        }
        value
    }

    pub(super) fn required(&mut self, name: &str, when: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.wrong(format!("{name} is missing: it is needed {when}"));
            String::new()
        })
    }
}

impl Reader<'_> {
    pub(super) fn development(&mut self, demo: bool) -> bool {
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

    pub(super) fn base_url(&mut self, development: bool, bind: SocketAddr) -> String {
        let given = self.optional("PORTAL_BASE_URL");
        if given.is_none() && development {
            return format!("http://{bind}");
        }
        let url = given.unwrap_or_else(|| self.required("PORTAL_BASE_URL", "in production"));
        let url = url.trim_end_matches('/').to_owned();
        let origin_only = webauthn_rs::prelude::Url::parse(&url).is_ok_and(|u| {
            matches!(u.scheme(), "http" | "https")
                && u.host().is_some()
                && u.path() == "/"
                && u.query().is_none()
        });
        if !url.is_empty() && !origin_only {
            self.wrong(
                "PORTAL_BASE_URL is not an address such as https://portal.example.com, without a path".into(),
            );
        } else if !development && url.starts_with("http://") {
            self.wrong("PORTAL_BASE_URL is http: production runs behind https only".into());
        }
        url
    }

    pub(super) fn metrics_bind(&mut self) -> Option<SocketAddr> {
        if self.text("PORTAL_METRICS_BIND") == "off" {
            return None;
        }
        Some(self.parsed(
            "PORTAL_METRICS_BIND",
            SocketAddr::from(([127, 0, 0, 1], 9464)),
            "an address and port, or off",
        ))
    }

    pub(super) fn secret_key(&mut self, demo: bool, var_dir: &std::path::Path) -> SecretString {
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

    pub(super) fn database_url(&mut self) -> Option<SecretString> {
        let url = self.optional("DATABASE_URL")?;
        if url.parse::<tokio_postgres::Config>().is_err() {
            self.wrong("DATABASE_URL is not a Postgres address".into());
        }
        Some(SecretString::from(url))
    }

    pub(super) fn trusted_proxies(&mut self) -> Vec<IpNet> {
        let mut networks = Vec::new();
        for text in self.text("PORTAL_TRUSTED_PROXIES").split(',').map(str::trim).filter(|t| !t.is_empty()) {
            match text.parse().or_else(|_| text.parse().map(|ip: std::net::IpAddr| IpNet::from(ip))) {
                Ok(network) => networks.push(network),
                Err(_) => self.wrong(format!("PORTAL_TRUSTED_PROXIES names {text:?}, which is no network")),
            }
        }
        networks
    }

    pub(super) fn geoip_db(&mut self) -> Option<PathBuf> {
        let path = PathBuf::from(self.optional("PORTAL_GEOIP_DB")?);
        if !path.is_file() {
            self.wrong(format!("PORTAL_GEOIP_DB names {}, which is no file", path.display()));
        } else if let Err(error) = GeoIp::open(&path) {
            self.wrong(format!("PORTAL_GEOIP_DB is no country database: {error:#}"));
        }
        Some(path)
    }

    pub(super) fn breached_passwords_url(&mut self, development: bool) -> Option<String> {
        let url = self.optional("PORTAL_BREACHED_PASSWORDS_URL")?.trim_end_matches('/').to_owned();
        if !(url.starts_with("https://") || development && url.starts_with("http://")) {
            self.wrong("PORTAL_BREACHED_PASSWORDS_URL is not an https address".into());
        }
        Some(url)
    }

    pub(super) fn blocked_countries(&mut self) -> Vec<String> {
        let text = self.text("PORTAL_BLOCKED_COUNTRIES");
        let countries: Vec<String> =
            text.split(',').map(|c| c.trim().to_uppercase()).filter(|c| !c.is_empty()).collect();
        for country in countries.iter().filter(|c| c.len() != 2 || !c.bytes().all(|b| b.is_ascii_uppercase()))
        {
            self.errors.push(format!(
                "PORTAL_BLOCKED_COUNTRIES names {country:?}, which is no two-letter country code"
            ));
        }
        countries
    }

    pub(super) fn log(&mut self) -> String {
        let filter = self.text("PORTAL_LOG");
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&filter) {
            self.wrong(format!("PORTAL_LOG is no log filter: {error}"));
        }
        filter
    }

    pub(super) fn log_json(&mut self, development: bool) -> bool {
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
    let fresh =
        base64::engine::general_purpose::STANDARD.encode(crypto::Keys::derive(&[]).random_bytes::<32>());
    if let Ok(key) = std::fs::read_to_string(&path) {
        return Ok(key);
    }
    // Written whole before it gets its name: another process must not read half a key. The link fails where
    // that other one was faster, and its key is the one that counts.
    let draft = var_dir.join(format!("demo.key.{}", std::process::id()));
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(fresh.as_bytes())?;
    let named = std::fs::hard_link(&draft, &path);
    std::fs::remove_file(&draft)?;
    match named {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => std::fs::read_to_string(&path),
    }
}
