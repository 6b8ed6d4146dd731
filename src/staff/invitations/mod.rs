//! How somebody becomes staff: an invitation by mail, accepted once, within a week.
//!
//! The link shows that the address is theirs. Whoever has no account yet chooses a name and a
//! password with it; whoever has one signs in and only accepts. Either way they can use nothing of
//! the console before they have a second factor.

mod acceptance;
mod command_line;
pub mod desk;
mod mail;
mod queries;
pub mod web;

pub use acceptance::{accept_as, accept_as_new};
pub use command_line::{invite_from_command_line, list_for_command_line};
pub use mail::{StaffInvitation, StaffRoleGranted};

use chrono::{DateTime, Duration, Utc};
use diesel::{QueryResult, Queryable};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use uuid::Uuid;

use crate::identity::people::{self, Person};
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Circumstances, Event};
use crate::platform::crypto::hash_token;
use crate::platform::error::{AppError, violates};
use crate::platform::ids::PersonId;
use crate::platform::mail as outbox;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::moment;
use crate::platform::web::pagination::Window;
use crate::platform::web::session::Auth;
use crate::staff::permissions::Role;

/// How long the link works.
pub const LIVES: Duration = Duration::days(7);

/// In the audit log.
const WITHDRAWAL: &str = "staff.invitation.withdrawn";

const USED: &str = "This invitation was accepted already. If it was you, sign in.";
const EXPIRED: &str = "This invitation worked for seven days. Ask whoever invited you for a new one.";
const WITHDRAWN: &str =
    "This invitation was withdrawn, or a newer one took its place: look for the newest mail.";
const TAKEN: &str =
    "An account with this address was made meanwhile. Sign in with it, then open the link again to accept.";

/// What the link leads to.
#[derive(Clone, Debug)]
pub struct Invitation {
    id: Uuid,
    /// To whom.
    pub email: String,
    /// To which role, as stored.
    pub role: String,
    /// Until when.
    pub expires_at: DateTime<Utc>,
    accepted_at: Option<DateTime<Utc>>,
    withdrawn_at: Option<DateTime<Utc>>,
}

/// One line of the list of open invitations.
#[derive(Clone, Debug, Queryable)]
pub struct OpenInvitation {
    /// Its id.
    pub id: Uuid,
    /// To whom.
    pub email: String,
    /// To which role.
    pub role: String,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
    /// Name of the sender; nobody for the command line.
    pub invited_by: Option<String>,
}

/// What became of a wish to invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invited {
    /// The mail is in the outbox; an older invitation to the same role no longer works.
    Sent,
    /// The person has this role.
    HasRole,
}

/// Who invites, and from where.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The member of staff, as they are signed in; nobody for the command line.
    pub who: Option<Auth>,
    /// Where the request came from.
    pub from: Circumstances,
}

impl Sender {
    fn person(&self) -> Option<PersonId> {
        self.who.as_ref().map(|who| who.person)
    }

    fn actor(&self) -> Actor {
        self.person().map_or(Actor::System, |person| Actor::Staff(person.0))
    }

    /// Locks whoever sends, who may be an admin no more by now. Inside the caller's transaction, before all else.
    async fn lock(&self, conn: &mut AsyncPgConnection) -> QueryResult<()> {
        if let Some(who) = &self.who {
            people::lock_as(conn, who).await?;
        }
        Ok(())
    }
}

/// Mails an invitation. A newer one to the same address and role replaces the older.
///
/// # Errors
/// What the database says.
pub async fn invite(app: &App, email: &str, role: Role, sender: &Sender) -> Result<Invited, AppError> {
    let now = app.clock.now();
    let token = app.keys.token();
    let (expires_at, invited_by) = (now + LIVES, sender.person());
    let mut conn = app.db.get().await?;
    let sent = conn
        .transaction(async |conn| {
            sender.lock(conn).await?;
            if queries::has_role(conn, email, role.as_str()).await? {
                return Ok(Invited::HasRole);
            }
            queries::replace(conn, email, role.as_str(), now).await?;
            let hash = hash_token(&token);
            let new = queries::New {
                email,
                role: role.as_str(),
                token_hash: &hash,
                invited_by,
                created_at: now,
                expires_at,
            };
            let id = queries::insert(conn, &new).await?;
            send(conn, app, email, role, &token, expires_at).await?;
            let event = Event::new(sender.actor(), "staff_invitation", id, "staff.invited", &sender.from)
                .note(role.as_str());
            audit::append(conn, now, event).await?;
            Ok(Invited::Sent)
        })
        .await;
    match sent {
        // Somebody else sent the same invitation at this very moment: theirs is on its way.
        Err(error) if violates(&error, "staff_invitations_one_open") => Ok(Invited::Sent),
        other => Ok(other?),
    }
}

async fn send(
    conn: &mut AsyncPgConnection,
    app: &App,
    email: &str,
    role: Role,
    token: &str,
    until: DateTime<Utc>,
) -> QueryResult<()> {
    let person = people::find_by_email(conn, email).await?;
    let mail = StaffInvitation {
        recipient_name: person.as_ref().map_or_else(|| "there".to_owned(), |person| person.name.clone()),
        role: role.as_str().to_owned(),
        url: app.url(&format!("/staff/invitations/{token}")),
        until: moment(&until),
    };
    outbox::enqueue(conn, &app.keys, app.clock.now(), person.map(|person| person.id.0), email, &mail).await?;
    Ok(())
}

/// Looks a link up without changing anything.
///
/// # Errors
/// `Gone` for one that was used, ran out or was replaced, `NotFound` for one that never was.
pub async fn find(app: &App, token: &str) -> Result<Invitation, AppError> {
    let mut conn = app.db.get().await?;
    let invitation =
        queries::find_by_token(&mut conn, &hash_token(token)).await?.ok_or(AppError::NotFound)?;
    if invitation.accepted_at.is_some() {
        return Err(AppError::Gone(USED));
    }
    if invitation.withdrawn_at.is_some() {
        return Err(AppError::Gone(WITHDRAWN));
    }
    if app.clock.now() >= invitation.expires_at {
        return Err(AppError::Gone(EXPIRED));
    }
    Ok(invitation)
}

/// Whether the address of an invitation belongs to somebody already.
///
/// # Errors
/// What the database says.
pub async fn owner(app: &App, invitation: &Invitation) -> Result<Option<Person>, AppError> {
    let mut conn = app.db.get().await?;
    Ok(people::find_by_email(&mut conn, &invitation.email).await?)
}

/// Withdraws an open invitation. Answers whether it was open.
///
/// # Errors
/// What the database says.
pub async fn withdraw(app: &App, id: Uuid, sender: &Sender) -> Result<bool, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let withdrawn = conn
        .transaction(async |conn| {
            sender.lock(conn).await?;
            let Some(role) = queries::withdraw(conn, id, now).await? else { return Ok(false) };
            let event = Event::new(sender.actor(), "staff_invitation", id, WITHDRAWAL, &sender.from);
            audit::append(conn, now, event.note(role.as_str())).await?;
            Ok::<_, diesel::result::Error>(true)
        })
        .await?;
    Ok(withdrawn)
}

/// Withdraws what somebody sent and nobody accepted, inside the caller's transaction: they are an admin no more. Call it
/// late, as it appends to the audit log.
///
/// # Errors
/// What the database says.
pub(in crate::staff) async fn withdraw_all_of(
    conn: &mut AsyncPgConnection,
    who: &SignedIn,
    id: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let from = who.caller.circumstances();
    for (invitation, role) in queries::withdraw_all_of(conn, id, now).await? {
        let event = Event::new(who.actor(), "staff_invitation", invitation, WITHDRAWAL, &from);
        audit::append(conn, now, event.note(role.as_str())).await?;
    }
    Ok(())
}

/// Open invitations.
///
/// # Errors
/// What the database says.
pub async fn list_open(app: &App, window: Window) -> Result<Vec<OpenInvitation>, AppError> {
    let mut conn = app.db.get().await?;
    Ok(queries::open(&mut conn, window).await?)
}
