//! Invitations of staff.

use crate::platform::app::App;
use crate::staff::permissions::Role;

/// Invites somebody, from the command line.
///
/// # Errors
/// What the database says.
pub async fn invite_from_command_line(_app: &App, _email: &str, _role: Role) -> anyhow::Result<()> {
    anyhow::bail!("not there yet")
}

/// Staff and open invitations, a line each.
///
/// # Errors
/// What the database says.
pub async fn list_for_command_line(_app: &App) -> anyhow::Result<Vec<String>> {
    Ok(Vec::new())
}
