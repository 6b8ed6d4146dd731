//! People to try everything with. In development, with `--demo`, and never elsewhere.

use serde::Serialize;

use crate::platform::app::App;

/// One person of the demo, as `/dev/people.json` lists them.
#[derive(Clone, Debug, Serialize)]
pub struct DemoPerson {
    /// Address to sign in with.
    pub email: &'static str,
    /// Password.
    pub password: &'static str,
    /// Secret of the authenticator app in Base32, for those who have one.
    pub totp_secret: Option<&'static str>,
    /// `customer`, or the role of a member of staff.
    pub role: &'static str,
    /// What can be tried with them.
    pub about: &'static str,
}

/// Everybody in the demo.
pub fn people() -> Vec<DemoPerson> {
    Vec::new()
}

/// Makes the people who are not there yet.
///
/// # Errors
/// What the database says.
pub async fn populate(_app: &App) -> anyhow::Result<()> {
    Ok(())
}

/// Prints how to sign in.
pub fn print(_app: &App) {}
