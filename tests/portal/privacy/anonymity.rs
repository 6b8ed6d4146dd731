//! Nobody is found again in what stays without a name (S80, S106): a walk through the whole database that follows every
//! key, every exact time and every rare text from row to row, as somebody would who wants to know whose a row was.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::Duration;
use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl as _;
use portal::privacy::data_map::rows::Subject;
use portal::privacy::data_map::{self, Erasure};
use portal::staff::permissions::Role;
use serde_json::Value;

use super::data_requests::ask;
use crate::support::{Browser, TestApp, TestPerson};

/// A row of any table.
struct Row {
    table: &'static str,
    id: String,
    text: String,
    /// What it can be joined by.
    joins: HashSet<String>,
}

#[derive(QueryableByName)]
struct Loaded {
    #[diesel(sql_type = Text)]
    row: String,
}

/// Whether a value is an id, a digest, or a moment to the microsecond.
fn is_exact(text: &str) -> bool {
    let is_id = text.len() == 36 && uuid::Uuid::try_parse(text).is_ok();
    let is_bytes = text.starts_with("\\x") && text.len() >= 18;
    let is_moment = text.len() >= 26 && text.as_bytes().get(10) == Some(&b'T') && text.contains('.');
    is_id || is_bytes || is_moment
}

/// Whether a value leads from one row to another: if it is exact, or a text that is rare unless the program wrote it.
fn leads(text: &str) -> bool {
    is_exact(text) || (text.len() >= 12 && text.contains([' ', '@', '.', '+']))
}

fn collect(value: &Value, into: &mut HashSet<String>) {
    match value {
        Value::String(text) if leads(text) => drop(into.insert(text.clone())),
        Value::Array(all) => all.iter().for_each(|value| collect(value, into)),
        // Each event of the audit log knows the hash of the one before it, whoever that is about.
        Value::Object(all) => {
            let own = all.iter().filter(|(name, _)| !["hash", "previous_hash"].contains(&name.as_str()));
            own.for_each(|(_, value)| collect(value, into));
        }
        _ => {}
    }
}

async fn everything(app: &TestApp) -> Vec<Row> {
    let mut all = Vec::new();
    for table in data_map::tables().filter(|table| !table.name.contains('.')) {
        let query = format!("SELECT to_jsonb(t)::text AS row FROM {} t", table.name);
        let rows: Vec<Loaded> = diesel::sql_query(query).load(&mut app.conn().await).await.unwrap();
        for Loaded { row: text } in rows {
            let value: Value = serde_json::from_str(&text).unwrap();
            let mut joins = HashSet::new();
            collect(&value, &mut joins);
            let id = value["id"].as_str().unwrap_or_default().to_owned();
            all.push(Row { table: table.name, id, text, joins });
        }
    }
    all
}

/// The rows that can be reached from these, each with the way to it: over everything that two rows share, but for
/// what stands in the rows of somebody else as well, which is of the program.
fn reached(all: &[Row], from: &BTreeSet<String>, common: &HashSet<String>) -> BTreeMap<usize, String> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, row) in all.iter().enumerate() {
        for join in row.joins.iter().filter(|join| !common.contains(*join)) {
            places.entry(join).or_default().push(index);
        }
    }
    let mut open: Vec<usize> = (0..all.len()).filter(|index| from.contains(&all[*index].id)).collect();
    let mut seen: BTreeSet<usize> = open.iter().copied().collect();
    let mut ways: BTreeMap<usize, (usize, &str)> = BTreeMap::new();
    while let Some(index) = open.pop() {
        for join in all[index].joins.iter().filter(|join| !common.contains(*join)) {
            for next in places[join.as_str()].iter().copied().filter(|next| seen.insert(*next)) {
                ways.insert(next, (index, join));
                open.push(next);
            }
        }
    }
    seen.into_iter().map(|index| (index, way(all, &ways, index))).collect()
}

/// From where a row was reached, and by what, step by step.
fn way(all: &[Row], ways: &BTreeMap<usize, (usize, &str)>, mut index: usize) -> String {
    let mut said = all[index].table.to_owned();
    while let Some((before, by)) = ways.get(&index) {
        said = format!("{} –{by}→ {said}", all[*before].table);
        index = *before;
    }
    said
}

/// Ids of the rows of somebody that lose their name and stay, and of those of the audit log about them.
async fn to_stay(app: &TestApp, person: &TestPerson<'_>) -> BTreeSet<String> {
    let subject = Subject::find_person(&mut *app.conn().await, &app.keys, person.id).await.unwrap();
    let mut ids = BTreeSet::new();
    let stays = |erasure| matches!(erasure, Erasure::Anonymise(_));
    for table in data_map::tables().filter(|table| stays(table.erasure)) {
        let Some(theirs) = subject.literal_condition(table) else { continue };
        let query = format!(
            "SELECT to_jsonb(t)->>'id' AS row FROM {} t WHERE {theirs} AND to_jsonb(t) ? 'id'",
            table.name
        );
        let rows: Vec<Loaded> = diesel::sql_query(query).load(&mut app.conn().await).await.unwrap();
        ids.extend(rows.into_iter().map(|row| row.row));
    }
    let query = format!(
        "SELECT id::text AS row FROM audit_events WHERE '{0}' IN (actor_id, subject_id)",
        person.id.0
    );
    let rows: Vec<Loaded> = diesel::sql_query(query).load(&mut app.conn().await).await.unwrap();
    ids.extend(rows.into_iter().map(|row| row.row));
    ids
}

/// What leads nowhere: who the others are, the words in rows about somebody else, which the program wrote or they did, and
/// from where staff acted.
fn of_others(all: &[Row], other: &TestPerson<'_>, staff: &TestPerson<'_>) -> HashSet<String> {
    let (other_id, staff_id) = (other.id.0.to_string(), staff.id.0.to_string());
    let is_about = |row: &&Row| row.text.contains(&other_id) || row.text.contains(&other.email);
    let about: Vec<&Row> = all.iter().filter(is_about).collect();
    let ids: HashSet<&String> =
        about.iter().flat_map(|row| &row.joins).filter(|join| is_exact(join) && **join != staff_id).collect();
    let near = all.iter().filter(|row| row.joins.iter().any(|join| ids.contains(join)));
    let by_staff = |row: &&Row| row.table == "audit_events" && row.joins.contains(&staff_id);
    let acts: HashSet<&String> = all.iter().filter(by_staff).map(|row| &row.id).collect();
    let from_where = all
        .iter()
        .filter(|row| row.table == "audit_details" && row.joins.iter().any(|join| acts.contains(join)));
    let words = near.chain(from_where).flat_map(|row| &row.joins).filter(|join| !is_exact(join));
    words.cloned().chain([other_id.clone(), staff_id.clone()]).collect()
}

/// The tables that were reached, each with one way to it.
fn by_table<'a>(all: &[Row], rows: &'a BTreeMap<usize, String>) -> BTreeMap<&'static str, &'a str> {
    rows.iter().map(|(index, way)| (all[*index].table, way.as_str())).collect()
}

/// Somebody does what people do: asks, is answered by staff, writes, gets mailings and stops them, closes a browser.
async fn a_life<'a>(app: &'a TestApp, email: &str, desk: &Browser) -> TestPerson<'a> {
    let person = app.customer(email).await;
    let browser = app.sign_in_as(&person).await;
    browser.call_yourself(&format!("Browser of {email}/1.0"));
    browser.get("/settings/preferences").await.submit(&[("events", "on")]).await;
    let path = ask(&browser, "correction", &format!("My mail is {email} and not another."))
        .await
        .location()
        .to_owned();
    browser.get(&path).await.submit_to("/messages", &[("body", &format!("It is I, {email}."))]).await;
    let at_desk = path.replace("/privacy/", "/staff/");
    desk.get(&at_desk).await.submit_to("/claim", &[]).await;
    let form = desk.get(&format!("{at_desk}/decision?outcome=denied&reason=accurate")).await;
    assert_eq!(form.submit(&[]).await.status, 303);
    ask(&browser, "restriction", "").await;
    app.invoice(person.account().await, &format!("Of {}", person.name), 20).await;
    app.pay(&format!("Of {}", person.name)).await;
    let record = app.subscriber_record(&browser, person.account().await, "CH", &person.name).await;
    app.accept_record(desk, &record).await;
    app.mailbox().await;
    person
}

/// Of somebody who is gone nothing is reached, wherever one begins.
fn assert_lost(all: &[Row], rows: &BTreeMap<usize, String>, known_by: &[String]) {
    let tables = by_table(all, rows);
    for index in rows.keys() {
        let row = &all[*index];
        for known in known_by {
            assert!(
                !row.text.to_lowercase().contains(known),
                "{known} is reached: {}\n{}",
                rows[index],
                row.text
            );
        }
    }
    assert!(all.iter().any(|row| row.table == "invoices" && row.text.contains("Of Augusta")), "S74");
    let kept = all.iter().filter(|row| row.table == "subscriber_records");
    assert_eq!(kept.filter(|row| row.text.contains("\"account_id\": null")).count(), 1, "S75");
    let gone = ["people", "contacts", "former_customers", "sessions", "sign_ins", "accounts"];
    for table in gone.into_iter().chain(["invoices", "subscriber_records", "subscriber_record_files"]) {
        assert!(!tables.contains_key(table), "{table} is reached: {}", tables[table]);
    }
    assert!(tables.contains_key("data_requests") && tables.contains_key("audit_events"), "{tables:?}");
}

fn known_by(person: &TestPerson<'_>) -> [String; 2] {
    [person.email.clone(), format!("browser of {}", person.email)]
}

#[tokio::test]
async fn nobody_who_was_deleted_is_found_again_in_what_stays() {
    let app = TestApp::start().await;
    let paul = app.staff(Role::Privacy).await;
    let desk = app.sign_in_as(&paul).await;
    let ada = a_life(&app, "augusta@example.com", &desk).await;
    let bob = a_life(&app, "bob@example.com", &desk).await;
    let (from, known) = (to_stay(&app, &ada).await, known_by(&ada));
    assert!(from.len() > 5, "{from:?}");
    let all = everything(&app).await;
    let common = of_others(&all, &bob, &paul);
    let ways = reached(&all, &from, &common);
    let before = by_table(&all, &ways);
    assert!(before.contains_key("people"), "the walk finds whoever is there: {before:?}");

    let browser = app.sign_in_as(&ada).await;
    let path = ask(&browser, "deletion", "").await.location().to_owned();
    browser.post(&format!("{path}/confirmation"), &[]).await;
    app.travel(Duration::days(7)).await;
    app.run_timetable().await;
    app.travel(Duration::days(8)).await;
    app.run_timetable().await;
    app.mailbox().await;
    let all = everything(&app).await;
    let common = of_others(&all, &bob, &paul);
    assert_lost(&all, &reached(&all, &from, &common), &known);
}

#[tokio::test]
async fn nobody_who_closed_their_account_is_found_by_what_we_keep_of_customers() {
    let app = TestApp::start().await;
    let paul = app.staff(Role::Privacy).await;
    let desk = app.sign_in_as(&paul).await;
    let ada = a_life(&app, "augusta@example.com", &desk).await;
    let bob = a_life(&app, "bob@example.com", &desk).await;
    let (from, known) = (to_stay(&app, &ada).await, known_by(&ada));
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let page = browser.get(&format!("/accounts/{account}/closure/new")).await;
    let closed = page.submit_to("/closure", &[("understood", "on"), ("confirmation", "First account")]).await;
    assert_eq!(closed.status, 303, "{}", closed.words());
    for days in [31, 30, 8] {
        app.travel(Duration::days(days)).await;
        app.run_timetable().await;
    }
    app.mailbox().await;
    let all = everything(&app).await;
    assert!(all.iter().any(|row| row.table == "former_customers" && row.text.contains("augusta")), "S73");
    let common = of_others(&all, &bob, &paul);
    assert_lost(&all, &reached(&all, &from, &common), &known);
}

/// The ids of a table.
async fn ids(app: &TestApp, table: &str) -> Vec<uuid::Uuid> {
    let query = diesel::sql_query(format!("SELECT id::text AS row FROM {table}"));
    let rows: Vec<Loaded> = query.load(&mut app.conn().await).await.unwrap();
    rows.iter().map(|row| row.row.parse().unwrap()).collect()
}

/// Whether a process made one of these shortly before or after one of the others, whatever moment they tell.
fn are_near(some: &[uuid::Uuid], others: &[uuid::Uuid]) -> bool {
    let behind_the_moment = |id: &uuid::Uuid| id.as_u128() & ((1_u128 << 76) - 1);
    let apart = |one, other| behind_the_moment(one).abs_diff(behind_the_moment(other));
    some.iter().any(|one| others.iter().any(|other| apart(one, other) < (1_u128 << 50)))
}

#[tokio::test]
async fn the_name_of_a_customer_does_not_stand_beside_what_was_noted_when_they_went() {
    let app = TestApp::start().await;
    let ada = app.customer("augusta@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let page = browser.get(&format!("/accounts/{account}/closure/new")).await;
    page.submit_to("/closure", &[("understood", "on"), ("confirmation", "First account")]).await;
    for _ in 0..2 {
        app.travel(Duration::days(30)).await;
        app.run_timetable().await;
    }
    app.mailbox().await;
    let (ledger, events) = (ids(&app, "erasure_ledger").await, ids(&app, "audit_events").await);
    assert!(are_near(&ledger, &events), "what is written at once is known by its ids");
    let customers = ids(&app, "former_customers").await;
    assert_eq!(customers.len(), 1, "S73");
    for table in ["erasures", "erasure_ledger", "audit_events", "messages"] {
        assert!(!are_near(&customers, &ids(&app, table).await), "{table} leads to a name");
    }
}
