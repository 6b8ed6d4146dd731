//! Copies of everything: what is in them, who gets them and until when, and what happens when one fails.

use std::io::{Cursor, Read as _};

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::exports;
use portal::platform::ids::ExportId;
use portal::privacy::exports::make;
use portal::staff::permissions::Role;
use reqwest::Method;
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::support::{Browser, Page, TestApp, run, unlocked};

/// What is in a ZIP that was fetched.
pub struct Copy(ZipArchive<Cursor<Vec<u8>>>);

impl Copy {
    fn text(&mut self, name: &str) -> String {
        let mut text = String::new();
        self.0.by_name(name).unwrap_or_else(|_| panic!("{name}")).read_to_string(&mut text).unwrap();
        text
    }

    pub fn bytes(&mut self, name: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.0.by_name(name).unwrap_or_else(|_| panic!("{name}")).read_to_end(&mut bytes).unwrap();
        bytes
    }

    pub fn json(&mut self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    /// The file itself that somebody sent under this name.
    pub fn attached(&mut self, name: &str) -> Vec<u8> {
        let manifest = self.json("manifest.json");
        let tables = manifest["tables"].as_array().unwrap();
        let table = tables.iter().find(|table| table["table"] == "files").unwrap();
        let mut names =
            table["attached"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap());
        let whole = names.find(|whole| whole.ends_with(&format!("/{name}"))).expect("the file itself");
        self.bytes(whole)
    }

    pub fn everything(&mut self) -> String {
        let names: Vec<String> = self.0.file_names().map(|name| name.unwrap().into_owned()).collect();
        names.iter().map(|name| self.text(name)).collect()
    }
}

pub async fn order(browser: &Browser, of: &str) -> Page {
    browser.get("/privacy/exports/new").await.submit_to("/privacy/exports", &[("of", of)]).await
}

/// Orders a copy and has it made. Answers its page.
async fn made(app: &TestApp, browser: &Browser, of: &str) -> String {
    let path = order(browser, of).await.location().to_owned();
    app.run_jobs().await;
    assert!(app.mail_to("ada@example.com").await.text.contains("is ready"));
    path
}

pub async fn fetch(browser: &Browser, path: &str) -> Copy {
    let page = browser.get(&format!("{path}/file")).await;
    assert_eq!((page.status, page.header("content-type")), (200, "application/zip"), "{}", page.words());
    Copy(ZipArchive::new(Cursor::new(page.body.clone())).expect("a ZIP"))
}

#[tokio::test]
async fn a_copy_of_a_person_holds_what_is_theirs_opened_and_nothing_of_others() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    for (person, body) in [(&ada, "Dear “Ada”,\n1, 2"), (&bob, "Dear Bob")] {
        let program = app.program(person).await;
        let wish = json!({ "stored": true, "days": 30 });
        let request = program.request(Method::PUT, "/storage/communication_bodies").header("if-match", "*");
        assert_eq!(program.send(request.json(&wish)).await.status, 200);
        let sent = json!({ "channel": "email", "direction": "outbound", "from": "claims@insurer.example", "to": "x@example.net", "body": body });
        assert_eq!(program.post("/communications", &sent).await.status, 201);
    }
    app.mailbox().await;
    let browser = app.sign_in_as(&ada).await;
    let path = made(&app, &browser, "person").await;
    let mut copy = fetch(&browser, &path).await;
    assert_eq!(copy.json("data/people.json")[0]["email"], "ada@example.com");
    assert_eq!(copy.json("data/communication_bodies.json")[0]["body"], "Dear “Ada”,\n1, 2");
    assert!(copy.text("data/communication_bodies.csv").contains(",\"Dear “Ada”,\n1, 2\"\n"));
    let sid = copy.json("data/communications.json")[0]["id"].as_str().unwrap().to_owned();
    assert!(sid.starts_with("CM") && copy.text("data/communications.csv").contains(&sid));
    let everything = copy.everything();
    assert!(!everything.contains("bob@example.com") && !everything.contains("Dear Bob"));
    assert!(
        !everything.contains("$argon2") && everything.contains("password_hash"),
        "held, and not handed out"
    );
    app.mailbox().await;
}

#[tokio::test]
async fn of_staff_who_looked_a_copy_has_their_reason_and_not_their_browser() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let staff = app.sign_in_as(&app.staff(Role::Support).await).await;
    staff.call_yourself("Quokka/7 of the support team");
    let reason = [("reason", "They asked on the telephone why a code did not arrive.")];
    assert_eq!(staff.post(&format!("/staff/people/{}/views", ada.id), &reason).await.status, 303);
    let browser = app.sign_in_as(&ada).await;
    browser.call_yourself("Wombat/3 of Ada");
    let path = made(&app, &browser, "person").await;
    let everything = fetch(&browser, &path).await.everything();
    assert!(everything.contains("why a code did not arrive"), "the reason is theirs to know");
    assert!(!everything.contains("Quokka"), "the browser of staff is not");
    assert!(everything.contains("Wombat"), "their own is");
    app.mailbox().await;
}

#[tokio::test]
async fn the_manifest_says_what_is_in_each_file_and_the_page_explains_it_without_a_network() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let path = made(&app, &browser, "person").await;
    let mut copy = fetch(&browser, &path).await;
    let manifest = copy.json("manifest.json");
    let tables = manifest["tables"].as_array().unwrap();
    let known = portal::privacy::data_map::tables().filter(|table| !table.columns.is_empty()).count();
    assert_eq!(tables.len(), known, "also those in which nothing is theirs");
    let mut rows = 0;
    for table in tables {
        rows += table["rows"].as_i64().unwrap();
        for file in table["files"].as_array().unwrap() {
            let text = copy.text(file["name"].as_str().unwrap());
            assert_eq!(file["bytes"], text.len());
            let sha256 = hex::encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()));
            assert_eq!(file["sha256"], sha256);
            if file["name"].as_str().unwrap().ends_with(".json") {
                let read: Vec<Value> = serde_json::from_str(&text).unwrap();
                assert_eq!(table["rows"], read.len());
            }
        }
    }
    assert_eq!(manifest["rows"], rows);
    let year = copy.0.by_name("index.html").unwrap().last_modified().unwrap().year();
    assert_eq!(i32::from(year), chrono::Datelike::year(&app.clock.now()));
    let page = copy.text("index.html");
    assert!(page.contains("data/people.json") && page.contains("ada@example.com"));
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("<script"));
    app.mailbox().await;
}

#[tokio::test]
async fn a_copy_of_an_account_holds_that_account_alone() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (first, second) = (app.account_of(&ada, "First").await, app.account_of(&ada, "Second").await);
    let browser = app.sign_in_as(&ada).await;
    let path = made(&app, &browser, &first.to_string()).await;
    let mut copy = fetch(&browser, &path).await;
    assert_eq!(copy.json("data/accounts.json")[0]["id"], first.to_string());
    let everything = copy.everything();
    assert!(!everything.contains(&second.to_string()) && !everything.contains("ada@example.com"));
    app.mailbox().await;
}

#[tokio::test]
async fn an_account_of_others_cannot_be_ordered_and_a_copy_of_others_is_not_there() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let account = app.account_of(&bob, "Bob's").await;
    app.add_member(account, &ada, portal::accounts::permissions::AccountRole::Privacy).await;
    let (hers, his) = (app.sign_in_as(&ada).await, app.sign_in_as(&bob).await);
    let new = hers.get("/privacy/exports/new").await;
    assert_eq!(
        new.submit_to("/privacy/exports", &[("of", &account.to_string())]).await.errors()[0].1,
        "Choose one of these."
    );
    let path = made(&app, &hers, "person").await;
    for page in [path.clone(), format!("{path}/file"), format!("{path}/end")] {
        assert_eq!(his.get(&page).await.status, 404, "{page}");
    }
    assert_eq!(his.post(&format!("{path}/end"), &[]).await.status, 404);
    app.mailbox().await;
}

#[tokio::test]
async fn the_next_copy_can_be_ordered_a_day_after_the_last_and_the_page_says_when() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let path = made(&app, &browser, "person").await;
    app.travel(Duration::hours(24) - Duration::minutes(2)).await;
    let browser = app.sign_in_as(&ada).await;
    let refused = order(&browser, "person").await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.errors()[0]
            .1
            .starts_with("A copy was made less than a day ago. The next can be ordered from ")
    );
    assert!(browser.get(&path).await.words().contains("Next copy from "));
    app.travel(Duration::minutes(2)).await;
    assert_eq!(order(&browser, "person").await.status, 303);
    app.run_jobs().await;
    app.mailbox().await;
}

#[tokio::test]
async fn two_clicks_at_once_are_one_order_and_one_mail() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let new = browser.get("/privacy/exports/new").await;
    let send = || new.submit_to("/privacy/exports", &[("of", "person")]);
    let (one, other) = tokio::join!(send(), send());
    assert_eq!((one.status, one.location()), (303, other.location()));
    let page = browser.get(one.location()).await.words();
    assert!(page.contains("Waiting") && page.contains("the work is about to begin"), "{page}");
    app.run_jobs().await;
    assert_eq!(app.mailbox().await.iter().filter(|letter| letter.text.contains("is ready")).count(), 1);
}

#[tokio::test]
async fn a_copy_can_be_fetched_for_seven_days_and_then_its_file_goes() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let path = made(&app, &app.sign_in_as(&ada).await, "person").await;
    let id: ExportId = path.rsplit('/').next().unwrap().parse().unwrap();
    app.travel(Duration::days(7) - Duration::seconds(60)).await;
    let browser = app.sign_in_as(&ada).await;
    app.run_timetable().await;
    fetch(&browser, &path).await;
    app.travel(Duration::seconds(60)).await;
    assert_eq!(browser.get(&format!("{path}/file")).await.status, 404);
    assert!(browser.get(&path).await.words().contains("Expired"));
    let file = format!("exports/{id}/copy.zip");
    assert!(app.storage.open(&file).await.unwrap().is_some());
    app.run_timetable().await;
    assert!(app.storage.open(&file).await.unwrap().is_none());
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_ends_a_copy_ends_it_at_once_also_one_that_is_not_made_yet() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let path = order(&browser, "person").await.location().to_owned();
    let confirm = browser.get(&format!("{path}/end")).await;
    assert!(confirm.submit_to("/end", &[]).await.follow().await.words().contains("The copy is ended"));
    app.run_jobs().await;
    assert!(app.mailbox().await.is_empty(), "it was not made");
    let path = made(&app, &browser, "person").await;
    browser.post(&format!("{path}/end"), &[]).await;
    assert_eq!(browser.get(&format!("{path}/file")).await.status, 404);
    app.run_timetable().await;
    assert_eq!(app.storage.folders("exports").await.unwrap(), Vec::<String>::new());
}

/// A try that fails. The database may hold the lock of the one before for a moment after that has ended.
async fn fail(app: &TestApp, export: ExportId) {
    unlocked(app).await;
    assert!(make::make(app, export).await.is_err());
}

#[tokio::test]
async fn one_that_is_ended_during_its_last_try_is_neither_given_up_nor_mailed() {
    let folder = std::env::temp_dir().join(format!("portal-refuses-ended-{}", std::process::id()));
    std::fs::write(&folder, "a file where the folder should be").unwrap();
    let app = TestApp::with(&[("PORTAL_STORAGE", folder.to_str().unwrap())]).await;
    let ada = app.customer("ada@example.com").await;
    let path = order(&app.sign_in_as(&ada).await, "person").await.location().to_owned();
    let export: ExportId = path.rsplit('/').next().unwrap().parse().unwrap();
    for _ in 0..7 {
        fail(&app, export).await;
    }
    unlocked(&app).await;
    // Between the beginning of the last try and its failure.
    let end = "CREATE FUNCTION ended() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.ended_at := NEW.began_at; RETURN NEW; END $$; \
               CREATE TRIGGER ended BEFORE UPDATE OF began_at ON exports FOR EACH ROW EXECUTE FUNCTION ended()";
    let client = app.db.client().await.unwrap();
    client.batch_execute(end).await.unwrap();
    assert!(make::make(&app, export).await.is_ok());
    assert!(app.sign_in_as(&ada).await.get(&path).await.words().contains("Ended"));
    app.run_jobs().await;
    assert!(app.mailbox().await.is_empty());
    std::fs::remove_file(&folder).unwrap();
}

#[tokio::test]
async fn files_without_a_row_go() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    made(&app, &app.sign_in_as(&ada).await, "person").await;
    assert_eq!(app.storage.folders("exports").await.unwrap().len(), 1);
    diesel::delete(exports::table).execute(&mut app.conn().await).await.unwrap();
    app.run_timetable().await;
    assert_eq!(app.storage.folders("exports").await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn where_the_storage_takes_nothing_the_page_says_so_and_the_next_try_succeeds() {
    let folder = std::env::temp_dir().join(format!("portal-refuses-once-{}", std::process::id()));
    std::fs::write(&folder, "a file where the folder should be").unwrap();
    let app = TestApp::with(&[("PORTAL_STORAGE", folder.to_str().unwrap())]).await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let path = order(&browser, "person").await.location().to_owned();
    let export = path.rsplit('/').next().unwrap().parse().unwrap();
    assert!(make::make(&app, export).await.is_err());
    let page = browser.get(&path).await.words();
    assert!(page.contains("Being tried again") && page.contains("Nothing of it was kept"), "{page}");
    assert!(page.contains("Our storage did not take the file, or did not answer."), "{page}");
    std::fs::remove_file(&folder).unwrap();
    unlocked(&app).await;
    make::make(&app, export).await.unwrap();
    fetch(&browser, &path).await;
    app.run_jobs().await;
    app.mailbox().await;
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn after_the_last_try_whoever_ordered_it_is_told_and_may_order_again_at_once() {
    let folder = std::env::temp_dir().join(format!("portal-refuses-always-{}", std::process::id()));
    std::fs::write(&folder, "a file where the folder should be").unwrap();
    let app = TestApp::with(&[("PORTAL_STORAGE", folder.to_str().unwrap())]).await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let path = order(&browser, "person").await.location().to_owned();
    let export: ExportId = path.rsplit('/').next().unwrap().parse().unwrap();
    for _ in 0..8 {
        fail(&app, export).await;
    }
    let told = app.mail_to("ada@example.com").await.text;
    assert!(
        told.contains("could not be made") && told.contains("Our storage did not take the file"),
        "{told}"
    );
    let page = browser.get(&path).await.words();
    assert!(page.contains("Failed") && page.contains("Our storage did not take the file"), "{page}");
    std::fs::remove_file(&folder).unwrap();
    assert_eq!(order(&browser, "person").await.status, 303);
    app.run_jobs().await;
    app.mailbox().await;
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn while_another_try_is_under_way_the_page_says_what_the_one_before_failed_of() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let path = order(&browser, "person").await.location().to_owned();
    // A worker began, and was killed; another one is just beginning, and its reading is cut off by the database.
    run(&app, "UPDATE exports SET attempts = 1, began_at = now()").await;
    let cut_off = "CREATE FUNCTION cut_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
           PERFORM pg_terminate_backend(l.pid) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = 1280835594 \
             AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
             AND l.pid <> pg_backend_pid(); RETURN NEW; END $$; \
         CREATE TRIGGER cut_off AFTER UPDATE OF at_table ON exports FOR EACH ROW WHEN (NEW.at_table = 'people') EXECUTE FUNCTION cut_off()";
    app.db.client().await.unwrap().batch_execute(cut_off).await.unwrap();
    let export: ExportId = path.rsplit('/').next().unwrap().parse().unwrap();
    assert!(make::make(&app, export).await.is_err());
    let page = browser.get(&path).await.words();
    assert!(page.contains("Our database stopped answering while it was read."), "{page}");
    run(&app, "UPDATE exports SET stumbled_at = NULL, began_at = now()").await;
    run(&app, "DROP TRIGGER cut_off ON exports").await;
    let page = browser.get(&path).await.words();
    assert!(page.contains("This is try 2.") && page.contains("Our database stopped answering"), "{page}");
    make::make(&app, export).await.unwrap();
    let over: Option<String> =
        exports::table.select(exports::stumbled_over).first(&mut app.conn().await).await.unwrap();
    assert_eq!(over.as_deref(), Some("stopped"), "a try that noted nothing was cut off");
    fetch(&browser, &path).await;
    app.run_jobs().await;
    app.mailbox().await;
}

#[tokio::test]
async fn the_database_takes_no_failure_that_does_not_say_what_failed() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    order(&browser, "person").await;
    for (set, taken) in [
        ("stumbled_at = now()", false),
        ("given_up_at = now()", false),
        ("stumbled_at = now(), stumbled_over = 'tired'", false),
        ("stumbled_at = now(), stumbled_over = 'storage_full'", true),
    ] {
        let done =
            diesel::sql_query(format!("UPDATE exports SET {set}")).execute(&mut app.conn().await).await;
        assert_eq!(done.is_ok(), taken, "{set}");
    }
    app.run_jobs().await;
    app.mailbox().await;
}

#[tokio::test]
async fn two_workers_never_make_the_same_copy() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let path = order(&app.sign_in_as(&ada).await, "person").await.location().to_owned();
    let export: ExportId = path.rsplit('/').next().unwrap().parse().unwrap();
    let (one, other) = tokio::join!(make::make(&app, export), make::make(&app, export));
    assert!(one.is_ok() || other.is_ok());
    let attempts: i32 = exports::table.select(exports::attempts).first(&mut app.conn().await).await.unwrap();
    assert_eq!(attempts, 1);
    app.run_jobs().await;
    assert_eq!(app.mailbox().await.len(), 1);
}
