//! Files with messages: how they are kept, and how they go.

use chrono::Duration;
use portal::platform::files;
use portal::platform::ids::RequestId;
use portal::privacy::data_requests::states::{By, Refusal};
use portal::privacy::data_requests::{messages, queries};
use portal::retention::sweep;

use super::files::{request, send};
use super::pages::ask;
use crate::privacy::erase;
use crate::privacy::exports::{fetch, order};
use crate::support::{PDF, TestApp, count, put, run, stored};

/// The only file as it lies in the storage.
async fn at_rest(app: &TestApp) -> (String, Vec<u8>) {
    let folder = app.storage.folders("files").await.unwrap().remove(0);
    let name = format!("files/{folder}/content");
    let found = app.storage.open(&name).await.unwrap().expect("a whole file");
    let bytes: Vec<_> = futures_util::TryStreamExt::try_collect(found.bytes).await.unwrap();
    (name, bytes.concat())
}

#[tokio::test]
async fn a_file_lies_sealed_and_one_that_was_changed_does_not_come_out() {
    let app = TestApp::start().await;
    let (ada, page) = request(&app).await;
    let long = [PDF, &b"Dear Ada, ".repeat(20_000)].concat();
    let page = send(&page, &[("a.pdf", &long)]).await.follow().await;
    let href = page.link("a.pdf");
    assert_eq!(ada.get(&href).await.body, long);
    let (name, sealed) = at_rest(&app).await;
    assert!(!sealed.windows(8).any(|some| some == b"Dear Ada" || some == b"%PDF-1.7"));
    let client = reqwest::Client::new();
    let session =
        ada.cookies().into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
    let piece = 64 * 1024 + 29;
    for (what, with) in [
        ("changed", [&sealed[..9], &[sealed[9] ^ 1], &sealed[10..]].concat()),
        ("cut behind a piece", sealed[..piece].to_vec()),
        ("moved", [&sealed[piece..2 * piece], &sealed[..piece], &sealed[2 * piece..]].concat()),
    ] {
        put(&app, &name, with).await;
        let request =
            client.get(format!("http://{}{href}", app.address)).header("cookie", session.join("; "));
        let host = app.config.base_url.split_once("://").unwrap().1;
        // The answer breaks off, before its head or behind it.
        let came = match request.header("host", host).send().await {
            Ok(answer) => answer.bytes().await.map_or(0, |body| body.len()),
            Err(_) => 0,
        };
        assert_eq!(came, 0, "{what}: something came out");
    }
}

#[tokio::test]
async fn what_got_no_row_is_gone_after_an_hour_and_what_is_being_sent_stays() {
    let app = TestApp::start().await;
    let (_, page) = request(&app).await;
    send(&page, &[("a.pdf", PDF)]).await;
    files::keep(&app, "b.pdf", PDF).await.expect("a worker was killed before it committed");
    // What a process left that was killed in the middle of a file.
    let portal::platform::config::StoragePlace::Folder(folder) = &app.config.storage else {
        panic!("a folder")
    };
    let half = folder.join("files/FI019e0000000070008000000000000001");
    std::fs::create_dir_all(&half).unwrap();
    std::fs::write(half.join("content#1"), b"half").unwrap();
    files::tending::tend((*app).clone()).await.unwrap();
    assert!(!half.exists(), "its id is old");
    assert_eq!(stored(&app).await, 2, "one of them may still be committed");
    app.travel(Duration::minutes(61)).await;
    files::tending::tend((*app).clone()).await.unwrap();
    assert_eq!((stored(&app).await, count(&app, "files").await), (1, 1));
}

#[tokio::test]
async fn a_lost_file_is_named_and_its_row_goes_after_a_week_unless_it_is_found() {
    let app = TestApp::start().await;
    let (ada, page) = request(&app).await;
    let page = send(&page, &[("a.pdf", PDF)]).await.follow().await;
    let (name, sealed) = at_rest(&app).await;
    let folder = name.trim_end_matches("/content").to_owned();
    app.storage.clear(&folder).await.unwrap();
    assert_eq!(ada.get(&page.link("a.pdf")).await.status, 410);
    app.travel(Duration::hours(2)).await;
    files::tending::tend((*app).clone()).await.unwrap();
    assert!(ada.get(&page.path).await.words().contains("a.pdf (lost: please send it again)"));
    put(&app, &name, sealed).await;
    app.travel(Duration::days(6)).await;
    files::tending::tend((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "files WHERE missing_since IS NULL").await, 1, "found again");
    app.storage.clear(&folder).await.unwrap();
    for (days, rows) in [(0, 1), (6, 1), (1, 0)] {
        app.travel(Duration::days(days)).await;
        files::tending::tend((*app).clone()).await.unwrap();
        assert_eq!(count(&app, "files").await, rows, "after {days} days more");
    }
    assert_eq!(count(&app, "data_request_messages").await, 1, "the message stays");
}

#[tokio::test]
async fn the_row_of_a_lost_file_stays_as_long_as_it_is_held() {
    let app = TestApp::start().await;
    let (_, page) = request(&app).await;
    send(&page, &[("a.pdf", PDF)]).await;
    run(
        &app,
        "INSERT INTO holds (id, scope, person_id, matter, reason, requested_by, requested_at, lapses_at, approved_by, approved_at, review_on) \
         SELECT gen_random_uuid(), 'person', id, 'litigation', 'Lawsuit 12 of 2026.', gen_random_uuid(), now(), now() + interval '3 days', gen_random_uuid(), now(), '2999-01-01' FROM people",
    )
    .await;
    app.storage.clear(&format!("files/{}", app.storage.folders("files").await.unwrap()[0])).await.unwrap();
    for days in [1, 8] {
        app.travel(Duration::days(days)).await;
        files::tending::tend((*app).clone()).await.unwrap();
    }
    assert_eq!(count(&app, "files WHERE missing_since IS NOT NULL").await, 1, "its name is evidence too");
    run(&app, "UPDATE holds SET ended_at = now(), ended_because = 'Settled.'").await;
    files::tending::tend((*app).clone()).await.unwrap();
    assert_eq!((count(&app, "files").await, count(&app, "data_request_message_files").await), (0, 0));
    app.mailbox().await;
}

#[tokio::test]
async fn files_go_with_their_person() {
    let app = TestApp::start().await;
    let (_, page) = request(&app).await;
    send(&page, &[("a.pdf", PDF)]).await;
    erase(&app, "ada@example.com").await;
    assert_eq!((count(&app, "files").await, count(&app, "data_request_message_files").await), (0, 0));
    app.travel(Duration::minutes(61)).await;
    files::tending::tend((*app).clone()).await.unwrap();
    assert_eq!(stored(&app).await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn what_arrives_after_its_sender_was_erased_is_kept_nowhere() {
    let app = TestApp::start().await;
    let (_, page) = request(&app).await;
    let id: RequestId = page.path.rsplit_once('/').unwrap().1.parse().unwrap();
    let found = queries::find(&mut *app.conn().await, id).await.unwrap();
    let ada = found.person.expect("Ada");
    let letter = messages::Letter {
        body: "Here is the scan.".into(),
        files: vec![files::keep(&app, "a.pdf", PDF).await.unwrap()],
    };
    erase(&app, "ada@example.com").await;
    let late = messages::send(&app, By::Requester(Some(ada)), &found, &letter).await.unwrap();
    assert_eq!(late, Err(Refusal::Transition));
    assert_eq!(count(&app, "data_request_messages").await, 0, "the words neither");
    assert_eq!((count(&app, "files").await, stored(&app).await), (0, 0));
    app.mailbox().await;
}

#[tokio::test]
async fn files_go_with_their_request_two_years_after_its_end() {
    let app = TestApp::start().await;
    let (_, page) = request(&app).await;
    send(&page, &[("a.pdf", PDF)]).await.follow().await.submit_to("/withdrawal", &[]).await;
    app.mailbox().await;
    for (days, left) in [(729, 1), (3, 0)] {
        app.travel(Duration::days(days)).await;
        sweep::nightly((*app).clone()).await.unwrap();
        files::tending::tend((*app).clone()).await.unwrap();
        assert_eq!((count(&app, "files").await, stored(&app).await), (left, usize::try_from(left).unwrap()));
    }
}

#[tokio::test]
async fn a_copy_holds_the_files_themselves_and_names_what_is_lost() {
    let app = TestApp::start().await;
    let (ada, page) = request(&app).await;
    let page = send(&page, &[("Rechnung März.pdf", PDF)]).await.follow().await;
    let lost = send(&page, &[("lost.pdf", PDF)]).await.follow().await.link("lost.pdf");
    app.storage.clear(&format!("files/{}", lost.rsplit_once('/').unwrap().1)).await.unwrap();
    let path = order(&ada, "person").await.location().to_owned();
    app.run_jobs().await;
    app.mailbox().await;
    let mut copy = fetch(&ada, &path).await;
    let manifest = copy.json("manifest.json");
    let table =
        manifest["tables"].as_array().unwrap().iter().find(|table| table["table"] == "files").unwrap();
    assert_eq!(table["rows"], 2);
    let attached = table["attached"].as_array().unwrap();
    let (whole, lost): (Vec<_>, Vec<_>) = attached.iter().partition(|file| file["whole"] == true);
    let name = whole[0]["name"].as_str().unwrap();
    assert!(name.starts_with("files/FI") && name.ends_with("/Rechnung März.pdf"), "{name}");
    assert_eq!(copy.bytes(name), PDF);
    let sha256 = hex::encode(ring::digest::digest(&ring::digest::SHA256, PDF));
    assert_eq!((&whole[0]["sha256"], &whole[0]["bytes"]), (&sha256.into(), &PDF.len().into()));
    assert!(lost.len() == 1 && lost[0]["name"].as_str().unwrap().ends_with("/lost.pdf"));
    let index = String::from_utf8(copy.bytes("index.html")).unwrap();
    assert!(index.contains("/Rechnung%20M%C3%A4rz.pdf") && index.contains("lost or damaged with us"));
}

#[tokio::test]
async fn a_request_has_room_for_a_hundred_megabytes_and_a_message_for_five_files() {
    let app = TestApp::start().await;
    let (_, page) = request(&app).await;
    send(&page, &[("a.pdf", PDF)]).await;
    run(&app, "UPDATE files SET bytes = 10485760").await;
    let request: RequestId = page.path.rsplit_once('/').unwrap().1.parse().unwrap();
    for number in 2..=10 {
        let letter = messages::insert(&mut *app.conn().await, request, By::System, "x", app.clock.now())
            .await
            .unwrap();
        let sql = format!(
            "WITH f AS (INSERT INTO files (id, name, media_type, bytes, sha256, uploaded_by_kind, uploaded_at) \
             VALUES (gen_random_uuid(), '{number}.pdf', 'application/pdf', 10485760, sha256('x'), 'system', now()) RETURNING id) SELECT id FROM f"
        );
        run(&app, &sql).await;
        let sql = format!(
            "INSERT INTO data_request_message_files SELECT id, '{letter}' FROM files WHERE name = '{number}.pdf'"
        );
        run(&app, &sql).await;
    }
    let full = send(&page, &[("one too many.pdf", PDF)]).await;
    assert_eq!((full.status, full.errors()[0].0.as_str()), (422, "files"), "{}", full.words());
    assert!(full.errors()[0].1.starts_with("A request has room for 100 MB"));
    assert_eq!(stored(&app).await, 1, "what was refused is not kept");
    let found = queries::find(&mut *app.conn().await, request).await.unwrap();
    let mut six = Vec::new();
    for number in 0..6 {
        six.push(files::keep(&app, &format!("{number}.pdf"), PDF).await.unwrap());
    }
    let letter = messages::Letter { body: "Six.".into(), files: six };
    run(&app, "DELETE FROM data_request_messages").await;
    let sent = messages::send(&app, By::System, &found, &letter).await.unwrap();
    assert!(sent.is_err(), "also where no form counted");
}

/// Puts rows of ten files of 10 MB into a request, as many as it has room for.
async fn fill(app: &TestApp, id: RequestId) {
    for statement in [
        format!(
            "INSERT INTO data_request_messages (id, request_id, author_kind, body, sent_at) \
            SELECT gen_random_uuid(), '{}', 'requester', 'x', now() FROM generate_series(1, 2)",
            id.0
        ),
        format!(
            "INSERT INTO files (id, name, media_type, bytes, sha256, uploaded_by_kind, uploaded_at) \
            SELECT gen_random_uuid(), '{id}.txt', 'text/plain', 10485760, sha256('x'), 'customer', now() FROM generate_series(1, 10)"
        ),
        format!(
            "INSERT INTO data_request_message_files (file_id, message_id) SELECT f.id, m.id \
            FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM files WHERE name = '{id}.txt') f \
            JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM data_request_messages WHERE request_id = '{}') m ON m.n = (f.n + 4) / 5",
            id.0
        ),
    ] {
        run(app, &statement).await;
    }
}

#[tokio::test]
async fn asking_again_makes_no_room_for_more_files_without_end() {
    let app = TestApp::start().await;
    let (ada, mut page) = request(&app).await;
    for _ in 0..5 {
        fill(&app, page.path.rsplit_once('/').unwrap().1.parse().unwrap()).await;
        assert_eq!(ada.post(&format!("{}/withdrawal", page.path), &[]).await.status, 303);
        page = ask(&ada, "correction", "Number 8 is wrong.").await.follow().await;
    }
    let full = send(&page, &[("a.pdf", PDF)]).await;
    assert_eq!((full.status, stored(&app).await), (422, 0), "{}", full.words());
    assert!(full.errors()[0].1.contains("all of yours together for 500 MB"), "{}", full.words());
    assert_eq!(page.submit_to("/messages", &[("body", "It is on page 3.")]).await.status, 303);
    app.mailbox().await;
}
