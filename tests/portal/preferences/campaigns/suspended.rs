//! Accounts that are suspended while a mailing goes out to their people: it is ours, and they asked for it.

use diesel_async::RunQueryDsl as _;
use portal::platform::ids::{CampaignId, ContactId};
use portal::preferences::campaigns;
use portal::preferences::decisions::Choice;
use portal::trust::suspensions::Level;

use super::{begun, decide, desk, reader, state};
use crate::support::TestApp;
use crate::support::smtp::{Delivered, SmtpServer};
use crate::trust::suspend;

/// A customer who wants the newsletter.
async fn owner(app: &TestApp, email: &str) -> (portal::platform::ids::AccountId, ContactId) {
    let account = app.customer(email).await.account().await;
    (account, reader(app, email).await)
}

/// As if a worker had taken the message and died: whether the server has it, nobody knows.
async fn taken(app: &TestApp, id: CampaignId, contact: ContactId) {
    diesel::sql_query(
        "UPDATE campaign_recipients SET state = 'sending', worker = 7, began_at = now() WHERE campaign_id = $1 AND contact_id = $2",
    )
    .bind::<diesel::sql_types::Uuid, _>(id)
    .bind::<diesel::sql_types::Uuid, _>(contact)
    .execute(&mut app.conn().await)
    .await
    .unwrap();
}

/// To whom the messages with these words went.
fn readers_of(arrived: &[Delivered], words: &str) -> Vec<String> {
    let with = arrived.iter().filter(|one| one.data.contains(words));
    let mut readers: Vec<String> = with.map(|one| one.to[0].clone()).collect();
    readers.sort();
    readers
}

#[tokio::test]
async fn people_of_an_account_that_is_suspended_in_the_middle_get_the_mailing_once_and_can_still_leave() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings_of_campaigns()).await;
    let desk = desk(&app).await;
    let (first, begun_with) = owner(&app, "taken@example.com").await;
    let (second, _) = owner(&app, "waiting@example.com").await;
    let (third, leaving) = owner(&app, "leaving@example.com").await;
    let id = begun(&app, &desk).await;
    taken(&app, id, begun_with).await;
    for (account, level) in
        [(first, Level::Suspended), (second, Level::SendingPaused), (third, Level::Suspended)]
    {
        suspend(&app, account, level).await;
    }
    decide(&app, leaving, Choice::Unsubscribed).await;
    app.run_jobs().await;
    let arrived: Vec<Delivered> = (0..5).map(|_| server.next()).collect();
    assert_eq!(
        readers_of(&arrived, "What is new in November"),
        ["taken@example.com", "waiting@example.com"],
        "a suspension takes nothing from what we send to its people"
    );
    assert_eq!(
        readers_of(&arrived, "First account"),
        ["leaving@example.com", "taken@example.com", "waiting@example.com"],
        "and whoever leaves the newsletter is still told of it"
    );
    assert!(server.so_far().is_empty(), "each once");
    let counts = campaigns::counts(&app, id).await.unwrap();
    assert_eq!((counts.sent, counts.suppressed, counts.doubtful, counts.waiting), (2, 1, 1, 0));
    assert_eq!(state(&app, id).await, "finished");
    app.mailbox().await;
}
