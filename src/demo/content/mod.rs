//! What programs of the demo have stored: claims and communications in two of the accounts, in one of them with what
//! the messages say. One person there is restricted, and one was deleted, of whom the receipt is left. Made once, by the
//! ways that programs and members take; all names, addresses and numbers are of the kind that is kept free for stories.

mod cases;

use chrono::{DateTime, Duration, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use serde_json::json;

use self::cases::{CASES, Case, DELETED, Letter, RESTRICTED, TRIAL};
use super::accounts::id;
use crate::api::idempotency::{IdempotencyKey, Once};
use crate::api::problem::Problem;
use crate::content::claims::draft::{ClaimDraft, Origin};
use crate::content::end_users::{self, Act, Identifier};
use crate::content::person_keys::IdentifierKind;
use crate::content::products::Product;
use crate::content::storage::decisions::{self, Decider, Wish};
use crate::content::{claims, communications, locks};
use crate::platform::app::App;
use crate::platform::audit::{Actor, Circumstances};
use crate::platform::db::schema::{accounts, claims as claims_table, content_deletions};
use crate::platform::ids::{AccountId, ClaimId, PersonId};

/// The account that stores what its messages say, and the one that is being tried out.
const STORING: u8 = 1;
const TRYING: u8 = 2;

/// Makes the content, if the account never had any.
///
/// # Errors
/// What the database says.
pub(super) async fn ensure_there(app: &App) -> anyhow::Result<()> {
    let Some(owner) = wanted(&mut *app.db.get().await?).await? else { return Ok(()) };
    let from = Circumstances::default();
    let actor = Actor::Customer(owner.0);
    let decider = Decider { actor, words: "Grace Hopper", from: &from, seen: None, accepted_cents: None };
    let wish = Wish { product: Product::CommunicationBodies, stored: true, days: 30 };
    decisions::decide(app, id(STORING), &wish, &decider).await?;
    let mut conn = app.db.get().await?;
    let made = conn
        .transaction(async |conn| {
            // Of two processes with one demo, the second waits here and then finds the content of the first.
            locks::hold_account(conn, id(STORING)).await?;
            match wanted(conn).await? {
                Some(owner) => make(conn, app, owner).await,
                None => Ok(()),
            }
        })
        .await;
    made.map_err(|problem: Problem| anyhow::anyhow!("the content of the demo: {problem:?}"))
}

/// Whose it will be; nothing where it is there, was there, or has nobody.
async fn wanted(conn: &mut AsyncPgConnection) -> QueryResult<Option<PersonId>> {
    let account = id(STORING);
    let was_there = exists(claims_table::table.filter(claims_table::account_id.eq(account)));
    let was_emptied = exists(content_deletions::table.filter(content_deletions::account_id.eq(account)));
    if diesel::select(was_there.or(was_emptied)).get_result(conn).await? {
        return Ok(None);
    }
    accounts::table.find(account).select(accounts::owner_id).first(conn).await.optional()
}

async fn make(conn: &mut AsyncPgConnection, app: &App, owner: PersonId) -> Result<(), Problem> {
    let now = app.clock.now();
    for case in CASES {
        store(conn, app, id(STORING), case, now).await?;
    }
    for case in TRIAL {
        store(conn, app, id(TRYING), case, now).await?;
    }
    let act = |at| Act {
        account: id(STORING),
        actor: Actor::Customer(owner.0),
        from: Circumstances::default(),
        now: at,
    };
    let email = |value| Identifier::parse(IdentifierKind::Email, value).expect("an address");
    let reason = "Disputes that the damage is hers; until the insurer has answered.";
    end_users::restrict(conn, &app.keys, &act(now - Duration::days(3)), &email(RESTRICTED), reason).await?;
    end_users::delete(conn, app, &act(now - Duration::days(2)), &email(DELETED)).await?;
    Ok(())
}

/// Stores a claim and what was written about it, as a program does.
async fn store(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: AccountId,
    case: &Case,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let at = now - Duration::days(case.days);
    let draft = ClaimDraft::read(case.claim(at), Origin::Request);
    let draft = draft.map_err(|errors| Problem::invalid().with_errors(errors))?;
    let key = IdempotencyKey(None);
    let once = Once { keys: &app.keys, account, key: &key, digest: &[], now: at };
    claims::create(conn, &once, &draft).await?;
    let claim: ClaimId = claims_table::table
        .filter(claims_table::account_id.eq(account).and(claims_table::claim_number.eq(case.number)))
        .select(claims_table::id)
        .first(conn)
        .await?;
    for letter in case.letters {
        let draft = serde_json::from_value(letter.draft(case, claim)).map_err(anyhow::Error::from)?;
        communications::add(conn, app, account, &draft, at + Duration::hours(letter.hours)).await?;
    }
    Ok(())
}

impl Case {
    /// As a program writes it.
    fn claim(&self, at: DateTime<Utc>) -> serde_json::Value {
        let claimant = json!({
            "role": "claimant", "name": self.name, "phones": [self.phone], "emails": [self.email],
            "address": {"lines": [self.street], "city": self.city, "country": self.country},
        });
        let witness = |name: &str| json!({"role": "witness", "name": name, "phones": [], "emails": []});
        let parties: Vec<_> = [claimant].into_iter().chain(self.witness.map(witness)).collect();
        let amount = |cents: i64| json!({"value": cents, "currency": self.currency});
        let loan = |(lender, number): (&str, &str)| json!({"lender": lender, "number": number});
        json!({
            "claim_number": self.number, "insurer": self.insurer, "policy_number": self.policy,
            "friendly_name": self.friendly_name, "state": self.state,
            "lost_on": (at - Duration::days(2)).date_naive(), "reported_on": (at - Duration::days(1)).date_naive(),
            "parties": parties,
            "vehicle": {"vin": self.vin, "make": self.make, "model": self.model, "year": self.year},
            "loan": self.loan.map(loan),
            "claimed_amount": amount(self.claimed),
            "settled_amount": self.settled.map(amount),
            "notes": self.notes,
        })
    }
}

impl Letter {
    /// As a program writes it.
    fn draft(&self, case: &Case, claim: ClaimId) -> serde_json::Value {
        let is_mail = self.channel == "email";
        let theirs = if is_mail { case.email } else { case.phone };
        let ours = if is_mail { "claims@desk.example.com" } else { "+12025550100" };
        let (from, to) = if self.direction == "outbound" { (ours, theirs) } else { (theirs, ours) };
        json!({
            "channel": self.channel, "direction": self.direction, "from": from, "to": to, "claim": claim,
            "friendly_name": self.friendly_name, "status": self.status, "body": self.body,
        })
    }
}
