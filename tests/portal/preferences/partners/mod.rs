//! Partners: nobody gets an address for marketing of their own from whoever did not say yes to them (S113), and nothing is
//! sold (S23, S102, S155).

mod desk;
mod endings;

use diesel::result::Error;
use diesel_async::RunQueryDsl as _;
use portal::platform::audit::Circumstances;
use portal::platform::db;
use portal::platform::ids::{ContactId, PartnerId, PersonId, ShareId};
use portal::preferences::campaigns::Desk;
use portal::preferences::partners::{self, Draft, shares};
use portal::staff::permissions::Role;

use crate::support::{Browser, Page, Subscriber, TestApp, count, lock_waits, run};

fn somebody(app: &TestApp) -> Desk {
    Desk { person: PersonId::new(app.clock.now()), from: Circumstances::default() }
}

/// A partner that one person proposed and another published.
async fn published(app: &TestApp) -> PartnerId {
    let draft = Draft {
        name: "Tool Shed".into(),
        sends: "Offers for repair tools, at most once a month.".into(),
        policy_url: "https://toolshed.example/privacy".into(),
        contact_email: "privacy@toolshed.example".into(),
    };
    let id = partners::propose(app, &somebody(app), &draft).await.unwrap();
    assert!(partners::approve(app, &somebody(app), id).await.unwrap());
    id
}

/// Says yes or no by the link under a mailing.
async fn answer(app: &TestApp, who: &Subscriber<'_>, partner: PartnerId, yes: bool) -> Page {
    let act = if yes { "partner_yes" } else { "partner_no" };
    let path = format!("/preferences/{}", who.token(None));
    app.browser().post(&path, &[("act", act), ("partner", &partner.to_string())]).await
}

async fn share(app: &TestApp, partner: PartnerId) -> Option<i64> {
    shares::make(app, &somebody(app), partner, ShareId::new(app.clock.now())).await.unwrap()
}

/// The desk, and the file of the latest share as it is handed over.
async fn file(browser: &Browser, partner: PartnerId) -> String {
    let page = browser.get(&format!("/staff/partners/{partner}")).await;
    let file = browser.get(&page.attr("a[href$='/file']", "href").expect("a share")).await;
    assert_eq!((file.status, file.header("cache-control")), (200, "no-store"));
    String::from_utf8(file.body.clone()).unwrap()
}

async fn marketing(app: &TestApp) -> Browser {
    app.sign_in_as(&app.staff(Role::Marketing).await).await
}

/// Tries to put a contact into a share by hand; answers the rule that refused it.
async fn forced(app: &TestApp, partner: PartnerId, contact: ContactId) -> Option<String> {
    let share = ShareId::new(app.clock.now()).0;
    let made = format!(
        "INSERT INTO partner_shares (id, partner_id, made_by, made_at) VALUES ('{share}', '{}', gen_random_uuid(), now())",
        partner.0
    );
    run(app, &made).await;
    let row = format!(
        "INSERT INTO partner_share_contacts (id, share_id, contact_id) VALUES (gen_random_uuid(), '{share}', '{}')",
        contact.0
    );
    refusal(app, &row).await
}

/// The rule by which the database refuses a statement; nothing where it does not.
async fn refusal(app: &TestApp, statement: &str) -> Option<String> {
    match diesel::sql_query(statement).execute(&mut app.conn().await).await {
        Ok(_) => None,
        Err(Error::DatabaseError(_, info)) => {
            Some(info.constraint_name().unwrap_or(info.message()).to_owned())
        }
        Err(other) => panic!("{other}"),
    }
}

const NO_CONSENT: &str = "partner_share_contacts_consent";

#[tokio::test]
async fn nobody_is_asked_where_there_is_no_partner_and_without_an_answer_it_is_no() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[]).await;
    let path = format!("/preferences/{}", ada.token(None));
    assert!(!app.browser().get(&path).await.words().contains("Other companies"));
    let desk = somebody(&app);
    let draft = Draft {
        name: "Not Yet".into(),
        sends: "x".into(),
        policy_url: "https://x.example".into(),
        contact_email: "a@x.example".into(),
    };
    partners::propose(&app, &desk, &draft).await.unwrap();
    assert!(!app.browser().get(&path).await.words().contains("Not Yet"), "nobody has published it");
    let partner = published(&app).await;
    let grace = app.customer("grace@example.com").await;
    for page in
        [app.browser().get(&path).await, app.sign_in_as(&grace).await.get("/settings/preferences").await]
    {
        let words = page.words();
        assert!(words.contains("Other companies") && words.contains("May Tool Shed have this"), "{words}");
        assert!(words.contains("No. You have not said yes."), "{words}");
        assert_eq!(page.attrs("#partners input[value^='partner_']", "value"), ["partner_yes"]);
    }
    assert_eq!(count(&app, "contact_partners").await, 0);
    assert_eq!(share(&app, partner).await, Some(0), "nobody said yes");
    assert_eq!(count(&app, "partner_shares").await, 0, "and what has nobody in it is no share");
}

#[tokio::test]
async fn whoever_says_yes_is_in_the_list_and_reads_that_they_were() {
    let app = TestApp::start().await;
    let partner = published(&app).await;
    let ada = app.subscriber("ada@example.com", &[]).await;
    app.subscriber("eve@example.com", &[]).await;
    let grace = app.customer("grace@example.com").await;
    let (own, id) = (app.sign_in_as(&grace).await, partner.to_string());
    let yes = [("act", "partner_yes"), ("partner", id.as_str())];
    assert_eq!(own.post("/settings/preferences", &yes).await.status, 303);
    let page = answer(&app, &ada, partner, true).await;
    assert!(page.words().contains("You said yes on"), "{}", page.words());
    assert_eq!(page.header("set-cookie"), "", "no cookie is needed");
    let browser = marketing(&app).await;
    let desk = format!("/staff/partners/{partner}");
    let made = browser.get(&desk).await.submit_to(&format!("{desk}/shares"), &[]).await;
    assert!(made.follow().await.words().contains("Addresses in the list: 2"));
    let list = file(&browser, partner).await;
    let mut addresses: Vec<&str> = list.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    addresses.sort_unstable();
    assert_eq!(addresses, ["ada@example.com", "grace@example.com"]);
    assert!(list.starts_with("reference,email\r\n"), "and nothing else about them: {list}");
    for path in ["/privacy/your-data", "/settings/preferences"] {
        assert!(own.get(path).await.words().contains("Shared with Tool Shed on"), "{path}");
    }
    let row = "partner_decisions WHERE choice = 'consented' AND actor = 'person' AND wording LIKE 'May Tool Shed have%Yes'";
    assert_eq!(count(&app, row).await, 2);
    assert_eq!(count(&app, "audit_events WHERE action IN ('partner.shared', 'partner.list_taken')").await, 2);
}

#[tokio::test]
async fn the_database_takes_nobody_into_a_share_without_a_yes_and_no_yes_but_of_the_person() {
    let app = TestApp::start().await;
    let partner = published(&app).await;
    let ada = app.subscriber("ada@example.com", &[]).await;
    assert_eq!(forced(&app, partner, ada.id).await.as_deref(), Some(NO_CONSENT));
    for actor in ["staff", "system"] {
        let row = format!(
            "INSERT INTO partner_decisions (id, contact_id, partner_id, choice, decided_at, actor, via, wording) \
             VALUES (gen_random_uuid(), '{}', '{}', 'consented', now(), '{actor}', 'import', 'A list')",
            ada.id.0, partner.0
        );
        assert_eq!(refusal(&app, &row).await.as_deref(), Some("partner_decisions_own_yes"), "{actor}");
    }
    answer(&app, &ada, partner, true).await;
    assert_eq!(forced(&app, partner, ada.id).await, None, "with a yes it goes");
    for statement in
        ["UPDATE partner_decisions SET choice = 'refused'", "DELETE FROM partner_decisions WHERE true"]
    {
        let refused = refusal(&app, statement).await;
        assert_eq!(refused.as_deref(), Some("partner_decisions is append-only"), "{statement}");
    }
    let changed = refusal(&app, "UPDATE partners SET sends = 'Anything at all'").await;
    assert_eq!(changed.as_deref(), Some("partners_as_proposed"));
    answer(&app, &ada, partner, false).await;
    assert_eq!(forced(&app, partner, ada.id).await.as_deref(), Some(NO_CONSENT));
}

#[tokio::test]
async fn an_attempt_to_record_a_sale_fails() {
    let app = TestApp::start().await;
    let partner = published(&app).await.0;
    let sale = format!(
        "INSERT INTO partner_shares (id, partner_id, ground, made_by, made_at) VALUES (gen_random_uuid(), '{partner}', 'sale', gen_random_uuid(), now())"
    );
    assert_eq!(refusal(&app, &sale).await.as_deref(), Some("partner_shares_ground"));
    let named = "information_schema.columns WHERE table_schema = 'public' \
         AND table_name ~ 'share|partner' AND column_name ~ 'sale|sold|price|consideration|paid|amount'";
    assert_eq!(count(&app, named).await, 0, "there is no column for one");
    let ways = "pg_constraint WHERE contype = 'c' AND conrelid::regclass::text ~ 'share|partner' \
         AND pg_get_constraintdef(oid) ~* '''(sale|sold|sell)'''";
    assert_eq!(count(&app, ways).await, 0, "and no word for one");
}

#[tokio::test]
async fn a_yes_that_is_taken_back_while_the_list_is_made_does_not_get_into_it() {
    let app = TestApp::start().await;
    let partner = published(&app).await;
    let (ada, eve) =
        (app.subscriber("ada@example.com", &[]).await, app.subscriber("eve@example.com", &[]).await);
    answer(&app, &ada, partner, true).await;
    answer(&app, &eve, partner, true).await;
    let withdrawing = db::client(app.database_url()).await.unwrap();
    let no = format!(
        "BEGIN; INSERT INTO partner_decisions (id, contact_id, partner_id, choice, decided_at, actor, via, wording) \
         VALUES (gen_random_uuid(), '{}', '{}', 'refused', now(), 'person', 'link', 'No')",
        ada.id.0, partner.0
    );
    withdrawing.batch_execute(&no).await.unwrap();
    let (made, ()) = tokio::join!(share(&app, partner), async {
        lock_waits(&app, "the list to wait for the decision", 1).await;
        withdrawing.batch_execute("COMMIT").await.unwrap();
    });
    assert_eq!(made, Some(1));
    let row = format!("partner_share_contacts WHERE contact_id = '{}'", eve.id.0);
    assert_eq!(count(&app, &row).await, 1, "only hers");
}
