//! The transparency page: quarters counted once, and nothing small.

use chrono::{DateTime, Datelike as _, Duration, Months, NaiveDate, Utc};
use portal::public::transparency::{self, quarter_of};
use portal::staff::permissions::Role;

use crate::support::{TestApp, count, run};

/// Requests that came in at this moment, so many of each outcome and decided the next day.
async fn requests(app: &TestApp, at: DateTime<Utc>, outcomes: &[(&str, i64)]) {
    run(app, "ALTER TABLE data_requests DISABLE TRIGGER ALL").await;
    for (outcome, number) in outcomes {
        run(app, &format!(
            "INSERT INTO data_requests (id, kind, asked_kind, channel, state, ccpa, gdpr, received_at, due_at, longest_due_at, closed_at) \
             SELECT gen_random_uuid(), 'access', 'access', 'email', '{outcome}', true, false, t, t + interval '45 days', t + interval '90 days', t + interval '1 day' \
             FROM (SELECT timestamptz '{}' AS t) now, generate_series(1, {number})",
            at.to_rfc3339()
        ))
        .await;
    }
}

/// A moment in the quarter before this one.
fn last_quarter(app: &TestApp) -> DateTime<Utc> {
    let first = quarter_of(app.clock.now().date_naive()).checked_sub_months(Months::new(3)).unwrap();
    first.and_hms_opt(12, 0, 0).unwrap().and_utc() + Duration::days(20)
}

/// The row of the quarter before this one.
async fn row(app: &TestApp) -> String {
    let months = match last_quarter(app).month() {
        1..=3 => "January to March",
        4..=6 => "April to June",
        7..=9 => "July to September",
        _ => "October to December",
    };
    let rows =
        app.browser().get("/transparency").await.all("section[aria-labelledby=requests-title] tbody tr");
    let name = format!("{months} {} ", last_quarter(app).year());
    rows.iter().find_map(|row| row.strip_prefix(&name)).expect("it was counted").to_owned()
}

#[tokio::test]
async fn a_quarter_that_is_over_is_shown_without_what_is_small_and_what_would_tell_it() {
    let app = TestApp::start().await;
    assert!(app.browser().get("/transparency").await.words().contains("No quarter was counted yet"));
    let outcomes = [("fulfilled", 40), ("partly_fulfilled", 12), ("denied", 3), ("withdrawn", 15)];
    requests(&app, last_quarter(&app), &outcomes).await;
    transparency::publish((*app).clone()).await.unwrap();
    // Denied and unanswered are few, so that the sum of all is not shown.
    assert_eq!(row(&app).await, "70 40 12 fewer than 10 15 fewer than 10 not shown");
}

#[tokio::test]
async fn a_quarter_is_counted_once_and_does_not_change_afterwards() {
    let app = TestApp::start().await;
    requests(&app, last_quarter(&app), &[("fulfilled", 40), ("denied", 20)]).await;
    let both = tokio::join!(transparency::publish((*app).clone()), transparency::publish((*app).clone()));
    assert!(both.0.is_ok() && both.1.is_ok(), "{both:?}");
    let (before, rows) = (row(&app).await, count(&app, "transparency_figures").await);
    assert!(before.starts_with("60 40 "), "{before}");
    requests(&app, last_quarter(&app), &[("fulfilled", 1)]).await;
    run(&app, "DELETE FROM data_requests WHERE state = 'denied'").await;
    transparency::publish((*app).clone()).await.unwrap();
    assert_eq!((row(&app).await, count(&app, "transparency_figures").await), (before, rows));
}

#[tokio::test]
async fn the_quarter_under_way_is_not_counted() {
    let app = TestApp::start().await;
    let begin = quarter_of(app.clock.now().date_naive()).and_hms_opt(0, 0, 0).unwrap().and_utc();
    requests(&app, begin, &[("fulfilled", 40)]).await;
    requests(&app, begin - Duration::days(2), &[("denied", 30)]).await;
    transparency::publish((*app).clone()).await.unwrap();
    assert!(row(&app).await.starts_with("30 "));
    assert_eq!(count(&app, "transparency_figures WHERE quarter >= date_trunc('quarter', now())").await, 0);
}

#[tokio::test]
async fn a_dispute_that_is_confirmed_after_its_quarter_was_counted_counts_in_the_next() {
    let app = TestApp::start().await;
    let begin = quarter_of(last_quarter(&app).date_naive());
    let at = begin.and_hms_opt(0, 0, 0).unwrap().and_utc();
    run(&app, "ALTER TABLE disputes DISABLE TRIGGER ALL").await;
    run(&app, "ALTER TABLE dispute_steps DISABLE TRIGGER ALL").await;
    for statement in [
        format!(
            "INSERT INTO disputes (id, channel, state, email, subject, words, received_at, due_at) \
             SELECT gen_random_uuid(), 'form', 'open', 'ada@example.com', 'x', 'x', t, t + interval '30 days' FROM (SELECT timestamptz '{}' AS t) typed",
            (at - Duration::days(3)).to_rfc3339()
        ),
        format!(
            "INSERT INTO dispute_steps (id, dispute_id, seq, act, actor_kind, at) \
             SELECT gen_random_uuid(), d.id, n, act, 'filer', timestamptz '{}' FROM disputes d, (VALUES (1, 'received'), (2, 'proven')) s (n, act)",
            (at + Duration::days(3)).to_rfc3339()
        ),
    ] {
        run(&app, &statement).await;
    }
    transparency::publish((*app).clone()).await.unwrap();
    let came = "transparency_figures WHERE matter = 'disputes' AND what = 'received' AND count = 1";
    assert_eq!(count(&app, &format!("{came} AND quarter = '{begin}'")).await, 1);
    assert_eq!(count(&app, came).await, 1, "and in no other");
}

#[tokio::test]
async fn a_letter_that_is_logged_after_its_quarter_was_counted_counts_in_the_next() {
    let app = TestApp::start().await;
    let next = |day: NaiveDate| quarter_of(day).checked_add_months(Months::new(3)).unwrap();
    // Two hours into a day.
    let to = |day: NaiveDate| day.and_hms_opt(2, 0, 0).unwrap().and_utc() - app.clock.now();
    let begin = next(app.clock.now().date_naive());
    app.travel(to(begin)).await;
    transparency::publish((*app).clone()).await.unwrap();
    let desk = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    let came = (begin - Duration::days(3)).to_string();
    let at = ("received", came.as_str());
    let letter = [("channel", "post"), at, ("postal_address", "1 Lane"), ("subject", "x"), ("words", "y")];
    let asked = [("kind", "access"), ("email", "ada@example.com"), at, ("home", "us")];
    assert_eq!(desk.get("/staff/disputes/new").await.submit(&letter).await.status, 303);
    assert_eq!(desk.post("/staff/requests/new", &asked).await.status, 303);
    app.travel(to(next(begin))).await;
    transparency::publish((*app).clone()).await.unwrap();
    for matter in ["disputes", "requests"] {
        let one =
            format!("transparency_figures WHERE matter = '{matter}' AND what = 'received' AND count = 1");
        assert_eq!(count(&app, &format!("{one} AND quarter = '{begin}'")).await, 1, "{matter}");
        assert_eq!(count(&app, &one).await, 1, "{matter}: and in no other");
    }
    app.mailbox().await;
}
