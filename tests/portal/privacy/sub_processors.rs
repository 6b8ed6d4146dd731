//! Who works for us with data about people (S115, S116, S158).

use diesel::result::Error;
use diesel_async::RunQueryDsl as _;
use portal::staff::permissions::Role;

use crate::support::{Browser, TestApp, count};

const LIST: &str = "/sub-processors";
const ASSURED: &[(&str, &str)] = &[
    ("assurance", "A data processing agreement."),
    ("contract_on", "2020-01-01"),
    ("diligence_on", "2020-03-31"),
];

/// Somebody who proposes, and somebody who publishes.
async fn desks(app: &TestApp) -> (Browser, Browser) {
    (app.desk_of(Role::Privacy).await, app.desk_of(Role::Admin).await)
}

async fn proposed(desk: &Browser, name: &str, function: &str) -> String {
    let typed =
        [("name", name), ("country", "de"), ("function", function), ("does", "What it is there for.")];
    let page = desk.get("/staff/sub-processors/new").await.submit(&typed).await;
    assert_eq!(page.status, 303, "{}", page.words());
    page.location().to_owned()
}

async fn published(app: &TestApp, name: &str, function: &str) -> (Browser, String) {
    let (one, other) = desks(app).await;
    let path = proposed(&one, name, function).await;
    assert_eq!(one.get(&path).await.submit_to("/assurance", ASSURED).await.status, 303);
    assert_eq!(other.get(&path).await.submit_to("/approval", &[]).await.status, 303);
    (other, path)
}

#[tokio::test]
async fn nobody_is_published_without_contract_and_close_look_nor_by_whoever_proposed_it() {
    let app = TestApp::start().await;
    let (one, other) = desks(&app).await;
    let path = proposed(&one, "Harbour Machines", "hosting").await;
    assert_eq!(proposed(&one, "Harbour Machines", "hosting").await, path, "sent twice");
    let early = other.post(&format!("{path}/approval"), &[]).await.follow().await;
    assert!(early.notices().join(" ").contains("Without a contract and a close look"), "{}", early.words());
    let late = one.get(&path).await.submit_to("/assurance", &[("diligence_on", "2999-01-01")]).await;
    let fields: Vec<String> = late.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!((late.status, fields.join(" ")), (422, "assurance contract_on diligence_on".into()));
    assert_eq!(late.submit_to("/assurance", ASSURED).await.status, 303);
    let own = one.post(&format!("{path}/approval"), &[]).await.follow().await;
    assert!(own.notices().join(" ").contains("You proposed this one yourself"), "{}", own.words());
    let looked = other.get(&path).await;
    let weaker =
        [("assurance", "A word of honour."), ("contract_on", "2020-01-01"), ("diligence_on", "2020-03-31")];
    assert_eq!(one.post(&format!("{path}/assurance"), &weaker).await.status, 303);
    let unseen = looked.submit_to("/approval", &[]).await.follow().await;
    assert!(unseen.notices().join(" ").contains("noted anew meanwhile"), "{}", unseen.words());
    for missing in
        ["assurance = NULL", "contract_on = NULL", "diligence_on = NULL", "contract_on = '2999-01-01'"]
    {
        let forced = format!(
            "UPDATE sub_processors SET approved_by = gen_random_uuid(), approved_at = now(), {missing}"
        );
        let refused = diesel::sql_query(forced).execute(&mut app.conn().await).await;
        let Err(Error::DatabaseError(_, info)) = refused else { panic!("{missing}: {refused:?}") };
        assert_eq!(info.constraint_name(), Some("sub_processors_assured"), "{missing}");
    }
    assert_eq!(count(&app, "sub_processors WHERE approved_at IS NULL").await, 1);
    assert!(!app.browser().get(LIST).await.words().contains("Harbour Machines"));
}

#[tokio::test]
async fn the_page_and_the_feed_tell_everybody_who_came_and_who_went() {
    let app = TestApp::start().await;
    let visitor = app.browser();
    assert!(visitor.get(LIST).await.words().contains("Nobody is named here yet"));
    let (desk, path) = published(&app, "Harbour & Sons", "hosting").await;
    let words = visitor.get(LIST).await.words();
    for part in ["Harbour & Sons, Germany", "Under contract since 1 January 2020", "on 31 March 2020"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert!(words.contains("Harbour & Sons works for us: Machines and networks"), "{words}");
    let feed = visitor.get("/sub-processors.atom").await;
    assert!(feed.header("content-type").starts_with("application/atom+xml"));
    assert!(feed.text().contains("<title>Harbour &#38; Sons works for us"), "{}", feed.text());
    let late = desk.get(&path).await.submit_to("/assurance", &[("diligence_on", "2999-01-01")]).await;
    assert_eq!((late.status, late.all("textarea[name=assurance]").len()), (422, 0), "the words stay");
    let renewed = late.submit_to("/assurance", &[("diligence_on", "2021-03-31")]).await;
    assert_eq!(renewed.status, 303, "{}", renewed.words());
    assert!(visitor.get(LIST).await.words().contains("on 31 March 2021"));
    let alone =
        [("assurance", "A word of honour."), ("contract_on", "2020-01-01"), ("diligence_on", "2021-03-31")];
    assert_eq!(desk.post(&format!("{path}/assurance"), &alone).await.status, 410, "by one person alone");
    assert_eq!(desk.get(&path).await.submit_to("/end", &[]).await.status, 303);
    let list = visitor.get(LIST).await;
    assert!(!list.words().contains("Harbour & Sons, Germany"), "{}", list.words());
    assert!(list.words().contains("Harbour & Sons no longer works for us"), "what was stays told");
    assert_eq!(visitor.get("/sub-processors.atom").await.text().matches("<entry>").count(), 2);
    assert_eq!(desk.post(&format!("{path}/end"), &[]).await.status, 410, "once");
    assert_eq!(desk.post(&format!("{path}/assurance"), ASSURED).await.status, 410, "it stays as it ended");
}

#[tokio::test]
async fn what_an_optional_part_needs_is_named_only_while_the_portal_has_that_part() {
    let secret = [("PORTAL_BILLING_HOOK_SECRET", "a-key-of-the-billing-system-that-is-long-enough")];
    for (app, named) in [(TestApp::start().await, false), (TestApp::with(&secret).await, true)] {
        let (desk, _) = published(&app, "Coin & Co.", "billing").await;
        let visitor = app.browser();
        assert_eq!(visitor.get(LIST).await.words().contains("Coin & Co."), named);
        assert_eq!(visitor.get("/sub-processors.atom").await.text().contains("<entry>"), named);
        let gaps = desk.get("/staff/sub-processors").await.words();
        assert!(gaps.contains("it belongs on the list: Machines and networks."), "{gaps}");
    }
}
