//! What every handler and job is handed: configuration, clock, database, keys, transports.

use std::ops::Deref;
use std::sync::Arc;

use super::breached_passwords::BreachedPasswords;
use super::clock::Clock;
use super::config::Config;
use super::crypto::Keys;
use super::db::Db;
use super::geo::GeoIp;
use super::jws::Keyring;
use super::mail::Mailer;
use super::passwords::Passwords;
use super::sms::Texter;
use super::storage::Storage;
use super::turns::Turns;

/// The running program. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// Effective settings.
    pub config: Config,
    /// The injected clock.
    pub clock: Clock,
    /// Database pool.
    pub db: Db,
    /// Keys and randomness.
    pub keys: Keys,
    /// Keys of receipts.
    pub receipt_keys: Keyring,
    /// Countries of addresses.
    pub geo: GeoIp,
    /// Password hashing, bounded.
    pub passwords: Passwords,
    /// Passwords that became known elsewhere.
    pub breached_passwords: BreachedPasswords,
    /// Mail transport.
    pub mail: Mailer,
    /// Text message transport.
    pub sms: Texter,
    /// Files.
    pub storage: Storage,
    /// What may run at a time.
    pub turns: Turns,
}

impl App {
    /// Puts the program together. Does not touch the database.
    ///
    /// # Errors
    /// A transport or the country database cannot be set up.
    pub fn new(config: Config, clock: Clock, db: Db) -> anyhow::Result<Self> {
        // One TLS provider for everything; a second call is refused, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let keys = Keys::derive(&config.master_key());
        let receipt_keys = config.receipt_keyring()?;
        let geo = config.geoip_db.as_deref().map(GeoIp::open).transpose()?.unwrap_or_default();
        let passwords = Passwords::new(config.password_hashes);
        let breached_passwords = BreachedPasswords::new(config.breached_passwords_url.clone())?;
        let (mail, sms) = (Mailer::new(&config)?, Texter::new(&config)?);
        let storage = Storage::new(config.storage.clone());
        Ok(Self(Arc::new(Parts {
            config,
            clock,
            db,
            keys,
            receipt_keys,
            geo,
            passwords,
            breached_passwords,
            mail,
            sms,
            storage,
            turns: Turns::default(),
        })))
    }

    /// An absolute address in this portal. `path` begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.config.base_url)
    }
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("App")
    }
}
