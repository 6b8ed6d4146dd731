//! Which suspensions an account has at this moment, and what they refuse. The guards of pages and of the API bring them
//! along in the statement that they ask anyway.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::levels::{Act, Level};
use crate::accounts::closure::read_only;
use crate::accounts::states::State;
use crate::api::problem::Problem;
use crate::platform::db::schema::account_states;
use crate::platform::ids::{AccountId, SuspensionId};

diesel::define_sql_function! {
    /// The suspensions of an account that were not ended, as a list of JSON; nothing where there is none.
    fn open_suspensions(account: diesel::sql_types::Uuid) -> diesel::sql_types::Nullable<diesel::sql_types::Jsonb>;
}

/// A suspension that was not ended. It may have expired a moment ago.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Open {
    id: Uuid,
    /// What it takes.
    pub level: Level,
    /// Until when.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Open {
    /// SID.
    pub fn id(&self) -> SuspensionId {
        SuspensionId(self.id)
    }

    /// Whether it holds at this moment.
    pub fn is_in_force(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_none_or(|until| now < until)
    }

    /// The address of its statement.
    pub fn path(&self, account: AccountId) -> String {
        format!("/accounts/{account}/suspensions/{}", self.id())
    }
}

/// All of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing(Vec<Open>);

impl Standing {
    /// As [`open_suspensions`] answers it.
    ///
    /// # Panics
    /// Never: the function and this type are of one mind.
    pub fn of(json: Option<Value>) -> Self {
        Self(json.map_or_else(Vec::new, |json| serde_json::from_value(json).expect("a list of suspensions")))
    }

    /// The one that counts: the highest in force, and of two the newer.
    pub fn highest(&self, now: DateTime<Utc>) -> Option<&Open> {
        self.0.iter().filter(|open| open.is_in_force(now)).max_by_key(|open| (open.level, open.id))
    }

    /// The one that stands against an act.
    pub fn refuses(&self, act: Act, now: DateTime<Utc>) -> Option<&Open> {
        self.highest(now).filter(|open| !open.level.allows(act))
    }

    /// What stands against a program, with the way to the statement, in an account that is in this state.
    pub fn refusal(&self, account: AccountId, state: State, act: Act, now: DateTime<Utc>) -> Option<Problem> {
        if let Some(open) = self.refuses(act, now) {
            let detail = format!("{} The statement says why, and how to appeal.", open.level.refusal());
            return Some(Problem::account_suspended().because(detail).instance(open.path(account)));
        }
        // Expired, and the state of the account follows within minutes.
        let state = if state == State::Suspended && !self.0.is_empty() { State::Active } else { state };
        let allowed = if act == Act::Read { state.reads() } else { state.writes() };
        (!allowed).then(|| match state {
            State::Closing => read_only::problem(account),
            _ => Problem::account_state().because(format!("The account is {}.", state.as_str())),
        })
    }

    /// As [`Standing::refusal`], for a program that serves somebody in the content: their requests do not wait for what becomes
    /// of the account (S159), so that one that is closing counts as in use until what is in it goes (S163).
    pub fn refusal_to_serve(&self, account: AccountId, state: State, now: DateTime<Utc>) -> Option<Problem> {
        let state = if state == State::Closing { State::Active } else { state };
        self.refusal(account, state, Act::Write, now)
    }
}

/// The state of an account and its suspensions.
///
/// # Errors
/// What the database says; `NotFound` for an account that is not there.
pub async fn present(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<(State, Standing)> {
    let (state, open): (String, Option<Value>) = account_states::table
        .filter(account_states::account_id.eq(account).and(account_states::ended_at.is_null()))
        .select((account_states::state, open_suspensions(account_states::account_id)))
        .first(conn)
        .await?;
    Ok((State::parse(&state).expect("the database keeps to the states"), Standing::of(open)))
}

/// Refuses a program what a suspension or the state of the account takes. Whoever shares the account's row knows that it
/// stays so until the end of the transaction.
///
/// # Errors
/// 403 with the way to the statement.
pub async fn must_allow(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    act: Act,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let (state, standing) = present(conn, account).await?;
    standing.refusal(account, state, act, now).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(levels: &[(Level, Option<i64>)]) -> Standing {
        let open = |(index, (level, until)): (usize, &(Level, Option<i64>))| Open {
            id: Uuid::from_u128(index as u128),
            level: *level,
            expires_at: until.and_then(|second| DateTime::from_timestamp(second, 0)),
        };
        Standing(levels.iter().enumerate().map(open).collect())
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).expect("a moment")
    }

    #[test]
    fn the_highest_in_force_counts_to_the_second() {
        let standing =
            standing(&[(Level::Warned, None), (Level::Suspended, Some(10)), (Level::SendingPaused, None)]);
        let level = |second| standing.highest(at(second)).map(|open| open.level);
        assert_eq!((level(9), level(10)), (Some(Level::Suspended), Some(Level::SendingPaused)));
        assert!(
            standing.refuses(Act::Read, at(9)).is_some() && standing.refuses(Act::Read, at(10)).is_none()
        );
        assert!(standing.refuses(Act::Send, at(10)).is_some());
    }

    #[test]
    fn an_account_whose_suspension_has_expired_works_before_its_state_says_so() {
        let account = AccountId(Uuid::nil());
        let expired = standing(&[(Level::Suspended, Some(10))]);
        assert!(expired.refusal(account, State::Suspended, Act::Write, at(9)).is_some());
        assert!(expired.refusal(account, State::Suspended, Act::Write, at(10)).is_none());
        assert!(Standing::default().refusal(account, State::Suspended, Act::Read, at(10)).is_some());
        assert!(Standing::default().refusal(account, State::Closing, Act::Read, at(10)).is_none());
    }

    #[test]
    fn people_in_the_content_are_served_while_an_account_is_closing_and_no_suspension_stands_against_it() {
        let (account, none) = (AccountId(Uuid::nil()), Standing::default());
        assert!(none.refusal_to_serve(account, State::Closing, at(10)).is_none());
        assert!(none.refusal(account, State::Closing, Act::Write, at(10)).is_some());
        assert!(none.refusal_to_serve(account, State::Closed, at(10)).is_some());
        let stopped = standing(&[(Level::ApiReadOnly, None)]);
        assert!(stopped.refusal_to_serve(account, State::Closing, at(10)).is_some());
    }
}
