//! Becoming a customer (S37, S39–S42, S46, S47, S144): details, then e-mail, then phone, and only
//! then there is a person with a first account. Until then a sign-up waits, for a day at most.
//!
//! Nothing here tells whether an address has an account: the owner of one gets a mail that says
//! somebody tried, and everything else is alike. A person is made only in the browser that opened
//! the mail; one that did not begin the sign-up shows the password first. So nobody can prepare an
//! account under somebody else's address and have its owner confirm it.

mod mail;
mod queries;
pub mod web;

pub use mail::{AlreadyCustomer, ConfirmEmail};

use chrono::{DateTime, Duration, Utc};
use diesel::QueryResult;
use diesel_async::AsyncConnection as _;

use crate::accounts;
use crate::identity::people::{self, Person};
use crate::identity::phone_verification::{self, Target};
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Event};
use crate::platform::crypto::hash_token;
use crate::platform::error::{AppError, violates};
use crate::platform::ids::{AccountId, PersonId, SignUpId};
use crate::platform::mail as outbox;
use crate::platform::web::caller::Caller;
use crate::platform::web::rate_limit::{self, Quota};
use crate::preferences;
use crate::retention::rules;

/// How long a sign-up waits to be confirmed. Then it leaves nothing behind.
pub const WAITS: Duration = rules::SIGN_UPS.period.length();
const PER_NETWORK: Quota = Quota::per_minutes("sign_up_network", 100, 60);
const PER_LINK: Quota = Quota::per_minutes("sign_up_password", 10, 60);
const PER_ADDRESS: Quota = Quota::per_minutes("sign_up_address", 5, 60);

/// Everything asked for at sign-up, checked.
#[derive(Clone, Debug)]
pub struct Details {
    /// Full name.
    pub name: String,
    /// E-mail address, not yet confirmed.
    pub email: String,
    /// Company, if told.
    pub company: Option<String>,
    /// Telephone number in E.164, not yet confirmed.
    pub phone: String,
    /// Password that the policy took.
    pub password: String,
    /// No onboarding call, please (S41).
    pub no_onboarding_call: bool,
    /// Yes to mail about products and events (S42).
    pub marketing: bool,
}

/// A sign-up that waits.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// Its id.
    pub id: SignUpId,
    /// Name that was typed.
    pub name: String,
    /// Address that is to be confirmed.
    pub email: String,
    /// Number that is to be confirmed.
    pub phone: String,
    /// When the address was confirmed, if it was.
    pub email_confirmed_at: Option<DateTime<Utc>>,
}

/// Takes a sign-up in and mails a link to confirm the address. Answers its id, also when the address has an
/// account and nothing will come of it.
///
/// # Errors
/// [`AppError::TooManyRequests`], also when the address has an account.
pub async fn begin(app: &App, caller: &Caller, details: &Details) -> Result<SignUpId, AppError> {
    rate_limit::take(app, PER_ADDRESS, &details.email.to_lowercase()).await?;
    let password_hash = app.passwords.hash(&details.password).await?;
    let now = app.clock.now();
    let token = app.keys.token();
    let mut conn = app.db.get().await?;
    let id = SignUpId::new(now);
    conn.transaction(async |conn| {
        let owner = people::find_by_email(conn, &details.email).await?;
        // The row is written in either case: the same work. For an address with an account nobody
        // ever sees its token.
        queries::insert(conn, id, details, &password_hash, &hash_token(&token), caller, now).await?;
        match owner {
            Some(owner) => tell_owner(conn, app, &owner, now).await,
            None => send_link(conn, app, details, &token, now).await,
        }
    })
    .await?;
    Ok(id)
}

/// Counts a try to sign up from this network. Call it before anything costly is done with the form.
///
/// # Errors
/// [`AppError::TooManyRequests`].
pub async fn count_try(app: &App, caller: &Caller) -> Result<(), AppError> {
    rate_limit::take_of(app, PER_NETWORK, caller).await
}

/// Whether this is the password that the sign-up was begun with.
///
/// # Errors
/// [`AppError::TooManyRequests`] after ten wrong ones.
pub async fn knows_password(app: &App, sign_up: &SignUp, password: &str) -> Result<bool, AppError> {
    rate_limit::take(app, PER_LINK, &sign_up.id.to_string()).await?;
    let mut conn = app.db.get().await?;
    let hash = queries::password_hash(&mut conn, sign_up.id).await?;
    drop(conn);
    Ok(app.passwords.verify(password, hash.as_deref()).await?)
}

async fn send_link(
    conn: &mut diesel_async::AsyncPgConnection,
    app: &App,
    details: &Details,
    token: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let mail =
        ConfirmEmail { recipient_name: "there".into(), url: app.url(&format!("/sign-up/email/{token}")) };
    outbox::enqueue(conn, &app.keys, now, None, &details.email, &mail).await?;
    Ok(())
}

async fn tell_owner(
    conn: &mut diesel_async::AsyncPgConnection,
    app: &App,
    owner: &Person,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let mail = AlreadyCustomer {
        recipient_name: owner.name.clone(),
        sign_in_url: app.url("/sign-in"),
        reset_url: app.url("/password-reset"),
    };
    outbox::enqueue(conn, &app.keys, now, Some(owner.id.0), &owner.email, &mail).await?;
    Ok(())
}

/// What the link in the mail leads to.
#[derive(Clone, Debug)]
pub enum Link {
    /// A sign-up whose address is not confirmed yet.
    Waiting(SignUp),
    /// Its address was confirmed with this link before.
    Confirmed(SignUp),
}

/// Looks a link up without changing anything.
///
/// # Errors
/// `Gone` for a link that ran out, was used up or never was: the row of an old sign-up is gone, so
/// the three cannot be told apart.
pub async fn find_link(app: &App, token: &str) -> Result<Link, AppError> {
    let mut conn = app.db.get().await?;
    let found = queries::find_by_token(&mut conn, &hash_token(token), app.clock.now()).await?;
    let sign_up = found.ok_or(AppError::Gone(GONE))?;
    Ok(if sign_up.email_confirmed_at.is_some() { Link::Confirmed(sign_up) } else { Link::Waiting(sign_up) })
}

const GONE: &str = "This link worked for 24 hours, and only until the sign-up was finished. If you finished it, sign in. If not, \
    begin again: nothing of the first try is kept.";

/// Confirms the address and sends the first code to the phone. Confirming twice sends one code.
///
/// # Errors
/// As [`find_link`].
pub async fn confirm_email(app: &App, caller: &Caller, token: &str) -> Result<SignUp, AppError> {
    let sign_up = match find_link(app, token).await? {
        Link::Confirmed(sign_up) => return Ok(sign_up),
        Link::Waiting(sign_up) => sign_up,
    };
    confirm_address(app, caller, &sign_up).await?;
    Ok(sign_up)
}

/// Confirms the address of a sign-up, as [`confirm_email`] does for whoever holds its link.
///
/// # Errors
/// What the database says.
pub(crate) async fn confirm_address(app: &App, caller: &Caller, sign_up: &SignUp) -> Result<(), AppError> {
    let target = Target::SignUp(sign_up.id);
    // A number that got too many codes is told on the next page; the address is confirmed all the same.
    let may_send = phone_verification::count_send(app, caller, target, &sign_up.phone, false).await.is_ok();
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        if queries::mark_email_confirmed(conn, sign_up.id, now).await? && may_send {
            phone_verification::send(conn, app, target, &sign_up.phone, false).await?;
        }
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}

/// A sign-up that still waits; nothing for one that ran out or was finished.
///
/// # Errors
/// What the database says.
pub(crate) async fn find(app: &App, id: SignUpId) -> Result<Option<SignUp>, AppError> {
    let mut conn = app.db.get().await?;
    Ok(queries::find(&mut conn, id, app.clock.now()).await?)
}

/// A sign-up that this browser has confirmed the address of; nothing as in [`find`].
///
/// # Errors
/// What the database says.
pub async fn find_confirmed(app: &App, id: SignUpId) -> Result<Option<SignUp>, AppError> {
    Ok(find(app, id).await?.filter(|sign_up| sign_up.email_confirmed_at.is_some()))
}

/// Sends another code, to a new number if one is given, by text or by a call.
///
/// # Errors
/// [`AppError::TooManyRequests`] beyond five sends to a number in ten minutes.
pub async fn send_code(
    app: &App,
    caller: &Caller,
    sign_up: &SignUp,
    phone: &str,
    voice: bool,
) -> Result<(), AppError> {
    let target = Target::SignUp(sign_up.id);
    phone_verification::count_send(app, caller, target, phone, voice).await?;
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        queries::set_phone(conn, sign_up.id, phone).await?;
        phone_verification::send(conn, app, target, phone, voice).await
    })
    .await?;
    Ok(())
}

/// Makes the person and their first account. The code was right for `phone`.
///
/// # Errors
/// `Gone` when the address got an account meanwhile, or the sign-up was finished in another tab.
pub async fn complete(
    app: &App,
    caller: &Caller,
    sign_up: &SignUp,
    phone: &str,
) -> Result<PersonId, AppError> {
    let now = app.clock.now();
    let (person, account) = (PersonId::new(now), AccountId::new(now));
    let from = caller.circumstances();
    let mut conn = app.db.get().await?;
    let made = conn
        .transaction(async |conn| {
            queries::one_at_a_time(conn, &sign_up.email).await?;
            queries::make_person(conn, sign_up.id, person, phone, now).await?;
            preferences::sign_up::take_over(conn, &app.keys, person, caller.country.as_deref(), now).await?;
            accounts::create_first(conn, &app.keys, account, person, now).await?;
            queries::delete_all_for(conn, &sign_up.email).await?;
            let event = Event::new(Actor::Customer(person.0), "person", person.0, "person.created", &from);
            audit::append(conn, now, event).await?;
            Ok::<_, diesel::result::Error>(())
        })
        .await;
    match made {
        Ok(()) => Ok(person),
        Err(error) if violates(&error, "people_email_key") || error == diesel::result::Error::NotFound => {
            Err(AppError::Gone(TAKEN))
        }
        Err(error) => Err(error.into()),
    }
}

const TAKEN: &str = "This sign-up was finished already, perhaps in another tab, and the account is there. Sign in with it, or reset the \
    password if you do not know it.";

/// Forgets what was sent for sign-ups a day ago: an unfinished one leaves nothing behind, its messages
/// included.
///
/// # Errors
/// What the database says.
pub async fn forget_messages(app: App) -> anyhow::Result<()> {
    let mut conn = app.db.get().await?;
    let kept = rules::SIGN_UP_MESSAGES.period.length();
    let written = app.clock.now() - kept;
    conn.transaction(async |conn| queries::forget_messages(conn, written).await).await?;
    Ok(())
}
