//! Events: registering, the last seat, cancelling, calling off.

use chrono::Duration;
use diesel_async::SimpleAsyncConnection as _;
use futures_util::future::join_all;
use portal::staff::permissions::Role;

use crate::support::{TestApp, count, lock_waits, run};

/// Registers and answers the link of the mail.
async fn register(app: &TestApp, event: &str, email: &str) -> String {
    let page = app.send_form(&app.browser(), event, &[("email", email), ("name", "Ada")]).await;
    assert_eq!(page.status, 303, "{}", page.words());
    app.mail_to(email).await.link("/events/registrations/")
}

async fn confirm(app: &TestApp, link: &str) -> u16 {
    app.browser().post(&format!("{link}/confirmation"), &[]).await.status
}

#[tokio::test]
async fn a_seat_is_taken_behind_the_link_and_given_back_there() {
    let app = TestApp::start().await;
    let event = app.an_event(&app.desk_of(Role::Marketing).await, 1).await;
    let link = register(&app, &event, "ada@example.com").await;
    let browser = app.browser();
    assert!(browser.get(&event).await.words().contains("Free seats 1 of 1"));
    let page = browser.get(&link).await.submit_to("/confirmation", &[]).await.follow().await;
    assert!(page.words().contains("You have a seat"), "{}", page.words());
    assert!(app.mail_to("ada@example.com").await.text.contains("calendar.ics"));
    assert!(browser.get(&event).await.words().contains("Every seat is taken"));
    let page = page.submit_to("/cancellation", &[]).await.follow().await;
    assert!(page.words().contains("You cancelled"), "{}", page.words());
    assert_eq!(browser.post(&format!("{link}/cancellation"), &[]).await.status, 303);
    assert_eq!(confirm(&app, &link).await, 422, "a seat that was given back is registered for anew");
    let again = register(&app, &event, "ada@example.com").await;
    assert_eq!(confirm(&app, &again).await, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn of_many_who_want_the_last_seat_at_once_one_gets_it() {
    let app = TestApp::start().await;
    let event = app.an_event(&app.desk_of(Role::Marketing).await, 1).await;
    let mut links = Vec::new();
    for n in 0..6 {
        links.push(register(&app, &event, &format!("p{n}@example.com")).await);
    }
    let mut answers = join_all(links.iter().map(|link| confirm(&app, link))).await;
    answers.sort_unstable();
    assert_eq!(answers, [303, 422, 422, 422, 422, 422]);
    assert_eq!(app.mailbox().await.len(), 1);
}

#[tokio::test]
async fn an_address_takes_one_seat_and_every_link_of_its_mailbox_leads_there() {
    let app = TestApp::start().await;
    let staff = app.desk_of(Role::Marketing).await;
    let event = app.an_event(&staff, 5).await;
    let first = register(&app, &event, "ada@example.com").await;
    let second = register(&app, &event, "ADA@example.com").await;
    let (one, two) = tokio::join!(confirm(&app, &first), confirm(&app, &second));
    assert_eq!((one, two), (303, 303));
    for link in [&first, &second] {
        let page = app.browser().get(link).await;
        assert!(page.words().contains("You have a seat"), "{}", page.words());
    }
    let page = staff.get(&format!("/staff{event}")).await;
    assert!(page.words().contains("1 of 5 taken"), "{}", page.words());
    assert_eq!(app.mailbox().await.len(), 1, "one seat, one mail");
    app.browser().get(&first).await.submit_to("/cancellation", &[]).await;
    assert!(staff.get(&format!("/staff{event}")).await.words().contains("0 of 5 taken"));
}

#[tokio::test]
async fn whoever_types_the_address_of_somebody_else_changes_nothing_of_theirs() {
    let app = TestApp::start().await;
    let event = app.an_event(&app.desk_of(Role::Marketing).await, 3).await;
    let typed = |name| [("email", "ada@example.com"), ("name", name), ("company", name)];
    let own = register(&app, &event, "ada@example.com").await;
    app.send_form(&app.browser(), &event, &typed("Mallory")).await;
    let typed_link = app.mail_to("ada@example.com").await.link("/events/registrations/");
    assert!(app.browser().get(&typed_link).await.words().contains("Mallory"), "what it would confirm");
    assert_eq!(confirm(&app, &own).await, 303, "her link works as before");
    let told = app.mail_to("ada@example.com").await;
    assert!(told.text.contains("Ada") && !told.text.contains("Mallory"), "{}", told.text);
    for _ in 0..2 {
        let page = app.send_form(&app.browser(), &event, &typed("Mallory")).await;
        assert_eq!(page.location(), format!("{event}?sent=1"));
    }
    let again = app.mail_to("ada@example.com").await;
    assert!(again.subject == "You have a seat" && !again.text.contains("Mallory"), "{}", again.text);
    for link in
        [&own, &typed_link, &told.link("/events/registrations/"), &again.link("/events/registrations/")]
    {
        let page = app.browser().get(link).await;
        let words = page.words();
        assert!(words.contains("You have a seat") && !words.contains("Mallory"), "{link}: {words}");
    }
    let seats = "event_registrations WHERE confirmed_at IS NOT NULL";
    assert_eq!(count(&app, &format!("{seats} AND name = 'Ada'")).await, count(&app, seats).await);
    let page = app.browser().get(&again.link("/events/registrations/")).await;
    let page = page.submit_to("/cancellation", &[]).await.follow().await;
    assert!(page.words().contains("You cancelled"), "{}", page.words());
    assert!(app.browser().get(&own).await.words().contains("You cancelled"));
    app.mailbox().await;
}

#[tokio::test]
async fn where_every_seat_is_taken_nobody_learns_whose_they_are() {
    let app = TestApp::start().await;
    let event = app.an_event(&app.desk_of(Role::Marketing).await, 1).await;
    // Both pages were opened while there was a seat.
    let (with, without) = (app.browser().get(&event).await, app.browser().get(&event).await);
    let link = register(&app, &event, "ada@example.com").await;
    assert_eq!(confirm(&app, &link).await, 303);
    app.mailbox().await;
    let with = with.submit(&[("email", "ada@example.com"), ("name", "Mallory")]).await;
    let without = without.submit(&[("email", "eve@example.com"), ("name", "Mallory")]).await;
    assert_eq!((with.status, without.status), (422, 422));
    assert_eq!(with.error(), without.error());
    assert!(with.error().contains("If this address has one"), "{}", with.error());
    let told = app.mail_to("ada@example.com").await;
    assert!(told.subject == "You have a seat" && app.mailbox().await.is_empty(), "and nobody else is told");
}

#[tokio::test]
async fn a_customer_finds_the_registrations_of_their_address_and_cancels_there() {
    let app = TestApp::start().await;
    let event = app.an_event(&app.desk_of(Role::Marketing).await, 1).await;
    let (ada, eve) = (app.customer("ada@example.com").await, app.customer("eve@example.com").await);
    let browser = app.sign_in_as(&ada).await;
    assert!(browser.get("/settings/registrations").await.words().contains("No registration"));
    let link = register(&app, &event, "Ada@Example.com").await;
    let page = browser.get("/settings/registrations").await;
    assert!(page.words().contains("Claims at noon Not confirmed"), "{}", page.words());
    register(&app, &event, "ada@example.com").await;
    confirm(&app, &link).await;
    let page = browser.get("/settings/registrations").await;
    assert!(page.words().contains("You have a seat"), "{}", page.words());
    assert!(!page.words().contains("Not confirmed"), "{}", page.words());
    let cancel = page.link("Cancel");
    let stranger = app.sign_in_as(&eve).await;
    assert!(stranger.get("/settings/registrations").await.words().contains("No registration"));
    assert_eq!((stranger.get(&cancel).await.status, stranger.post(&cancel, &[]).await.status), (404, 404));
    let asked = browser.get(&cancel).await;
    assert!(asked.words().contains("Cancel “Claims at noon”?"), "{}", asked.words());
    let done = asked.submit(&[]).await.follow().await;
    assert!(
        done.words().contains("Your registration is cancelled.") && done.words().contains("You cancelled")
    );
    assert_eq!((browser.get(&cancel).await.status, browser.post(&cancel, &[]).await.status), (410, 410));
    assert!(app.browser().get(&event).await.words().contains("Free seats 1 of 1"));
    app.mailbox().await;
}

#[tokio::test]
async fn what_has_begun_or_was_called_off_is_shown_and_cannot_be_cancelled() {
    let app = TestApp::start().await;
    let staff = app.desk_of(Role::Marketing).await;
    let (past, off) = (app.an_event(&staff, 5).await, app.an_event(&staff, 5).await);
    let ada = app.customer("ada@example.com").await;
    for event in [&past, &off] {
        let link = register(&app, event, "ada@example.com").await;
        confirm(&app, &link).await;
    }
    let browser = app.sign_in_as(&ada).await;
    let cancel = browser.get("/settings/registrations").await.all("main .rows a.button").len();
    assert_eq!(cancel, 2);
    let page = staff.get(&format!("/staff{off}/cancellation")).await;
    page.submit_to("/cancellation", &[]).await;
    app.run_jobs().await;
    app.travel(Duration::days(7)).await;
    let browser = app.sign_in_as(&ada).await;
    let page = browser.get("/settings/registrations").await;
    assert!(
        page.words().contains("Called off") && page.words().contains("You had a seat"),
        "{}",
        page.words()
    );
    assert!(page.all("main .rows a.button").is_empty());
    app.mailbox().await;
}

#[tokio::test]
async fn many_registrations_go_on_from_page_to_page() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    for statement in [
        "INSERT INTO events (id, title, about, place, starts_at, ends_at, capacity, created_at) \
         SELECT gen_random_uuid(), format('Event %s.', n), '', '', now() + interval '9 days', now() + interval '10 days', 1, now() FROM generate_series(1, 27) n",
        "INSERT INTO event_registrations (id, event_id, email, email_key, name, token_hash, registered_at) \
         SELECT gen_random_uuid(), id, 'ada@example.com', 'ada@example.com', 'Ada', sha256(title::bytea), now() FROM events",
    ] {
        diesel_async::RunQueryDsl::execute(diesel::sql_query(statement), &mut app.conn().await)
            .await
            .unwrap();
    }
    let browser = app.sign_in_as(&ada).await;
    let first = browser.get("/settings/registrations").await;
    let second = browser.get(&first.link("Older")).await;
    let rows = |page: &crate::support::Page| page.all("main .rows > li");
    assert_eq!((rows(&first).len(), rows(&second).len()), (25, 2));
    assert!(rows(&second).iter().all(|row| !rows(&first).contains(row)));
}

#[tokio::test]
async fn once_it_has_begun_nobody_registers_or_confirms() {
    let app = TestApp::start().await;
    let event = app.an_event(&app.desk_of(Role::Marketing).await, 5).await;
    let link = register(&app, &event, "ada@example.com").await;
    app.travel(Duration::days(7)).await;
    assert_eq!(confirm(&app, &link).await, 422);
    let browser = app.browser();
    assert!(browser.get(&event).await.first("main form").is_none());
    assert!(!browser.get("/events").await.words().contains("Claims at noon"));
}

#[tokio::test]
async fn whoever_has_a_seat_is_told_when_an_event_is_called_off() {
    let app = TestApp::start().await;
    let staff = app.desk_of(Role::Marketing).await;
    let event = app.an_event(&staff, 5).await;
    let (ada, _bob) =
        (register(&app, &event, "ada@example.com").await, register(&app, &event, "bob@example.com").await);
    confirm(&app, &ada).await;
    app.mailbox().await;
    let page = staff.get(&format!("/staff{event}/cancellation")).await;
    assert_eq!(page.submit_to("/cancellation", &[]).await.status, 303);
    app.run_jobs().await;
    let told: Vec<String> = app.mailbox().await.into_iter().map(|letter| letter.to).collect();
    assert_eq!(told, ["ada@example.com"]);
    assert_eq!(page.submit_to("/cancellation", &[]).await.status, 410);
    assert!(app.browser().get(&event).await.words().contains("does not take place"));
}

#[tokio::test]
async fn whoever_loses_their_role_while_they_wait_calls_nothing_off() {
    let app = TestApp::start().await;
    let staff = app.desk_of(Role::Marketing).await;
    let event = app.an_event(&staff, 5).await;
    let mut conn = app.conn().await;
    conn.batch_execute("BEGIN; SELECT FROM events FOR UPDATE").await.unwrap();
    let path = format!("/staff{event}/cancellation");
    let ending = async {
        lock_waits(&app, "the call waits", 1).await;
        run(&app, "UPDATE people SET credential_version = credential_version + 1").await;
        conn.batch_execute("COMMIT").await.unwrap();
    };
    let (page, ()) = tokio::join!(staff.post(&path, &[]), ending);
    assert!(page.status == 303 && page.location().starts_with("/sign-in"), "{}", page.location());
    assert_eq!(count(&app, "events WHERE cancelled_at IS NULL").await, 1);
}

#[tokio::test]
async fn a_large_event_is_called_off_at_once_and_each_of_its_guests_is_told_once() {
    let app = TestApp::start().await;
    let staff = app.desk_of(Role::Marketing).await;
    let event = app.an_event(&staff, 1000).await;
    run(
        &app,
        "INSERT INTO event_registrations (id, event_id, email, email_key, name, token_hash, registered_at, confirmed_at, cancelled_at) \
         SELECT gen_random_uuid(), e.id, format('p%s@example.com', n), format('p%s@example.com', n), 'Ada', sha256(n::text::bytea), now(), now(), \
            CASE WHEN n > 250 THEN now() END FROM events e, generate_series(1, 252) n",
    )
    .await;
    let told = "messages WHERE name = 'event_cancelled'";
    let page = staff.get(&format!("/staff{event}/cancellation")).await;
    assert_eq!(page.submit_to("/cancellation", &[]).await.status, 303);
    assert_eq!(count(&app, told).await, 0, "the request waits for none of them");
    // Whoever was stopped half-way begins again.
    run(&app, "SELECT graphile_worker.add_job('tell_guests', json_build_object('event', id)) FROM events")
        .await;
    app.run_jobs().await;
    assert_eq!(app.mailbox().await.len(), 250);
    assert_eq!(count(&app, told).await, 250);
}

#[tokio::test]
async fn the_calendar_file_says_when_where_and_what() {
    let app = TestApp::start().await;
    let event = app.an_event(&app.desk_of(Role::Marketing).await, 5).await;
    let page = app.browser().get(&format!("{event}/calendar.ics")).await;
    assert_eq!(page.header("content-type"), "text/calendar; charset=utf-8");
    let text = page.text();
    for line in [
        "BEGIN:VEVENT\r\n",
        "SUMMARY:Claims at noon\r\n",
        "LOCATION:Online\r\n",
        "STATUS:CONFIRMED\r\n",
        "END:VCALENDAR",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(text.contains("DTSTART:") && text.contains("@lossexpress.com"), "{text}");
}

#[tokio::test]
async fn a_plan_with_mistakes_is_shown_again_with_them() {
    let app = TestApp::start().await;
    let staff = app.desk_of(Role::Marketing).await;
    let fields = [("title", ""), ("starts_at", "2020-01-01T10:00"), ("ends_at", "x"), ("capacity", "0")];
    let page = staff.post("/staff/events/new", &fields).await;
    let wrong: Vec<String> = page.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        (page.status, wrong),
        (422, ["title", "place", "starts_at", "ends_at", "capacity"].map(String::from).to_vec())
    );
}
