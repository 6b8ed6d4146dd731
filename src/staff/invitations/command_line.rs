//! `portal staff add` and `portal staff list`.

use super::{Invited, Sender, invite, list_open};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::Circumstances;
use crate::platform::web::pagination::Window;
use crate::staff::permissions::Role;
use crate::staff::team;

/// Invites somebody, from the command line.
///
/// # Errors
/// An address that is none, a role they have, or what the database says.
pub async fn invite_from_command_line(app: &App, email: &str, role: Role) -> anyhow::Result<()> {
    let email = people::parse_email(email).map_err(anyhow::Error::msg)?;
    let sender = Sender { who: None, from: Circumstances::default() };
    match invite(app, &email, role, &sender).await.map_err(anyhow::Error::new)? {
        Invited::Sent => Ok(()),
        Invited::HasRole => anyhow::bail!("{email} has the role {} already", role.as_str()),
    }
}

/// Staff and open invitations, a line each.
///
/// # Errors
/// What the database says.
pub async fn list_for_command_line(app: &App) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    for member in team::everybody(app).await? {
        lines.push(format!(
            "{:<40} {:<30} since {}",
            member.email,
            member.roles.join(", "),
            member.since.format("%Y-%m-%d")
        ));
    }
    let now = app.clock.now();
    for open in list_open(app, Window::newest(i64::MAX)).await.map_err(anyhow::Error::new)? {
        let state = if now >= open.expires_at { "invitation ran out" } else { "invited until" };
        lines.push(format!(
            "{:<40} {:<30} {state} {}",
            open.email,
            open.role,
            open.expires_at.format("%Y-%m-%d %H:%M UTC")
        ));
    }
    if lines.is_empty() {
        lines.push("Nobody yet. Invite the first with `portal staff add EMAIL --role admin`.".into());
    }
    Ok(lines)
}
