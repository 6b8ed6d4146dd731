//! Asks a range service whether a password became known in a breach. The service learns the first five
//! hex digits of a SHA-1, which thousands of passwords share, and answers with all that it knows of those,
//! padded so that the length of the answer says nothing either.
//!
//! A service that is slow or down stops nobody: the password is taken, and a log event tells.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::redirect::Policy;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

/// Longest time for the whole question: somebody waits for the page.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most bytes of an answer; a padded one has about 50,000.
const LONGEST_ANSWER: usize = 1 << 20;
/// Hex digits of the hash that leave the program.
const SENT: usize = 5;

/// The service, if one is set up.
pub struct BreachedPasswords {
    service: Option<(String, reqwest::Client)>,
}

impl BreachedPasswords {
    /// Prepares asking at this address; without one nothing is ever asked, and no client is made, which would read every
    /// certificate that the system trusts.
    ///
    /// # Errors
    /// The HTTP client cannot be set up.
    pub fn new(url: Option<String>) -> anyhow::Result<Self> {
        let Some(url) = url else { return Ok(Self { service: None }) };
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(Policy::none())
            .user_agent("LossExpress portal")
            .build()?;
        Ok(Self { service: Some((url, client)) })
    }

    /// Whether the service knows this password. No, when it does not answer in time.
    pub async fn contain(&self, password: &str) -> bool {
        let Some((url, client)) = &self.service else { return false };
        match ask(url, client, password).await {
            Ok(known) => known,
            Err(error) => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "the service for breached passwords did not answer; a password was taken unasked"
                );
                false
            }
        }
    }
}

async fn ask(url: &str, client: &reqwest::Client, password: &str) -> anyhow::Result<bool> {
    let hash = hex::encode_upper(digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes()));
    let (sent, kept) = hash.split_at(SENT);
    let request = client.get(format!("{url}/{sent}")).header("Add-Padding", "true");
    // Part of the hash stands in the address, so no error may carry it into a log.
    let mut answer = request.send().await.map_err(reqwest::Error::without_url)?;
    ensure!(answer.status().is_success(), "it answered {}", answer.status());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        body.extend_from_slice(&chunk);
        ensure!(body.len() <= LONGEST_ANSWER, "it answered without end");
    }
    let body = std::str::from_utf8(&body).context("its answer is no text")?;
    Ok(body.lines().any(|line| is_of(line, kept)))
}

/// Whether a line of the answer is about this hash. Padding is counted as seen never.
fn is_of(line: &str, kept: &str) -> bool {
    line.trim().split_once(':').is_some_and(|(digits, times)| {
        digits.eq_ignore_ascii_case(kept) && times.trim().parse::<u64>().is_ok_and(|times| times > 0)
    })
}
