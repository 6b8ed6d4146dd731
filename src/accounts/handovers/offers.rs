//! Offering something to somebody in the account, and withdrawing the offer.

use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::answers::give_contact;
use super::{HandoverOffered, LIVES, OVER, Offer, Offered, What, holder, must_be_possible, queries};
use crate::accounts::guard::Account;
use crate::accounts::lock;
use crate::accounts::members::record;
use crate::accounts::notices::{Notice, tell};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, HandoverId, PersonId};
use crate::platform::mail as outbox;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::moment;

/// Offers something to somebody in the account.
///
/// # Errors
/// `NotFound` if whoever asks may not offer it (any more), `Barred` if the account is closed, or is being closed and it is the ownership.
pub async fn offer(
    app: &App,
    who: &SignedIn,
    account: AccountId,
    what: What,
    to: PersonId,
) -> Result<Offered, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let account = lock(conn, account, who).await?;
        if !what.may_be_offered_by(&account, who.person) {
            return Err(AppError::NotFound);
        }
        must_be_possible(conn, &account, what).await?;
        if to == holder(&account, what) {
            return Ok(Offered::HasIt);
        }
        if to != account.owner && queries::role(conn, account.id, to).await?.is_none() {
            return Ok(Offered::NoMember);
        }
        if queries::waits(conn, account.id, what, now).await? {
            return Ok(Offered::Waits);
        }
        if to == who.person {
            give_contact(conn, app, who, &account).await?;
            return Ok(Offered::Taken);
        }
        let id = HandoverId::new(now);
        queries::insert(conn, id, account.id, what, (who.person, to), (now, now + LIVES)).await?;
        send(conn, app, who, &account, what, id, to).await?;
        let action = match what {
            What::Ownership => "account.ownership.offered",
            What::Contact => "account.contact.offered",
        };
        record(conn, app, who, &account, action, Some(&format!("to {to}"))).await?;
        Ok(Offered::Sent)
    })
    .await
}

async fn send(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &SignedIn,
    account: &Account,
    what: What,
    id: HandoverId,
    to: PersonId,
) -> diesel::QueryResult<()> {
    let now = app.clock.now();
    let person = people::find(conn, to).await?;
    let mail = HandoverOffered {
        recipient_name: person.name,
        from: who.name.clone(),
        noun: what.noun(),
        account: account.name.clone(),
        url: app.url(&account.path(&format!("/members/handovers/{id}"))),
        until: moment(&(now + LIVES)),
    };
    outbox::enqueue(conn, &app.keys, now, Some(to.0), &person.email, &mail).await?;
    Ok(())
}

/// Withdraws an offer: whoever made it, or the owner.
///
/// # Errors
/// `NotFound` if whoever asks is neither; `Gone` if the offer is over.
pub async fn withdraw(app: &App, who: &SignedIn, account: AccountId, id: HandoverId) -> Result<(), AppError> {
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let account = lock(conn, account, who).await?;
        let offer = queries::find(conn, account.id, id).await?;
        let mine = |offer: &Offer| offer.from == who.person || account.owner == who.person;
        let offer = offer.filter(mine).ok_or(AppError::NotFound)?;
        if !queries::end(conn, id, queries::End::Withdrawn, app.clock.now()).await? {
            return Err(AppError::Gone(OVER));
        }
        tell(conn, app, &account, offer.to, &Notice::Withdrawn(offer.what())).await?;
        let action = match offer.what() {
            What::Ownership => "account.ownership.withdrawn",
            What::Contact => "account.contact.withdrawn",
        };
        record(conn, app, who, &account, action, Some(&format!("to {}", offer.to))).await?;
        Ok(())
    })
    .await
}
