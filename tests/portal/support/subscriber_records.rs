//! Subscriber records, as an account submits them and the privacy team works on them.

use portal::platform::ids::AccountId;
use portal::retention::subscriber_laws;

use super::{Browser, PDF, Page, Sent, TestApp};

/// The number of the document in every record.
pub const NUMBER: &str = "X1234567";

/// The day of birth in every record whose law asks for it.
pub const BORN_ON: &str = "1980-02-03";

/// What a form says of somebody; a country takes of it what its law asks for.
pub fn typed<'a>(country: &'a str, name: &'a str) -> [(&'static str, &'a str); 8] {
    [
        ("country", country),
        ("subject", "end_user"),
        ("name", name),
        ("born_on", BORN_ON),
        ("birthplace", "Winterthur"),
        ("address", "Bahnhofgasse 1\n8001 Zürich"),
        ("document", "passport"),
        ("number", NUMBER),
    ]
}

/// What has to be sent along there.
pub fn proof(country: &str) -> Sent<'static> {
    let law = subscriber_laws::of(country).expect("a country with a rule");
    if law.proof.is_some() { &[("Pass of Martha Keel.pdf", PDF)] } else { &[] }
}

/// The page of a record at the desk.
pub fn at_desk(record: &str) -> String {
    let id = record.rsplit('/').next().expect("a SID");
    format!("/staff/subscriber-records/{id}")
}

impl TestApp {
    /// Submits a record, and answers what came of it.
    pub async fn try_subscriber_record(
        &self,
        browser: &Browser,
        account: AccountId,
        country: &str,
        name: &str,
    ) -> Page {
        let path = format!("/accounts/{account}/subscriber-records/new");
        browser.post_with_files(&path, &typed(country, name), "files", proof(country)).await
    }

    /// Submits a record for a country, and answers its page.
    pub async fn subscriber_record(
        &self,
        browser: &Browser,
        account: AccountId,
        country: &str,
        name: &str,
    ) -> String {
        let page = self.try_subscriber_record(browser, account, country, name).await;
        assert_eq!(page.status, 303, "{}", page.words());
        page.location().to_owned()
    }

    /// Opens a record at the desk with a reason, and answers its page there.
    pub async fn open_record(&self, desk: &Browser, record: &str) -> String {
        let path = at_desk(record);
        let reason = [("reason", "To see whether the record is complete.")];
        let page = desk.post(&format!("{path}/looks"), &reason).await;
        assert_eq!(page.status, 303, "{}", page.words());
        path
    }

    /// Decides a record at the desk, after it is opened there. The owner gets a mail.
    pub async fn decide_record(&self, desk: &Browser, record: &str, decision: &[(&str, &str)]) {
        let path = self.open_record(desk, record).await;
        let page = desk.post(&format!("{path}/decision"), decision).await;
        assert_eq!(page.status, 303, "{}", page.words());
    }

    /// Accepts a record.
    pub async fn accept_record(&self, desk: &Browser, record: &str) {
        self.decide_record(desk, record, &[("outcome", "accepted")]).await;
    }

    /// Notes that a record, which is open at the desk, was shown to an authority, whatever became of it.
    pub async fn share_record(&self, desk: &Browser, record: &str) -> Page {
        let today = self.today().to_string();
        let fields = [
            ("recipient_kind", "authority"),
            ("recipient", "Stadtpolizei Zürich"),
            ("ground", "order"),
            ("purpose", "Order 12 of 2026, about a fraud."),
            ("shared_on", today.as_str()),
        ];
        let page = desk.post(&format!("{}/shares", at_desk(record)), &fields).await;
        assert_eq!(page.status, 303, "{}", page.words());
        page
    }
}
