//! Argon2id, off the async threads and with a bound on how many run at once: each takes 46 MiB.

use std::sync::Arc;

use anyhow::Context as _;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

/// Memory in KiB, passes and lanes: the floor that OWASP gives for one pass.
const MEMORY_KIB: u32 = 47_104;

/// Hashes and checks passwords.
pub struct Passwords {
    slots: Arc<Semaphore>,
    decoy: std::sync::OnceLock<String>,
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, 1, 1, None).expect("parameters within Argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &str) -> anyhow::Result<String> {
    let hash =
        argon2().hash_password(password.as_bytes()).map_err(|error| anyhow::anyhow!("argon2: {error}"))?;
    Ok(hash.to_string())
}

impl Passwords {
    /// At most `at_once` hashes at the same time; further ones wait.
    pub fn new(at_once: usize) -> Self {
        Self { slots: Arc::new(Semaphore::new(at_once)), decoy: std::sync::OnceLock::new() }
    }

    /// A hash to keep, in PHC format with its own salt.
    ///
    /// # Errors
    /// The hashing itself failed.
    pub async fn hash(&self, password: &str) -> anyhow::Result<String> {
        let password = password.to_owned();
        self.blocking(move || hash_now(&password)).await?
    }

    /// Whether the password belongs to the hash. Without a hash the same work is done against a
    /// decoy and the answer is no, so that time does not tell whether there is an account.
    ///
    /// # Errors
    /// A stored hash that is none.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> anyhow::Result<bool> {
        let known = hash.is_some();
        let hash = match hash {
            Some(hash) => hash.to_owned(),
            None => self.decoy().await?,
        };
        let password = password.to_owned();
        let matches = self
            .blocking(move || {
                use argon2::PasswordHash;
                let parsed =
                    PasswordHash::new(&hash).map_err(|error| anyhow::anyhow!("stored hash: {error}"))?;
                anyhow::Ok(argon2().verify_password(password.as_bytes(), &parsed).is_ok())
            })
            .await??;
        Ok(known && matches)
    }

    async fn decoy(&self) -> anyhow::Result<String> {
        if let Some(decoy) = self.decoy.get() {
            return Ok(decoy.clone());
        }
        let fresh = self.hash("nobody has this password").await?;
        Ok(self.decoy.get_or_init(|| fresh).clone())
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> anyhow::Result<T> {
        let slot = Arc::clone(&self.slots).acquire_owned().await.context("password hashing stopped")?;
        let result = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            work()
        });
        result.await.context("password hashing panicked")
    }
}
