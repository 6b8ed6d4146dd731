//! Deciding what is stored and for how long (S103, S108). Longer than is included is not kept before its price was
//! accepted (S109). A decision is a row that takes the place of the one before, and of two at the same moment one
//! counts and the other is told.

use chrono::{DateTime, Utc};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use uuid::Uuid;

use super::mail::StorageDecided;
use super::sweep::{self, EmptyBodies};
use super::{Choice, present_of, queries};
use crate::accounts::closure::read_only;
use crate::accounts::{readers, states};
use crate::content::locks;
use crate::content::products::Product;
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Circumstances, Event};
use crate::platform::error::AppError;
use crate::platform::ids::AccountId;
use crate::platform::web::pages::moment;
use crate::platform::{jobs, mail as outbox};

/// How often emptying is tried again.
const EMPTYING_ATTEMPTS: i32 = 18;

/// What somebody wishes for one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Which product.
    pub product: Product,
    /// Whether it is to be kept at all.
    pub stored: bool,
    /// For how many days, 1 to [`Product::LONGEST_DAYS`].
    pub days: i32,
}

impl Wish {
    /// What it costs, in US cents per 1,000 records and month; 0 where it is included.
    pub fn price_cents(&self) -> i32 {
        if self.stored && self.days > self.product.included_days() {
            self.product.extended_price_cents()
        } else {
            0
        }
    }

    /// Whether it is what holds already.
    pub fn is(&self, choice: &Choice) -> bool {
        let same = (self.product, self.stored, self.days) == (choice.product, choice.stored, choice.days);
        same && self.price_cents() == choice.price_cents
    }

    /// Whether some of what is stored now would have to go.
    pub fn shortens(&self, choice: &Choice) -> bool {
        choice.stored && (!self.stored || self.days < choice.days)
    }
}

/// Who decides, and from what they knew.
#[derive(Clone, Debug)]
pub struct Decider<'a> {
    /// A member or a program.
    pub actor: Actor,
    /// The same in words, for the members who read of it.
    pub words: &'a str,
    /// Where the decision came from.
    pub from: &'a Circumstances,
    /// The choice that they had before them; nothing for the product's own period.
    pub seen: Option<Uuid>,
    /// The price that they accepted, in US cents per 1,000 records and month.
    pub accepted_cents: Option<i32>,
}

/// What became of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It holds now.
    Made(Choice),
    /// It held already; nothing was written.
    Same(Choice),
    /// Somebody else decided meanwhile, and this is what holds.
    Overtaken(Choice),
    /// It costs this much, which was not accepted.
    Priced(i32),
}

/// Decides. Everybody who stores something in the account comes wholly before or wholly after it.
///
/// # Errors
/// `Barred` where the account is being closed, or is (S163); what the database says.
pub async fn decide(
    app: &App,
    account: AccountId,
    wish: &Wish,
    decider: &Decider<'_>,
) -> Result<Decision, AppError> {
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        locks::hold_account(conn, account).await?;
        let state = states::present(conn, account).await?;
        read_only::must_be_open(conn, account, state).await?;
        // After the wait: whatever was stored before it is older.
        let now = app.clock.now();
        let before = present_of(conn, account, wish.product).await?;
        if wish.is(&before) {
            return Ok(Decision::Same(before));
        }
        if before.id != decider.seen {
            return Ok(Decision::Overtaken(before));
        }
        let price = wish.price_cents();
        if price > 0 && decider.accepted_cents != Some(price) {
            return Ok(Decision::Priced(price));
        }
        queries::replace(conn, account, wish, decider.actor, now).await?;
        if wish.product == Product::CommunicationBodies && !wish.stored {
            empty_bodies(conn, account, now).await?;
        }
        tell(conn, app, account, (&before, wish), decider, now).await?;
        let note = sentence(wish);
        let event = Event::new(decider.actor, "account", account.0, "account.storage.decided", decider.from)
            .note(&note);
        audit::append(conn, now, event).await?;
        Ok(Decision::Made(present_of(conn, account, wish.product).await?))
    })
    .await
}

/// Deletes the bodies that are stored now: those that go in one statement here, and what is left right after.
async fn empty_bodies(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    let all = (DateTime::UNIX_EPOCH, now);
    if let Some(since) = sweep::delete_bodies(conn, account, all).await? {
        let job = EmptyBodies { account, since, until: now };
        jobs::enqueue(conn, &job, EMPTYING_ATTEMPTS).await?;
    }
    Ok(())
}

/// Mails those who answer for the data: the owner and the members for privacy.
async fn tell(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: AccountId,
    (before, wish): (&Choice, &Wish),
    decider: &Decider<'_>,
    now: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    let name = queries::name(conn, account).await?;
    for (person, recipient_name, email) in readers::answerable(conn, account).await? {
        let mail = StorageDecided {
            recipient_name,
            account: name.clone(),
            product: wish.product.label(),
            before: words(before.stored, before.days),
            after: words(wish.stored, wish.days),
            price: (wish.price_cents() > 0).then(|| price(wish.price_cents())),
            by: decider.words.to_owned(),
            at: moment(&now),
            url: app.url(&format!("/accounts/{account}/storage")),
        };
        outbox::enqueue(conn, &app.keys, now, Some(person.0), &email, &mail).await?;
    }
    Ok(())
}

/// What holds, in words: `not stored` or `365 days`.
pub fn words(stored: bool, days: i32) -> String {
    match (stored, days) {
        (false, _) => "not stored".into(),
        (true, 1) => "1 day".into(),
        (true, days) => format!("{days} days"),
    }
}

/// A price in words: `$0.40 per 1,000 records and month`.
pub fn price(cents: i32) -> String {
    format!("{} per 1,000 records and month", dollars(i64::from(cents)))
}

/// An amount of US cents as people write it.
pub fn dollars(cents: i64) -> String {
    format!("${}.{:02}", cents / 100, cents % 100)
}

fn sentence(wish: &Wish) -> String {
    let price = wish.price_cents();
    let kept = words(wish.stored, wish.days);
    if price == 0 {
        format!("{}: {kept}", wish.product.label())
    } else {
        format!("{}: {kept}, {} cents per 1,000 records and month", wish.product.label(), price)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_kept_longer_than_included_costs_something() {
        for (stored, days, cents) in [(true, 365, 0), (true, 366, 40), (false, 3650, 0), (true, 1, 0)] {
            assert_eq!(Wish { product: Product::Claims, stored, days }.price_cents(), cents, "{days}");
        }
        assert_eq!(price(40), "$0.40 per 1,000 records and month");
        assert_eq!(dollars(123_456), "$1234.56");
    }
}
