//! Limits that hold for all processes together.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use ipnet::IpNet;
use portal::platform::app::App;
use portal::platform::db::schema::{rate_limits, sign_ins};
use portal::platform::error::AppError;
use portal::platform::web::rate_limit::{Quota, Taken, drop_full, reset, take, take_many};

use crate::support::{TestApp, run};

/// Three at once, and one more each minute.
const THREE: Quota = Quota::per_minutes("test", 3, 3);
/// What signing in allows a network: one more every three seconds.
const SIGN_IN: Quota = Quota::per_minutes("sign_in_network", 200, 10);

/// Whole seconds to wait, or none when it was taken.
async fn wait_of(app: &App, key: &str) -> u64 {
    match take(app, THREE, key).await {
        Ok(()) => 0,
        Err(AppError::TooManyRequests(seconds)) => seconds,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn after_the_last_one_the_next_comes_free_exactly_when_it_was_told() {
    let app = TestApp::start().await;
    for _ in 0..3 {
        assert_eq!(wait_of(&app, "ada").await, 0);
    }
    let wait = wait_of(&app, "ada").await;
    assert!((40..=60).contains(&wait), "{wait}");
    assert_eq!(wait_of(&app, "grace").await, 0, "another bucket");
    app.travel(Duration::seconds(i64::try_from(wait).unwrap() - 20)).await;
    assert!(wait_of(&app, "ada").await > 0, "a refused try must not take anything either");
    app.travel(Duration::seconds(20)).await;
    assert_eq!(wait_of(&app, "ada").await, 0);
    assert!(wait_of(&app, "ada").await > 0, "only one came free");
}

#[tokio::test]
async fn a_bucket_left_alone_fills_up_to_its_size_and_no_further() {
    let app = TestApp::start().await;
    assert_eq!(wait_of(&app, "ada").await, 0);
    app.travel(Duration::days(30)).await;
    let waits = [wait_of(&app, "ada").await, wait_of(&app, "ada").await, wait_of(&app, "ada").await];
    assert_eq!(waits, [0; 3]);
    assert!(wait_of(&app, "ada").await > 0);
    let mut conn = app.conn().await;
    reset(&mut conn, &app, THREE, "ada").await.unwrap();
    assert_eq!(wait_of(&app, "ada").await, 0);
}

#[tokio::test]
async fn of_many_tries_at_once_on_two_processes_only_as_many_succeed_as_are_free() {
    let app = TestApp::start().await;
    let twin = app.twin();
    let processes = [&*app, &twin];
    let tries = (0..24).map(|number| take(processes[number % 2], THREE, "ada"));
    let outcomes = join_all(tries).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3);
}

#[tokio::test]
async fn no_address_stands_in_the_table_and_full_buckets_leave_it() {
    let app = TestApp::start().await;
    take(&app, THREE, "ada@example.com").await.unwrap();
    let mut conn = app.conn().await;
    let buckets: Vec<Vec<u8>> = rate_limits::table.select(rate_limits::bucket).load(&mut conn).await.unwrap();
    assert_eq!(buckets, [app.keys.digest("test", b"ada@example.com")]);
    app.travel(Duration::seconds(61)).await;
    drop_full(App::clone(&app)).await.unwrap();
    assert_eq!(rate_limits::table.count().get_result::<i64>(&mut conn).await, Ok(0));
}

#[tokio::test]
async fn all_addresses_of_an_ipv6_network_share_one_limit() {
    let app = TestApp::start().await;
    let network = "2001:db8:0:1::/64";
    let taken = take_many(&mut *app.conn().await, &app, SIGN_IN, network, 199).await.unwrap();
    assert!(matches!(taken, Taken::Until(_)), "all but one");
    let form = [("email", "nobody@example.com"), ("password", "wrong")];
    assert_eq!(app.browser_at("2001:db8:0:1::1").post("/sign-in", &form).await.status, 422);
    // What came free while the password was looked at goes too.
    while take(&app, SIGN_IN, network).await.is_ok() {}
    for address in ["2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff"] {
        let page = app.browser_at(address).post("/sign-in", &form).await;
        assert_eq!((page.status, page.heading().as_str()), (429, "Too many tries"), "{address}");
        assert!(page.header("retry-after").parse::<u64>().unwrap() <= 600);
    }
    assert_eq!(app.browser_at("2001:db8:0:2::1").post("/sign-in", &form).await.status, 422);
}

#[tokio::test]
async fn whoever_has_many_ipv6_networks_of_one_site_does_not_have_the_limit_of_each() {
    let app = TestApp::start().await;
    let of_all = Quota { burst: 200 * 32, ..SIGN_IN };
    let taken = take_many(&mut *app.conn().await, &app, of_all, "2001:db8::/48", 6399).await.unwrap();
    assert!(matches!(taken, Taken::Until(_)), "all but one");
    let form = [("email", "nobody@example.com"), ("password", "wrong")];
    assert_eq!(app.browser_at("2001:db8:0:1::1").post("/sign-in", &form).await.status, 422);
    // What comes free meanwhile goes too.
    run(&app, "UPDATE rate_limits SET full_at = full_at + interval '1 minute'").await;
    let page = app.browser_at("2001:db8:0:2::1").post("/sign-in", &form).await;
    assert_eq!((page.status, page.heading().as_str()), (429, "Too many tries"));
    assert_eq!(app.browser_at("2001:db8:1:2::1").post("/sign-in", &form).await.status, 422);
}

#[tokio::test]
async fn what_a_stranger_claims_to_forward_for_is_ignored() {
    let app = TestApp::with(&[("PORTAL_TRUSTED_PROXIES", "10.0.0.0/8")]).await;
    let ada = app.customer("ada@example.com").await;
    let page = app
        .browser_at("198.51.100.7")
        .post("/sign-in", &[("email", &ada.email), ("password", "wrong")])
        .await;
    assert_eq!(page.status, 422);
    let mut conn = app.conn().await;
    let ips: Vec<Option<IpNet>> = sign_ins::table.select(sign_ins::ip).load(&mut conn).await.unwrap();
    assert_eq!(ips, [Some("127.0.0.1/32".parse().unwrap())]);
}
