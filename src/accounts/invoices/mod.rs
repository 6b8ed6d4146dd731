//! Invoices of an account (S44, S45, S74). The billing system issues them and tells of them by a signed hook; here their owner
//! reads them, and here they stay for as long as the law of the country that they are billed to asks for.
//!
//! What is told twice counts once, and in whatever order payment and voiding are told, the same comes of it. What is told of
//! an invoice that is not known yet is refused so that the billing system tells it again: only an issued invoice says how
//! long it is kept. What stands on an invoice never changes; one that was wrong is voided, and another issued.
//!
//! An invoice outlives its account. With that its reference goes, and nothing else that stays leads from a row without a name
//! to the name on an invoice: it has days and no moments, and an id of its own.
//!
//! - [`hooks`], [`told`]: what the billing system tells
//! - [`web`]: the pages of the account
//! - [`staff`]: those of staff, for invoices whose account is gone
//! - [`crate::retention::invoice_laws`]: until when one is kept

pub mod hooks;
pub mod queries;
pub mod staff;
mod told;
pub mod web;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, InvoiceId, new_uuid_apart};
use crate::retention::invoice_laws;

pub use queries::Invoice;

/// Longest number of an invoice, in characters.
const LONGEST_NUMBER: usize = 64;

/// An invoice as it is issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInvoice {
    /// To which account.
    pub account: AccountId,
    /// What the billing system calls it; no two are called the same.
    pub number: String,
    /// Its day.
    pub issued_on: NaiveDate,
    /// By when it is to be paid.
    pub due_on: NaiveDate,
    /// ISO 4217.
    pub currency: String,
    /// What it is over, with tax, in the smallest unit of the currency.
    pub total_minor: i64,
    /// How much of that is tax.
    pub tax_minor: i64,
    /// To whom.
    pub billed_to: BilledTo,
}

/// Name and address of whoever is billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BilledTo {
    /// Person or company.
    pub name: String,
    /// Street and the like, one to five lines.
    pub lines: Vec<String>,
    /// Postal code, where the country has some.
    pub postal_code: Option<String>,
    /// City.
    pub city: String,
    /// ISO 3166-1, two letters.
    pub country: String,
}

impl NewInvoice {
    /// Until when it is kept (S74).
    pub fn kept_until(&self) -> DateTime<Utc> {
        invoice_laws::of(&self.billed_to.country).kept_until(self.issued_on)
    }

    /// An id that sorts by the day of issue, and has no place among those that were made with it.
    fn fresh_id(&self, app: &App) -> InvoiceId {
        let day = self.issued_on.and_time(NaiveTime::MIN).and_utc();
        InvoiceId(new_uuid_apart(day, app.keys.random_bytes()))
    }
}

/// What became of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It was paid.
    Paid,
    /// It was taken back, because of this.
    Voided(String),
}

impl End {
    fn action(&self) -> &'static str {
        match self {
            Self::Paid => "account.invoice.paid",
            Self::Voided(_) => "account.invoice.voided",
        }
    }
}

/// Where an invoice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is to be paid.
    Open,
    /// It should have been paid.
    Overdue,
    /// It is over nothing, so that nobody waits for a payment.
    Nothing,
    /// It was paid.
    Paid,
    /// It was taken back, paid or not.
    Void,
}

impl State {
    /// The kind of its badge.
    pub fn badge(self) -> &'static str {
        match self {
            Self::Open => "info",
            Self::Overdue => "danger",
            Self::Nothing | Self::Paid => "success",
            Self::Void => "",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Overdue => "Overdue",
            Self::Nothing => "Nothing to pay",
            Self::Paid => "Paid",
            Self::Void => "Void",
        }
    }
}

/// What came of something that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is noted.
    New,
    /// It was told before.
    Again,
}

/// What stands against something that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such account.
    UnknownAccount,
    /// Nobody told of this invoice yet.
    NotIssued,
    /// There is an invoice with this number, and it says something else.
    Differs,
}

/// Stores an invoice.
///
/// # Errors
/// Inside: an account that is not there, or another invoice with this number. Outside: what the database says.
pub async fn issue(app: &App, new: &NewInvoice) -> Result<Result<Taken, Refusal>, AppError> {
    let (now, id) = (app.clock.now(), new.fresh_id(app));
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        // Whoever erases the account waits for this, and then takes the reference from the invoice.
        let is_there = queries::share_account(conn, new.account).await?;
        if is_there && queries::insert(conn, id, new).await? {
            log(conn, Some(new.account), id, "account.invoice.issued", now).await?;
            return Ok(Ok(Taken::New));
        }
        Ok(match queries::find_by_number(conn, &new.number).await? {
            Some(known) if known.says_the_same(new) => Ok(Taken::Again),
            Some(_) => Err(Refusal::Differs),
            None => Err(Refusal::UnknownAccount),
        })
    })
    .await
}

/// Notes what became of an invoice, and on which day. Of the same end that is told again the first stands.
///
/// # Errors
/// Inside: an invoice that is not known. Outside: what the database says.
pub async fn end(
    app: &App,
    number: &str,
    on: NaiveDate,
    end: &End,
) -> Result<Result<Taken, Refusal>, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let Some(known) = queries::find_by_number(conn, number).await? else {
            return Ok(Err(Refusal::NotIssued));
        };
        // Whoever locks both takes the account first.
        if let Some(account) = known.account {
            queries::share_account(conn, account).await?;
        }
        let Some(ended) = queries::note_end(conn, known.id, on, end).await? else {
            return Ok(Ok(Taken::Again));
        };
        log(conn, ended.account, ended.id, end.action(), now).await?;
        Ok(Ok(Taken::New))
    })
    .await
}

/// Of an invoice that has no account any more nothing is written beside an id that leads to one.
async fn log(
    conn: &mut AsyncPgConnection,
    account: Option<AccountId>,
    id: InvoiceId,
    action: &'static str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let note = id.to_string();
    let event = match account {
        Some(account) => Event::by_system("account", account.0, action).note(&note),
        None => Event::by_system("invoice", id.0, action),
    };
    audit::append(conn, now, event).await.map(drop)
}
