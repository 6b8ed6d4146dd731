//! The state of an account: a row that says since when, by whom and why. It ends when the next begins, so the
//! history is whole and there is never more than one at a time.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::audit::Actor;
use crate::platform::db::schema::account_states;
use crate::platform::ids::{AccountId, new_uuid};

/// What an account is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// In use, not yet paid for.
    Trial,
    /// In use.
    Active,
    /// Stopped, with a review open to its owner.
    Suspended,
    /// On its way out: read-only (S163).
    Closing,
    /// Closed.
    Closed,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Trial, Self::Active, Self::Suspended, Self::Closing, Self::Closed];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trial => "trial",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Closing => "closing",
            Self::Closed => "closed",
        }
    }

    /// Reads a state as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// What it is called on a page.
    pub fn label(self) -> &'static str {
        match self {
            Self::Trial => "Trial",
            Self::Active => "Active",
            Self::Suspended => "Suspended",
            Self::Closing => "Closing",
            Self::Closed => "Closed",
        }
    }

    /// The kind of badge that it is shown with.
    pub fn badge(self) -> &'static str {
        match self {
            Self::Trial => "info",
            Self::Active => "success",
            Self::Suspended => "danger",
            Self::Closing => "warning",
            Self::Closed => "",
        }
    }

    /// Whether programs may read what is kept in the account.
    pub fn reads(self) -> bool {
        matches!(self, Self::Trial | Self::Active | Self::Closing)
    }

    /// Whether programs may change what is kept in the account.
    pub fn writes(self) -> bool {
        matches!(self, Self::Trial | Self::Active)
    }

    /// Whether it is being closed, or is closed: nothing is changed in it any more (S163).
    pub fn is_on_its_way_out(self) -> bool {
        matches!(self, Self::Closing | Self::Closed)
    }

    /// Whether one may follow the other.
    pub fn leads_to(self, next: Self) -> bool {
        use State::{Active, Closed, Closing, Suspended, Trial};
        matches!(
            (self, next),
            (Trial, Active | Suspended | Closing)
                | (Active, Suspended | Closing)
                | (Suspended, Trial | Active | Closing)
                | (Closing, Trial | Active | Suspended | Closed)
        )
    }
}

/// One row of the history.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = account_states, check_for_backend(diesel::pg::Pg))]
pub struct Entry {
    state: String,
    /// `customer`, `staff` or `system`.
    pub actor_kind: String,
    /// Why, in a sentence.
    pub reason: String,
    /// Since when.
    pub began_at: DateTime<Utc>,
    /// Until when; nothing for the present state.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Entry {
    /// Which state.
    pub fn state(&self) -> State {
        State::parse(&self.state).expect("the database keeps to the states")
    }
}

/// Writes the first state of an account, inside the caller's transaction.
///
/// # Errors
/// What the database says; it refuses a second present state.
pub async fn begin(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    state: State,
    actor: Actor,
    reason: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(account_states::table)
        .values((
            account_states::id.eq(new_uuid(now)),
            account_states::account_id.eq(account),
            account_states::state.eq(state.as_str()),
            account_states::actor_kind.eq(actor.kind()),
            account_states::actor_id.eq(actor.id()),
            account_states::reason.eq(reason),
            account_states::began_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Moves an account on, inside the caller's transaction. Answers whether it did: it does not where the present
/// state does not lead to the next, which is also so when somebody else was faster.
///
/// # Errors
/// What the database says.
pub async fn change(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    next: State,
    actor: Actor,
    reason: &str,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let present = account_states::table
        .filter(account_states::account_id.eq(account).and(account_states::ended_at.is_null()))
        .select((account_states::id, account_states::state));
    let (id, state): (uuid::Uuid, String) = present.for_update().first(conn).await?;
    if !State::parse(&state).is_some_and(|state| state.leads_to(next)) {
        return Ok(false);
    }
    diesel::update(account_states::table.find(id))
        .set(account_states::ended_at.eq(now))
        .execute(conn)
        .await?;
    begin(conn, account, next, actor, reason, now).await?;
    Ok(true)
}

/// The present state of an account.
///
/// # Errors
/// What the database says; `NotFound` for an account that is not there.
pub async fn present(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<State> {
    let state: String = account_states::table
        .filter(account_states::account_id.eq(account).and(account_states::ended_at.is_null()))
        .select(account_states::state)
        .first(conn)
        .await?;
    Ok(State::parse(&state).expect("the database keeps to the states"))
}

/// What an account was in before it was suspended, or began to close: its last state in use.
///
/// # Errors
/// What the database says.
pub async fn before_suspension(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<State> {
    let in_use = [State::Trial.as_str(), State::Active.as_str()];
    let state: Option<String> = account_states::table
        .filter(account_states::account_id.eq(account).and(account_states::state.eq_any(in_use)))
        .order((account_states::began_at.desc(), account_states::id.desc()))
        .select(account_states::state)
        .first(conn)
        .await
        .optional()?;
    Ok(state.as_deref().and_then(State::parse).unwrap_or(State::Active))
}

/// The history of an account, newest first, up to `limit` rows.
///
/// # Errors
/// What the database says.
pub async fn history(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    limit: i64,
) -> QueryResult<Vec<Entry>> {
    account_states::table
        .filter(account_states::account_id.eq(account))
        .order((account_states::began_at.desc(), account_states::id.desc()))
        .limit(limit)
        .select(Entry::as_select())
        .load(conn)
        .await
}

#[cfg(test)]
mod tests {
    use super::State;

    #[test]
    fn a_closed_account_stays_closed_and_no_state_leads_to_itself() {
        for state in State::ALL {
            assert!(!State::Closed.leads_to(state));
            assert!(!state.leads_to(state));
            assert_eq!(State::parse(state.as_str()), Some(state));
        }
    }

    #[test]
    fn whoever_may_write_may_read() {
        assert!(State::ALL.iter().all(|state| state.reads() || !state.writes()));
        assert!(State::ALL.iter().all(|state| !state.is_on_its_way_out() || !state.writes()));
    }
}
