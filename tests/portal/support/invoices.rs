//! Invoices, as they are stored once the billing system has told of them.

use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::accounts::invoices::{self, BilledTo, End, NewInvoice, Taken};
use portal::platform::db::schema::invoices as table;
use portal::platform::ids::{AccountId, InvoiceId};

use super::TestApp;

impl TestApp {
    /// The day of the portal's clock, in UTC.
    pub fn today(&self) -> NaiveDate {
        self.clock.now().date_naive()
    }

    /// Moves the clock to the noon of another day: what is counted in days does not change meanwhile.
    pub async fn wait_for_noon(&self) {
        let noon = (self.today() + Days::new(1)).and_hms_opt(12, 0, 0).expect("a noon").and_utc();
        self.travel(noon - self.clock.now()).await;
    }

    /// An invoice to an account that was issued so many days ago and is due two weeks after: 1,190.00 EUR, to a company in
    /// Germany.
    pub async fn invoice(&self, account: AccountId, number: &str, days_ago: u64) -> InvoiceId {
        let issued_on = self.today() - Days::new(days_ago);
        let new = NewInvoice {
            account,
            number: number.into(),
            issued_on,
            due_on: issued_on + Days::new(14),
            currency: "EUR".into(),
            total_minor: 119_000,
            tax_minor: 19_000,
            billed_to: BilledTo {
                name: "Analytical Engines GmbH".into(),
                lines: vec!["Hauptstraße 1".into(), "Hinterhaus".into()],
                postal_code: Some("10115".into()),
                city: "Berlin".into(),
                country: "DE".into(),
            },
        };
        assert_eq!(invoices::issue(self, &new).await.expect("a database"), Ok(Taken::New), "{number}");
        let row = table::table.filter(table::number.eq(number)).select(table::id);
        row.first(&mut self.conn().await).await.expect("just stored")
    }

    /// An invoice as [`TestApp::invoice`] makes it, whose account is gone.
    pub async fn invoice_of_nobody(&self, account: AccountId, number: &str, days_ago: u64) -> InvoiceId {
        let id = self.invoice(account, number, days_ago).await;
        let without = table::account_id.eq(None::<AccountId>);
        let row = diesel::update(table::table.find(id)).set(without);
        assert_eq!(row.execute(&mut self.conn().await).await.expect("a database"), 1, "{number}");
        id
    }

    /// Notes that an invoice was paid today.
    pub async fn pay(&self, number: &str) {
        let paid = invoices::end(self, number, self.today(), &End::Paid).await;
        assert_eq!(paid.expect("a database"), Ok(Taken::New), "{number}");
    }

    /// Notes that an invoice was taken back today.
    pub async fn void(&self, number: &str, why: &str) {
        let voided = invoices::end(self, number, self.today(), &End::Voided(why.into())).await;
        assert_eq!(voided.expect("a database"), Ok(Taken::New), "{number}");
    }
}
