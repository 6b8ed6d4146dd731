//! A disclosure and its steps, as they are stored.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;

use super::kinds::{Ground, Outcome, RecipientKind, State};
use crate::platform::db::schema::{disclosure_steps, disclosures};
use crate::platform::ids::{AccountId, DisclosureId, PersonId};
use crate::privacy::data_map::{Category, Class};

/// A disclosure as it stands.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = disclosures, check_for_backend(Pg))]
pub struct Disclosure {
    /// SID.
    pub id: DisclosureId,
    #[diesel(column_name = state)]
    state_name: String,
    /// Counts the steps.
    pub version: i32,
    #[diesel(column_name = recipient_kind)]
    kind_name: String,
    /// Who gets it.
    pub recipient: String,
    #[diesel(column_name = ground)]
    ground_name: Option<String>,
    /// It may be a sale in the meaning of the law.
    pub sale: bool,
    #[diesel(column_name = classes)]
    class_names: Vec<Option<String>>,
    #[diesel(column_name = categories)]
    category_names: Vec<Option<String>>,
    /// Whom it is about.
    #[diesel(column_name = person_id)]
    pub person: Option<PersonId>,
    /// Which account it is about.
    #[diesel(column_name = account_id)]
    pub account: Option<AccountId>,
    /// As the order calls itself.
    pub order_reference: Option<String>,
    /// What is asked for, or is to be handed over; emptied with whom it was about.
    pub words: Option<String>,
    /// How it was made sure that it leads to nobody.
    pub method: Option<String>,
    /// When it came.
    pub received_on: NaiveDate,
    /// The day until which nobody may be told.
    pub silent_until: Option<NaiveDate>,
    /// The law or order that forbids it.
    pub silent_because: Option<String>,
    /// When whoever it is about was told.
    pub told_at: Option<DateTime<Utc>>,
    /// The day of a business transfer.
    pub transfer_on: Option<NaiveDate>,
    /// Who recorded it.
    pub recorded_by: PersonId,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// Who approved it.
    pub approved_by: Option<PersonId>,
    /// When.
    pub approved_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub closed_at: Option<DateTime<Utc>>,
}

impl Disclosure {
    /// Where it stands.
    pub fn state(&self) -> State {
        State::parse(&self.state_name).expect("the database keeps to the states")
    }

    /// What kind of recipient gets it.
    pub fn kind(&self) -> RecipientKind {
        RecipientKind::parse(&self.kind_name).expect("the database keeps to the kinds")
    }

    /// On which ground, where it takes one.
    pub fn ground(&self) -> Option<Ground> {
        self.ground_name.as_deref().and_then(Ground::parse)
    }

    /// Which classes of data.
    pub fn classes(&self) -> Vec<Class> {
        let is_named = |class: &Class| self.class_names.iter().flatten().any(|id| id == class.id());
        Class::ALL.into_iter().filter(is_named).collect()
    }

    /// Which categories of data.
    pub fn categories(&self) -> Vec<Category> {
        self.category_names.iter().flatten().filter_map(|id| Category::parse(id)).collect()
    }

    /// Whether it is about somebody by name, who is still there.
    pub fn is_of_somebody(&self) -> bool {
        self.person.is_some() || self.account.is_some()
    }
}

/// A step that was taken.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = disclosure_steps, check_for_backend(Pg))]
pub(super) struct Step {
    pub disclosure_id: DisclosureId,
    pub act: String,
    pub actor_id: PersonId,
    pub at: DateTime<Utc>,
    pub note: Option<String>,
    pub words: Option<String>,
    outcome: Option<String>,
    pub silent_until: Option<NaiveDate>,
    pub handed_on: Option<NaiveDate>,
}

impl Step {
    pub(super) fn outcome(&self) -> Option<Outcome> {
        self.outcome.as_deref().and_then(Outcome::parse)
    }
}
