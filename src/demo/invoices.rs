//! Invoices of the demo: of the accounts that are paid for, one in each state.

use chrono::{Days, NaiveDate};
use diesel::QueryDsl as _;
use diesel_async::RunQueryDsl as _;

use super::accounts;
use crate::accounts::invoices::{self, BilledTo, End, NewInvoice, Taken};
use crate::platform::app::App;
use crate::platform::db::schema::invoices as table;

/// What became of one.
#[derive(Clone, Copy)]
enum Became {
    Nothing,
    Paid,
    Voided(&'static str),
}

/// Number of the account, number of the invoice, issued so many days ago, total in cents, and what became of it.
const INVOICES: [(u8, &str, u64, i64, Became); 8] = [
    (1, "DEMO-1001", 34, 119_000, Became::Paid),
    (3, "DEMO-1002", 34, 47_600, Became::Paid),
    (6, "DEMO-1003", 33, 11_900, Became::Voided("It was billed to the wrong address.")),
    (6, "DEMO-1004", 32, 11_900, Became::Paid),
    (3, "DEMO-1005", 20, 47_600, Became::Nothing),
    (7, "DEMO-1006", 12, 23_800, Became::Paid),
    (1, "DEMO-1007", 4, 119_000, Became::Nothing),
    (8, "DEMO-1008", 2, 5_950, Became::Nothing),
];

/// Makes the invoices, if there are none.
///
/// # Errors
/// What the database says.
pub(super) async fn ensure_there(app: &App) -> anyhow::Result<()> {
    let there: i64 = table::table.count().get_result(&mut *app.db.get().await?).await?;
    if there > 0 {
        return Ok(());
    }
    let today = app.clock.now().date_naive();
    for (account, number, days_ago, total, became) in INVOICES {
        let issued_on = today - Days::new(days_ago);
        let new = invoice(account, number, issued_on, total);
        // The account is not there where somebody else has its owner's address; and a second process may be first.
        if invoices::issue(app, &new).await? != Ok(Taken::New) {
            continue;
        }
        let (on, end) = match became {
            Became::Nothing => continue,
            Became::Paid => (issued_on + Days::new(10), End::Paid),
            Became::Voided(why) => (issued_on + Days::new(1), End::Voided(why.into())),
        };
        // Nobody else knows of it yet.
        let _ = invoices::end(app, number, on, &end).await?;
    }
    Ok(())
}

fn invoice(account: u8, number: &str, issued_on: NaiveDate, total_minor: i64) -> NewInvoice {
    NewInvoice {
        account: accounts::id(account),
        number: number.into(),
        issued_on,
        due_on: issued_on + Days::new(14),
        currency: "EUR".into(),
        total_minor,
        // 19 % on what is left without it.
        tax_minor: total_minor * 19 / 119,
        billed_to: BilledTo {
            name: "Hopper Claims GmbH".into(),
            lines: vec!["Beispielstraße 7".into()],
            postal_code: Some("10115".into()),
            city: "Berlin".into(),
            country: "DE".into(),
        },
    }
}
