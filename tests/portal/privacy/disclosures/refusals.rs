//! What cannot be recorded, by the form and by the database.

use chrono::Duration;
use diesel::result::Error;
use diesel_async::RunQueryDsl as _;

use super::{act, desks, recorded, send};
use crate::staff::desk::team;
use crate::support::{Page, TestApp, count, run};

/// The fields in which something is wrong.
fn wrong(page: &Page) -> Vec<String> {
    assert_eq!(page.status, 422, "{}", page.words());
    page.errors().into_iter().map(|(name, _)| name).collect()
}

/// Tries to store one by hand, with these columns besides; answers the rule that refused it.
async fn forced(app: &TestApp, columns: &str, values: &str) -> String {
    let row = format!(
        "INSERT INTO disclosures (id, recipient, words, received_on, recorded_by, recorded_at, {columns}) \
         VALUES (gen_random_uuid(), 'Somebody', 'Ten letters at least.', current_date, gen_random_uuid(), now(), {values})"
    );
    match diesel::sql_query(&row).execute(&mut app.conn().await).await {
        Err(Error::DatabaseError(_, info)) => info.constraint_name().unwrap_or_default().to_owned(),
        other => panic!("{other:?}: {row}"),
    }
}

#[tokio::test]
async fn no_legal_demand_goes_without_one_of_the_five_grounds() {
    let app = TestApp::start().await;
    let (paul, _) = desks(&app).await;
    for ground in ["", "consent"] {
        let page = send(&paul, &[("ground", ground)]).await;
        assert_eq!(wrong(&page), ["ground"], "{ground}");
        assert!(page.text().contains("12 CV 2026"), "what was typed stays");
    }
    assert_eq!(wrong(&send(&paul, &[("order_reference", "")]).await), ["order_reference"]);
    assert_eq!(wrong(&send(&paul, &[("kind", "operator")]).await), ["ground"]);
    assert_eq!(wrong(&send(&paul, &[("words", "All that ada@example.com wrote.")]).await), ["sid"]);
    let nobody = format!("US{}", "0".repeat(32));
    assert_eq!(wrong(&send(&paul, &[("sid", &nobody)]).await), ["sid"]);
    assert_eq!(count(&app, "disclosures").await, 0);
    let columns = "recipient_kind, classes, categories, ground";
    let data = "'legal', '{account}', '{identifiers}'";
    assert_eq!(forced(&app, columns, &format!("{data}, NULL")).await, "disclosures_ground");
    assert_eq!(forced(&app, columns, &format!("{data}, 'consent'")).await, "disclosures_ground_check");
    let (columns, named) = (format!("{columns}, order_reference"), format!("{data}, 'law', 'Of {nobody}'"));
    assert_eq!(forced(&app, &columns, &named).await, "disclosures_named", "else nobody would be told");
}

#[tokio::test]
async fn nothing_is_a_sale_but_with_a_business_transfer_and_never_what_visits_or_end_users_leave() {
    let app = TestApp::start().await;
    let (paul, _) = desks(&app).await;
    let operator = [("kind", "operator"), ("ground", ""), ("order_reference", ""), ("sale", "on")];
    assert_eq!(wrong(&send(&paul, &operator).await), ["sale"]);
    let transfer = [
        ("kind", "transfer"),
        ("ground", ""),
        ("order_reference", ""),
        ("sale", "on"),
        ("transfer_on", "2099-01-01"),
    ];
    for of in [("classes", "content"), ("categories", "activity")] {
        let fields: Vec<(&str, &str)> = transfer.into_iter().chain([of]).collect();
        assert_eq!(wrong(&send(&paul, &fields).await), ["sale"], "{of:?}");
    }
    assert_eq!(send(&paul, &transfer).await.status, 303);
    let columns = "sale, recipient_kind, transfer_on, classes, categories";
    for values in [
        "true, 'provider', NULL, '{account}', '{identifiers}'",
        "true, 'transfer', '2099-01-01', '{account,content}', '{identifiers}'",
        "true, 'transfer', '2099-01-01', '{account}', '{activity}'",
    ] {
        assert_eq!(forced(&app, columns, values).await, "disclosures_sale", "{values}");
    }
}

#[tokio::test]
async fn what_leads_to_nobody_says_how_and_names_nobody() {
    let app = TestApp::start().await;
    let (paul, rosa) = desks(&app).await;
    let sid = app.customer("ada@example.com").await.id.to_string();
    let counted = [
        ("kind", "deidentified"),
        ("ground", ""),
        ("order_reference", ""),
        ("words", "Claims by state and month."),
        ("method", "Counted; cells below ten are put together."),
    ];
    let with = |field: (&'static str, &'static str)| -> Vec<(&str, &str)> {
        counted.into_iter().filter(|(name, _)| *name != field.0).chain([field]).collect()
    };
    assert_eq!(wrong(&send(&paul, &with(("method", ""))).await), ["method"]);
    assert_eq!(wrong(&send(&paul, &with(("words", "Claims of ada@example.com"))).await), ["words"]);
    let named: Vec<(&str, &str)> = counted.into_iter().chain([("sid", sid.as_str())]).collect();
    assert_eq!(wrong(&send(&paul, &named).await), ["sid"]);
    let columns = "recipient_kind, classes, categories, method, person_id";
    let data = "'deidentified', '{content}', '{commercial}'";
    for (values, rule) in [
        ("NULL, NULL", "disclosures_method"),
        ("'Counted together.', (SELECT id FROM people LIMIT 1)", "disclosures_nobody"),
        ("'As ada@example.com said.', NULL", "disclosures_unnamed"),
    ] {
        assert_eq!(forced(&app, columns, &format!("{data}, {values}")).await, rule);
    }
    let path = recorded(&paul, &counted).await;
    act(&rosa, &path, "approval", &[]).await;
    let named = [("handed", "What ada@example.com claimed.")];
    assert_eq!(wrong(&paul.get(&path).await.submit_to("/handover", &named).await), ["handed"]);
    act(&paul, &path, "handover", &[("handed", "A table of 50 rows.")]).await;
    assert_eq!(count(&app, "disclosures WHERE state = 'disclosed' AND told_at IS NULL").await, 1);
}

#[tokio::test]
async fn nothing_is_handed_over_before_its_approval_nor_by_whoever_has_not_looked_at_it() {
    let app = TestApp::start().await;
    let (paul, rosa) = desks(&app).await;
    let yesterday = (app.clock.now() - Duration::days(1)).date_naive().to_string();
    let path = recorded(&paul, &[("received_on", yesterday.as_str())]).await;
    act(&rosa, &path, "approval", &[]).await;
    let early = [("handed_on", yesterday.as_str()), ("handed", "A list of names.")];
    assert_eq!(wrong(&rosa.get(&path).await.submit_to("/handover", &early).await), ["handed_on"]);
    let forced = "INSERT INTO disclosure_steps (id, disclosure_id, act, actor_id, at, words, handed_on) \
         SELECT gen_random_uuid(), id, 'disclosed', gen_random_uuid(), approved_at, 'Names.', received_on FROM disclosures";
    let Err(Error::DatabaseError(_, info)) = diesel::sql_query(forced).execute(&mut app.conn().await).await
    else {
        panic!("a day before the approval was taken");
    };
    assert_eq!(info.constraint_name(), Some("disclosures_handed"));
    let unseen = [("refusal", "It asks for too much.")];
    let unseen = rosa.post(&format!("{path}/refusal"), &unseen).await.follow().await;
    assert!(unseen.notices().join(" ").contains("moved on meanwhile"), "{}", unseen.words());
    assert_eq!(count(&app, "disclosures WHERE state = 'approved'").await, 1);
}

#[tokio::test]
async fn whoever_it_is_about_has_no_part_in_it_among_the_staff_either() {
    let app = TestApp::start().await;
    let (staff, account) = (team(&app).await, app.customer("ada@example.com").await.account().await);
    let (paul, rosa) = (app.sign_in_as(&staff.0).await, app.sign_in_as(&staff.1).await);
    let (sid, account) = (staff.1.id.to_string(), account.to_string());
    let path = recorded(&paul, &[("sid", sid.as_str())]).await;
    let hers = recorded(&paul, &[("sid", account.as_str())]).await;
    assert!(rosa.get(&hers).await.status == 200 && rosa.get(&path).await.status == 404);
    run(&app, &format!("UPDATE accounts SET owner_id = '{}'", staff.1.id.0)).await;
    for path in [&path, &hers] {
        let forced = rosa.post(&format!("{path}/approval"), &[("version", "1")]).await;
        assert_eq!((rosa.get(path).await.status, forced.status), (404, 404), "{path}");
    }
    assert!(!rosa.get("/staff/disclosures").await.words().contains("District Court"));
    assert!(paul.get("/staff/disclosures").await.words().contains("District Court"));
    for sid in [&sid, &account] {
        assert_eq!(wrong(&send(&rosa, &[("sid", sid.as_str())]).await), ["sid"]);
    }
    let forced = format!(
        "INSERT INTO disclosure_steps (id, disclosure_id, act, actor_id, at) \
         SELECT gen_random_uuid(), id, 'approved', '{}', now() FROM disclosures LIMIT 1",
        staff.1.id.0
    );
    let Err(Error::DatabaseError(_, info)) = diesel::sql_query(forced).execute(&mut app.conn().await).await
    else {
        panic!("somebody approved what is about themselves");
    };
    assert_eq!(info.constraint_name(), Some("disclosures_own"));
}
