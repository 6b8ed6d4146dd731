//! A code typed as second factor: of the authenticator app, or one of the recovery codes.

use actix_web::HttpRequest;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::{Method, WAIT_AFTER_MOST, browsers, queries};
use crate::identity::security_events::{self, Owner, SecurityEvent};
use crate::identity::{people, recovery_codes, totp};
use crate::platform::app::App;
use crate::platform::audit::Actor;
use crate::platform::crypto::Keys;
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::web::caller::Caller;
use crate::platform::web::rate_limit::{self, Quota};

const TRIES: Quota = Quota::per_minutes("second_factor", 10, 15);
/// After so many wrong codes in a row the owner is told that somebody knows the password.
const WRONG_BEFORE_MAIL: i32 = 5;
/// After so many, a browser the owner never used gets in only by a recovery code, which nobody guesses, or a
/// passkey. A reset of the password does not change that: it proves only the mailbox.
const MOST_WRONG: i32 = 100;

/// Under which wrong codes in a row are counted.
pub fn digest(keys: &Keys, person: PersonId) -> Vec<u8> {
    keys.digest("second_factor_failures", person.0.as_bytes())
}

/// Tries a code. A right one is used up: neither kind works twice, not even at the same moment.
/// Answers how it was right, or nothing when it was not.
///
/// # Errors
/// [`AppError::TooManyRequests`]. A browser its owner has used before has a limit of its own, so
/// that a thief with the password cannot keep the owner out.
pub async fn check(
    app: &App,
    request: &HttpRequest,
    caller: &Caller,
    person: PersonId,
    code: &str,
) -> Result<Option<Method>, AppError> {
    let mut conn = app.db.get().await?;
    let browser = browsers::token_of(request, app);
    let known = browsers::is_known(&mut conn, Some(person), browser.as_deref()).await?;
    let bucket = match browser.filter(|_| known) {
        Some(token) => format!("{person} {token}"),
        None => person.to_string(),
    };
    let failures = digest(&app.keys, person);
    rate_limit::take_on(&mut conn, app, TRIES, &bucket).await?;
    let typed: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let by_app = typed.len() == 6 && typed.bytes().all(|b| b.is_ascii_digit());
    if by_app && !known && queries::consecutive_failures(&mut conn, &failures).await? >= MOST_WRONG {
        return Err(AppError::TooManyRequests(WAIT_AFTER_MOST));
    }
    let method = if by_app {
        totp::use_code(&mut conn, app, person, &typed).await?.then_some(Method::Totp)
    } else {
        use_recovery_code(&mut conn, app, caller, person, &typed).await?.then_some(Method::RecoveryCode)
    };
    if method.is_some() {
        queries::forget_failures(&mut conn, &failures).await?;
        rate_limit::reset(&mut conn, app, TRIES, &bucket).await?;
    } else {
        count_wrong(&mut conn, app, caller, person, &failures).await?;
    }
    Ok(method)
}

/// Counts a wrong code, and tells the owner with the fifth in a row: somebody knows the password.
async fn count_wrong(
    conn: &mut AsyncPgConnection,
    app: &App,
    caller: &Caller,
    person: PersonId,
    failures: &[u8],
) -> Result<(), AppError> {
    conn.transaction(async |conn| {
        let wrong = queries::count_failure(conn, failures, app.clock.now()).await?;
        if wrong == WRONG_BEFORE_MAIL {
            let owner = people::find(conn, person).await?;
            let event = SecurityEvent::SecondFactorGuessed;
            security_events::record(conn, app, Owner::from(&owner), Actor::Visitor, &event, caller).await?;
        }
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}

async fn use_recovery_code(
    conn: &mut AsyncPgConnection,
    app: &App,
    caller: &Caller,
    person: PersonId,
    code: &str,
) -> Result<bool, AppError> {
    let used = conn
        .transaction(async |conn| {
            if !recovery_codes::use_code(conn, app, person, code).await? {
                return Ok(false);
            }
            let left = people::recovery_codes_left(conn, person).await?;
            let person = people::find(conn, person).await?;
            let event = SecurityEvent::RecoveryCodeUsed(left);
            security_events::record(
                conn,
                app,
                Owner::from(&person),
                Actor::Customer(person.id.0),
                &event,
                caller,
            )
            .await?;
            Ok::<_, diesel::result::Error>(true)
        })
        .await?;
    Ok(used)
}
