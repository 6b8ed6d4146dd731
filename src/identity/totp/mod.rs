//! The authenticator app as second factor (S136, RFC 6238): a secret of 160 bits, SHA-1, six digits,
//! thirty seconds, one step of skew. Each step is accepted once. The secret is sealed at rest.

mod qr;
pub mod web;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use totp_rs::{Algorithm, Builder, Secret, Totp};

use crate::identity::security_events::{self, Owner, SecurityEvent};
use crate::identity::{people, recovery_codes};
use crate::platform::app::App;
use crate::platform::db::schema::{totp_enrolments, totp_factors};
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::web::guards::SignedIn;
use crate::retention::rules;

/// The name that authenticator apps show.
pub const ISSUER: &str = "LossExpress";
/// The column a secret is sealed for; the same before and after confirmation.
pub const SECRET_PLACE: &str = "totp_factors.sealed_secret";
/// How long a secret that was shown waits for its first code.
const ENROLMENT_WAITS: Duration = rules::TOTP_ENROLMENTS.period.length();

/// Puts the parameters together.
///
/// # Errors
/// A secret or an address that RFC 6238 or the key URI format does not take.
fn totp(secret: &[u8], account: &str) -> anyhow::Result<Totp> {
    let totp = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(secret.to_vec())
        .with_issuer(Some(ISSUER))
        .with_account_name(account.replace(':', ""))
        .build();
    totp.map_err(|error| anyhow::anyhow!("totp: {error}"))
}

/// What is shown while an app is set up.
pub struct Enrolment {
    /// The secret in Base32, for typing.
    pub secret: String,
    /// The `otpauth://` address, for the QR code.
    pub uri: String,
}

/// The secret to set an app up with: the one shown before if it is not older than an hour, so that a
/// second tab shows the same, else a new one.
///
/// # Errors
/// What the database says.
pub async fn enrolment(app: &App, person: PersonId, email: &str) -> Result<Enrolment, AppError> {
    let now = app.clock.now();
    let fresh: [u8; 20] = app.keys.random_bytes();
    let mut conn = app.db.get().await?;
    diesel::delete(totp_enrolments::table.find(person))
        .filter(totp_enrolments::created_at.le(now - ENROLMENT_WAITS))
        .execute(&mut conn)
        .await?;
    diesel::insert_into(totp_enrolments::table)
        .values((
            totp_enrolments::person_id.eq(person),
            totp_enrolments::sealed_secret.eq(app.keys.seal(SECRET_PLACE, &fresh)),
            totp_enrolments::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(&mut conn)
        .await?;
    let secret = enrolled_secret(&mut conn, app, person).await?.ok_or(AppError::NotFound)?;
    let totp = totp(&secret, email)?;
    let uri = totp.to_url().map_err(|error| anyhow::anyhow!("totp: {error}"))?;
    Ok(Enrolment { secret: Secret::from(secret).to_base32(), uri })
}

async fn enrolled_secret(
    conn: &mut AsyncPgConnection,
    app: &App,
    person: PersonId,
) -> Result<Option<Vec<u8>>, AppError> {
    let sealed: Option<Vec<u8>> = totp_enrolments::table
        .find(person)
        .select(totp_enrolments::sealed_secret)
        .first(conn)
        .await
        .optional()?;
    Ok(sealed.map(|sealed| app.keys.open(SECRET_PLACE, &sealed)).transpose().map_err(anyhow::Error::from)?)
}

/// What confirming an app led to.
pub enum Confirmed {
    /// The factor is on. These are the recovery codes, shown once; and the new credential version.
    On {
        /// Ten codes.
        codes: Vec<String>,
        /// For keeping this session while all others end.
        version: i32,
    },
    /// The code was not right.
    WrongCode,
    /// There is a factor already: another tab was first.
    AlreadyOn,
}

/// Turns the factor on if the code is right. All other sessions end, and recovery codes are made.
///
/// # Errors
/// What the database says.
pub async fn confirm(app: &App, who: &SignedIn, code: &str) -> Result<Confirmed, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let Some(secret) = enrolled_secret(&mut conn, app, who.person).await? else {
        let on = people::factors(&mut conn, who.person).await?.totp;
        return Ok(if on { Confirmed::AlreadyOn } else { Confirmed::WrongCode });
    };
    let typed: String = code.chars().filter(char::is_ascii_digit).collect();
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    let Some(step) = totp(&secret, &who.email)?.check(&typed, seconds) else {
        return Ok(Confirmed::WrongCode);
    };
    let confirmed = conn
        .transaction(async |conn| {
            let person = people::lock_as(conn, who).await?;
            // Whoever takes the enrolment turns the factor on; a second tab finds it gone.
            let taken = diesel::delete(totp_enrolments::table.find(who.person)).execute(conn).await?;
            let on = people::factors(conn, who.person).await?.totp;
            if taken == 0 || on {
                return Ok(Confirmed::AlreadyOn);
            }
            diesel::insert_into(totp_factors::table)
                .values((
                    totp_factors::person_id.eq(who.person),
                    totp_factors::sealed_secret.eq(app.keys.seal(SECRET_PLACE, &secret)),
                    totp_factors::last_step.eq(step as i64),
                    totp_factors::created_at.eq(now),
                    totp_factors::last_used_at.eq(now),
                ))
                .execute(conn)
                .await?;
            let codes = recovery_codes::replace(conn, app, who.person).await?;
            let version = people::bump_credentials(conn, who.person).await?;
            people::end_sessions(conn, who.person, Some(who.session)).await?;
            security_events::record(
                conn,
                app,
                Owner::from(&person),
                who.actor(),
                &SecurityEvent::TotpAdded,
                &who.caller,
            )
            .await?;
            Ok::<_, diesel::result::Error>(Confirmed::On { codes, version })
        })
        .await?;
    Ok(confirmed)
}

/// Uses a code up. Right and not used before: one statement moves the last accepted step forward, so
/// of two at the same moment one is refused.
///
/// # Errors
/// What the database says, or a secret that cannot be opened.
pub async fn use_code(
    conn: &mut AsyncPgConnection,
    app: &App,
    person: PersonId,
    code: &str,
) -> Result<bool, AppError> {
    let now = app.clock.now();
    let sealed: Option<Vec<u8>> =
        totp_factors::table.find(person).select(totp_factors::sealed_secret).first(conn).await.optional()?;
    let Some(sealed) = sealed else { return Ok(false) };
    let secret = app.keys.open(SECRET_PLACE, &sealed).map_err(anyhow::Error::from)?;
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    let Some(step) = totp(&secret, "person")?.check(code, seconds) else { return Ok(false) };
    let step = step as i64;
    let used = diesel::update(totp_factors::table.find(person))
        .filter(totp_factors::last_step.lt(step))
        .set((totp_factors::last_step.eq(step), totp_factors::last_used_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(used > 0)
}

/// Removes the app and a secret that waits for its first code, inside the caller's transaction.
///
/// # Errors
/// What the database says.
pub async fn remove_all(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<()> {
    diesel::delete(totp_factors::table.find(person)).execute(conn).await?;
    diesel::delete(totp_enrolments::table.find(person)).execute(conn).await?;
    Ok(())
}

/// Removes the app, and the recovery codes too when no passkey is left that they belong to. Answers the
/// new credential version, or nothing when there was no app.
///
/// # Errors
/// What the database says.
pub async fn remove(app: &App, who: &SignedIn) -> Result<Option<i32>, AppError> {
    let mut conn = app.db.get().await?;
    let version = conn
        .transaction(async |conn| {
            let person = people::lock_as(conn, who).await?;
            if diesel::delete(totp_factors::table.find(who.person)).execute(conn).await? == 0 {
                return Ok(None);
            }
            if !people::factors(conn, who.person).await?.any() {
                recovery_codes::delete_all(conn, who.person).await?;
            }
            let version = people::bump_credentials(conn, who.person).await?;
            people::end_sessions(conn, who.person, Some(who.session)).await?;
            security_events::record(
                conn,
                app,
                Owner::from(&person),
                who.actor(),
                &SecurityEvent::TotpRemoved,
                &who.caller,
            )
            .await?;
            Ok::<_, diesel::result::Error>(Some(version))
        })
        .await?;
    Ok(version)
}

/// Removes the app if it was set up at this moment or later, inside the caller's transaction: for an owner
/// who says that it was not them.
///
/// # Errors
/// What the database says.
pub async fn remove_added_since(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    since: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::delete(totp_factors::table.find(person))
        .filter(totp_factors::created_at.ge(since))
        .execute(conn)
        .await?;
    Ok(())
}
