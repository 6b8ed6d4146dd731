//! Whom a campaign goes to: the narrower audience that its writer names, and nobody more often than they want.

use chrono::Duration;
use portal::preferences::campaigns::{self, Audience, Desk, Draft};

use super::{ADDRESS, begun, desk, draft, reader};
use crate::support::{TestApp, run};

/// State, country and part of a company's name, empty for any, and whom they let in.
type Case<'a> = (&'a str, &'a str, &'a str, &'a [&'a str]);

/// Sends to an audience; the addresses that it reached, in order.
async fn reached(app: &TestApp, desk: &Desk, audience: Audience) -> Vec<String> {
    let id = campaigns::create(app, desk, &Draft { audience, ..draft() }).await.unwrap();
    campaigns::schedule(app, desk, id, app.clock.now()).await.unwrap();
    campaigns::begin(app, id).await.unwrap();
    app.run_jobs().await;
    let mut reached: Vec<String> = app.mailbox().await.into_iter().map(|letter| letter.to).collect();
    reached.sort();
    reached
}

#[tokio::test]
async fn a_campaign_goes_to_whoever_is_in_every_part_of_its_audience_and_to_nobody_else() {
    let app = TestApp::with(ADDRESS).await;
    let desk = desk(&app).await;
    for (name, customer, country, company) in [
        ("ada", true, "'DE'", "'Analytical Engines'"),
        ("bob", false, "'DE'", "'Engines & Co'"),
        ("dan", true, "NULL", "'100% Engine_s'"),
        ("eve", false, "'FR'", "NULL"),
    ] {
        let email = format!("{name}@example.com");
        let person = match customer {
            true => format!("'{}'::uuid", app.customer(&email).await.id.0),
            false => "NULL::uuid".into(),
        };
        reader(&app, &email).await;
        run(&app, &format!("UPDATE contacts SET (person_id, country, company) = ({person}, {country}, {company}) WHERE email = '{email}'"))
            .await;
    }
    app.mailbox().await;
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let cases: [Case<'_>; 9] = [
        ("", "", "", &["ada", "bob", "dan", "eve"]),
        ("customers", "", "", &["ada", "dan"]),
        ("others", "", "", &["bob", "eve"]),
        ("", "DE", "", &["ada", "bob"]),
        ("", "", "ENGINE", &["ada", "bob", "dan"]),
        // What is typed stands for itself.
        ("", "", "%", &["dan"]),
        ("", "", "_s", &["dan"]),
        ("customers", "DE", "engines", &["ada"]),
        ("others", "FR", "engines", &[]),
    ];
    for (state, country, company, names) in cases {
        let audience = Audience { state: some(state), country: some(country), company: some(company) };
        let wanted: Vec<String> = names.iter().map(|name| format!("{name}@example.com")).collect();
        assert_eq!(reached(&app, &desk, audience.clone()).await, wanted, "{audience:?}");
    }
}

#[tokio::test]
async fn whoever_wants_two_mailings_a_month_gets_no_third_in_thirty_days() {
    let app = TestApp::with(ADDRESS).await;
    let desk = desk(&app).await;
    reader(&app, "ada@example.com").await;
    run(&app, "UPDATE contacts SET monthly_limit = 2").await;
    // After so long since the one before: the fourth comes a little short of thirty days after the first.
    let day = Duration::days(1);
    for (number, (after, gets)) in [
        (Duration::zero(), 1),
        (day, 1),
        (day, 0),
        (day * 28 - Duration::minutes(10), 0),
        (Duration::minutes(20), 1),
        (Duration::minutes(1), 0),
    ]
    .into_iter()
    .enumerate()
    {
        app.travel(after).await;
        begun(&app, &desk).await;
        app.run_jobs().await;
        assert_eq!(app.mailbox().await.len(), gets, "mailing {}", number + 1);
    }
}
