//! The pages of subscriber records: which countries ask for what, what is shown, and to whom.

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl as _;
use portal::accounts::permissions::AccountRole;
use portal::platform::ids::{AccountId, SubscriberRecordId};
use portal::retention::subscriber_laws::{self, AsksBirth, FORMER, LAWS};

use crate::support::subscriber_records::{NUMBER, at_desk};
use crate::support::{Browser, Page, TestApp, count, run};

async fn list(browser: &Browser, account: AccountId) -> Page {
    browser.get(&format!("/accounts/{account}/subscriber-records")).await
}

/// Takes away that somebody has just shown who they are.
async fn let_it_grow_old(app: &TestApp) {
    run(app, "UPDATE sessions SET reauthenticated_at = reauthenticated_at - interval '301 seconds'").await;
}

#[tokio::test]
async fn an_account_without_records_says_why_there_may_be_some_and_others_show_them_page_by_page() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let empty = list(&browser, account).await.words();
    for part in
        ["No subscriber records yet", "government authorities", "used for taxes", "only the privacy team"]
    {
        assert!(empty.contains(part), "{part}: {empty}");
    }
    for _ in 0..27 {
        app.subscriber_record(&browser, account, "FR", "Martha Keel").await;
    }
    let first = list(&browser, account).await;
    assert_eq!(first.all(".row-title a").len(), 25);
    let second = browser.get(&first.link("Older")).await;
    assert_eq!(second.all(".row-title a").len(), 2);
    assert_eq!(browser.get(&second.link("Newer")).await.all(".row-title a").len(), 25);
    assert!(first.all(".row-detail")[0].starts_with("France · An end user of yours · submitted on"));
}

#[tokio::test]
async fn only_a_country_with_a_rule_has_a_form_and_it_asks_for_what_the_rule_names() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let path = format!("/accounts/{account}/subscriber-records/new");
    let choose = browser.get(&path).await;
    let offered = choose.all("select[name=country] option");
    let named: Vec<&str> = LAWS.iter().map(|law| law.name).collect();
    assert_eq!(offered[1..], named, "after one that says to choose");
    for law in LAWS {
        let form = browser.get(&format!("{path}?country={}", law.country)).await;
        for (field, asked) in [
            ("[name=name]", true),
            ("[name=address]", true),
            ("[name=subject]", law.end_users),
            ("[name=born_on]", law.birth != AsksBirth::No),
            ("[name=birthplace]", law.birth == AsksBirth::DateAndPlace),
            ("[name=number]", law.identification),
            ("[name=files]", law.proof.is_some()),
        ] {
            assert_eq!(form.attr(field, "name").is_some(), asked, "{field} in {}", law.name);
        }
        assert!(form.words().contains(law.source), "{}", law.name);
    }
    for country in ["US", "de", "XX"] {
        assert_eq!(browser.get(&format!("{path}?country={country}")).await.status, 404, "{country}");
    }
    let typed = [("country", "US"), ("name", "Martha Keel"), ("address", "1 Main Street\nSpringfield")];
    let refused = browser.post_with_files(&path, &typed, "files", &[]).await;
    assert_eq!((refused.status, count(&app, "subscriber_records").await), (422, 0));
    assert_eq!(refused.errors()[0].0, "country");
}

#[tokio::test]
async fn the_database_takes_the_countries_of_the_register_and_no_other() {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        rule: String,
    }
    let app = TestApp::start().await;
    let account = app.customer("ada@example.com").await.account().await;
    let quoted = |rule: &str| -> Vec<String> {
        let mut found: Vec<String> =
            rule.split('\'').skip(1).step_by(2).filter(|word| word.len() == 2).map(str::to_owned).collect();
        found.sort();
        found
    };
    for (name, expected) in [
        ("subscriber_records_country", LAWS.iter().chain(FORMER).map(|law| law.country).collect::<Vec<_>>()),
        (
            "subscriber_records_end_users",
            LAWS.iter().chain(FORMER).filter(|law| !law.end_users).map(|law| law.country).collect(),
        ),
    ] {
        let query =
            format!("SELECT pg_get_constraintdef(oid) AS rule FROM pg_constraint WHERE conname = '{name}'");
        let row: Row = diesel::sql_query(query).get_result(&mut app.conn().await).await.unwrap();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(quoted(&row.rule), expected, "{name}");
    }
    for (country, subject, rule) in [
        ("US", "customer", "subscriber_records_country"),
        ("ES", "end_user", "subscriber_records_end_users"),
        ("AU", "end_user", "subscriber_records_end_users"),
    ] {
        let row = format!(
            "INSERT INTO subscriber_records (id, account_id, country, subject, sealed_name, sealed_address, submitted_on) \
             VALUES (gen_random_uuid(), '{}', '{country}', '{subject}', 'x', 'x', current_date)",
            account.0
        );
        let refused = diesel::sql_query(row).execute(&mut app.conn().await).await.expect_err(country);
        assert!(refused.to_string().contains(rule), "{refused}");
    }
}

#[tokio::test]
async fn values_are_masked_until_somebody_has_just_shown_who_they_are_and_the_activity_says_that_they_looked()
{
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let record = app.subscriber_record(&browser, account, "CH", "Martha Keel").await;
    let masked = browser.get(&record).await;
    let words = masked.words();
    assert!(words.contains("Martha Keel") && words.contains("Passport ••••••67"), "{words}");
    assert!(!masked.text().contains(NUMBER) && !masked.text().contains("Bahnhofgasse"), "{words}");
    assert!(!masked.text().contains("3 February 1980") && words.contains("Born Hidden"), "{words}");
    assert_eq!(masked.all(".files a").len(), 0, "the file is named and not opened");
    let law = subscriber_laws::of("CH").unwrap();
    assert!(words.contains(law.source) && words.contains(&law.kept.words()), "{words}");
    let shown = browser.get(&masked.link("Show what is hidden")).await;
    for part in [NUMBER, "Bahnhofgasse 1", "Born 3 February 1980"] {
        assert!(shown.words().contains(part), "{part}: {}", shown.words());
    }
    let file = browser.get(&shown.link("proof-1.pdf")).await;
    assert_eq!((file.status, file.header("content-type")), (200, "application/pdf"));
    let activity = browser.get(&format!("/accounts/{account}/activity")).await;
    let told = [
        "A file of a subscriber record was opened",
        "A subscriber record was shown unmasked to somebody in the account",
        "A subscriber record was submitted",
    ];
    assert_eq!(activity.all(".timeline-title"), told);
    let href = shown.link("proof-1.pdf");
    let_it_grow_old(&app).await;
    for path in [format!("{record}/values"), format!("{record}/correction"), href] {
        let page = browser.get(&path).await;
        assert!(page.location().starts_with("/reauthentication?next="), "{path}: {}", page.status);
    }
    assert_eq!(browser.get(&record).await.status, 200, "masked it is read all the same");
}

#[tokio::test]
async fn only_the_owner_and_members_for_privacy_find_them() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.customer("ada@example.com").await, app.customer("eve@example.com").await);
    let account = ada.account().await;
    let record = app.subscriber_record(&app.sign_in_as(&ada).await, account, "CH", "Martha Keel").await;
    let pages = |account: AccountId| {
        let list = format!("/accounts/{account}/subscriber-records");
        [
            list.clone(),
            format!("{list}/new"),
            format!("{list}/shares"),
            record.clone(),
            format!("{record}/values"),
        ]
    };
    for (email, role, status) in [
        ("dev@example.com", AccountRole::Developer, 404),
        ("bill@example.com", AccountRole::Billing, 404),
        ("priv@example.com", AccountRole::Privacy, 200),
    ] {
        let member = app.customer(email).await;
        app.add_member(account, &member, role).await;
        let browser = app.sign_in_as(&member).await;
        for path in pages(account) {
            assert_eq!(browser.get(&path).await.status, status, "{email} {path}");
        }
        let tab = browser.get(&format!("/accounts/{account}")).await;
        let has_tab = tab.text().contains(&format!("/accounts/{account}/subscriber-records"));
        assert_eq!(has_tab, status == 200, "{email}");
        let sent = app.try_subscriber_record(&browser, account, "FR", "Somebody").await;
        assert_eq!(sent.status, if status == 200 { 303 } else { 404 }, "{email}");
    }
    let browser = app.sign_in_as(&eve).await;
    let below_hers = record.replace(&account.to_string(), &eve.account().await.to_string());
    for path in [&record, &below_hers, &at_desk(&record)] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    let owner = app.sign_in_as(&ada).await;
    let nothing = SubscriberRecordId::new(app.clock.now());
    for sid in [nothing.to_string(), "SR1".into(), account.to_string()] {
        let path = format!("/accounts/{account}/subscriber-records/{sid}");
        assert_eq!(owner.get(&path).await.status, 404, "{sid}");
    }
}

#[tokio::test]
async fn the_schedule_has_every_country() {
    let app = TestApp::start().await;
    let schedule = app.browser().get("/privacy/retention").await.words();
    for law in LAWS {
        let row = format!(
            "{} {} {} {} {}",
            law.name,
            law.whom(),
            law.asks().join(", "),
            law.kept.words(),
            law.source
        );
        assert!(schedule.contains(&row), "{row}: {schedule}");
    }
}
