//! How a request comes in: it is kept, its receipt is confirmed, and what needs no judgment is done at once.

use chrono::{DateTime, Utc};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::deadlines::{Deadlines, Regimes};
use super::kinds::{Channel, Kind};
use super::states::{self, Act, By, Refusal, Step};
use super::{NewRequest, fulfilment, log, mail, queries, refused};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::RequestId;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::rate_limit::{self, Quota};
use crate::privacy::receipts::of_request;

/// Requests of one person; each is confirmed by mail.
const ASKED: Quota = Quota::per_minutes("data_request", 30, 60);

/// What somebody who is signed in asks for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// What.
    pub kind: Kind,
    /// What exactly.
    pub details: Option<String>,
    /// The laws that hold.
    pub regimes: Regimes,
}

/// Keeps a request of somebody who is signed in, confirms its receipt, and does at once what the portal does by itself.
///
/// # Errors
/// Inside: that the same is under way already. Outside: `SignInNeeded` when the session died meanwhile,
/// `TooManyRequests` beyond thirty an hour.
pub async fn ask(app: &App, who: &SignedIn, wish: &Wish) -> Result<Result<RequestId, Refusal>, AppError> {
    rate_limit::take(app, ASKED, &who.person.to_string()).await?;
    let now = app.clock.now();
    let by = By::Requester(Some(who.person));
    let mut conn = app.db.get().await?;
    let asked = conn
        .transaction(async |conn| {
            people::lock_as(conn, who).await?;
            let new = NewRequest {
                kind: wish.kind,
                channel: Channel::Portal,
                person: Some(who.person),
                email: None,
                name: None,
                agent: None,
                details: wish.details.as_deref(),
                regimes: wish.regimes,
                received_at: now,
            };
            let id = receive(conn, &new, by, now).await?;
            states::take(conn, id, &Step::new(Act::Verified, by).how("signed_in"), now).await?;
            acknowledge(conn, app, id, now).await?;
            fulfil_by_machine(conn, app, id, now).await?;
            log(conn, who.actor(), id, Act::Received, &who.caller.circumstances(), now).await?;
            Ok::<_, diesel::result::Error>(id)
        })
        .await;
    refused(asked)
}

/// Keeps a request with its first step, inside the caller's transaction. One that comes by its address waits where all that
/// stands by that is being erased, and is a stranger's then; else it would be emptied of its address while nobody ended it.
///
/// # Errors
/// What the database says; [`states::refusal`] tells whether the same is under way already.
pub async fn receive(
    conn: &mut AsyncPgConnection,
    new: &NewRequest<'_>,
    by: By,
    now: DateTime<Utc>,
) -> diesel::QueryResult<RequestId> {
    if let Some(email) = new.email {
        queries::alone_with(conn, &[email.trim().to_lowercase()]).await?;
    }
    let id = RequestId::new(now);
    queries::insert(conn, id, new, Deadlines::of(new.received_at, new.regimes)).await?;
    states::take(conn, id, &Step::new(Act::Received, by), now).await?;
    Ok(id)
}

/// Does what the portal does by itself for a request, if anything, and mails the answer; inside the transaction.
///
/// # Errors
/// What the database says.
pub async fn fulfil_by_machine(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: RequestId,
    now: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    let request = queries::find(conn, id).await?;
    if let Some(words) = fulfilment::by_machine(conn, app, &request, now).await? {
        states::take(conn, id, &Step::new(Act::Fulfilled, By::System).words(&words), now).await?;
        of_request::answered(conn, app, id, now).await?;
        mail::answer(conn, app, id, now).await?;
    }
    Ok(())
}

/// Confirms receipt by mail, inside the transaction (11 CCR 7021(a)).
///
/// # Errors
/// What the database says.
pub async fn acknowledge(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: RequestId,
    now: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    states::take(conn, id, &Step::new(Act::Acknowledged, By::System), now).await?;
    let request = queries::find(conn, id).await?;
    mail::acknowledge(conn, app, &request, now).await
}
