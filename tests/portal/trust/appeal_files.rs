//! Files with appeals: who sends and who fetches them, what is refused, and how they go.

use chrono::Duration;
use portal::accounts::permissions::AccountRole;
use portal::platform::files;
use portal::platform::ids::AccountId;
use portal::staff::permissions::Role;
use portal::trust::suspensions::Level;

use super::appeals::{WHY, claimed, file, page_of, suspended};
use crate::privacy::erase;
use crate::privacy::exports::{fetch, order};
use crate::support::{Browser, PDF, PNG, Page, Sent, TestApp, count, fetched, run, stored};

const TEXT: [(&str, &str); 1] = [("text", WHY)];

/// Files an appeal of Ada's with these files, and answers her browser and the page that comes of it.
async fn filed(app: &TestApp, files: &[(&str, &[u8])]) -> (Browser, Page) {
    let (_, browser, account, id) = suspended(app, Level::Warned).await;
    let form = browser.get(&format!("{}/new", page_of(account, id))).await;
    let page = form.submit_with_files("/appeal", &TEXT, files).await;
    assert_eq!(page.status, 303, "{}", page.words());
    app.mailbox().await;
    (browser, page.follow().await)
}

#[tokio::test]
async fn both_sides_send_files_and_fetch_those_of_the_other() {
    let app = TestApp::start().await;
    let (ada, page) = filed(&app, &[("Contract März.pdf", PDF), ("b.png", PNG)]).await;
    assert_eq!(page.all(".files a"), ["Contract März.pdf", "b.png"]);
    let more =
        page.submit_with_files("/messages", &TEXT, &[("list.txt", b"One, two.\n")]).await.follow().await;
    assert_eq!(more.all(".letter .files a"), ["list.txt"], "with its message: {}", more.words());
    let reviewer = app.desk_of(Role::Reviewer).await;
    let path = claimed(&reviewer).await;
    let at_desk = reviewer.get(&path).await;
    assert_eq!(fetched(&reviewer, &at_desk.link("Contract März.pdf")).await, (200, PDF.to_vec()));
    assert_eq!(fetched(&reviewer, &at_desk.link("list.txt")).await, (200, b"One, two.\n".to_vec()));
    let answer =
        at_desk.submit_with_files("/messages", &[("text", "See here.")], &[("log.txt", b"0:41")]).await;
    assert_eq!(answer.status, 303, "{}", answer.words());
    app.mailbox().await;
    let page = ada.get(&page.path).await;
    assert_eq!(fetched(&ada, &page.link("log.txt")).await, (200, b"0:41".to_vec()));
    assert_eq!(count(&app, "files WHERE uploaded_by_kind = 'staff'").await, 1);
}

#[tokio::test]
async fn before_it_is_claimed_staff_see_that_there_are_files_and_get_none() {
    let app = TestApp::start().await;
    filed(&app, &[("Letter of Ada.pdf", PDF)]).await;
    let reviewer = app.desk_of(Role::Reviewer).await;
    let list = reviewer.get("/staff/appeals").await;
    let path = list.attr("[data-queue-title]", "href").expect("an appeal waits");
    let masked = reviewer.get(&path).await;
    assert_eq!(masked.all(".files a"), ["File 1"], "not what it is called");
    let led = reviewer.get(&masked.link("File 1")).await;
    assert_eq!((led.status, led.location()), (303, path.as_str()));
    assert!(led.follow().await.notices().join(" ").contains("Claim the appeal, or say why you look"));
    let reason = [("reason", "A colleague asked me about the letter in it.")];
    let open = masked.submit_to("/looks", &reason).await.follow().await;
    assert_eq!(fetched(&reviewer, &open.link("Letter of Ada.pdf")).await, (200, PDF.to_vec()));
    let support = app.sign_in_as(&app.staff(Role::Support).await).await;
    assert_eq!(support.get(&open.link("Letter of Ada.pdf")).await.status, 404);
    app.mailbox().await;
}

#[tokio::test]
async fn members_read_along_and_to_anybody_else_a_file_is_not_there() {
    let app = TestApp::start().await;
    let (ada, page) = filed(&app, &[("a.pdf", PDF)]).await;
    let href = page.link("a.pdf");
    let account: AccountId = page.path.split('/').nth(2).expect("an account").parse().expect("a SID");
    let bob = app.customer("bob@example.com").await;
    app.add_member(account, &bob, AccountRole::Developer).await;
    assert_eq!(fetched(&app.sign_in_as(&bob).await, &href).await, (200, PDF.to_vec()));
    let eve = app.customer("eve@example.com").await;
    let theirs = super::suspend(&app, eve.account().await, Level::Warned).await;
    app.mailbox().await;
    let eve_browser = app.sign_in_as(&eve).await;
    assert_eq!(eve_browser.get(&href).await.status, 404, "a member of another account");
    assert_eq!(file(&eve_browser, eve.account().await, theirs).await.status, 303);
    let id = href.rsplit_once('/').unwrap().1;
    let through = format!("{}/files/{id}", page_of(eve.account().await, theirs));
    assert_eq!(eve_browser.get(&through).await.status, 404, "through an appeal of their own");
    assert!(app.browser().get(&href).await.location().starts_with("/sign-in?next="));
    assert_eq!(ada.get(&href.replace(id, "FI00000000000000000000000000000007")).await.status, 404);
    app.mailbox().await;
}

#[tokio::test]
async fn staff_get_a_file_through_the_appeal_that_it_came_with_and_through_no_other() {
    let app = TestApp::start().await;
    let (browser, page) = filed(&app, &[("a.pdf", PDF)]).await;
    page.submit_to("/withdrawal", &[]).await;
    let again = browser.get(&format!("{}/new", page.path)).await;
    assert_eq!(again.submit(&TEXT).await.status, 303);
    let reviewer = app.desk_of(Role::Reviewer).await;
    let path = claimed(&reviewer).await;
    let file = page.link("a.pdf").rsplit_once('/').unwrap().1.to_owned();
    assert_eq!(reviewer.get(&format!("{path}/files/{file}")).await.status, 404);
    assert!(reviewer.get(&path).await.all(".files a").is_empty());
    app.mailbox().await;
}

#[tokio::test]
async fn what_is_refused_keeps_what_was_typed_and_leaves_nothing_in_the_storage() {
    let app = TestApp::start().await;
    let (_, browser, account, id) = suspended(&app, Level::Warned).await;
    let form = browser.get(&format!("{}/new", page_of(account, id))).await;
    let exe = form.submit_with_files("/appeal", &TEXT, &[("a.pdf", PDF), ("a.exe", b"MZ\x90\0")]).await;
    assert_eq!((exe.status, exe.errors()[0].0.as_str()), (422, "files"));
    assert!(exe.errors()[0].1.starts_with("“a.exe” is none of") && exe.text().contains(WHY));
    let short = form.submit_with_files("/appeal", &[("text", " ")], &[("a.pdf", PDF)]).await;
    let names: Vec<String> = short.errors().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["text", "files"], "files are to be chosen again");
    let six: Vec<(&str, &[u8])> = vec![("a.pdf", PDF); 6];
    let many = form.submit_with_files("/appeal", &TEXT, &six).await;
    assert_eq!(many.errors()[0].1, "Send up to 5 files at a time.");
    assert_eq!((count(&app, "appeals").await, stored(&app).await), (0, 0));
    assert_eq!(file(&browser, account, id).await.status, 303, "a form without files, as programs send it");
    let twice = form.submit_with_files("/appeal", &TEXT, &[("a.pdf", PDF)]).await;
    assert!(twice.error().contains("An appeal is open already"), "{}", twice.words());
    assert!(twice.words().contains("Choose the files again") && twice.text().contains(WHY));
    assert_eq!((count(&app, "files").await, stored(&app).await), (0, 0));
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_was_away_too_long_finds_their_text_again_and_is_asked_for_the_files() {
    let app = TestApp::start().await;
    let (ada, browser, account, id) = suspended(&app, Level::Warned).await;
    let form = browser.get(&format!("{}/new", page_of(account, id))).await;
    app.travel(Duration::minutes(6)).await;
    let away = form.submit_with_files("/appeal", &TEXT, &[("a.pdf", PDF)]).await;
    assert!(away.location().starts_with("/reauthentication?next="), "{}", away.location());
    assert_eq!(stored(&app).await, 0);
    let code = ada.code();
    let fields = [("password", crate::support::PASSWORD), ("code", code.as_str())];
    let again = away.follow().await.submit(&fields).await.follow().await;
    assert!(
        again.text().contains(WHY) && again.words().contains("Choose the files again"),
        "{}",
        again.words()
    );
    let sent = again.submit_with_files("/appeal", &[], &[("a.pdf", PDF)]).await;
    assert_eq!((sent.status, stored(&app).await), (303, 1), "{}", sent.words());
    app.mailbox().await;
}

#[tokio::test]
async fn a_closed_appeal_and_a_lost_claim_take_no_files() {
    let app = TestApp::start().await;
    let (_, page) = filed(&app, &[]).await;
    let reviewer = app.desk_of(Role::Reviewer).await;
    let path = claimed(&reviewer).await;
    let at_desk = reviewer.get(&path).await;
    reviewer.post(&format!("{path}/release"), &[]).await;
    let unclaimed = at_desk.submit_with_files("/messages", &TEXT, &[("a.pdf", PDF)]).await;
    assert!(
        unclaimed.status == 422 && unclaimed.error().contains("Claim the appeal first"),
        "{}",
        unclaimed.words()
    );
    assert_eq!(unclaimed.all("textarea[name=text]"), [WHY], "what was typed is kept");
    assert_eq!(page.submit_to("/withdrawal", &[]).await.status, 303);
    let late = page.submit_with_files("/messages", &TEXT, &[("a.pdf", PDF)]).await;
    assert!(late.status == 422 && late.error().contains("closed"), "{}", late.words());
    assert_eq!(late.all("textarea[name=text]"), [WHY]);
    assert_eq!((count(&app, "files").await, stored(&app).await), (0, 0));
    app.mailbox().await;
}

#[tokio::test]
async fn an_appeal_has_room_for_a_hundred_megabytes_and_the_database_counts_them() {
    let app = TestApp::start().await;
    let (_, page) =
        filed(&app, &[("a.pdf", PDF), ("b.pdf", PDF), ("c.pdf", PDF), ("d.pdf", PDF), ("e.pdf", PDF)]).await;
    let files = [("f.pdf", PDF), ("g.pdf", PDF), ("h.pdf", PDF), ("i.pdf", PDF), ("j.pdf", PDF)];
    let page = page.submit_with_files("/messages", &TEXT, &files).await.follow().await;
    run(&app, "UPDATE files SET bytes = 10485760").await;
    let full = page.submit_with_files("/messages", &TEXT, &[("one too many.pdf", PDF)]).await;
    assert_eq!((full.status, full.errors()[0].0.as_str()), (422, "files"), "{}", full.words());
    assert!(full.errors()[0].1.starts_with("An appeal has room for 100 MB") && full.text().contains(WHY));
    assert_eq!((count(&app, "appeal_messages").await, stored(&app).await), (1, 10));
    run(&app, "UPDATE files SET bytes = 1").await;
    let sixth = "INSERT INTO files (id, name, media_type, bytes, sha256, uploaded_by_kind, uploaded_at) \
                 VALUES ('00000000-0000-7000-8000-000000000007', 'x.txt', 'text/plain', 1, sha256('x'), 'system', now())";
    run(&app, sixth).await;
    let listed = "INSERT INTO appeal_files (file_id, appeal_id) SELECT '00000000-0000-7000-8000-000000000007', id FROM appeals";
    let refused = diesel_async::RunQueryDsl::execute(diesel::sql_query(listed), &mut app.conn().await).await;
    assert!(refused.unwrap_err().to_string().contains("up to five files come at a time"));
    app.mailbox().await;
}

#[tokio::test]
async fn of_two_tabs_at_once_none_goes_beyond_the_room() {
    let app = TestApp::start().await;
    let (_, page) = filed(&app, &[("a.pdf", PDF), ("b.pdf", PDF), ("c.pdf", PDF), ("d.pdf", PDF)]).await;
    let more = [("e.pdf", PDF), ("f.pdf", PDF), ("g.pdf", PDF), ("h.pdf", PDF), ("i.pdf", PDF)];
    let page = page.submit_with_files("/messages", &TEXT, &more).await.follow().await;
    // Nine of the longest: there is room for one more.
    run(&app, "UPDATE files SET bytes = 10485760").await;
    let nine_more = [PDF, &vec![b' '; 9 * 1024 * 1024]].concat();
    let one: Sent<'_> = &[("y.pdf", &nine_more)];
    let two: Sent<'_> = &[("z.pdf", &nine_more)];
    let (first, second) = tokio::join!(
        page.submit_with_files("/messages", &TEXT, one),
        page.submit_with_files("/messages", &TEXT, two)
    );
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422], "{} {}", first.words(), second.words());
    assert_eq!((count(&app, "appeal_files").await, stored(&app).await), (10, 10));
    app.mailbox().await;
}

#[tokio::test]
async fn a_copy_holds_the_files_of_an_appeal_and_they_go_with_their_owner() {
    let app = TestApp::start().await;
    let (ada, page) = filed(&app, &[("Contract.pdf", PDF)]).await;
    page.submit_with_files("/messages", &TEXT, &[("list.txt", b"One, two.\n")]).await;
    let path = order(&ada, "person").await.location().to_owned();
    app.run_jobs().await;
    app.mailbox().await;
    let mut copy = fetch(&ada, &path).await;
    assert_eq!(copy.json("data/files.json").as_array().unwrap().len(), 2);
    assert_eq!(copy.attached("Contract.pdf"), PDF);
    let lists = copy.json("data/appeal_files.json");
    assert!(lists[0]["appeal_id"].as_str().unwrap().starts_with("AP"), "{lists}");
    erase(&app, "ada@example.com").await;
    app.mailbox().await;
    assert_eq!(count(&app, "files").await + count(&app, "appeal_files").await, 0);
    app.travel(Duration::minutes(61)).await;
    files::tending::tend((*app).clone()).await.unwrap();
    assert_eq!(stored(&app).await, 0);
}

#[tokio::test]
async fn taking_an_appeal_back_makes_no_room_for_more_files() {
    let app = TestApp::start().await;
    let five = [("a.pdf", PDF), ("b.pdf", PDF), ("c.pdf", PDF), ("d.pdf", PDF), ("e.pdf", PDF)];
    let (browser, page) = filed(&app, &five).await;
    let page = page.submit_with_files("/messages", &TEXT, &five).await.follow().await;
    run(&app, "UPDATE files SET bytes = 10485760").await;
    page.submit_to("/withdrawal", &[]).await;
    let again = browser.get(&format!("{}/new", page.path)).await;
    let full = again.submit_with_files("/appeal", &TEXT, &[("f.pdf", PDF)]).await;
    assert_eq!((full.status, stored(&app).await), (422, 10), "{}", full.words());
    assert!(full.errors()[0].1.contains("one that you took back before"), "{}", full.words());
    assert_eq!(full.submit_to("/appeal", &[]).await.status, 303, "without files");
    run(&app, "UPDATE files SET bytes = 1").await;
    let more = browser.get(&page.path).await.submit_with_files("/messages", &TEXT, &[("f.pdf", PDF)]).await;
    assert_eq!((more.status, stored(&app).await), (303, 11), "{}", more.words());
    app.mailbox().await;
}
