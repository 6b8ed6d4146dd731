//! Handing addresses to a partner. The portal makes the list, of those whose yes stands, and keeps whose address was in it.
//! The partner is told by mail of each consent that has ended since.

use chrono::{DateTime, Utc};
use diesel::{Queryable, Selectable};
use diesel_async::AsyncConnection as _;
use uuid::Uuid;

use super::mail::PartnerToldToStop;
use super::{note, queries, share_queries};
use crate::platform::app::App;
use crate::platform::db::schema::partner_shares;
use crate::platform::error::{AppError, rule_of};
use crate::platform::ids::{PartnerId, ShareId};
use crate::platform::mail as outbox;
use crate::platform::web::pagination::Window;
use crate::preferences::campaigns::Desk;
use crate::staff::desk::csv::{self, BATCH};

/// So many references stand in one mail.
pub const PER_MAIL: i64 = 500;

/// The rule of the database that takes nobody into a share without a yes.
const NO_CONSENT: &str = "partner_share_contacts_consent";
const NOT_PUBLISHED: &str = "This partner is not published, so nothing is shared with it.";
const CHANGED: &str = "Somebody's yes ended while the list was made, so nothing was shared. Make it again.";

/// That addresses were handed to a partner.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = partner_shares, check_for_backend(diesel::pg::Pg))]
pub struct Share {
    /// Its id.
    pub id: ShareId,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// How many addresses were in it.
    pub contacts: i64,
}

/// Makes a share of everybody whose yes to the partner stands, as one step. Answers how many they are: with nobody, there is
/// no share. Asked again for the same one, it answers nothing.
///
/// # Errors
/// `NotFound`; `Gone` for a partner that is not published, or where a yes ended meanwhile.
pub async fn make(
    app: &App,
    desk: &Desk,
    partner: PartnerId,
    share: ShareId,
) -> Result<Option<i64>, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        if !queries::share_lock(conn, partner).await?.is_published() {
            return Err(AppError::Gone(NOT_PUBLISHED));
        }
        if !share_queries::insert_share(conn, share, partner, desk.person, now).await? {
            return Ok(None);
        }
        let many = share_queries::fill_share(conn, share, partner).await.map_err(refused)?;
        if many > 0 {
            let words = format!("{share}: {many} addresses");
            note(conn, desk, partner, "partner.shared", Some(&words), now).await?;
        }
        Ok(Some(many))
    })
    .await
}

fn refused(error: diesel::result::Error) -> AppError {
    if rule_of(&error) == Some(NO_CONSENT) { AppError::Gone(CHANGED) } else { error.into() }
}

/// Notes that somebody takes the list of a share.
///
/// # Errors
/// `NotFound`.
pub async fn note_taking(app: &App, desk: &Desk, partner: PartnerId, share: ShareId) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        share_queries::find_share(conn, partner, share).await?.ok_or(AppError::NotFound)?;
        let words = share.to_string();
        Ok(note(conn, desk, partner, "partner.list_taken", Some(&words), now).await?)
    })
    .await
}

/// Up to [`BATCH`] lines of the list of a share, below a reference: reference and address. Only those whose yes stands now:
/// whoever took it back since the share was made is in no list that is taken later. The partner writes to what stands in it, so
/// that the address stays exact.
///
/// # Errors
/// What the database says.
pub async fn lines(
    app: &App,
    partner: PartnerId,
    share: ShareId,
    below: Option<Uuid>,
) -> anyhow::Result<Vec<(Uuid, Vec<String>)>> {
    let mut conn = app.db.get().await?;
    let lines = share_queries::lines(&mut conn, partner, share, below, BATCH).await?;
    let cells = |line: &share_queries::Line| vec![line.reference.to_string(), csv::address(&line.email)];
    Ok(lines.into_iter().map(|line| (line.reference, cells(&line))).collect())
}

/// The same for consents that ended, of which the partner is still to be told: reference, and when it was shared.
///
/// # Errors
/// What the database says.
pub async fn untold(
    app: &App,
    partner: PartnerId,
    below: Option<Uuid>,
) -> anyhow::Result<Vec<(Uuid, Vec<String>)>> {
    let mut conn = app.db.get().await?;
    let ended = share_queries::untold(&mut conn, partner, below, BATCH).await?;
    let cells = |one: &share_queries::Ended| vec![one.reference.to_string(), csv::moment(one.shared_at)];
    Ok(ended.into_iter().map(|one| (one.reference, cells(&one))).collect())
}

/// How many could be handed to a partner now, and of how many it is still to be told that their yes ended.
///
/// # Errors
/// What the database says.
pub async fn counts(app: &App, partner: PartnerId) -> Result<(i64, i64), AppError> {
    let mut conn = app.db.get().await?;
    let shareable = share_queries::count_shareable(&mut conn, partner).await?;
    Ok((shareable, share_queries::count_untold(&mut conn, partner).await?))
}

/// Shares of a partner, latest first.
///
/// # Errors
/// What the database says.
pub async fn list(app: &App, partner: PartnerId, window: Window) -> Result<Vec<Share>, AppError> {
    let mut conn = app.db.get().await?;
    Ok(share_queries::shares(&mut conn, partner, window).await?)
}

/// Mails the partner to stop using what it has of those whose yes ended, up to [`PER_MAIL`] of them. Answers how many.
///
/// # Errors
/// `NotFound`.
pub async fn tell(app: &App, desk: &Desk, partner: PartnerId) -> Result<usize, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let to = queries::find(conn, partner).await?.ok_or(AppError::NotFound)?;
        let told = share_queries::tell(conn, partner, PER_MAIL, now).await?;
        if told.is_empty() {
            return Ok(0);
        }
        let references = told.iter().map(Uuid::to_string).collect();
        let mail = PartnerToldToStop { recipient_name: to.name, references };
        outbox::enqueue(conn, &app.keys, now, None, &to.contact_email, &mail).await?;
        let words = format!("{} consents that ended", told.len());
        note(conn, desk, partner, "partner.told", Some(&words), now).await?;
        Ok(told.len())
    })
    .await
}
