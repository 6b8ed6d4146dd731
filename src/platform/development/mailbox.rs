//! `/dev/mailbox`: what would have left the machine, newest first.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use diesel_async::AsyncPgConnection;
use serde::Serialize;

use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::messages::{self, StoredMessage};
use crate::platform::web::pages::{self, Page, WebResult, moment};
use crate::platform::web::pagination::{Keyset, Pager};

/// Most messages that the list for programs holds.
const JSON_LIMIT: i64 = 200;

/// One message, as people and programs see it.
#[derive(Serialize)]
struct Letter {
    #[serde(skip)]
    id: String,
    kind: String,
    to: String,
    subject: String,
    text: String,
    html: String,
    headers: std::collections::BTreeMap<String, String>,
    sent_at: String,
    #[serde(skip)]
    shown_at: String,
    #[serde(skip)]
    name: String,
}

async fn letter(
    app: &App,
    conn: &mut AsyncPgConnection,
    message: StoredMessage,
) -> diesel::QueryResult<Letter> {
    let body = messages::open(&app.keys, &message).unwrap_or_default();
    let body = messages::as_it_leaves(app, conn, &message, body).await?;
    let mut headers: std::collections::BTreeMap<String, String> = body.headers.into_iter().collect();
    headers.insert("Message-ID".into(), format!("<{}>", message.message_id));
    let at = message.sent_at.unwrap_or(message.created_at);
    Ok(Letter {
        id: message.id.to_string(),
        kind: message.kind,
        to: message.recipient,
        subject: message.subject,
        text: body.text,
        html: body.html,
        headers,
        sent_at: at.to_rfc3339(),
        shown_at: moment(&at),
        name: message.name,
    })
}

async fn letters(
    app: &App,
    conn: &mut AsyncPgConnection,
    messages: Vec<StoredMessage>,
) -> diesel::QueryResult<Vec<Letter>> {
    let mut letters = Vec::with_capacity(messages.len());
    for message in messages {
        letters.push(letter(app, conn, message).await?);
    }
    Ok(letters)
}

#[derive(askama::Template)]
#[template(path = "dev/mailbox.html")]
struct Mailbox {
    page: Page,
    letters: Vec<Letter>,
    pager: Pager,
}

/// `GET /dev/mailbox`
pub async fn index(app: web::Data<App>, request: HttpRequest, keyset: web::Query<Keyset>) -> WebResult {
    let mut conn = app.db.get().await?;
    let rows = if let Some(after) = keyset.after {
        messages::newer_than(&mut conn, after, Keyset::LIMIT).await?
    } else {
        messages::recent(&mut conn, keyset.before, Keyset::LIMIT).await?
    };
    let (rows, pager) = keyset.page(rows, |message| message.id, "/dev/mailbox", "");
    let letters = letters(&app, &mut conn, rows).await?;
    pages::ok(&Mailbox { page: Page::of(&request, "Development mailbox"), letters, pager })
}

/// `GET /dev/mailbox.json`
pub async fn json(app: web::Data<App>) -> Result<HttpResponse, AppError> {
    let mut conn = app.db.get().await?;
    let rows = messages::recent(&mut conn, None, JSON_LIMIT).await?;
    let letters = letters(&app, &mut conn, rows).await?;
    Ok(HttpResponse::Ok().json(letters))
}

/// `GET /dev/mailbox/{id}/html`: the HTML part by itself, under a policy that lets its own style in.
pub async fn html(app: web::Data<App>, id: web::Path<uuid::Uuid>) -> Result<HttpResponse, AppError> {
    let mut conn = app.db.get().await?;
    let message = messages::find(&mut conn, *id).await?.ok_or(AppError::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
        ))
        .content_type("text/html; charset=utf-8")
        .body(letter(&app, &mut conn, message).await?.html))
}
