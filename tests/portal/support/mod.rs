//! The test bed. A test is a person or a program that talks to the real server over HTTP:
//!
//! ```ignore
//! #[tokio::test]
//! async fn a_new_name_is_on_the_next_page() {
//!     let app = TestApp::start().await;                           // server, database and clock of its own
//!     let ada = app.customer("ada@example.com").await;            // or .with_totp().await, app.staff(Role::Admin)
//!     let browser = app.sign_in_as(&ada).await;                   // a browser that holds Ada's session
//!     let page = browser.get("/settings/profile").await;
//!     let page = page.submit(&[("name", "Ada King")]).await;      // the page's own form, its other fields as they stand
//!     assert_eq!(page.status, 303);
//!     assert!(page.follow().await.text().contains("Ada King"));
//! }
//! ```
//!
//! - Staff: `app.desk_of(Role::Privacy).await` is the browser of a new member; `.claim(path)` takes what waits there. Who got
//!   a role by a row of the test alone is `.bound().await` to confidentiality before anything of people opens to them.
//! - Several people: `app.browser()` is a visitor with cookies and a network address of its own.
//! - Wrong input: `page.errors()` is `[(field, message)]` out of the error summary.
//! - Mail: `app.mail_to("ada@example.com").await` takes the next unread message; `.link("/sign-up/email/")` and
//!   `.code()` find what it is about. `app.mailbox().await` takes all there are.
//! - Time: `app.travel(Duration::days(30)).await` moves the clock; `app.run_jobs().await` works off what is due,
//!   `app.run_timetable().await` also what the timetable would have begun.
//! - Programs: `app.program(&ada).await` speaks JSON with the auth token of Ada's account,
//!   `app.program_with(&ada, &[Scope::ReadClaims]).await` with an API key.
//! - Mailings: `app.subscriber("a@example.com", &[Topic::Events]).await` is a contact without an account, whose
//!   `.token(topic)` is what stands under a mailing.
//! - Invoices: `app.invoice(account, "1", 20).await` was issued twenty days ago; `app.pay("1").await`, `app.void("1", "Why.").await`.
//! - Subscriber records: `app.subscriber_record(&browser, account, "CH", "Martha Keel").await` is the page of one that was
//!   submitted; `app.accept_record(&desk, &record).await`.
//! - Files: `page.submit_with_files("/messages", &[("body", "Look.")], &[("a.pdf", PDF)])`; `stored(&app)` counts those in
//!   the storage.
//! - Rows: `app.conn().await` is a connection to the test's database; `run(&app, sql)` carries out a statement, and
//!   `count(&app, "people WHERE …")` counts.
//! - Codes: `app.code(secret)` asks Debian's `oathtool`, which knows nothing of our code.
//! - A real browser: `app.chromium("name").await`, on a `TestApp::development()`.
//! - A process: `process::portal(&folder.0, &["retention", "plan"], &process::beside(&app))` is the program on the test's
//!   database, in a folder of its own.
//! - Settings: `TestApp::with(&[("PORTAL_BLOCKED_COUNTRIES", "KP")])`; `TestApp::development()` has `/dev`.
//!
//! When the [`TestApp`] goes, what is still in the queue is worked off, and the test fails if a job is dead
//! that it did not ask for with `app.dead_jobs()`, or a message was never taken. Nothing sleeps: where a process
//! is outside, `eventually(…)` asks again until a deadline.

#![allow(dead_code, unused_imports, reason = "a bed is wider than who sleeps in it")]

mod app;
mod browser;
mod builders;
mod chromium;
mod countries;
mod database;
mod files;
mod forms;
mod hooks;
mod invoices;
mod mailbox;
pub mod process;
mod program;
mod rows;
pub mod smtp;
mod steps;
mod subscriber;
pub mod subscriber_records;

pub use app::{RECEIPT_KEY, SECRET_KEY, TestApp};
pub use browser::{Browser, Page};
pub use builders::{PASSWORD, TestPerson, code_at};
pub use chromium::Chromium;
pub use countries::write_country_database;
pub use database::Database;
pub use files::{PDF, PNG, Sent, fetched, put, stored};
pub use hooks::signature;
pub use mailbox::Letter;
pub use program::Program;
pub use rows::{count, dawdle, dawdling, let_go, lock_waits, number, run, unlocked};
pub use subscriber::Subscriber;

use std::time::{Duration, Instant};

/// Asks again until there is an answer; for what happens in another process.
///
/// # Panics
/// There is none after two minutes.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
