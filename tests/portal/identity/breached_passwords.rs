//! Passwords that became known elsewhere: refused with the reason, asked for without telling them.

use std::time::{Duration, Instant};

use portal::staff::invitations;
use portal::staff::permissions::Role;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{Page, TestApp};

const CHOSEN: &str = "violet engine quiet harbour";
/// SHA-1 of it by another program: what is sent, and what is kept.
const SENT: &str = "/range/5E385";
const KEPT: &str = "92A50F0A88FDDBE1057394105BC4A6DD326";
const OTHER: &str = "0018A45C4D1DEF81644B54AB7F969B88D65:3";

async fn service(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    let asked = Mock::given(method("GET")).and(path(SENT)).and(header("add-padding", "true"));
    asked.respond_with(answer).mount(&server).await;
    server
}

async fn app_with(server: &MockServer) -> TestApp {
    let url = format!("{}/range", server.uri());
    TestApp::development_with(&[("PORTAL_BREACHED_PASSWORDS_URL", &url)]).await
}

async fn sign_up(app: &TestApp) -> Page {
    let fields = [
        ("name", "Ada Lovelace"),
        ("email", "ada@example.com"),
        ("phone", "+1 212 555 0100"),
        ("password", CHOSEN),
        ("terms", "on"),
        ("old_enough", "on"),
    ];
    app.browser().post("/sign-up", &fields).await
}

fn assert_refused(page: &Page) {
    let errors = page.errors();
    assert_eq!((page.status, errors.len(), errors[0].0.as_str()), (422, 1, "password"));
    assert!(errors[0].1.contains("appears in known breaches"), "{errors:?}");
    assert!(!page.text().contains(CHOSEN));
}

#[tokio::test]
async fn a_known_password_is_refused_wherever_one_is_chosen() {
    let server = service(ResponseTemplate::new(200).set_body_string(format!("{OTHER}\r\n{KEPT}:42"))).await;
    let app = app_with(&server).await;
    let page = sign_up(&app).await;
    assert_refused(&page);
    assert_eq!(page.value("name"), "Ada Lovelace", "the rest is kept");
    let bob = app.customer("bob@example.com").await;
    let browser = app.sign_in_as(&bob).await;
    assert_refused(&browser.post("/settings/password", &[("password", CHOSEN)]).await);
    app.browser().post("/password-reset", &[("email", &bob.email)]).await;
    let link = app.mail_to(&bob.email).await.link("/password-reset/");
    assert_refused(&app.browser().post(&link, &[("password", CHOSEN)]).await);
    invitations::invite_from_command_line(&app, "sara@example.com", Role::Support).await.unwrap();
    let link = app.mail_to("sara@example.com").await.link("/staff/invitations/");
    assert_refused(&app.browser().post(&link, &[("name", "Sara"), ("password", CHOSEN)]).await);
}

#[tokio::test]
async fn only_the_first_five_digits_leave_and_padding_is_no_hit() {
    let server = service(ResponseTemplate::new(200).set_body_string(format!("{OTHER}\r\n{KEPT}:0"))).await;
    let app = app_with(&server).await;
    assert_eq!(sign_up(&app).await.location(), "/sign-up/email");
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    assert_eq!((requests[0].url.path(), requests[0].url.query(), requests[0].body.len()), (SENT, None, 0));
    let headers = format!("{:?}", requests[0].headers);
    assert!(!headers.contains(KEPT) && !headers.contains("violet"), "{headers}");
    app.mailbox().await;
}

#[tokio::test]
async fn a_service_that_is_down_stops_nobody() {
    let server = service(ResponseTemplate::new(503)).await;
    let app = app_with(&server).await;
    assert_eq!(sign_up(&app).await.location(), "/sign-up/email");
    drop(server);
    let nowhere = [("PORTAL_BREACHED_PASSWORDS_URL", "http://127.0.0.1:9/range")];
    let cut_off = TestApp::development_with(&nowhere).await;
    assert_eq!(sign_up(&cut_off).await.location(), "/sign-up/email");
    app.mailbox().await;
    cut_off.mailbox().await;
}

#[tokio::test]
async fn a_service_that_is_slow_is_not_waited_for() {
    let answer = ResponseTemplate::new(200).set_body_string(format!("{KEPT}:42"));
    let server = service(answer.set_delay(Duration::from_secs(60))).await;
    let app = app_with(&server).await;
    let began = Instant::now();
    assert_eq!(sign_up(&app).await.location(), "/sign-up/email");
    assert!(began.elapsed() >= Duration::from_secs(2) && began.elapsed() < Duration::from_secs(20));
    app.mailbox().await;
}

#[tokio::test]
async fn without_the_setting_nothing_is_asked() {
    let app = TestApp::start().await;
    assert_eq!(sign_up(&app).await.location(), "/sign-up/email");
    assert_eq!(app.config.breached_passwords_url, None);
    app.mailbox().await;
}
