//! How many mailings somebody wants at most, kept by campaigns that run at the same time.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel::sql_types::{Bool, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, RunQueryDsl as _};
use portal::preferences::campaigns::{self, sending};

use super::{begun, desk, reader, readers, state};
use crate::support::smtp::SmtpServer;
use crate::support::{TestApp, run};

const SLICE: Duration = Duration::from_secs(20);
const READERS: i32 = 200;

/// Both campaigns have their messages in the same order, so that their workers meet at every contact.
const SAME_ORDER: &str = "UPDATE campaign_recipients SET \
    id = (substr(md5(contact_id::text), 1, 28) || substr(replace(campaign_id::text, '-', ''), 29, 4))::uuid";

#[tokio::test]
async fn two_campaigns_that_meet_at_the_same_contacts_keep_the_limit_of_each() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings_of_campaigns()).await;
    let desk = desk(&app).await;
    readers(&app, READERS).await;
    run(&app, "UPDATE contacts SET monthly_limit = 1 WHERE email LIKE 'reader%'").await;
    let (one, two) = (begun(&app, &desk).await, begun(&app, &desk).await);
    run(&app, SAME_ORDER).await;
    let twin = app.twin();
    let (first, second) = tokio::join!(sending::send(&app, one, SLICE), sending::send(&twin, two, SLICE));
    assert!(first.is_ok() && second.is_ok());
    // Whatever each left because the other was at it.
    app.run_jobs().await;
    for id in [one, two] {
        sending::send(&app, id, SLICE).await.unwrap();
        assert_eq!(state(&app, id).await, "finished");
    }
    let mut got: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..READERS {
        *got.entry(server.next().to.remove(0)).or_default() += 1;
    }
    assert!(server.so_far().is_empty(), "more than one for each");
    assert_eq!((got.len(), got.values().max()), (usize::try_from(READERS).unwrap(), Some(&1)));
    let (one, two) =
        (campaigns::counts(&app, one).await.unwrap(), campaigns::counts(&app, two).await.unwrap());
    assert_eq!((one.sent + two.sent, one.suppressed + two.suppressed), (200, 200));
}

#[tokio::test]
async fn while_another_worker_decides_about_a_contact_its_message_waits_and_then_is_counted() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings_of_campaigns()).await;
    let desk = desk(&app).await;
    let ada = reader(&app, "ada@example.com").await;
    run(&app, "UPDATE contacts SET monthly_limit = 1").await;
    let (one, two) = (begun(&app, &desk).await, begun(&app, &desk).await);
    let (mut other, now) = (app.conn().await, app.clock.now());
    other
        .transaction(async |other| {
            let asked = diesel::dsl::sql::<Nullable<Bool>>("SELECT within_monthly_limit(")
                .bind::<SqlUuid, _>(ada.0)
                .sql(", 1, ")
                .bind::<Timestamptz, _>(now)
                .sql(")");
            assert_eq!(asked.get_result::<Option<bool>>(other).await?, Some(true));
            let taken = "UPDATE campaign_recipients SET state = 'sent', began_at = $1, settled_at = $1 WHERE campaign_id = $2";
            let taken = diesel::sql_query(taken).bind::<Timestamptz, _>(now).bind::<SqlUuid, _>(one.0);
            taken.execute(other).await?;
            // Nobody can know yet how that ends.
            assert!(sending::send(&app, two, SLICE).await.unwrap(), "there is more to do");
            assert_eq!(campaigns::counts(&app, two).await.unwrap().waiting, 1);
            Ok::<_, diesel::result::Error>(())
        })
        .await
        .unwrap();
    drop(other);
    assert!(!sending::send(&app, two, SLICE).await.unwrap());
    assert_eq!(campaigns::counts(&app, two).await.unwrap().suppressed, 1);
    app.run_jobs().await;
    assert!(server.so_far().is_empty());
}
