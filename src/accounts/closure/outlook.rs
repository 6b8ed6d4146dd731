//! What a closure does, in words and with dates: by the constants and rules that do it.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::{CONTENT_STAYS, DATA_STAYS};
use crate::accounts::guard::Account;
use crate::platform::web::pages::moment;
use crate::privacy::data_map::rows::Subject;
use crate::privacy::data_map::{self, Class, Erasure};
use crate::privacy::erasure::engine;
use crate::privacy::receipts::document::Stays;
use crate::privacy::receipts::{Kind, Receipt};
use crate::retention::holds;
use crate::retention::rules;

/// What goes, what stays, and until when.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// What goes, with its date.
    pub goes: Vec<String>,
    /// What stays, why and until when.
    pub stays: Vec<String>,
    /// What a hold keeps beyond that, in words; empty where nothing is held, or the law forbids to tell.
    pub held: Vec<String>,
}

/// What a closure that is asked for at this moment does.
///
/// # Errors
/// What the database says.
pub async fn outlook(
    conn: &mut AsyncPgConnection,
    account: &Account,
    at: DateTime<Utc>,
) -> QueryResult<Outlook> {
    let found = engine::count(conn, &Subject::Account { id: account.id }).await?;
    let rows = |class: Class| -> i64 {
        let of_class = data_map::tables().filter(|table| table.class() == class);
        of_class
            .filter(|table| !matches!(table.erasure, Erasure::Keep(_)))
            .filter_map(|table| found.get(table.name))
            .sum()
    };
    let many = |rows: i64| if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
    let (content_until, data_until) = (moment(&(at + CONTENT_STAYS)), moment(&(at + DATA_STAYS)));
    let goes = vec![
        format!(
            "Claims, communications and all else that programs keep: {}, on {content_until}",
            many(rows(Class::Content))
        ),
        format!(
            "The account with its credentials, members, history and request log: {}, by {data_until}",
            many(rows(Class::Account) + rows(Class::Usage))
        ),
        format!(
            "You, if this is your last account and you are in no other: your name, addresses and sign-in, by {data_until}"
        ),
        format!("Copies in backups, by {data_until} and at most 30 days after the original"),
    ];
    let until = |rule: &rules::Rule| rule.goes_at(at).map_or_else(String::new, |end| moment(&end));
    let stays = vec![
        format!(
            "That you were a customer, with your name and address, until {}",
            until(&rules::FORMER_CUSTOMERS)
        ),
        format!("What you wrote to us and our answers, until {}", until(&rules::SALES_ENQUIRIES)),
        "The audit log, in which ids stand that lead nowhere once the account is gone".to_owned(),
    ];
    let held = holds::queries::told_to(conn, account.owner).await?;
    Ok(Outlook { goes, stays, held: held.iter().map(|hold| hold.told()).collect() })
}

/// The receipt of a closure that was asked for at this moment (S81).
pub(super) fn receipt(account: &Account, at: DateTime<Utc>) -> Receipt {
    let stays = |what: &str, why: &str, until: Option<DateTime<Utc>>| Stays {
        what: what.into(),
        why: why.into(),
        until,
    };
    Receipt {
        person: Some(account.owner),
        account: Some(account.id),
        rules: vec![&rules::ACCOUNT, &rules::FORMER_CUSTOMERS, &rules::SALES_ENQUIRIES],
        stays: vec![
            stays(
                "Claims and communications",
                "they can be fetched for thirty days",
                Some(at + CONTENT_STAYS),
            ),
            stays("Everything else about the account", "it goes within sixty days", Some(at + DATA_STAYS)),
            stays("That you were a customer", "our policy keeps it", rules::FORMER_CUSTOMERS.goes_at(at)),
            stays("What you wrote to us", "our policy keeps it", rules::SALES_ENQUIRIES.goes_at(at)),
        ],
        ..Receipt::new(Kind::AccountClosed)
    }
}
