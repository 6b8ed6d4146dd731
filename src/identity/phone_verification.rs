//! Codes to a phone (S40): six digits, ten minutes, five tries, by text or by a call. A new code
//! replaces the one before, and each is bound to the sign-up or person it was made for.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::people;
use crate::platform::app::App;
use crate::platform::db::schema::{phone_verifications, sign_ups};
use crate::platform::error::AppError;
use crate::platform::ids::{PersonId, SignUpId, new_uuid};
use crate::platform::sms;
use crate::platform::web::caller::Caller;
use crate::platform::web::forms::Field;
use crate::platform::web::pages::span;
use crate::platform::web::rate_limit::{self, Quota};

/// How long a code works.
pub const CODE_LIVES: Duration = Duration::minutes(10);
/// How often a code may be tried.
const TRIES: i32 = 5;
/// Sends to one number.
const SENDS_PER_NUMBER: Quota = Quota::per_minutes("phone_code_number", 5, 10);
/// Sends for one sign-up or person, whatever the numbers.
const SENDS_PER_TARGET: Quota = Quota::per_minutes("phone_code_target", 10, 60);

/// For whom a number is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Somebody who signs up.
    SignUp(SignUpId),
    /// Somebody who changes their number.
    Person(PersonId),
}

impl Target {
    fn columns(self) -> (Option<Uuid>, Option<Uuid>) {
        match self {
            Self::SignUp(id) => (Some(id.0), None),
            Self::Person(id) => (None, Some(id.0)),
        }
    }

    fn id(self) -> Uuid {
        match self {
            Self::SignUp(SignUpId(id)) | Self::Person(PersonId(id)) => id,
        }
    }
}

/// What a code turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// Right; it was for this number. It works no second time.
    Right {
        /// The verified number in E.164.
        phone: String,
    },
    /// Wrong; so many tries are left for this code.
    Wrong {
        /// Tries left.
        left: i32,
    },
    /// Its tries are used up; a new one is needed.
    Locked,
    /// It ran out, was used, or was never sent.
    Expired,
}

/// The field in which a code is entered.
pub fn code_field() -> Field {
    Field::code("code", "Code").hint(format!("Six digits. They work for {}.", span(CODE_LIVES))).focused()
}

/// Reads a telephone number into E.164.
///
/// # Errors
/// What is wrong with it, for the person who typed it.
pub fn parse_phone(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("Enter a telephone number.".into());
    }
    let international = text.strip_prefix("00").map_or_else(|| text.to_owned(), |rest| format!("+{rest}"));
    if !international.starts_with('+') {
        return Err("Begin with + and the country code, as in +1 212 555 0100.".into());
    }
    let number = phonenumber::parse(None, &international)
        .map_err(|_| "This is not a telephone number that we can call.".to_owned())?;
    let number = number.format().mode(phonenumber::Mode::E164).to_string();
    let digits = number.len() - 1;
    if (7..=15).contains(&digits) {
        Ok(number)
    } else {
        Err("A telephone number has 7 to 15 digits with its country code.".into())
    }
}

/// Sends for one network: each text costs money, and a call more of it.
const TEXTS_PER_NETWORK: Quota = Quota::per_minutes("phone_code_network", 100, 60);
const CALLS_PER_NETWORK: Quota = Quota::per_minutes("phone_call_network", 20, 60);
/// Sends of the whole portal in a day, so that many networks together do not empty the purse.
const SENDS_IN_ALL: Quota = Quota::per_minutes("phone_code_all", 5000, 24 * 60);

/// Counts a send against the limits. Call it before [`send`], outside the transaction, so that a
/// send that fails counts too.
///
/// # Errors
/// [`AppError::TooManyRequests`].
pub async fn count_send(
    app: &App,
    caller: &Caller,
    target: Target,
    phone: &str,
    voice: bool,
) -> Result<(), AppError> {
    let per_network = if voice { CALLS_PER_NETWORK } else { TEXTS_PER_NETWORK };
    rate_limit::take_of(app, per_network, caller).await?;
    rate_limit::take(app, SENDS_PER_TARGET, &target.id().to_string()).await?;
    rate_limit::take(app, SENDS_PER_NUMBER, phone).await?;
    // Last, and only for what is sent: nobody who is refused may use up what is there for all.
    rate_limit::take(app, SENDS_IN_ALL, "").await
}

/// Makes a code and sends it by text, or with `voice` by a call, inside the caller's transaction.
///
/// # Errors
/// What the database says.
pub async fn send(
    conn: &mut AsyncPgConnection,
    app: &App,
    target: Target,
    phone: &str,
    voice: bool,
) -> QueryResult<()> {
    let now = app.clock.now();
    let code = app.keys.six_digits();
    let id = new_uuid(now);
    let (sign_up, person) = target.columns();
    lock(conn, target).await?;
    diesel::delete(phone_verifications::table)
        .filter(phone_verifications::sign_up_id.eq(sign_up).or(phone_verifications::person_id.eq(person)))
        .execute(conn)
        .await?;
    diesel::insert_into(phone_verifications::table)
        .values((
            phone_verifications::id.eq(id),
            phone_verifications::sign_up_id.eq(sign_up),
            phone_verifications::person_id.eq(person),
            phone_verifications::phone.eq(phone),
            phone_verifications::code_digest.eq(app.keys.digest("phone_code", &bound(id, &code))),
            phone_verifications::attempts_left.eq(TRIES),
            phone_verifications::created_at.eq(now),
            phone_verifications::expires_at.eq(now + CODE_LIVES),
        ))
        .execute(conn)
        .await?;
    let text = format!(
        "{code} is your LossExpress code. It works for {}. We never ask you for it on the phone.",
        span(CODE_LIVES)
    );
    sms::enqueue(conn, &app.keys, now, person, phone, ("phone_code", text), voice).await?;
    Ok(())
}

/// Two sends at the same moment happen one after the other, and the later code counts.
async fn lock(conn: &mut AsyncPgConnection, target: Target) -> QueryResult<()> {
    match target {
        Target::SignUp(id) => {
            let row = sign_ups::table.find(id).select(sign_ups::id).for_update();
            row.first::<Uuid>(conn).await.map(drop)
        }
        Target::Person(id) => people::lock(conn, id).await.map(drop),
    }
}

/// The number that a code is on its way to, if one is.
///
/// # Errors
/// What the database says.
pub async fn pending_phone(conn: &mut AsyncPgConnection, target: Target) -> QueryResult<Option<String>> {
    let (sign_up, person) = target.columns();
    phone_verifications::table
        .filter(phone_verifications::sign_up_id.eq(sign_up).or(phone_verifications::person_id.eq(person)))
        .select(phone_verifications::phone)
        .first(conn)
        .await
        .optional()
}

/// Tries a code. Each call uses up a try, also at the same moment from two tabs.
///
/// # Errors
/// What the database says.
pub async fn check(app: &App, target: Target, code: &str) -> Result<Checked, AppError> {
    let now = app.clock.now();
    let (sign_up, person) = target.columns();
    let mut conn = app.db.get().await?;
    let mine = phone_verifications::sign_up_id.eq(sign_up).or(phone_verifications::person_id.eq(person));
    // The try is used up by the same statement that fetches the digest, before it is compared.
    let tried: Option<(Uuid, String, Vec<u8>, i32)> = diesel::update(phone_verifications::table)
        .filter(mine)
        .filter(phone_verifications::expires_at.gt(now).and(phone_verifications::attempts_left.gt(0)))
        .set(phone_verifications::attempts_left.eq(phone_verifications::attempts_left - 1))
        .returning((
            phone_verifications::id,
            phone_verifications::phone,
            phone_verifications::code_digest,
            phone_verifications::attempts_left,
        ))
        .get_result(&mut conn)
        .await
        .optional()?;
    let Some((id, phone, digest, left)) = tried else {
        let still: i64 = phone_verifications::table
            .filter(mine)
            .filter(phone_verifications::expires_at.gt(now))
            .count()
            .get_result(&mut conn)
            .await?;
        return Ok(if still > 0 { Checked::Locked } else { Checked::Expired });
    };
    let typed: String = code.chars().filter(char::is_ascii_digit).collect();
    if !app.keys.digest_matches("phone_code", &bound(id, &typed), &digest) {
        return Ok(if left > 0 { Checked::Wrong { left } } else { Checked::Locked });
    }
    // Whoever deletes the row has used the code; a second one finds it gone.
    let used = diesel::delete(phone_verifications::table.find(id)).execute(&mut conn).await?;
    Ok(if used > 0 { Checked::Right { phone } } else { Checked::Expired })
}

/// The message beside the field for a code that did not work.
pub fn refusal(checked: &Checked) -> String {
    match checked {
        Checked::Right { .. } => String::new(),
        Checked::Wrong { left: 1 } => "That is not the code we sent. One try is left.".into(),
        Checked::Wrong { left } => format!("That is not the code we sent. {left} tries are left."),
        Checked::Locked => "That was one try too many for this code. Ask for a new one below.".into(),
        Checked::Expired => "This code no longer works. Ask for a new one below.".into(),
    }
}

/// A number as it may be shown to whoever holds the page: its country code and last two digits.
pub fn masked(phone: &str) -> String {
    let last = phone.get(phone.len().saturating_sub(2)..).unwrap_or("");
    let first = phone.get(..3.min(phone.len())).unwrap_or("");
    format!("{first} ••• {last}")
}

fn bound(id: Uuid, code: &str) -> Vec<u8> {
    [id.as_bytes(), code.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::parse_phone;

    #[test]
    fn numbers_come_out_in_e164_and_others_are_refused() {
        assert_eq!(parse_phone("+1 (212) 555-0100").as_deref(), Ok("+12125550100"));
        assert_eq!(parse_phone("0049 30 1234567").as_deref(), Ok("+49301234567"));
        for bad in ["", "12", "030 1234567", "+1", "+1234", "hello", "+12125550100123456"] {
            assert!(parse_phone(bad).is_err(), "{bad}");
        }
    }
}
