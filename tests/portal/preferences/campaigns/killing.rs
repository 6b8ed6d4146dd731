//! Workers that are killed in the middle of a campaign, with a mail server that is not ours.

use std::collections::{BTreeMap, BTreeSet};

use diesel_async::RunQueryDsl as _;
use mail_parser::MessageParser;
use nix::sys::signal::Signal;
use portal::platform::ids::CampaignId;
use portal::preferences::campaigns::{self, sending};

use super::{begun, desk, readers, state};
use crate::support::process::{self, Folder, Running};
use crate::support::smtp::{Delivered, SmtpServer};
use crate::support::{TestApp, eventually, unlocked};

const READERS: i32 = 600;
const CONNECTIONS: usize = 4;

/// A worker as a process of its own.
fn worker(app: &TestApp, server: &SmtpServer, folder: &Folder) -> Running {
    let connections = CONNECTIONS.to_string();
    let mut settings = server.settings();
    settings.push(("PORTAL_MAIL_TRANSPORT", "smtp"));
    settings.push(("PORTAL_CAMPAIGN_CONNECTIONS", connections.as_str()));
    process::worker(app, folder, &settings)
}

/// Messages that a worker has begun and nobody has settled.
async fn under_way(app: &TestApp, id: CampaignId) -> usize {
    let count = format!(
        "(SELECT count(*) FROM campaign_recipients WHERE campaign_id = '{}' AND state = 'sending')",
        id.0
    );
    let count: i64 = diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>(&count))
        .get_result(&mut app.conn().await)
        .await
        .unwrap();
    usize::try_from(count).unwrap()
}

/// Who got it, and under which Message-IDs.
fn by_reader(arrived: &[Delivered]) -> BTreeMap<String, Vec<String>> {
    let mut by_reader: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in arrived {
        let mail = MessageParser::new().parse(&one.data).unwrap();
        by_reader.entry(one.to[0].clone()).or_default().push(mail.message_id().unwrap().to_owned());
    }
    by_reader
}

#[tokio::test]
async fn workers_that_are_killed_lose_nobody_and_repeat_only_what_was_in_flight() {
    let (app, folder) = (TestApp::start().await, Folder::new("killed-campaign"));
    let server = SmtpServer::start();
    let desk = desk(&app).await;
    readers(&app, READERS).await;
    let id = begun(&app, &desk).await;
    let (mut arrived, mut in_flight) = (Vec::new(), 0);
    for _ in 0..2 {
        let killed = worker(&app, &server, &folder);
        arrived.extend((0..150).map(|_| server.next()));
        killed.signal(Signal::SIGKILL);
        killed.end();
        unlocked(&app).await;
        let doubtful = under_way(&app, id).await;
        assert!(
            doubtful <= CONNECTIONS * sending::AHEAD,
            "{doubtful} messages, but {CONNECTIONS} connections"
        );
        in_flight += doubtful;
    }
    let _last = worker(&app, &server, &folder);
    eventually("the end of the campaign", async || (state(&app, id).await == "finished").then_some(())).await;
    let everybody = usize::try_from(READERS).unwrap();
    eventually("a message for everybody", async || {
        arrived.extend(server.so_far());
        (by_reader(&arrived).len() == everybody).then_some(())
    })
    .await;
    let repeated = arrived.len() - everybody;
    println!("{in_flight} in flight at two kills, {repeated} of them arrived twice");
    assert!(repeated <= in_flight, "{repeated} came twice, {in_flight} were in flight");
    for (reader, ids) in by_reader(&arrived) {
        assert_eq!(
            ids.iter().collect::<BTreeSet<_>>().len(),
            1,
            "{reader}: one Message-ID, however often it comes"
        );
    }
    let counts = campaigns::counts(&app, id).await.unwrap();
    assert_eq!((counts.sent, counts.doubtful), (i64::from(READERS), i64::try_from(in_flight).unwrap()));
}
