//! A record and the end of its account at the same moment.

use chrono::Duration;
use diesel_async::RunQueryDsl as _;
use portal::privacy::erasure::{self, Cause, Of};

use super::kept::{accepted, swept};
use crate::support::{TestApp, count};

#[tokio::test]
async fn no_record_in_force_loses_its_account() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    accepted(&app, &ada, "CH").await;
    let delete = diesel::sql_query(format!("DELETE FROM accounts WHERE id = '{}'", ada.account().await.0));
    let refused = delete.execute(&mut app.conn().await).await.expect_err("it would be nobody's and never go");
    assert!(refused.to_string().contains("subscriber_records_of_nobody"), "{refused}");
}

#[tokio::test]
async fn what_is_submitted_while_its_account_goes_is_there_without_it_or_not_at_all() {
    for _ in 0..4 {
        let app = TestApp::start().await;
        let ada = app.customer("ada@example.com").await;
        let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
        let order = async {
            let mut conn = app.conn().await;
            erasure::order(&mut conn, Of::Person(ada.id), Cause::Desk, app.clock.now()).await.unwrap();
            drop(conn);
            app.run_jobs().await;
        };
        let (sent, ()) =
            tokio::join!(app.try_subscriber_record(&browser, account, "CH", "Martha Keel"), order);
        assert!([303, 404, 422].contains(&sent.status), "{} {}", sent.status, sent.words());
        app.run_timetable().await;
        assert_eq!(count(&app, "people WHERE email = 'ada@example.com'").await, 0);
        assert_eq!(
            count(&app, "subscriber_records WHERE account_id IS NOT NULL OR ended_on IS NULL").await,
            0
        );
        assert_eq!(count(&app, "subscriber_records").await, 0, "it was accepted by nobody");
        app.travel(Duration::days(2)).await;
        assert_eq!(swept(&app).await, (0, 0, 0));
        assert!(app.dead_jobs().await.is_empty());
        app.mailbox().await;
    }
}
