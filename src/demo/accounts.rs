//! The accounts of the demo: one in each state, and one with a member of each role, where an invitation and an offer
//! wait for an answer. They are made with the people, once; what somebody does with them since stays.

use chrono::{DateTime, Duration, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::cast::{self, Part};
use crate::accounts::handovers::{self, What};
use crate::accounts::permissions::AccountRole;
use crate::accounts::states::{self, State};
use crate::accounts::{self, closure, invitations};
use crate::platform::app::App;
use crate::platform::audit::Actor;
use crate::platform::crypto::hash_token;
use crate::platform::db::schema::{
    account_closures, account_handovers, account_invitations, account_members, accounts as accounts_table,
    people,
};
use crate::platform::error::violates;
use crate::platform::ids::{AccountId, AccountInvitationId, ClosureId, HandoverId, PersonId};

/// Who owns the accounts, and who is in the one that is shared.
const OWNER: &str = "grace@example.com";
const MEMBERS: [(&str, AccountRole); 3] = [
    ("ada@example.com", AccountRole::Developer),
    ("alan@example.com", AccountRole::Billing),
    ("edith@example.com", AccountRole::Privacy),
];
/// Not a person of the demo yet: the invitation waits for them to sign up.
const INVITED: &str = "katherine@example.com";

/// The states that an account went through after the trial, with the reasons.
type Stages = &'static [(State, &'static str)];
/// Number and name of each account, and its states.
const ACCOUNTS: [(u8, &str, Stages); 8] = [
    (1, "Claims Europe", &[(State::Active, "The first invoice was paid")]),
    (2, "Trial of the new desk", &[]),
    (3, "Batch loader", &[(State::Active, "The first invoice was paid")]),
    (
        4,
        "Fleet pilot",
        &[
            (State::Active, "The first invoice was paid"),
            (State::Closing, "Closed by its owner; can be undone for 30 days"),
        ],
    ),
    (
        5,
        "Archive 2019",
        &[
            (State::Closing, "Closed by its owner; can be undone for 30 days"),
            (State::Closed, "The 30 days are over"),
        ],
    ),
    // What a suspension takes in each level: see `suspensions`.
    (6, "Status board", &[(State::Active, "The first invoice was paid")]),
    (7, "Letters to claimants", &[(State::Active, "The first invoice was paid")]),
    (8, "Field app", &[(State::Active, "The first invoice was paid")]),
];

/// Always the same id, so that an account is recognised after its name was changed.
pub(super) fn id(number: u8) -> AccountId {
    AccountId(Uuid::from_u128(0x01a2_05b3_d000_7000_8000_0000_0001_0000 | u128::from(number)))
}

fn part(email: &str) -> &'static Part {
    cast::CAST.iter().find(|part| part.email == email).expect("somebody of the cast")
}

/// Makes the accounts that are not there yet.
///
/// # Errors
/// What the database says.
pub(super) async fn ensure_there(app: &App) -> anyhow::Result<()> {
    let owner = part(OWNER).id();
    let mut conn = app.db.get().await?;
    for (number, name, stages) in ACCOUNTS {
        let there = exists(accounts_table::table.find(id(number)));
        // Somebody else may have the owner's address, and then they are not in the demo.
        let (there, owned): (bool, bool) =
            diesel::select((there, exists(people::table.find(owner)))).get_result(&mut conn).await?;
        if there || !owned {
            continue;
        }
        let made = conn
            .transaction(async |conn| {
                make(conn, app, owner, id(number), name, stages).await?;
                if number == 1 { share(conn, app, owner, id(number)).await } else { Ok(()) }
            })
            .await;
        match made {
            // A second process with the same demo was first.
            Err(error) if violates(&error, "accounts_pkey") => return Ok(()),
            other => other?,
        }
    }
    Ok(())
}

async fn make(
    conn: &mut AsyncPgConnection,
    app: &App,
    owner: PersonId,
    account: AccountId,
    name: &str,
    stages: Stages,
) -> QueryResult<()> {
    let now = app.clock.now();
    let days = |days: usize| Duration::days(i64::try_from(days).unwrap_or(0));
    accounts::insert(conn, &app.keys, account, owner, name, now - days(stages.len() * 20 + 30)).await?;
    for (left, (state, reason)) in stages.iter().enumerate() {
        let actor = if *state == State::Closing { Actor::Customer(owner.0) } else { Actor::System };
        let at = now - days((stages.len() - left) * 20);
        states::change(conn, account, *state, actor, reason, at).await?;
        if *state == State::Closing {
            close(conn, account, owner, stages.len() > left + 1, at).await?;
        }
    }
    Ok(())
}

/// The closure behind the state.
async fn close(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    owner: PersonId,
    closed: bool,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(account_closures::table)
        .values((
            account_closures::id.eq(ClosureId::new(at)),
            account_closures::account_id.eq(account),
            account_closures::requested_by_kind.eq("customer"),
            account_closures::requested_by.eq(owner.0),
            account_closures::requested_at.eq(at),
            account_closures::from_state.eq(if closed { "trial" } else { "active" }),
            account_closures::content_until.eq(at + closure::CONTENT_STAYS),
            account_closures::data_until.eq(at + closure::DATA_STAYS),
            account_closures::content_ordered_at.eq(closed.then(|| at + closure::CONTENT_STAYS)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

async fn share(
    conn: &mut AsyncPgConnection,
    app: &App,
    owner: PersonId,
    account: AccountId,
) -> QueryResult<()> {
    let now = app.clock.now();
    for (email, role) in MEMBERS {
        let id = part(email).id();
        if !diesel::select(exists(people::table.find(id))).get_result::<bool>(conn).await? {
            continue;
        }
        diesel::insert_into(account_members::table)
            .values((
                account_members::account_id.eq(account),
                account_members::person_id.eq(id),
                account_members::role.eq(role.as_str()),
                account_members::invited_by.eq(owner.0),
                account_members::joined_at.eq(now - Duration::days(15)),
            ))
            .execute(conn)
            .await?;
        if role == AccountRole::Developer {
            offer_contact(conn, account, (owner, id), now).await?;
        }
    }
    invite(conn, app, owner, account).await
}

async fn offer_contact(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    (from, to): (PersonId, PersonId),
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(account_handovers::table)
        .values((
            account_handovers::id.eq(HandoverId::new(now)),
            account_handovers::account_id.eq(account),
            account_handovers::what.eq(What::Contact.as_str()),
            account_handovers::from_id.eq(from),
            account_handovers::to_id.eq(to),
            account_handovers::created_at.eq(now),
            account_handovers::expires_at.eq(now + handovers::LIVES),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Without a mail: it stands in the list of whoever has the address.
async fn invite(
    conn: &mut AsyncPgConnection,
    app: &App,
    owner: PersonId,
    account: AccountId,
) -> QueryResult<()> {
    let now = app.clock.now();
    diesel::insert_into(account_invitations::table)
        .values((
            account_invitations::id.eq(AccountInvitationId::new(now)),
            account_invitations::account_id.eq(account),
            account_invitations::email.eq(INVITED),
            account_invitations::role.eq(AccountRole::Billing.as_str()),
            account_invitations::token_hash.eq(hash_token(&app.keys.token()).to_vec()),
            account_invitations::invited_by.eq(owner.0),
            account_invitations::created_at.eq(now),
            account_invitations::expires_at.eq(now + invitations::LIVES),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
