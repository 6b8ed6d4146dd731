//! Keeps robots from the forms that anybody may send, without asking people to prove what they are: a sealed time that
//! tells a form filled in by a person from one filled in at once or replayed for days, a field that people do not see,
//! and limits. Each refusal says what it is about, because a person may run into it too.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};

use super::caller::Caller;
use super::rate_limit::{self, Quota};
use crate::platform::app::App;
use crate::platform::error::AppError;

/// Nobody reads a form and fills it in sooner.
const FASTEST: Duration = Duration::seconds(3);
/// A page may lie open this long.
const OLDEST: Duration = Duration::hours(24);
/// One page that was opened may be sent so often: mistakes are mended, and not more.
const USES: Quota = Quota { name: "form_stamp", burst: 10, period: OLDEST };
/// Forms from one network.
const SENDINGS: Quota = Quota::per_minutes("public_form", 20, 10);
/// Mails that forms cause to one address.
const MAILS: Quota = Quota::per_minutes("public_form_mail", 5, 60);

const TRAPPED: &str = "There is a field on this form that people do not see, and something stood in it. Send the form again as it is now.";
const FAST: &str =
    "This came faster than people type, so we took it for a robot. Wait a few seconds, then send it again.";
const OLD: &str = "This page was open for more than a day. Look through what you typed, then send it again.";

/// What the guard's own fields of a form hold: the hidden `stamp`, and `website`, the trap.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// Which form it is.
    pub form: &'static str,
    /// The sealed time.
    pub stamp: &'a str,
    /// What stands in the trap.
    pub trap: &'a str,
}

fn place(form: &str) -> String {
    format!("form stamp {form}")
}

/// The sealed time for a form that is being shown.
pub fn stamp(app: &App, form: &'static str) -> String {
    let now = app.clock.now().timestamp_millis().to_be_bytes();
    URL_SAFE_NO_PAD.encode(app.keys.seal(&place(form), &now))
}

fn opened_at(app: &App, sent: Sent<'_>) -> Option<DateTime<Utc>> {
    let sealed = URL_SAFE_NO_PAD.decode(sent.stamp).ok()?;
    let millis = app.keys.open(&place(sent.form), &sealed).ok()?;
    DateTime::from_timestamp_millis(i64::from_be_bytes(millis.try_into().ok()?))
}

/// The stamp for a form that is shown again: the same while it holds, so that waiting helps.
pub fn stamp_again(app: &App, sent: Sent<'_>) -> String {
    let now = app.clock.now();
    match opened_at(app, sent) {
        Some(at) if now - at <= OLDEST => sent.stamp.to_owned(),
        _ => stamp(app, sent.form),
    }
}

/// Lets a form in, or answers with the sentence that refuses it.
///
/// # Errors
/// `TooManyRequests` for a network or a page that sends more than people do.
pub async fn admit(app: &App, caller: &Caller, sent: Sent<'_>) -> Result<Result<(), &'static str>, AppError> {
    if !sent.trap.is_empty() {
        return Ok(Err(TRAPPED));
    }
    let now = app.clock.now();
    match opened_at(app, sent) {
        Some(at) if now - at < FASTEST => return Ok(Err(FAST)),
        Some(at) if now - at <= OLDEST => {}
        _ => return Ok(Err(OLD)),
    }
    rate_limit::take_of(app, SENDINGS, caller).await?;
    rate_limit::take(app, USES, sent.stamp).await?;
    Ok(Ok(()))
}

/// Takes one of the mails that forms may cause to an address, so that nobody floods a stranger's mailbox.
///
/// # Errors
/// `TooManyRequests` when there were enough for now.
pub async fn admit_mail(app: &App, email: &str) -> Result<(), AppError> {
    rate_limit::take(app, MAILS, &email.trim().to_lowercase()).await
}
