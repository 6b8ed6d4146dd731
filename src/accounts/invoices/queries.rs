//! Rows of invoices.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::{exists, max};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{BilledTo, End, NewInvoice, State};
use crate::platform::codes;
use crate::platform::db::schema::{accounts, invoices};
use crate::platform::ids::{AccountId, InvoiceId, PersonId};
use crate::platform::web::pages::date;
use crate::platform::web::pagination::{Window, windowed};

/// Who tells of invoices; the column takes no other.
const SOURCE: &str = "processor";
/// As many open invoices as somebody is told of at once.
const MOST_TOLD: i64 = 20;

/// An invoice as it is stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = invoices, check_for_backend(Pg))]
pub struct Invoice {
    /// SID.
    pub id: InvoiceId,
    /// To which account; nothing once that is gone.
    #[diesel(column_name = account_id)]
    pub account: Option<AccountId>,
    /// What the billing system calls it.
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
    billing_name: String,
    billing_lines: Vec<Option<String>>,
    billing_postal_code: Option<String>,
    billing_city: String,
    billing_country: String,
    /// When it was paid.
    pub settled_on: Option<NaiveDate>,
    /// When it was taken back.
    pub voided_on: Option<NaiveDate>,
    /// Why.
    pub voided_because: Option<String>,
    /// Until when it is kept.
    pub kept_until: DateTime<Utc>,
}

impl Invoice {
    /// To whom it is.
    pub fn billed_to(&self) -> BilledTo {
        BilledTo {
            name: self.billing_name.clone(),
            lines: self.billing_lines.iter().flatten().cloned().collect(),
            postal_code: self.billing_postal_code.clone(),
            city: self.billing_city.clone(),
            country: self.billing_country.clone(),
        }
    }

    /// Where it stands on a day of UTC. On the day on which it is due it is not overdue yet.
    pub fn state(&self, today: NaiveDate) -> State {
        match (self.voided_on, self.settled_on) {
            (Some(_), _) => State::Void,
            (None, Some(_)) => State::Paid,
            (None, None) if self.total_minor == 0 => State::Nothing,
            (None, None) if self.due_on < today => State::Overdue,
            (None, None) => State::Open,
        }
    }

    /// What it is over, for people.
    pub fn total(&self) -> String {
        codes::amount(self.total_minor, &self.currency)
    }

    /// It in a line, for whoever is told that it is open.
    pub fn told(&self) -> String {
        format!("{} for {}, due on {}", self.number, self.total(), date(self.due_on))
    }

    /// Whether it is what was issued before under its number. That an account is gone says nothing against it.
    pub(super) fn says_the_same(&self, new: &NewInvoice) -> bool {
        self.account.is_none_or(|account| account == new.account)
            && (self.issued_on, self.due_on) == (new.issued_on, new.due_on)
            && (self.total_minor, self.tax_minor) == (new.total_minor, new.tax_minor)
            && self.currency == new.currency
            && self.billed_to() == new.billed_to
    }
}

/// Whether an account is there; then it stays until the end of the transaction.
pub(in crate::accounts) async fn share_account(
    conn: &mut AsyncPgConnection,
    id: AccountId,
) -> QueryResult<bool> {
    let row = accounts::table.find(id).select(accounts::id).for_key_share();
    Ok(row.first::<AccountId>(conn).await.optional()?.is_some())
}

/// Stores an invoice, and answers whether there was none with its number. Of two at once the second waits for the first.
pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    id: InvoiceId,
    new: &NewInvoice,
) -> QueryResult<bool> {
    let made = diesel::insert_into(invoices::table)
        .values((
            invoices::id.eq(id),
            invoices::account_id.eq(new.account),
            invoices::source.eq(SOURCE),
            invoices::number.eq(&new.number),
            invoices::issued_on.eq(new.issued_on),
            invoices::due_on.eq(new.due_on),
            invoices::currency.eq(&new.currency),
            invoices::total_minor.eq(new.total_minor),
            invoices::tax_minor.eq(new.tax_minor),
            invoices::billing_name.eq(&new.billed_to.name),
            invoices::billing_lines.eq(&new.billed_to.lines),
            invoices::billing_postal_code.eq(new.billed_to.postal_code.as_deref()),
            invoices::billing_city.eq(&new.billed_to.city),
            invoices::billing_country.eq(&new.billed_to.country),
            invoices::kept_until.eq(new.kept_until()),
        ))
        .on_conflict((invoices::source, invoices::number))
        .do_nothing()
        .execute(conn)
        .await?;
    Ok(made > 0)
}

pub(super) async fn find_by_number(
    conn: &mut AsyncPgConnection,
    number: &str,
) -> QueryResult<Option<Invoice>> {
    invoices::table
        .filter(invoices::source.eq(SOURCE).and(invoices::number.eq(number)))
        .select(Invoice::as_select())
        .first(conn)
        .await
        .optional()
}

/// Notes an end that was not told before; nothing where it was.
pub(super) async fn note_end(
    conn: &mut AsyncPgConnection,
    id: InvoiceId,
    on: NaiveDate,
    end: &End,
) -> QueryResult<Option<Invoice>> {
    let invoice = invoices::table.find(id);
    let ended = match end {
        End::Paid => {
            diesel::update(invoice.filter(invoices::settled_on.is_null()))
                .set(invoices::settled_on.eq(on))
                .returning(Invoice::as_returning())
                .get_result(conn)
                .await
        }
        End::Voided(because) => {
            diesel::update(invoice.filter(invoices::voided_on.is_null()))
                .set((invoices::voided_on.eq(on), invoices::voided_because.eq(because)))
                .returning(Invoice::as_returning())
                .get_result(conn)
                .await
        }
    };
    ended.optional()
}

/// Invoices of an account, newest first: a page of them.
pub(super) async fn list(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    window: Window,
) -> QueryResult<Vec<Invoice>> {
    let rows = invoices::table.filter(invoices::account_id.eq(account)).select(Invoice::as_select());
    windowed!(rows, invoices::id, window).load(conn).await
}

/// An invoice of an account.
pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: InvoiceId,
) -> QueryResult<Invoice> {
    invoices::table
        .find(id)
        .filter(invoices::account_id.eq(account))
        .select(Invoice::as_select())
        .first(conn)
        .await
}

/// Invoices whose account is gone, newest first: a page of them.
pub(super) async fn list_gone(conn: &mut AsyncPgConnection, window: Window) -> QueryResult<Vec<Invoice>> {
    let rows = invoices::table.filter(invoices::account_id.is_null()).select(Invoice::as_select());
    windowed!(rows, invoices::id, window).load(conn).await
}

/// An invoice whose account is gone.
pub(super) async fn find_gone(conn: &mut AsyncPgConnection, id: InvoiceId) -> QueryResult<Invoice> {
    let gone = invoices::table.find(id).filter(invoices::account_id.is_null());
    gone.select(Invoice::as_select()).first(conn).await
}

/// Whose invoices are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those of all accounts that somebody owns.
    Person(PersonId),
    /// Those of an account.
    Account(AccountId),
}

impl Whose {
    /// The accounts that are meant.
    pub(in crate::accounts) fn accounts(self) -> accounts::BoxedQuery<'static, Pg, Nullable<SqlUuid>> {
        let ids = accounts::table.select(accounts::id.nullable()).into_boxed();
        match self {
            Self::Person(id) => ids.filter(accounts::owner_id.eq(id)),
            Self::Account(id) => ids.filter(accounts::id.eq(id)),
        }
    }
}

/// Those over something that are neither paid nor voided, the earliest due first, as many as somebody is told of.
///
/// # Errors
/// What the database says.
pub async fn open(conn: &mut AsyncPgConnection, whose: Whose) -> QueryResult<Vec<Invoice>> {
    invoices::table
        .filter(invoices::account_id.eq_any(whose.accounts()))
        .filter(invoices::settled_on.is_null().and(invoices::voided_on.is_null()))
        .filter(invoices::total_minor.gt(0))
        .order((invoices::due_on, invoices::id))
        .limit(MOST_TOLD)
        .select(Invoice::as_select())
        .load(conn)
        .await
}

/// Whether one over something is neither paid nor voided.
///
/// # Errors
/// What the database says.
pub async fn is_any_open(conn: &mut AsyncPgConnection, whose: Whose) -> QueryResult<bool> {
    let open = invoices::table
        .filter(invoices::account_id.eq_any(whose.accounts()))
        .filter(invoices::settled_on.is_null().and(invoices::voided_on.is_null()))
        .filter(invoices::total_minor.gt(0));
    diesel::select(exists(open)).get_result(conn).await
}

/// Until when the last of them is kept; nothing where there is none.
///
/// # Errors
/// What the database says.
pub async fn last_kept(conn: &mut AsyncPgConnection, whose: Whose) -> QueryResult<Option<DateTime<Utc>>> {
    invoices::table
        .filter(invoices::account_id.eq_any(whose.accounts()))
        .select(max(invoices::kept_until))
        .first(conn)
        .await
}
