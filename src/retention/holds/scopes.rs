//! What a hold is about.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::content::end_users::Identifier;
use crate::platform::app::App;
use crate::platform::db::schema::accounts;
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, PersonId};
use crate::privacy::data_map;
use crate::privacy::data_map::rows::Subject;

/// Where a sealed identifier stands.
pub(super) const PLACE: &str = "holds.sealed_identifier";

/// What must not be deleted.
#[derive(Clone, Debug)]
pub enum Scope {
    /// All of a person's, with the accounts that they own.
    Person(PersonId),
    /// An account and all that is in it.
    Account(AccountId),
    /// What is in an account about one person.
    EndUser(AccountId, Identifier),
    /// A whole table.
    Table(&'static str),
}

impl Scope {
    /// As it is stored.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Account(_) => "account",
            Self::EndUser(..) => "end_user",
            Self::Table(_) => "table",
        }
    }

    /// A table of the map by its name. The machinery's own tables are not held.
    pub fn of_table(name: &str) -> Option<Self> {
        data_map::table(name)
            .filter(|table| !table.columns.is_empty() && table.owner != data_map::Owner::Nobody)
            .map(|table| Self::Table(table.name))
    }
}

/// What kind of matter a hold is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matter {
    /// Somebody is looking into what happened.
    Investigation,
    /// Books or processes are examined.
    Audit,
    /// There is a lawsuit, or one is to be expected.
    Litigation,
    /// An authority asked.
    LawEnforcement,
    /// An attack or a fraud is being cleared up.
    Security,
}

impl Matter {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Investigation, Self::Audit, Self::Litigation, Self::LawEnforcement, Self::Security];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Investigation => "investigation",
            Self::Audit => "audit",
            Self::Litigation => "litigation",
            Self::LawEnforcement => "law_enforcement",
            Self::Security => "security",
        }
    }

    /// Reads a kind as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|matter| matter.as_str() == text)
    }

    /// What it is called.
    pub fn label(self) -> &'static str {
        match self {
            Self::Investigation => "Investigation",
            Self::Audit => "Audit",
            Self::Litigation => "Litigation",
            Self::LawEnforcement => "Request of an authority",
            Self::Security => "Security or fraud",
        }
    }
}

/// What of a scope is stored.
#[derive(Debug, Default)]
pub struct Row {
    pub(super) person: Option<PersonId>,
    pub(super) account: Option<AccountId>,
    pub(super) table: Option<&'static str>,
    pub(super) identifier: Option<(&'static str, Vec<u8>)>,
    pub(super) person_keys: Vec<i64>,
    pub(super) digests: Vec<Vec<u8>>,
}

/// Looks up what a scope means.
///
/// # Errors
/// `NotFound` where there is no such person or account.
pub(super) async fn row(conn: &mut AsyncPgConnection, app: &App, scope: &Scope) -> Result<Row, AppError> {
    Ok(match scope {
        Scope::Person(id) => {
            let Subject::Person { digests, .. } = Subject::find_person(conn, &app.keys, *id).await? else {
                return Err(AppError::NotFound);
            };
            Row { person: Some(*id), digests, ..Row::default() }
        }
        Scope::Account(id) => Row { account: Some(there(conn, *id).await?), ..Row::default() },
        Scope::EndUser(id, who) => Row {
            account: Some(there(conn, *id).await?),
            identifier: Some((who.kind.as_str(), app.keys.seal(PLACE, who.value.as_bytes()))),
            person_keys: who.keys(&app.keys, *id),
            ..Row::default()
        },
        Scope::Table(name) => Row { table: Some(name), ..Row::default() },
    })
}

async fn there(conn: &mut AsyncPgConnection, id: AccountId) -> QueryResult<AccountId> {
    accounts::table.find(id).select(accounts::id).first(conn).await
}
