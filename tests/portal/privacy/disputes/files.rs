//! Files with disputes: who sends and who fetches them, what is refused, that what nobody confirmed is handed out to nobody,
//! and how they go.

use chrono::Duration;
use portal::platform::files::{self, upload};
use portal::retention::sweep;
use portal::staff::permissions::Role;

use super::{EMAIL, SUBJECT, WORDS, at_desk, desk, raised};
use crate::privacy::erase;
use crate::privacy::exports::{fetch, order};
use crate::support::{Browser, PDF, PNG, Page, Sent, TestApp, count, fetched, run, stored};

pub(super) const TYPED: [(&str, &str); 2] = [("subject", SUBJECT), ("words", WORDS)];
pub(super) const BODY: [(&str, &str); 1] = [("body", "Please look.")];

/// A dispute of Ada's with these files: her browser, and its page.
pub(super) async fn with_files(app: &TestApp, files: &[(&str, &[u8])]) -> (Browser, Page) {
    let ada = app.sign_in_as(&app.customer("ada@example.com").await).await;
    let page = ada.get("/privacy/disputes/new").await.submit_with_files("/new", &TYPED, files).await;
    assert_eq!(page.status, 303, "{}", page.words());
    app.mailbox().await;
    (ada, page.follow().await)
}

/// Sends the public form with these files.
pub(super) async fn in_public(app: &TestApp, files: &[(&str, &[u8])]) -> Page {
    let form = app.browser().get("/privacy/disputes/new").await;
    app.travel(Duration::seconds(5)).await;
    let fields = [TYPED[0], TYPED[1], ("email", EMAIL)];
    form.submit_with_files("/new", &fields, files).await
}

fn id_of(href: &str) -> String {
    href.rsplit_once('/').expect("a path").1.to_owned()
}

#[tokio::test]
async fn both_sides_send_files_and_fetch_those_of_the_other() {
    let app = TestApp::start().await;
    let (ada, page) = with_files(&app, &[("Mail März.pdf", PDF), ("b.png", PNG)]).await;
    assert_eq!(page.all(".files a"), ["Mail März.pdf", "b.png"]);
    let page = page.submit_with_files("/messages", &BODY, &[("more.txt", b"One.\n")]).await.follow().await;
    assert_eq!(page.all(".letter .files a"), ["more.txt"], "{}", page.words());
    let desk = desk(&app).await;
    let masked = desk.get(&at_desk(&page.path)).await;
    assert_eq!(masked.all(".files a"), ["File 1", "File 2", "File 1"], "not what they are called");
    let led = desk.get(&masked.link("File 1")).await;
    assert_eq!((led.status, led.location()), (303, masked.path.as_str()));
    assert!(led.follow().await.notices().join(" ").contains("Claim the dispute, or say why you look"));
    let open = desk.claim(&masked.path).await;
    assert_eq!(fetched(&desk, &open.link("Mail März.pdf")).await, (200, PDF.to_vec()));
    assert_eq!(fetched(&desk, &open.link("more.txt")).await, (200, b"One.\n".to_vec()));
    let answer = open.submit_with_files("/messages", &BODY, &[("log.txt", b"0:41")]).await;
    assert_eq!(answer.status, 303, "{}", answer.words());
    app.mailbox().await;
    let page = ada.get(&page.path).await;
    assert_eq!(fetched(&ada, &page.link("log.txt")).await, (200, b"0:41".to_vec()));
}

#[tokio::test]
async fn a_file_of_somebody_else_is_not_found() {
    let app = TestApp::start().await;
    let (_, page) = with_files(&app, &[("a.pdf", PDF)]).await;
    let href = page.link("a.pdf");
    let bob = app.sign_in_as(&app.customer("bob@example.com").await).await;
    assert_eq!(bob.get(&href).await.status, 404);
    let own = bob.post("/privacy/disputes/new", &TYPED).await;
    let through = format!("{}/files/{}", own.location(), id_of(&href));
    assert_eq!(bob.get(&through).await.status, 404, "through a dispute of their own");
    assert!(app.browser().get(&href).await.location().starts_with("/sign-in?next="));
    let support = app.sign_in_as(&app.staff(Role::Support).await).await;
    assert_eq!(support.get(&at_desk(&href)).await.status, 404);
    let desk = desk(&app).await;
    let other = at_desk(own.location());
    desk.claim(&other).await;
    assert_eq!(desk.get(&format!("{other}/files/{}", id_of(&href))).await.status, 404);
    app.mailbox().await;
}

#[tokio::test]
async fn what_nobody_confirmed_is_handed_out_to_nobody() {
    let app = TestApp::start().await;
    assert_eq!(in_public(&app, &[("a.pdf", PDF)]).await.location(), "/privacy/disputes/sent");
    let link = app.mail_to(EMAIL).await.link("/privacy/disputes/links/");
    let visitor = app.browser();
    let desk = desk(&app).await;
    let list = desk.get("/staff/disputes?view=unproven").await;
    let path = list.attr("[data-queue-title]", "href").expect("it is there");
    let reason = [("reason", "To see whether it is abuse.")];
    let open = desk.get(&path).await.submit_to("/looks", &reason).await.follow().await;
    assert!(
        open.words().contains("handed out to nobody") && open.all(".files a").is_empty(),
        "{}",
        open.words()
    );
    let file = files_of(&app).await;
    assert_eq!(desk.get(&format!("{path}/files/{file}")).await.status, 404);
    assert_eq!(visitor.get(&format!("{link}/files/{file}")).await.status, 404);
    let early = visitor.post_with_files(&format!("{link}/messages"), &BODY, "files", &[("b.pdf", PDF)]).await;
    assert_eq!((early.status, stored(&app).await), (404, 1));
    let told = desk.post_with_files(&format!("{path}/messages"), &BODY, "files", &[("b.pdf", PDF)]).await;
    assert!(told.status == 422 && told.error().contains("mailbox is not confirmed"), "{}", told.words());
    assert_eq!((told.all("textarea[name=body]"), stored(&app).await), (vec!["Please look.".to_owned()], 1));
    assert_eq!(visitor.post(&format!("{link}/withdrawal"), &[]).await.status, 303);
    assert_eq!(visitor.get(&format!("{link}/files/{file}")).await.status, 410, "it ended unconfirmed");
    assert_eq!(desk.get(&format!("{path}/files/{file}")).await.status, 404);
    assert_eq!(count(&app, "disputes WHERE state = 'lapsed'").await, 1);
}

/// The only file, by its SID.
async fn files_of(app: &TestApp) -> String {
    app.storage.folders("files").await.unwrap().remove(0)
}

#[tokio::test]
async fn by_the_link_files_come_and_go_once_the_mailbox_is_confirmed() {
    let app = TestApp::start().await;
    in_public(&app, &[("a.pdf", PDF)]).await;
    let link = app.mail_to(EMAIL).await.link("/privacy/disputes/links/");
    let visitor = app.browser();
    let page = visitor.get(&link).await.submit_to("/proof", &[]).await.follow().await;
    assert_eq!(
        fetched(&app.browser(), &page.link("a.pdf")).await,
        (200, PDF.to_vec()),
        "the link is the key"
    );
    let page = page.submit_with_files("/messages", &BODY, &[("b.png", PNG)]).await.follow().await;
    assert_eq!(fetched(&visitor, &page.link("b.png")).await, (200, PNG.to_vec()));
    let file = id_of(&page.link("a.pdf"));
    assert_eq!(visitor.get(&format!("/privacy/disputes/links/of-nothing/files/{file}")).await.status, 404);
    app.mailbox().await;
}

#[tokio::test]
async fn a_letter_is_logged_with_what_was_enclosed() {
    let app = TestApp::start().await;
    let desk = desk(&app).await;
    let day = app.clock.now().date_naive().to_string();
    let fields = [
        ("channel", "post"),
        ("received", day.as_str()),
        ("postal_address", "1 Analytical Lane"),
        TYPED[0],
        TYPED[1],
    ];
    let form = desk.get("/staff/disputes/new").await;
    let wrong = form.submit_with_files("/new", &[TYPED[0]], &[("scan.pdf", PDF)]).await;
    assert!(wrong.status == 422 && wrong.words().contains("Choose the files again"), "{}", wrong.words());
    assert_eq!((wrong.value("subject").as_str(), stored(&app).await), (SUBJECT, 0));
    let logged = form.submit_with_files("/new", &fields, &[("scan.pdf", PDF)]).await;
    let page = desk.claim(logged.location()).await;
    assert_eq!(fetched(&desk, &page.link("scan.pdf")).await, (200, PDF.to_vec()));
    assert_eq!(count(&app, "files WHERE uploaded_by_kind = 'staff'").await, 1);
}

#[tokio::test]
async fn what_is_refused_keeps_what_was_typed_and_leaves_nothing_in_the_storage() {
    let app = TestApp::start().await;
    let (ada, page) = with_files(&app, &[]).await;
    let exe: [(&str, &[u8]); 2] = [("a.pdf", PDF), ("a.exe", b"MZ\x90\0")];
    let pdf: [(&str, &[u8]); 1] = [("a.pdf", PDF)];
    let form = ada.get("/privacy/disputes/new").await;
    for answer in [
        form.submit_with_files("/new", &TYPED, &exe).await,
        form.submit_with_files("/new", &[TYPED[1], ("subject", "")], &pdf).await,
        in_public(&app, &exe).await,
    ] {
        assert!(answer.status == 422 && answer.text().contains(WORDS), "{}", answer.words());
        assert!(answer.errors().iter().any(|(name, _)| name == "files"), "{}", answer.words());
    }
    let robot = app.browser().get("/privacy/disputes/new").await;
    let fields = [TYPED[0], TYPED[1], ("email", EMAIL), ("website", "x")];
    let robot = robot.submit_with_files("/new", &fields, &pdf).await;
    assert!(robot.error().contains("a field on this form that people do not see"), "{}", robot.words());
    assert!(robot.words().contains("Choose the files again"), "{}", robot.words());
    let message = page.submit_with_files("/messages", &BODY, &exe).await;
    assert_eq!((message.status, message.all("textarea[name=body]")), (422, vec!["Please look.".to_owned()]));
    assert_eq!(
        page.submit_to("/messages", &BODY).await.status,
        303,
        "a form without files, as programs send it"
    );
    assert_eq!((count(&app, "files").await, stored(&app).await, count(&app, "disputes").await), (0, 0, 1));
}

#[tokio::test]
async fn beyond_what_people_send_nothing_is_kept() {
    let app = TestApp::start().await;
    let person = app.customer("ada@example.com").await;
    let ada = app.sign_in_as(&person).await;
    let form = ada.get("/privacy/disputes/new").await;
    for _ in 0..10 {
        assert_eq!(form.submit(&TYPED).await.status, 303);
    }
    let eleventh = form.submit_with_files("/new", &TYPED, &[("a.pdf", PDF)]).await;
    assert_eq!((eleventh.status, stored(&app).await), (429, 0));
    let mut read = 11;
    while upload::admit(&app, &person.id.to_string()).await.is_ok() {
        read += 1;
    }
    assert!((60..70).contains(&read), "{read}");
    let unread = form.submit_with_files("/new", &[("subject", "")], &[("a.pdf", PDF)]).await;
    assert_eq!((unread.status, stored(&app).await), (429, 0), "also one that would be refused");
    app.mailbox().await;
}

#[tokio::test]
async fn a_dispute_has_room_for_a_hundred_megabytes_also_for_two_tabs_at_once() {
    let app = TestApp::start().await;
    let five = [("a.pdf", PDF), ("b.pdf", PDF), ("c.pdf", PDF), ("d.pdf", PDF), ("e.pdf", PDF)];
    let (_, page) = with_files(&app, &five).await;
    let page = page.submit_with_files("/messages", &BODY, &five[..4]).await.follow().await;
    run(&app, "UPDATE files SET bytes = 10485760").await;
    let long = [PDF, &vec![b' '; 9 * 1024 * 1024]].concat();
    let one: Sent<'_> = &[("y.pdf", &long)];
    let two: Sent<'_> = &[("z.pdf", &long)];
    let (first, second) = tokio::join!(
        page.submit_with_files("/messages", &BODY, one),
        page.submit_with_files("/messages", &BODY, two)
    );
    let refused = if first.status == 422 { &first } else { &second };
    assert_eq!(first.status + second.status, 303 + 422, "{} {}", first.words(), second.words());
    assert!(refused.errors()[0].1.starts_with("A dispute has room for 100 MB"), "{}", refused.words());
    assert_eq!((count(&app, "dispute_files").await, stored(&app).await), (10, 10));
    run(&app, "UPDATE files SET bytes = 1").await;
    let sixth = "INSERT INTO files (id, name, media_type, bytes, sha256, uploaded_by_kind, uploaded_at) \
                 VALUES ('00000000-0000-7000-8000-000000000007', 'x.txt', 'text/plain', 1, sha256('x'), 'system', now())";
    run(&app, sixth).await;
    let listed = "INSERT INTO dispute_files (file_id, dispute_id) SELECT '00000000-0000-7000-8000-000000000007', id FROM disputes";
    let sixth = diesel_async::RunQueryDsl::execute(diesel::sql_query(listed), &mut app.conn().await).await;
    assert!(sixth.unwrap_err().to_string().contains("up to five files come at a time"));
}

#[tokio::test]
async fn a_copy_holds_the_files_of_a_dispute_and_they_go_with_their_person() {
    let app = TestApp::start().await;
    let (ada, page) = with_files(&app, &[("Mail.pdf", PDF)]).await;
    page.submit_with_files("/messages", &BODY, &[("more.txt", b"One.\n")]).await;
    let path = order(&ada, "person").await.location().to_owned();
    app.run_jobs().await;
    let mut copy = fetch(&ada, &path).await;
    assert_eq!(copy.json("data/files.json").as_array().unwrap().len(), 2);
    assert_eq!(copy.attached("Mail.pdf"), PDF);
    erase(&app, "ada@example.com").await;
    assert_eq!(count(&app, "disputes").await, 1, "without words");
    assert_eq!(count(&app, "files").await + count(&app, "dispute_files").await, 0);
    app.travel(Duration::minutes(61)).await;
    files::tending::tend((*app).clone()).await.unwrap();
    assert_eq!(stored(&app).await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn what_arrives_after_its_sender_was_erased_is_kept_nowhere() {
    let app = TestApp::start().await;
    let (_, path) = raised(&app).await;
    run(&app, "UPDATE disputes SET person_id = NULL").await;
    let desk = desk(&app).await;
    let late = desk
        .post_with_files(&format!("{}/messages", at_desk(&path)), &BODY, "files", &[("a.pdf", PDF)])
        .await;
    assert!(late.status == 422 && late.error().contains("has moved on"), "{}", late.words());
    assert_eq!((count(&app, "dispute_messages").await, stored(&app).await), (0, 0));
    app.mailbox().await;
}

#[tokio::test]
async fn files_go_with_their_dispute_two_years_after_its_end() {
    let app = TestApp::start().await;
    let (_, page) = with_files(&app, &[("a.pdf", PDF)]).await;
    page.submit_to("/withdrawal", &[]).await;
    app.mailbox().await;
    for (days, left) in [(729, 1), (3, 0)] {
        app.travel(Duration::days(days)).await;
        sweep::nightly((*app).clone()).await.unwrap();
        files::tending::tend((*app).clone()).await.unwrap();
        assert_eq!((count(&app, "files").await, stored(&app).await), (left, usize::try_from(left).unwrap()));
    }
    app.mailbox().await;
}
