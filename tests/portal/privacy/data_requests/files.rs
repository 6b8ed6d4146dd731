//! Files with messages: who sends and who fetches them, and what is refused.

use chrono::Duration;
use portal::platform::files::{LARGEST, MOST_BYTES};
use portal::privacy::data_requests::tending;
use portal::staff::permissions::Role;

use super::pages::ask;
use crate::support::{Browser, PDF, PNG, Page, Sent, TestApp, count, stored};

/// A request of Ada's, open and read by her.
pub(super) async fn request(app: &TestApp) -> (Browser, Page) {
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let page = ask(&browser, "correction", "Number 7 is wrong.").await.follow().await;
    app.mailbox().await;
    (browser, page)
}

/// Sends a message with these files.
pub(super) async fn send(page: &Page, files: &[(&str, &[u8])]) -> Page {
    page.submit_with_files("/messages", &[("body", "Please look.")], files).await
}

/// What is refused, and the sentence beside the field.
async fn refused(page: &Page, files: &[(&str, &[u8])]) -> String {
    let answer = send(page, files).await;
    assert_eq!((answer.status, answer.errors().len()), (422, 1), "{}", answer.words());
    assert_eq!(answer.errors()[0].0, "files");
    assert_eq!(answer.all("textarea[name=body]"), ["Please look."], "what was typed is kept");
    answer.errors()[0].1.clone()
}

#[tokio::test]
async fn both_sides_send_files_and_fetch_those_of_the_other() {
    let app = TestApp::start().await;
    let (ada, page) = request(&app).await;
    let page = send(&page, &[("Rechnung März.pdf", PDF), ("b.png", PNG)]).await.follow().await;
    assert_eq!(page.all(".files a"), ["Rechnung März.pdf", "b.png"]);
    assert!(page.words().contains("(a PDF, 41 bytes)"), "{}", page.words());
    let desk = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    let at_desk = desk.get(&page.path.replace("/privacy/", "/staff/")).await;
    let unclaimed = desk.get(&at_desk.link("File 1")).await;
    assert_eq!(unclaimed.status, 303, "before it is claimed nobody reads what was sent");
    assert_eq!(at_desk.all(".files a"), ["File 1", "File 2"], "nor what it is called");
    let at_desk = at_desk.submit_to("/claim", &[]).await.follow().await;
    let fetched = desk.get(&at_desk.link("Rechnung März.pdf")).await;
    assert_eq!((fetched.status, &fetched.body[..]), (200, PDF));
    let notes: &[(&str, &[u8])] = &[("notes.txt", "12 € are wrong.\n".as_bytes())];
    let page = send(&at_desk, notes).await;
    assert_eq!(page.status, 303, "{}", page.words());
    app.mail_to("ada@example.com").await;
    let page = ada.get(&at_desk.path.replace("/staff/", "/privacy/")).await;
    let fetched = ada.get(&page.link("notes.txt")).await;
    assert_eq!(fetched.text(), "12 € are wrong.\n");
    assert_eq!(fetched.header("content-type"), "text/plain; charset=utf-8");
}

#[tokio::test]
async fn a_file_is_saved_and_never_shown() {
    let app = TestApp::start().await;
    let (ada, page) = request(&app).await;
    let page = send(&page, &[("Rechnung \u{202e}März.pdf", PDF)]).await.follow().await;
    let fetched = ada.get(&page.link("Rechnung")).await;
    let disposition = fetched.header("content-disposition");
    assert!(
        disposition.starts_with(
            "attachment; filename=\"Rechnung M_rz.pdf\"; filename*=UTF-8''Rechnung%20M%C3%A4rz.pdf"
        ),
        "{disposition}"
    );
    for (name, value) in [
        ("content-type", "application/pdf"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("content-security-policy", "sandbox; default-src 'none'; frame-ancestors 'none'"),
        ("content-length", "41"),
    ] {
        assert_eq!(fetched.header(name), value, "{name}");
    }
}

#[tokio::test]
async fn whoever_came_by_a_link_sends_and_fetches_files_once_it_is_known_who_they_are() {
    let app = TestApp::start().await;
    let (link, code) = asked_by_link(&app).await;
    let eve = app.browser();
    let early =
        eve.post_with_files(&format!("{link}/messages"), &[("body", "x")], "files", &[("a.pdf", PDF)]).await;
    assert_eq!(early.status, 404, "nothing is taken before the code");
    let page = eve.get(&link).await.submit_to("/code", &[("code", &code)]).await.follow().await;
    let page = send(&page, &[("a.pdf", PDF)]).await.follow().await;
    assert_eq!(app.browser().get(&page.link("a.pdf")).await.body, PDF, "the link is the key");
    let file = page.link("a.pdf").rsplit_once('/').unwrap().1.to_owned();
    assert_eq!(eve.get(&format!("/privacy/requests/links/of-nothing/files/{file}")).await.status, 404);
}

#[tokio::test]
async fn a_file_of_somebody_else_is_not_found() {
    let app = TestApp::start().await;
    let (_, page) = request(&app).await;
    let page = send(&page, &[("a.pdf", PDF)]).await.follow().await;
    let href = page.link("a.pdf");
    let bob = app.sign_in_as(&app.customer("bob@example.com").await).await;
    assert_eq!(bob.get(&href).await.status, 404);
    let own = ask(&bob, "correction", "Number 8.").await.location().to_owned();
    let file = href.rsplit_once('/').unwrap().1;
    assert_eq!(bob.get(&format!("{own}/files/{file}")).await.status, 404, "through a request of their own");
    assert!(app.browser().get(&href).await.location().starts_with("/sign-in?next="));
    let support = app.sign_in_as(&app.staff(Role::Support).await).await;
    assert_eq!(support.get(&href.replace("/privacy/", "/staff/")).await.status, 404);
    app.mailbox().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_file_stands_beside_its_field_and_nothing_of_it_is_kept() {
    let app = TestApp::start().await;
    let (_, page) = request(&app).await;
    let long = [PDF, &vec![b' '; usize::try_from(LARGEST).unwrap()]].concat();
    let zip = b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0[Content_Types].xml";
    let html = b"<!DOCTYPE html><script>alert(1)</script>";
    let cases: [(Sent<'_>, &str); 8] = [
        (&[("a.pdf", PDF), ("big.pdf", &long)], "“big.pdf” is longer than 10 MB."),
        (&[("a.docx", zip)], "“a.docx” is none of PDF, PNG, JPEG, WebP"),
        (&[("a.pdf", PNG)], "“a.pdf” is a PNG picture by its content. Its name has to end with .png."),
        (&[("page.txt", html)], "“page.txt” is none of"),
        (&[("latin.txt", b"caf\xE9 au lait")], "“latin.txt” is not plain text in UTF-8."),
        (&[("notes", b"words")], "“notes” is none of"),
        (&[("empty.pdf", b"")], "“empty.pdf” is empty."),
        (
            &[("1.pdf", PDF), ("2.pdf", PDF), ("3.pdf", PDF), ("4.pdf", PDF), ("5.pdf", PDF), ("6.pdf", PDF)],
            "Send up to 5 files at a time.",
        ),
    ];
    for (files, said) in cases {
        let sentence = refused(&page, files).await;
        assert!(sentence.starts_with(said), "{sentence}");
    }
    assert_eq!(stored(&app).await, 0);
}

#[tokio::test]
async fn files_are_limited_together_and_a_wrong_message_asks_for_them_again() {
    let app = TestApp::start().await;
    let (_, page) = request(&app).await;
    let nine = [PDF, &vec![b' '; 9 * 1024 * 1024]].concat();
    assert!(3 * nine.len() as u64 > MOST_BYTES);
    let sentence = refused(&page, &[("1.pdf", &nine), ("2.pdf", &nine), ("3.pdf", &nine)]).await;
    assert_eq!(sentence, "The files are longer than 25 MB together.");
    let answer = page.submit_with_files("/messages", &[("body", " ")], &[("a.pdf", PDF)]).await;
    let names: Vec<String> = answer.errors().into_iter().map(|(name, _)| name).collect();
    assert_eq!((answer.status, names), (422, vec!["body".to_owned(), "files".to_owned()]));
    assert!(answer.words().contains("Choose the files again"));
    assert_eq!(stored(&app).await, 0);
}

#[tokio::test]
async fn of_two_tabs_that_send_files_at_once_both_arrive() {
    let app = TestApp::start().await;
    let (_, page) = request(&app).await;
    for round in 1..=4 {
        let (one, two): (Sent<'_>, Sent<'_>) = (&[("a.pdf", PDF)], &[("b.pdf", PDF)]);
        let (first, second) = tokio::join!(send(&page, one), send(&page, two));
        assert_eq!((first.status, second.status), (303, 303), "{} {}", first.words(), second.words());
        assert_eq!(stored(&app).await, 2 * round);
    }
}

#[tokio::test]
async fn a_form_that_is_none_or_far_too_long_is_refused_and_leaves_nothing() {
    let app = TestApp::start().await;
    let (ada, page) = request(&app).await;
    let path = format!("{}/messages", page.path);
    let post = || ada.request(reqwest::Method::POST, &path).header("sec-fetch-site", "same-origin");
    assert_eq!(ada.answer(post().header("content-type", "text/plain").body("body=x")).await.status, 400);
    let multipart = post().header("content-type", "multipart/form-data; boundary=x");
    let cut = "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.7";
    assert_eq!(ada.answer(multipart.body(cut)).await.status, 400);
    let words = "x".repeat(70_000);
    let long = ada.post_with_files(&path, &[("body", &words)], "files", &[("a.pdf", PDF)]).await;
    assert_eq!(long.status, 400);
    let name = "n".repeat(70_000);
    let named = ada.post_with_files(&path, &[("body", "x")], "files", &[(&name, PDF)]).await;
    assert_eq!(named.status, 400, "names are as bounded as what is typed");
    let of_many: Vec<String> = (0..120).map(|number| number.to_string()).collect();
    let many: Vec<(&str, &str)> = of_many.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(ada.post_with_files(&path, &many, "files", &[("a.pdf", PDF)]).await.status, 400);
    let no_files = page.submit_with_files("/messages", &[("body", "Only words.")], &[]).await;
    assert_eq!(no_files.status, 303);
    assert_eq!(stored(&app).await, 0);
}

/// Asks for categories without an account. The link and the code that were mailed.
async fn asked_by_link(app: &TestApp) -> (String, String) {
    let fields = [("kind", "categories"), ("email", "eve@example.com"), ("home", "us")];
    app.send_form(&app.browser(), "/privacy/requests/new", &fields).await;
    let mails = app.mailbox().await;
    let named = |name: &str| mails.iter().find(|mail| mail.name == name).expect("two mails");
    (named("data_request_received").link("/privacy/requests/links/"), named("data_request_code").code())
}

#[tokio::test]
async fn a_request_that_ended_before_anybody_showed_who_asks_takes_nothing_by_its_link() {
    let app = TestApp::start().await;
    let (withdrawn, _) = asked_by_link(&app).await;
    let (expired, _) = asked_by_link(&app).await;
    let eve = app.browser();
    eve.get(&withdrawn).await.submit_to("/withdrawal", &[]).await;
    app.travel(Duration::days(15)).await;
    tending::tend((*app).clone()).await.unwrap();
    app.mailbox().await;
    for link in [withdrawn, expired] {
        let page = eve.get(&link).await;
        assert!(page.first("form[action$='/messages']").is_none(), "{}", page.words());
        assert!(page.words().contains("nothing more can be sent about it"), "{}", page.words());
        let sent = eve
            .post_with_files(&format!("{link}/messages"), &[("body", "x")], "files", &[("a.pdf", PDF)])
            .await;
        assert_eq!(sent.status, 410, "{}", sent.words());
        assert!(sent.words().contains("ended before anybody showed that it is theirs"), "{}", sent.words());
    }
    assert_eq!((stored(&app).await, count(&app, "data_request_messages").await), (0, 0));
}

#[tokio::test]
async fn a_request_that_ended_after_it_was_known_who_asks_still_takes_messages_by_its_link() {
    let app = TestApp::start().await;
    let (link, code) = asked_by_link(&app).await;
    let eve = app.browser();
    let page = eve.get(&link).await.submit_to("/code", &[("code", &code)]).await.follow().await;
    let page = page.submit_to("/withdrawal", &[]).await.follow().await;
    app.mail_to("eve@example.com").await;
    let page = send(&page, &[("a.pdf", PDF)]).await;
    assert_eq!(page.status, 303, "{}", page.words());
    assert_eq!(stored(&app).await, 1);
}
