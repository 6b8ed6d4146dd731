//! Tells owners three days ahead that a key will end, once.

use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::{ANNOUNCED, Key, KeyExpiring, queries};
use crate::accounts::credentials::concerned;
use crate::accounts::name_of;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, ApiKeyId};
use crate::platform::mail as outbox;
use crate::platform::web::pages::moment;

/// Keys that are looked at in one go.
const BATCH: i64 = 500;

/// Mails about every key that ends in the next three days. Safe to run twice, and at once.
///
/// # Errors
/// What the database says. Whoever was told by then is not told again.
pub async fn announce(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    loop {
        let ending = queries::ending(&mut conn, now, now + ANNOUNCED, BATCH).await?;
        if ending.is_empty() {
            return Ok(());
        }
        for id in ending {
            conn.transaction(async |conn| announce_one(conn, &app, id).await).await?;
        }
    }
}

async fn announce_one(conn: &mut AsyncPgConnection, app: &App, id: ApiKeyId) -> Result<(), AppError> {
    let now = app.clock.now();
    // Of two who come at once, whoever marks it writes.
    let Some((account, key)) = queries::mark_announced(conn, id, now).await? else { return Ok(()) };
    let name = name_of(conn, account).await?;
    for recipient in concerned(conn, account, key.maker).await? {
        let mail = mail(app, account, &name, &key, recipient.name);
        outbox::enqueue(conn, &app.keys, now, Some(recipient.id.0), &recipient.email, &mail).await?;
    }
    let note = key.title();
    let event = Event::by_system("account", account.0, "account.api_key.expiry_announced").note(&note);
    audit::append(conn, now, event).await?;
    Ok(())
}

fn mail(app: &App, account: AccountId, name: &str, key: &Key, recipient_name: String) -> KeyExpiring {
    KeyExpiring {
        recipient_name,
        account: name.to_owned(),
        key: key.name.clone(),
        sid: key.id.to_string(),
        expires_at: key.expires_at.map(|at| moment(&at)).unwrap_or_default(),
        last_used: key.last_use.as_ref().map_or_else(|| "never".into(), |last| moment(&last.at)),
        credentials_url: app.url(&format!("/accounts/{account}/credentials")),
    }
}
