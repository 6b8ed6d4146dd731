//! How long files of disputes are kept, how many, and who gets none of them: those of what nobody confirmed go when it ends, and
//! what anybody can put into the storage has an end.

use chrono::Duration;
use portal::platform::files;
use portal::privacy::disputes;
use portal::staff::permissions::Role;

use super::files::{BODY, TYPED, in_public, with_files};
use super::{EMAIL, SUBJECT};
use crate::privacy::exports::{fetch, order};
use crate::retention::holds::place;
use crate::support::{PDF, PNG, TestApp, count, run, stored};

/// Looks after disputes and files, as the timetable does; how many files are left, in the database and in the storage.
async fn tended(app: &TestApp) -> (i64, usize) {
    disputes::tending::tend((**app).clone()).await.unwrap();
    app.travel(Duration::minutes(61)).await;
    files::tending::tend((**app).clone()).await.unwrap();
    (count(app, "files").await, stored(app).await)
}

#[tokio::test]
async fn files_go_when_a_dispute_ends_unconfirmed_whoever_ends_it() {
    let app = TestApp::start().await;
    in_public(&app, &[("a.pdf", PDF), ("b.png", PNG)]).await;
    app.mail_to(EMAIL).await;
    app.travel(Duration::days(14) - Duration::hours(3)).await;
    assert_eq!(tended(&app).await, (2, 2), "somebody may still confirm it");
    app.travel(Duration::hours(3)).await;
    assert_eq!(tended(&app).await, (0, 0));
    in_public(&app, &[("a.pdf", PDF)]).await;
    let link = app.mail_to(EMAIL).await.link("/privacy/disputes/links/");
    let visitor = app.browser();
    assert!(visitor.get(&link).await.words().contains("deleted within a day"));
    visitor.post(&format!("{link}/withdrawal"), &[]).await;
    assert_eq!(tended(&app).await, (0, 0), "whoever has the mailbox said that it was not them");
    assert!(visitor.get(&link).await.words().contains("deleted within a day"));
    assert_eq!(count(&app, "disputes WHERE state = 'lapsed'").await, 2);
}

#[tokio::test]
async fn files_of_what_was_confirmed_stay_and_a_hold_keeps_the_others_until_its_release() {
    let app = TestApp::start().await;
    let (_, page) = with_files(&app, &[("mine.pdf", PDF)]).await;
    page.submit_to("/withdrawal", &[]).await;
    in_public(&app, &[("a.pdf", PDF)]).await;
    let link = app.mail_to(EMAIL).await.link("/privacy/disputes/links/");
    app.browser().post(&format!("{link}/withdrawal"), &[]).await;
    let paul = app.staff(Role::Privacy).await;
    let table = [("scope", "table"), ("table", "disputes")];
    let hold = place(&app.sign_in_as(&paul).await, &app, &table).await;
    assert_eq!(tended(&app).await, (2, 2));
    let because = [("because", "The lawsuit was settled.")];
    let released = app.sign_in_as(&paul).await.get(&hold).await.submit_to("/release", &because).await;
    assert_eq!(released.status, 303, "{}", released.words());
    assert_eq!(tended(&app).await, (1, 1), "that of the one that was confirmed and then withdrawn");
    app.mailbox().await;
}

#[tokio::test]
async fn a_copy_holds_no_file_that_a_stranger_sent_with_the_address_of_its_owner() {
    let app = TestApp::start().await;
    let (ada, _) = with_files(&app, &[("mine.pdf", PDF)]).await;
    let form = app.browser().get("/privacy/disputes/new").await;
    app.travel(Duration::seconds(5)).await;
    let fields = [TYPED[0], TYPED[1], ("email", "ada@example.com")];
    let sent = form.submit_with_files("/new", &fields, &[("strange.pdf", PDF)]).await;
    assert_eq!((sent.status, count(&app, "files").await), (303, 2));
    let path = order(&ada, "person").await.location().to_owned();
    app.run_jobs().await;
    let mut copy = fetch(&ada, &path).await;
    assert_eq!(copy.json("data/files.json").as_array().unwrap().len(), 1);
    let manifest = copy.json("manifest.json").to_string();
    assert!(manifest.contains("/mine.pdf") && !manifest.contains("strange.pdf"), "{manifest}");
    app.mailbox().await;
}

/// So many files of 10 MB, five with each dispute; only their rows.
async fn full(app: &TestApp, files: u32) {
    run(app, &format!(
        "INSERT INTO files (id, name, media_type, bytes, sha256, uploaded_by_kind, uploaded_at) \
         SELECT gen_random_uuid(), 'x.txt', 'text/plain', 10485760, sha256('x'), 'customer', now() FROM generate_series(1, {files})"
    ))
    .await;
    run(
        app,
        "INSERT INTO dispute_files (file_id, dispute_id) SELECT f.id, d.id \
         FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM files) f \
         JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM disputes) d ON d.n = (f.n + 4) / 5",
    )
    .await;
}

#[tokio::test]
async fn one_person_fills_the_storage_up_to_500_megabytes_and_goes_on_without_files() {
    let app = TestApp::start().await;
    let ada = app.sign_in_as(&app.customer("ada@example.com").await).await;
    let form = ada.get("/privacy/disputes/new").await;
    let mut path = String::new();
    for _ in 0..10 {
        path = form.submit(&TYPED).await.location().to_owned();
    }
    full(&app, 50).await;
    let more = ada.get(&path).await.submit_with_files("/messages", &BODY, &[("a.pdf", PDF)]).await;
    assert_eq!((more.status, stored(&app).await), (422, 0), "{}", more.words());
    assert!(more.errors()[0].1.starts_with("There are 500 MB of files"), "{}", more.words());
    assert_eq!(more.submit_to("/messages", &BODY).await.status, 303, "{}", more.words());
    app.travel(Duration::hours(1)).await;
    let eleventh = form.submit_with_files("/new", &TYPED, &[("a.pdf", PDF)]).await;
    assert_eq!((eleventh.status, eleventh.errors()[0].0.as_str()), (422, "files"), "{}", eleventh.words());
    assert_eq!((eleventh.value("subject").as_str(), stored(&app).await), (SUBJECT, 0));
    assert_eq!(eleventh.submit_to("/new", &[]).await.status, 303, "{}", eleventh.words());
    let bob = app.sign_in_as(&app.customer("bob@example.com").await).await;
    let other = bob.get("/privacy/disputes/new").await;
    let other = other.submit_with_files("/new", &TYPED, &[("a.pdf", PDF)]).await;
    assert_eq!((other.status, stored(&app).await), (303, 1), "somebody else has room of their own");
    app.mailbox().await;
}

#[tokio::test]
async fn strangers_fill_the_storage_up_to_5_gigabytes_and_who_confirms_sends_files_afterwards() {
    let app = TestApp::start().await;
    for statement in [
        "INSERT INTO disputes (id, channel, email, subject, words, received_at, due_at) SELECT gen_random_uuid(), 'form', \
         'stranger@example.com', 'x', 'x', now(), now() + interval '30 days' FROM generate_series(1, 103) n",
        "INSERT INTO dispute_steps (id, dispute_id, act, actor_kind, at) SELECT gen_random_uuid(), id, 'received', 'filer', now() FROM disputes",
    ] {
        run(&app, statement).await;
    }
    full(&app, 512).await;
    let refused = in_public(&app, &[("a.pdf", PDF)]).await;
    assert_eq!((refused.status, stored(&app).await), (422, 0), "{}", refused.words());
    assert!(refused.errors()[0].1.contains("Send it without them"), "{}", refused.words());
    assert_eq!(refused.submit_to("/new", &[]).await.location(), "/privacy/disputes/sent");
    let link = app.mail_to(EMAIL).await.link("/privacy/disputes/links/");
    let page = app.browser().get(&link).await.submit_to("/proof", &[]).await.follow().await;
    let page = page.submit_with_files("/messages", &BODY, &[("a.pdf", PDF)]).await;
    assert_eq!(page.status, 303, "nobody took their room by typing their address: {}", page.words());
    assert_eq!(stored(&app).await, 1);
    app.mailbox().await;
}
