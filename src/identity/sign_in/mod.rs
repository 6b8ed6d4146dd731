//! Showing who you are (S47, S62, S64): password, then the second factor where there is one.
//!
//! Whether an address has an account is told by neither words, status nor time: the same look-ups
//! and the same hash are done either way. Guessing is slowed per network and per address; a browser
//! that its owner has used before has a limit of its own, so a stranger who guesses cannot shut the
//! owner out.

mod browsers;
mod completion;
mod queries;
pub mod second_factor;
pub mod web;

pub use completion::{Method, Proof, complete};
pub(in crate::identity) use queries::note;
pub use web::{Pending, SECOND_STEP_TAKES, begin_again, pending};

use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use crate::identity::people::{self, Person};
use crate::platform::app::App;
use crate::platform::error::{AppError, Barred};
use crate::platform::web::caller::Caller;
use crate::platform::web::rate_limit::{self, Quota};

const PER_NETWORK: Quota = Quota::per_minutes("sign_in_network", 200, 10);
const PER_ADDRESS: Quota = Quota::per_minutes("sign_in_address", 10, 15);
const PER_KNOWN_BROWSER: Quota = Quota::per_minutes("sign_in_browser", 10, 15);
/// After so many failures in a row from browsers that the owner never used, only those the owner did
/// use, a passkey or a reset by mail open the account (NIST 800-63B).
const MOST_CONSECUTIVE_FAILURES: i32 = 100;
/// How long somebody waits who ran into that.
const WAIT_AFTER_MOST: u64 = 15 * 60;

/// What a password led to.
pub enum PasswordOutcome {
    /// It is right, and there is no second factor.
    Complete(Box<Person>),
    /// It is right, and a second factor is asked for.
    SecondFactor(Box<Person>),
    /// Address or password is wrong; which, is not told.
    Refused,
}

/// Refuses countries that export control closes (S64).
///
/// # Errors
/// [`AppError::Barred`] by the country.
pub fn refuse_blocked_country(app: &App, caller: &Caller) -> Result<(), AppError> {
    let blocked =
        caller.country.as_ref().is_some_and(|country| app.config.blocked_countries.contains(country));
    if blocked { Err(AppError::Barred(Barred::Country)) } else { Ok(()) }
}

/// Slows guessing down: a browser that its owner has used by itself, all others by the address.
async fn throttle(
    conn: &mut AsyncPgConnection,
    app: &App,
    email: &str,
    failures: i32,
    known_browser: Option<&str>,
) -> Result<(), AppError> {
    match known_browser {
        Some(token) => rate_limit::take_on(conn, app, PER_KNOWN_BROWSER, token).await,
        None if failures >= MOST_CONSECUTIVE_FAILURES => Err(AppError::TooManyRequests(WAIT_AFTER_MOST)),
        None => rate_limit::take_on(conn, app, PER_ADDRESS, &email.to_lowercase()).await,
    }
}

/// Checks an address and a password. Each try is a row of the sign-in history.
///
/// # Errors
/// [`AppError::TooManyRequests`], alike for addresses with and without an account;
/// [`AppError::Barred`] by the country.
pub async fn with_password(
    app: &App,
    caller: &Caller,
    browser: Option<&str>,
    email: &str,
    password: &str,
) -> Result<PasswordOutcome, AppError> {
    // Postgres keeps no NUL: without it the address is only one more that nobody has.
    let typed = email.trim().replace('\0', "");
    let email = people::parse_email(&typed).unwrap_or(typed);
    let email = email.as_str();
    let digest = app.keys.email_digest(email);
    let mut conn = app.db.get().await?;
    rate_limit::take_of_on(&mut conn, app, PER_NETWORK, caller).await?;
    let person = people::find_by_email(&mut conn, email).await?;
    let id = person.as_ref().map(|person| person.id);
    if let Err(refusal) = refuse_blocked_country(app, caller) {
        queries::note(&mut conn, app, caller, id, Some(&digest), Method::Password, "blocked_country").await?;
        return Err(refusal);
    }
    let known = browsers::is_known(&mut conn, id, browser).await?;
    let failures = queries::consecutive_failures(&mut conn, &digest).await?;
    let throttled = throttle(&mut conn, app, email, failures, browser.filter(|_| known)).await;
    if let Err(refusal) = throttled {
        queries::note(&mut conn, app, caller, id, Some(&digest), Method::Password, "throttled").await?;
        return Err(refusal);
    }
    // Hashing takes a while: no connection waits for it.
    drop(conn);
    let hash = person.as_ref().and_then(|person| person.password_hash.as_deref());
    let right = app.passwords.verify(password, hash).await?;
    let mut conn = app.db.get().await?;
    let Some(person) = person.filter(|_| right) else {
        conn.transaction(async |conn| {
            queries::note(conn, app, caller, id, Some(&digest), Method::Password, "refused").await?;
            queries::count_failure(conn, &digest, app.clock.now()).await
        })
        .await?;
        return Ok(PasswordOutcome::Refused);
    };
    queries::forget_failures(&mut conn, &digest).await?;
    rate_limit::reset(&mut conn, app, PER_ADDRESS, &email.to_lowercase()).await?;
    if people::factors(&mut conn, person.id).await?.any() {
        queries::note(&mut conn, app, caller, id, Some(&digest), Method::Password, "second_factor_asked")
            .await?;
        return Ok(PasswordOutcome::SecondFactor(Box::new(person)));
    }
    Ok(PasswordOutcome::Complete(Box::new(person)))
}

/// Forgets failed tries at somebody's password, inside the caller's transaction: their owner has just chosen
/// a new one through their mailbox, and what others guessed is worth nothing. Wrong codes of the second
/// factor stay counted: a reset proves the mailbox and must not buy more guesses.
///
/// # Errors
/// What the database says.
pub async fn forgive(conn: &mut AsyncPgConnection, app: &App, person: &Person) -> QueryResult<()> {
    // They are counted by the address as it is read today.
    let email = people::parse_email(&person.email).unwrap_or_else(|_| person.email.clone());
    queries::forget_failures(conn, &app.keys.email_digest(&email)).await?;
    rate_limit::reset(conn, app, PER_ADDRESS, &email.to_lowercase()).await
}
