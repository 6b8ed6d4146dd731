//! States that wait for somebody to act on a message: begun by the calls that a person's own doing leads to.

use anyhow::Context as _;
use diesel_async::AsyncConnection as _;

use super::cast::{Part, State};
use super::make::caller;
use crate::identity::sign_in::Pending;
use crate::identity::{account_recovery, email_change, people, security_events, sign_up};
use crate::platform::app::App;
use crate::platform::audit::{Actor, Circumstances};
use crate::platform::ids::SignUpId;
use crate::staff::invitations::{self, Sender};
use crate::staff::permissions::Role;

/// Begins a sign-up, whose link goes to the mailbox.
pub(super) async fn sign_up(app: &App, part: &Part) -> anyhow::Result<SignUpId> {
    let details = sign_up::Details {
        name: part.name.into(),
        email: part.email.into(),
        company: part.company.map(Into::into),
        phone: part.phone.context("a sign-up has a number")?.into(),
        password: part.password.into(),
        no_onboarding_call: true,
        marketing: false,
    };
    Ok(sign_up::begin(app, &caller(), &details).await?)
}

/// Begins a sign-up and confirms its address, which sends a code to the phone.
pub(super) async fn sign_up_up_to_phone(app: &App, part: &Part) -> anyhow::Result<()> {
    let id = sign_up(app, part).await?;
    let begun = sign_up::find(app, id).await?.context("the sign-up was just begun")?;
    Ok(sign_up::confirm_address(app, &caller(), &begun).await?)
}

/// Invites somebody to a role.
pub(super) async fn invitation(app: &App, part: &Part, role: Role) -> anyhow::Result<()> {
    let sender = Sender { who: None, from: Circumstances::default() };
    invitations::invite(app, part.email, role, &sender).await?;
    Ok(())
}

/// What a person who was just made waits for, if anything.
pub(super) async fn begin(app: &App, part: &Part) -> anyhow::Result<()> {
    let (id, caller) = (part.id(), caller());
    let mut conn = app.db.get().await?;
    match part.state {
        State::RecoveryPending => {
            drop(conn);
            let since = app.clock.now();
            let pending = Pending { person: id, since, credential_version: 1, next: None };
            account_recovery::request(app, &caller, &pending).await?;
        }
        State::EmailChangePending(new) => {
            conn.transaction(async |conn| {
                let person = people::lock(conn, id).await?;
                email_change::begin(conn, app, &person, new, Actor::Customer(id.0), &caller).await
            })
            .await?;
        }
        State::PasswordVoid => {
            let since = app.clock.now();
            conn.transaction(async |conn| security_events::lock_out(conn, app, id, since, &caller).await)
                .await?;
        }
        _ => {}
    }
    Ok(())
}
