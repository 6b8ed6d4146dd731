//! What a closure does, in words and with dates: by the constants and rules that do it.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::{CONTENT_STAYS, DATA_STAYS, queries};
use crate::accounts::guard::Account;
use crate::accounts::invoices::queries::{self as invoices, Whose};
use crate::accounts::permissions::AccountRight;
use crate::accounts::subscriber_records::kept as subscriber_records;
use crate::platform::codes;
use crate::platform::ids::PersonId;
use crate::platform::web::pages::moment;
use crate::privacy::data_map::rows::Subject;
use crate::privacy::data_map::{Class, Erasure, Table};
use crate::privacy::receipts::document::Stays;
use crate::privacy::receipts::{Kind, Receipt};
use crate::privacy::your_data;
use crate::privacy::your_data::queries::Found;
use crate::retention::holds;
use crate::retention::rules;

/// What goes, what stays, and until when.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// What goes, with its date.
    pub goes: Vec<String>,
    /// What stays, why and until when.
    pub stays: Vec<String>,
    /// Invoices that are neither paid nor taken back, for whoever may see invoices.
    pub open: Vec<String>,
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
    viewer: PersonId,
    at: DateTime<Utc>,
) -> QueryResult<Outlook> {
    let subject = Subject::Account { id: account.id };
    let found = your_data::queries::of(conn, &subject).await?;
    let mine = viewer == account.owner;
    let stays = stays(conn, account, mine, at).await?;
    // That something of the owner's is on hold is for the owner alone.
    let mut held = if mine { holds::queries::told_to(conn, viewer, &subject).await? } else { Vec::new() };
    held.retain(|(hold, _)| hold.account.is_none_or(|on| on == account.id));
    let open = open(conn, account).await?;
    Ok(Outlook {
        goes: goes(&found, mine, at),
        stays,
        open,
        held: held.iter().map(|(hold, name)| hold.told(name.as_deref())).collect(),
    })
}

/// How many records of these classes go, in words.
fn records(found: &[(&Table, Found)], classes: &[Class]) -> String {
    let of_class = found.iter().filter(|(table, _)| classes.contains(&table.class()));
    let going: Vec<_> = of_class.filter(|(table, _)| !matches!(table.erasure, Erasure::Keep(_))).collect();
    let rows: i64 = going.iter().map(|(_, found)| found.rows.min(your_data::queries::CAP)).sum();
    match (rows, going.iter().any(|(_, found)| found.is_capped())) {
        (rows, true) => format!("more than {} records", codes::count(rows)),
        (1, false) => "1 record".into(),
        (rows, false) => format!("{} records", codes::count(rows)),
    }
}

/// What goes, with its date; `mine` where the owner reads it.
fn goes(found: &[(&Table, Found)], mine: bool, at: DateTime<Utc>) -> Vec<String> {
    let (content_until, data_until) = (moment(&(at + CONTENT_STAYS)), moment(&(at + DATA_STAYS)));
    vec![
        format!(
            "Claims, communications and all else that programs keep: {}, on {content_until}",
            records(found, &[Class::Content])
        ),
        format!(
            "The account with its credentials, members, history and request log: {}, by {data_until}",
            records(found, &[Class::Account, Class::Usage])
        ),
        if mine {
            format!(
                "You, if this is your last account and you are in no other: your name, addresses and sign-in, by {data_until}"
            )
        } else {
            format!("Its owner, if it is their last account, by {data_until}; you stay")
        },
        format!(
            "Copies in backups, by {data_until} and at most {} after the original",
            rules::BACKUPS.period.words()
        ),
    ]
}

/// What stays, why and until when; `mine` where the owner reads it.
async fn stays(
    conn: &mut AsyncPgConnection,
    account: &Account,
    mine: bool,
    at: DateTime<Utc>,
) -> QueryResult<Vec<String>> {
    let until = |rule: &rules::Rule| rule.goes_at(at).map_or_else(String::new, |end| moment(&end));
    let (crm, support) = (until(&rules::FORMER_CUSTOMERS), until(&rules::SALES_ENQUIRIES));
    let whose = if mine { ("you were", "you") } else { ("its owner was", "its owner") };
    let written = if queries::has_more(conn, account.owner, account.id).await? {
        let of = if mine { "you have" } else { "they have" };
        let kept = rules::SALES_ENQUIRIES.period.words();
        format!("as long as {of} another account or a place in one, and for {kept} after that")
    } else {
        format!("until {support}")
    };
    let mut stays = vec![
        format!("That {} a customer, with name and address, until {crm}", whose.0),
        format!("What {} wrote to us and our answers, {written}", whose.1),
    ];
    stays.extend(by_law(conn, account, at).await?);
    stays.push("The audit log, in which ids stand that lead nowhere once the account is gone".to_owned());
    Ok(stays)
}

/// What a law keeps, a line each, and until when the last of it.
async fn by_law(
    conn: &mut AsyncPgConnection,
    account: &Account,
    at: DateTime<Utc>,
) -> QueryResult<Vec<String>> {
    let invoices = invoices::last_kept(conn, Whose::Account(account.id)).await?;
    let invoices = invoices.map(|until| {
        format!(
            "Invoices, with the name and address on them, for taxes and audits, the last until {}",
            moment(&until)
        )
    });
    let records = subscriber_records::last_kept(conn, Whose::Account(account.id), at).await?;
    let records = records.map(|until| {
        format!(
            "Subscriber records that were accepted, by the law of their country, the last until {}; they end with the closure",
            moment(&until)
        )
    });
    Ok(invoices.into_iter().chain(records).collect())
}

/// What is still to be paid, a line each, as far as the role of whoever asks may see it.
async fn open(conn: &mut AsyncPgConnection, account: &Account) -> QueryResult<Vec<String>> {
    if !AccountRight::SeeInvoices.granted_to(account.role) {
        return Ok(Vec::new());
    }
    let open = invoices::open(conn, Whose::Account(account.id)).await?;
    Ok(open.iter().map(|invoice| invoice.told()).collect())
}

/// The receipt of a closure that was asked for at this moment (S81).
///
/// # Errors
/// What the database says.
pub(super) async fn receipt(
    conn: &mut AsyncPgConnection,
    account: &Account,
    at: DateTime<Utc>,
) -> QueryResult<Receipt> {
    let stays = |what: &str, why: &str, until: Option<DateTime<Utc>>| Stays {
        what: what.into(),
        why: why.into(),
        until,
        for_good: false,
    };
    // What somebody wrote stays while they have an account, and nobody knows how long that is.
    let written = if queries::has_more(conn, account.owner, account.id).await? {
        ("our policy keeps it as long as you have another account, and for some time after that", None)
    } else {
        ("our policy keeps it", rules::SALES_ENQUIRIES.goes_at(at))
    };
    let mut receipt = Receipt {
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
            stays("What you wrote to us", written.0, written.1),
        ],
        ..Receipt::new(Kind::AccountClosed)
    };
    let invoices = invoices::last_kept(conn, Whose::Account(account.id)).await?;
    if invoices.is_some() {
        receipt.rules.push(&rules::INVOICES);
        receipt.stays.push(stays("Invoices", "a law makes us keep them, for taxes and audits", invoices));
    }
    let records = subscriber_records::last_kept(conn, Whose::Account(account.id), at).await?;
    if records.is_some() {
        receipt.rules.push(&rules::SUBSCRIBER_RECORDS);
        receipt.stays.push(stays(
            "Subscriber records",
            "the law of their country makes us keep them, for legal, security and anti-fraud purposes",
            records,
        ));
    }
    Ok(receipt)
}
