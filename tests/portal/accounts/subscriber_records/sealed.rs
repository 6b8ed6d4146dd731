//! What identifies somebody is nowhere in plain: not in the database, not in the storage.

use futures_util::TryStreamExt as _;

use crate::privacy::found;
use crate::support::subscriber_records::{BORN_ON, NUMBER};
use crate::support::{PDF, TestApp, count};

#[tokio::test]
async fn neither_the_database_nor_the_storage_has_anything_of_it_in_plain() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let record = app.subscriber_record(&browser, account, "CH", "Martha Keel").await;
    for part in
        ["Martha", "Keel", "Bahnhofgasse", BORN_ON, NUMBER, &hex::encode("Martha"), &hex::encode(NUMBER)]
    {
        assert_eq!(found(&app, part).await, Vec::<String>::new(), "{part}");
    }
    let folders = app.storage.folders("files").await.unwrap();
    assert_eq!(folders.len(), 1);
    let file = app.storage.open(&format!("files/{}/content", folders[0])).await.unwrap().expect("a file");
    let pieces: Vec<_> = file.bytes.try_collect().await.unwrap();
    let kept = pieces.concat();
    assert!(kept.len() > PDF.len() && !kept.windows(4).any(|part| part == b"%PDF"), "sealed");
    let shown = browser.get(&format!("{record}/values")).await;
    assert_eq!(browser.get(&shown.link("proof-1.pdf")).await.body, PDF, "and opened it is what was sent");
}

#[tokio::test]
async fn a_row_and_its_file_name_nobody_and_no_moment() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    app.subscriber_record(&browser, account, "CH", "Martha Keel").await;
    let midnight = "uploaded_by IS NULL AND uploaded_at = date_trunc('day', uploaded_at, 'UTC') AND name = 'proof-1.pdf'";
    assert_eq!(count(&app, &format!("files WHERE {midnight}")).await, 1);
    let day = app.today().and_hms_opt(0, 0, 0).unwrap().and_utc();
    let of_day = |id: &str, days: i64| {
        let begins = portal::platform::ids::first_uuid_of(day + chrono::Duration::days(days));
        // The first twelve digits of an id are its millisecond.
        format!("left({id}::text, 13) = left('{begins}', 13)")
    };
    assert_eq!(count(&app, &format!("subscriber_records WHERE {}", of_day("id", 0))).await, 1);
    assert_eq!(count(&app, &format!("files WHERE {}", of_day("id", 1))).await, 1, "the end of the day");
    assert_eq!(
        count(&app, &format!("subscriber_records WHERE subscriber_records::text LIKE '%{}%'", ada.id.0))
            .await,
        0
    );
}

#[tokio::test]
async fn a_file_of_a_form_that_got_no_row_goes_when_its_day_is_over() {
    let app = TestApp::start().await;
    app.wait_for_noon().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    app.subscriber_record(&browser, account, "CH", "Martha Keel").await;
    let tend = || portal::platform::files::tending::tend((*app).clone());
    tend().await.unwrap();
    assert_eq!(crate::support::stored(&app).await, 1, "it has a row");
    assert_eq!(count(&app, "files WHERE missing_since IS NOT NULL").await, 0);
    // As if the program had been killed between the two.
    crate::support::run(&app, "DELETE FROM files").await;
    app.travel(chrono::Duration::hours(12)).await;
    tend().await.unwrap();
    assert_eq!(crate::support::stored(&app).await, 1, "its row may still come");
    app.travel(chrono::Duration::hours(2)).await;
    tend().await.unwrap();
    assert_eq!(crate::support::stored(&app).await, 0);
}

#[tokio::test]
async fn what_is_copied_from_one_row_into_another_does_not_open_there() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let record = app.subscriber_record(&browser, account, "CH", "Martha Keel").await;
    let other = app.subscriber_record(&browser, account, "CH", "Nadia Verne").await;
    assert!(browser.get(&format!("{record}/values")).await.words().contains("Martha Keel"));
    // As somebody does who can write into the database and has no key.
    for statement in [
        "ALTER TABLE subscriber_records DISABLE TRIGGER subscriber_records_as_submitted",
        "UPDATE subscriber_records r SET sealed_name = o.sealed_name, sealed_address = o.sealed_address, \
            sealed_identification = o.sealed_identification FROM subscriber_records o WHERE o.id <> r.id",
    ] {
        crate::support::run(&app, statement).await;
    }
    for path in [&record, &format!("{record}/values"), &other] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 500, "{path}");
        assert!(!page.text().contains("Nadia") && !page.text().contains("Martha"), "{path}");
    }
}
