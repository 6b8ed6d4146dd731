//! The receipt of a deletion in its signed form, which `portal receipt verify` checks (S91, S111). It is made anew whenever
//! it is asked for: the same deletion always gives the same document.

use chrono::{DateTime, Utc};

use super::STAYS;
use super::receipts::Receipt as Row;
use crate::platform::app::App;
use crate::platform::ids::AccountId;
use crate::privacy::data_map::Class;
use crate::privacy::receipts::document::{Count, Document, Stays};
use crate::privacy::receipts::{self, Kind, Receipt};
use crate::retention::rules;

/// Until when something stays that [`STAYS`] names.
fn until(what: &str, row: &Row) -> Option<DateTime<Utc>> {
    match what {
        "Request log" => rules::API_REQUESTS.goes_at(row.instructed_at),
        "Receipt" => rules::CONTENT_DELETIONS.goes_at(row.instructed_at),
        "Copies in backups" => Some(row.instructed_at + super::receipts::ARRIVES_WITHIN),
        _ => None,
    }
}

/// Signs the receipt of a deletion in this account.
pub(in crate::content::end_users) fn sign(app: &App, account: AccountId, row: &Row) -> String {
    let stays = STAYS.iter().map(|(what, why)| Stays {
        what: (*what).into(),
        why: (*why).into(),
        until: until(what, row),
        for_good: false,
    });
    let count = Count {
        deleted: row.claims + row.communications + row.bodies,
        anonymised: row.parties,
        ..Count::none(Class::Content)
    };
    let receipt = Receipt {
        account: Some(account),
        counts: vec![count],
        rules: vec![&rules::CONTENT_DELETIONS],
        stays: stays.collect(),
        ..Receipt::new(Kind::ContentDeleted)
    };
    receipts::sign(app, &Document::of(app, &row.id.to_string(), &receipt, row.instructed_at))
}
