//! A new password, chosen by somebody who is signed in and has just shown the present one. Every
//! other session ends; this one goes on under a new token.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use serde::Deserialize;

use crate::identity::account_recovery::{self, Because};
use crate::identity::people;
use crate::identity::security_events::{self, Owner, SecurityEvent};
use crate::identity::{email_change, password_policy, password_reset};
use crate::platform::app::App;
use crate::platform::db::schema::people as people_table;
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::{Reauthenticated, SignedIn};
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::platform::web::{flash, session};

/// Writes a password, inside the caller's transaction that has locked the person: counts the
/// credential version up and voids every link that an earlier owner of the password may have asked
/// for. Answers the new version.
///
/// # Errors
/// What the database says.
pub async fn store(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    hash: &str,
    now: DateTime<Utc>,
) -> QueryResult<i32> {
    password_reset::void_open(conn, person).await?;
    email_change::forget_pending(conn, person).await?;
    diesel::update(people_table::table.find(person))
        .set((people_table::password_hash.eq(hash), people_table::password_changed_at.eq(now)))
        .execute(conn)
        .await?;
    people::bump_credentials(conn, person).await
}

/// Changes the password and ends all sessions but this one. Answers the new credential version, or
/// nothing when credentials were changed elsewhere since this session was last seen: it is dead then,
/// and changes nothing any more.
///
/// # Errors
/// What the database or the hashing says.
pub async fn change(app: &App, who: &SignedIn, password: &str) -> Result<Option<i32>, AppError> {
    let hash = app.passwords.hash(password).await?;
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let changed = conn
        .transaction(async |conn| {
            let person = people::lock(conn, who.person).await?;
            if person.credential_version != who.credential_version {
                return Ok(None);
            }
            let version = store(conn, person.id, &hash, now).await?;
            people::end_sessions(conn, person.id, Some(who.session)).await?;
            account_recovery::cancel_open(
                conn,
                app,
                &person,
                Because::CredentialsChanged,
                who.actor(),
                &who.caller,
            )
            .await?;
            let event = SecurityEvent::PasswordChanged;
            security_events::record(conn, app, Owner::from(&person), who.actor(), &event, &who.caller)
                .await?;
            Ok::<_, diesel::result::Error>(Some(version))
        })
        .await?;
    Ok(changed)
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PasswordForm {
    password: String,
}

#[derive(askama::Template)]
#[template(path = "identity/password_change/edit.html")]
struct EditPage {
    page: Page,
    form: Form,
    email: String,
}

fn edit_page(request: &HttpRequest, who: &SignedIn) -> EditPage {
    let hint = "At least 15 characters. A few unrelated words are strong and easy to remember.";
    let form = Form::new(vec![Field::new_password("password", "New password").hint(hint).focused()]);
    EditPage { page: Page::of(request, "Password"), form, email: who.email.clone() }
}

/// `GET /settings/password`
pub async fn edit(request: HttpRequest, Reauthenticated(who): Reauthenticated) -> WebResult {
    pages::ok(&edit_page(&request, &who))
}

/// `POST /settings/password`
pub async fn update(
    app: web::Data<App>,
    request: HttpRequest,
    Reauthenticated(who): Reauthenticated,
    typed: web::Form<PasswordForm>,
) -> WebResult {
    let judged = password_policy::judge(&app, &typed.password, &[&who.email, &who.name]).await;
    if let Err(message) = judged {
        let mut page = edit_page(&request, &who);
        page.form.fail("password", message);
        return pages::unprocessable(&page);
    }
    // Changed a moment ago, by this form sent twice or in another session: the overview opens where
    // the session lives on, and asks for a sign-in where it does not.
    if let Some(version) = change(&app, &who, &typed.password).await? {
        session::renew(&request, &app, Some(version));
        flash::success(&request, "Your password is changed. All other sessions were ended.");
    }
    Ok(see_other("/settings"))
}
