//! Recovery codes: ten of eighty bits, each good for one sign-in without the device. Shown once; only
//! keyed digests are kept.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};

use crate::identity::people;
use crate::identity::security_events::{self, Owner, SecurityEvent};
use crate::platform::app::App;
use crate::platform::db::schema::recovery_codes;
use crate::platform::ids::{PersonId, new_uuid};
use crate::platform::web::guards::Reauthenticated;
use crate::platform::web::pages::{self, Page, WebResult, see_other};

/// How many there are.
pub const COUNT: usize = 10;
/// Digits and lower-case letters without those that are taken for each other (i, l, o, u).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Makes new codes and forgets the old ones, inside the caller's transaction. Answers them as they are
/// shown, in groups of four.
///
/// # Errors
/// What the database says.
pub async fn replace(conn: &mut AsyncPgConnection, app: &App, person: PersonId) -> QueryResult<Vec<String>> {
    let now = app.clock.now();
    delete_all(conn, person).await?;
    let codes: Vec<String> = (0..COUNT).map(|_| new_code(app)).collect();
    let rows: Vec<_> = codes
        .iter()
        .map(|code| {
            (
                recovery_codes::id.eq(new_uuid(now)),
                recovery_codes::person_id.eq(person),
                recovery_codes::code_digest.eq(digest(app, person, code)),
                recovery_codes::created_at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(recovery_codes::table).values(rows).execute(conn).await?;
    Ok(codes)
}

/// Forgets all codes, inside the caller's transaction.
///
/// # Errors
/// What the database says.
pub async fn delete_all(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<()> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::person_id.eq(person))).execute(conn).await?;
    Ok(())
}

/// Uses a code up. Answers whether it was one that was not used before.
///
/// # Errors
/// What the database says.
pub async fn use_code(
    conn: &mut AsyncPgConnection,
    app: &App,
    person: PersonId,
    code: &str,
) -> QueryResult<bool> {
    let used = diesel::update(recovery_codes::table)
        .filter(recovery_codes::person_id.eq(person))
        .filter(recovery_codes::code_digest.eq(digest(app, person, code)))
        .filter(recovery_codes::used_at.is_null())
        .set(recovery_codes::used_at.eq(app.clock.now()))
        .execute(conn)
        .await?;
    Ok(used > 0)
}

fn new_code(app: &App) -> String {
    let letters: Vec<u8> =
        app.keys.random_bytes::<16>().iter().map(|byte| ALPHABET[usize::from(byte % 32)]).collect();
    letters.chunks(4).map(|four| String::from_utf8_lossy(four).into_owned()).collect::<Vec<_>>().join("-")
}

/// However it was typed: case, spaces and hyphens do not count, and letters that look alike are one.
fn digest(app: &App, person: PersonId, code: &str) -> Vec<u8> {
    let plain: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect();
    app.keys.digest("recovery_code", &[person.0.as_bytes(), plain.as_bytes()].concat())
}

#[derive(askama::Template)]
#[template(path = "identity/recovery_codes/show.html")]
struct ShowPage {
    page: Page,
    left: i64,
    has_factor: bool,
}

#[derive(askama::Template)]
#[template(path = "identity/recovery_codes/created.html")]
struct CreatedPage {
    page: Page,
    codes: Vec<String>,
    lede: &'static str,
    /// Where to go once they are kept.
    onward: &'static str,
}

/// `GET /settings/recovery-codes`
pub async fn show(app: web::Data<App>, request: HttpRequest, who: Reauthenticated) -> WebResult {
    let mut conn = app.db.get().await?;
    let left = people::recovery_codes_left(&mut conn, who.0.person).await?;
    pages::ok(&ShowPage {
        page: Page::of(&request, "Recovery codes"),
        left,
        has_factor: who.0.has_second_factor(),
    })
}

/// `POST /settings/recovery-codes`: ten new ones, shown once.
pub async fn create(app: web::Data<App>, request: HttpRequest, who: Reauthenticated) -> WebResult {
    let who = who.0;
    if !who.has_second_factor() {
        return Ok(see_other("/settings/two-factor"));
    }
    let mut conn = app.db.get().await?;
    let codes = conn
        .transaction(async |conn| {
            let person = people::lock_as(conn, &who).await?;
            let codes = replace(conn, &app, who.person).await?;
            let event = SecurityEvent::RecoveryCodesReplaced;
            security_events::record(conn, &app, Owner::from(&person), who.actor(), &event, &who.caller)
                .await?;
            Ok::<_, diesel::result::Error>(codes)
        })
        .await?;
    let lede = "The codes you had before no longer work.";
    let page = Page::of(&request, "Keep your recovery codes");
    pages::ok(&CreatedPage { page, codes, lede, onward: "/settings" })
}

/// `POST /settings/recovery-codes/file`: the codes on the page as a text file. Only codes that are this
/// person's and unused are written into it, so the address says nothing that its reader did not know.
pub async fn file(
    app: web::Data<App>,
    who: Reauthenticated,
    typed: web::Form<Vec<(String, String)>>,
) -> WebResult {
    let shown: Vec<&str> =
        typed.iter().filter(|(name, _)| name == "code").map(|(_, code)| code.as_str()).take(COUNT).collect();
    let digests: Vec<Vec<u8>> = shown.iter().map(|code| digest(&app, who.0.person, code)).collect();
    let mut conn = app.db.get().await?;
    let known: Vec<Vec<u8>> = recovery_codes::table
        .filter(recovery_codes::person_id.eq(who.0.person).and(recovery_codes::used_at.is_null()))
        .filter(recovery_codes::code_digest.eq_any(&digests))
        .select(recovery_codes::code_digest)
        .load(&mut conn)
        .await?;
    let mut text = format!(
        "LossExpress recovery codes of {}\nEach works once, instead of a code of your app.\n\n",
        who.0.email
    );
    for (code, _) in shown.iter().zip(&digests).filter(|(_, digest)| known.contains(digest)) {
        text.push_str(code);
        text.push('\n');
    }
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"lossexpress-recovery-codes.txt\"",
        ))
        .content_type("text/plain; charset=utf-8")
        .body(text))
}
