//! A subscriber record, as it is stored.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;

use super::State;
use super::details::{self, Details, Document, Subject};
use crate::platform::crypto::{Keys, Unsealable};
use crate::platform::db::schema::subscriber_records;
use crate::platform::ids::{AccountId, SubscriberRecordId};
use crate::retention::subscriber_laws::{self, Law};

/// A record as it is stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = subscriber_records, check_for_backend(Pg))]
pub struct Record {
    /// SID.
    pub id: SubscriberRecordId,
    /// Of which account; nothing once that is gone.
    #[diesel(column_name = account_id)]
    pub account: Option<AccountId>,
    country: String,
    subject: String,
    sealed_name: Vec<u8>,
    sealed_address: Vec<u8>,
    identification_kind: Option<String>,
    sealed_identification: Option<Vec<u8>>,
    /// When it came in.
    pub submitted_on: NaiveDate,
    outcome: Option<String>,
    /// When our staff decided.
    pub decided_on: Option<NaiveDate>,
    /// Why it was refused.
    pub refused_because: Option<String>,
    /// Since when it is for no service any more.
    pub ended_on: Option<NaiveDate>,
    /// Why, as it is stored.
    pub ended_because: Option<String>,
    /// Until when it is kept, once it ended.
    pub kept_until: Option<DateTime<Utc>>,
    sealed_birth: Option<Vec<u8>>,
}

impl Record {
    /// The law that asks for it, or did.
    ///
    /// # Panics
    /// The database took a country that is not in the register.
    pub fn law(&self) -> &'static Law {
        subscriber_laws::known(&self.country).expect("the database keeps to the register")
    }

    /// Who uses the number.
    ///
    /// # Panics
    /// The database took somebody else.
    pub fn subject(&self) -> Subject {
        Subject::parse(&self.subject).expect("the database keeps to the list")
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        match (self.ended_on, self.outcome.as_deref()) {
            (Some(_), _) => State::Ended,
            (None, None) => State::Waiting,
            (None, Some("accepted")) => State::Accepted,
            (None, Some(_)) => State::Refused,
        }
    }

    /// Whether it ever was what the law asks for.
    pub fn was_accepted(&self) -> bool {
        self.outcome.as_deref() == Some("accepted")
    }

    /// By what somebody is identified, where the law asks for it.
    pub fn document(&self) -> Option<Document> {
        self.identification_kind.as_deref().and_then(Document::parse)
    }

    /// When it goes if nobody corrects or withdraws it; nothing for one that was not refused, or ended.
    pub fn refused_until(&self) -> Option<DateTime<Utc>> {
        let decided_on = self.decided_on.filter(|_| self.state() == State::Refused)?;
        Some(subscriber_laws::refused_until(decided_on))
    }

    /// Whether it was accepted and in force on this day, so that a number was connected by it.
    pub fn connected(&self, on: NaiveDate) -> bool {
        self.was_accepted()
            && self.decided_on.is_some_and(|decided| decided <= on)
            && self.ended_on.is_none_or(|ended| on <= ended)
    }

    /// Until when it is kept if it ends on this day. One that was never accepted was for no service: it goes then.
    pub fn kept_if_ended(&self, on: NaiveDate) -> DateTime<Utc> {
        if self.was_accepted() { self.law().kept_until(on) } else { on.and_time(NaiveTime::MIN).and_utc() }
    }

    /// The name, opened.
    ///
    /// # Errors
    /// [`Unsealable`] for another key, what was sealed for another row, or damage.
    pub fn name(&self, keys: &Keys) -> Result<String, Unsealable> {
        details::open_name(keys, self.id, &self.sealed_name)
    }

    /// Everything it says, opened.
    ///
    /// # Errors
    /// As [`Record::name`].
    pub fn details(&self, keys: &Keys) -> Result<Details, Unsealable> {
        let number = self.sealed_identification.as_deref();
        let number = number.map(|sealed| details::open_identification(keys, self.id, sealed)).transpose()?;
        let birth = self.sealed_birth.as_deref();
        let birth = birth.map(|sealed| details::open_birth(keys, self.id, sealed)).transpose()?;
        Ok(Details {
            law: self.law(),
            subject: self.subject(),
            name: self.name(keys)?,
            address: details::open_address(keys, self.id, &self.sealed_address)?,
            birth,
            identification: self.document().zip(number),
        })
    }
}
