//! What becomes of an offer: it is accepted, and what was offered changes hands, or it is declined.

use chrono::{DateTime, Utc};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::{OVER, What, must_be_possible, queries};
use crate::accounts::guard::Account;
use crate::accounts::lock;
use crate::accounts::members::{self, record};
use crate::accounts::notices::{Notice, tell};
use crate::accounts::permissions::AccountRole;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, HandoverId};
use crate::platform::web::guards::SignedIn;

/// Takes what was offered.
///
/// # Errors
/// `NotFound` if whoever asks is not in the account any more or it was not offered to them; `Gone` if the offer is
/// over, or who made it cannot give it any more; `Barred` if the account is closed, or is being closed and it is the ownership.
pub async fn accept(app: &App, who: &SignedIn, account: AccountId, id: HandoverId) -> Result<What, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let account = lock(conn, account, who).await?;
        let offer = queries::find(conn, account.id, id).await?;
        let offer = offer.filter(|offer| offer.to == who.person).ok_or(AppError::NotFound)?;
        let what = offer.what();
        must_be_possible(conn, &account, what).await?;
        if !what.may_be_offered_by(&account, offer.from)
            || !queries::end(conn, id, queries::End::Accepted, now).await?
        {
            return Err(AppError::Gone(OVER));
        }
        match what {
            What::Ownership => give_ownership(conn, app, who, &account, now).await?,
            What::Contact => give_contact(conn, app, who, &account).await?,
        }
        Ok(what)
    })
    .await
}

/// The former owner stays as a developer and can leave. A member who becomes the owner is no member before they
/// are, because the database keeps nobody in two roles.
async fn give_ownership(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &SignedIn,
    account: &Account,
    now: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    members::forget(conn, account.id, who.person).await?;
    queries::set_owner(conn, account, who.person).await?;
    if account.contact != account.owner {
        // Who owned it offered the point of contact as its owner only.
        queries::withdraw_all_from(conn, account.id, account.owner, now).await?;
    }
    let inviter = Some(who.person.0);
    members::add(conn, account.id, account.owner, AccountRole::Developer, inviter, now).await?;
    tell(conn, app, account, who.person, &Notice::YouOwnIt).await?;
    tell(conn, app, account, account.owner, &Notice::OwnershipTaken(who.name.clone())).await?;
    let note = format!("from {} to {}", account.owner, who.person);
    record(conn, app, who, account, "account.ownership.changed", Some(&note)).await
}

/// Makes whoever is signed in the point of contact. The one who was is told, and the owner.
pub(super) async fn give_contact(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &SignedIn,
    account: &Account,
) -> diesel::QueryResult<()> {
    queries::set_contact(conn, account.id, who.person).await?;
    tell(conn, app, account, who.person, &Notice::YouAreContact).await?;
    let mut others = vec![account.contact, account.owner];
    others.dedup();
    for other in others.into_iter().filter(|other| *other != who.person) {
        tell(conn, app, account, other, &Notice::ContactTaken(who.name.clone())).await?;
    }
    let note = format!("from {} to {}", account.contact, who.person);
    record(conn, app, who, account, "account.contact.changed", Some(&note)).await
}

/// Declines what was offered.
///
/// # Errors
/// `NotFound` if it was not offered to whoever asks; `Gone` if the offer is over.
pub async fn decline(app: &App, who: &SignedIn, account: AccountId, id: HandoverId) -> Result<(), AppError> {
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let account = lock(conn, account, who).await?;
        let offer = queries::find(conn, account.id, id).await?;
        let offer = offer.filter(|offer| offer.to == who.person).ok_or(AppError::NotFound)?;
        if !queries::end(conn, id, queries::End::Declined, app.clock.now()).await? {
            return Err(AppError::Gone(OVER));
        }
        let declined = Notice::Declined(offer.what(), who.name.clone());
        tell(conn, app, &account, offer.from, &declined).await?;
        let action = match offer.what() {
            What::Ownership => "account.ownership.declined",
            What::Contact => "account.contact.declined",
        };
        record(conn, app, who, &account, action, None).await?;
        Ok(())
    })
    .await
}
