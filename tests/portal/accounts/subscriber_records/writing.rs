//! Submitting, correcting and withdrawing a record: what is refused, and what two do at once.

use diesel_async::RunQueryDsl as _;
use portal::platform::files;

use crate::support::subscriber_records::{NUMBER, proof, typed};
use crate::support::{PDF, TestApp, count, run, stored};

#[tokio::test]
async fn everything_that_is_wrong_is_said_beside_its_field_and_what_was_typed_stays() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let path = format!("/accounts/{account}/subscriber-records/new");
    let typed = [("country", "CH"), ("name", "Martha Keel"), ("address", "here"), ("number", "1")];
    let page = browser.post_with_files(&path, &typed, "files", &[("a.pdf", PDF)]).await;
    assert_eq!(page.status, 422);
    let wrong: Vec<String> = page.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!(wrong, ["subject", "address", "document", "number", "files"], "{:?}", page.errors());
    assert!(page.errors()[4].1.contains("Choose the files again"), "{:?}", page.errors());
    assert_eq!((page.value("name"), page.value("number")), ("Martha Keel".into(), "1".into()));
    let france =
        [("country", "FR"), ("subject", "end_user"), ("name", "Nadia Verne"), ("born_on", "2999-01-01")];
    let fields =
        [&france[..], &[("address", "7 rue de l'Exemple\n75011 Paris"), ("birthplace", "Nantes")]].concat();
    let page = browser.post_with_files(&path, &fields, "files", &[]).await;
    assert_eq!((page.status, page.errors()[0].0.as_str()), (422, "born_on"), "{:?}", page.errors());
    assert_eq!((page.errors().len(), page.value("birthplace")), (1, "Nantes".into()));
    assert_eq!((count(&app, "subscriber_records").await, stored(&app).await), (0, 0));
}

#[tokio::test]
async fn a_proof_is_a_pdf_or_a_picture_of_ten_megabytes_at_most_and_has_to_be_there() {
    type Sent<'a> = &'a [(&'a str, &'a [u8])];
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let path = format!("/accounts/{account}/subscriber-records/new");
    let long = [PDF, &vec![b' '; usize::try_from(files::LARGEST).unwrap()][..]].concat();
    let zip: &[u8] = b"PK\x03\x04\x14\0\x06\0[Content_Types].xml";
    let six: [(&str, &[u8]); 6] = [("a.pdf", PDF); 6];
    let tries: [(Sent, &str); 6] = [
        (&[], "the law asks for it"),
        (&[("big.pdf", &long)], "longer than 10 MB"),
        (&[("a.docx", zip)], "is none of PDF, PNG, JPEG, WebP"),
        (&[("a.png", PDF)], "is a PDF by its content"),
        (&[("a.txt", b"I live here.")], "Plain text shows nothing"),
        (&six, "up to 5 files"),
    ];
    for (sent, words) in tries {
        let page = browser.post_with_files(&path, &typed("CH", "Martha Keel"), "files", sent).await;
        assert_eq!(page.status, 422, "{words}");
        let errors = page.errors();
        assert!(
            errors.iter().any(|(field, message)| field == "files" && message.contains(words)),
            "{errors:?}"
        );
    }
    assert_eq!((count(&app, "subscriber_records").await, stored(&app).await), (0, 0));
    // Where nobody asks for a file, none is kept.
    let sent = browser.post_with_files(&path, &typed("FR", "Martha Keel"), "files", &[("a.pdf", PDF)]).await;
    assert_eq!((sent.status, stored(&app).await, count(&app, "files").await), (303, 0, 0));
    assert_eq!(count(&app, "subscriber_records WHERE sealed_identification IS NULL").await, 1);
}

#[tokio::test]
async fn a_correction_is_another_record_and_of_two_tabs_the_second_is_told() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let record = app.subscriber_record(&browser, account, "CH", "Martha Keel").await;
    let (one, two) = (
        browser.get(&format!("{record}/correction")).await,
        browser.get(&format!("{record}/correction")).await,
    );
    assert_eq!((one.value("name"), one.value("number")), ("Martha Keel".into(), NUMBER.into()));
    let first = one.submit_with_files("/correction", &[("name", "Martha Keel-Noor")], proof("CH")).await;
    assert_eq!(first.status, 303, "{}", first.words());
    let new = browser.get(first.location()).await;
    assert!(
        new.words().contains("Martha Keel-Noor") && new.words().contains("Waiting for us"),
        "{}",
        new.words()
    );
    let second = two.submit_with_files("/correction", &[("name", "M. Keel")], proof("CH")).await;
    assert_eq!(second.status, 422);
    assert!(second.words().contains("This record ended meanwhile"), "{}", second.words());
    assert_eq!(second.value("name"), "M. Keel", "and what was typed stays");
    assert_eq!((count(&app, "subscriber_records").await, stored(&app).await), (2, 2));
    assert_eq!(count(&app, "subscriber_records WHERE ended_because = 'replaced'").await, 1);
    let old = browser.get(&record).await;
    assert!(old.words().contains("replaced by another record"), "{}", old.words());
    assert!(!old.text().contains("/correction") && !old.text().contains("/withdrawal"), "it is over");
    for part in ["correction", "withdrawal"] {
        assert_eq!(browser.get(&format!("{record}/{part}")).await.location(), record, "{part}");
    }
}

#[tokio::test]
async fn a_record_is_withdrawn_once_however_often_somebody_asks() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let record = app.subscriber_record(&browser, account, "CH", "Martha Keel").await;
    let question = browser.get(&browser.get(&record).await.link("Withdraw it")).await;
    assert!(question.words().contains("it was not accepted, and no law asks for it"), "{}", question.words());
    let path = format!("{record}/withdrawal");
    let (one, two) = tokio::join!(browser.post(&path, &[]), browser.post(&path, &[]));
    assert_eq!((one.status, two.status), (303, 303));
    assert_eq!(count(&app, "audit_events WHERE action = 'account.subscriber_record.withdrawn'").await, 1);
    assert!(browser.get(&record).await.words().contains("Ended"), "and it says so");
}

#[tokio::test]
async fn what_a_record_says_is_changed_by_no_statement() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let record = app.subscriber_record(&browser, account, "CH", "Martha Keel").await;
    assert_eq!(browser.post(&format!("{record}/withdrawal"), &[]).await.status, 303);
    for change in [
        "sealed_name = 'x'",
        "country = 'DE'",
        "ended_on = NULL, ended_because = NULL, kept_until = NULL",
        "outcome = 'accepted', decided_on = current_date",
        "submitted_on = '2020-01-01'",
    ] {
        let update = diesel::sql_query(format!("UPDATE subscriber_records SET {change}"));
        let refused = update.execute(&mut app.conn().await).await.expect_err(change);
        assert!(refused.to_string().contains("not changed once it is there"), "{change}: {refused}");
    }
    // A law that changes: a migration counts again.
    run(&app, "UPDATE subscriber_records SET kept_until = kept_until + interval '1 year'").await;
}

#[tokio::test]
async fn an_account_on_its_way_out_reads_and_withdraws_its_records_and_makes_none() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let record = app.subscriber_record(&browser, account, "CH", "Martha Keel").await;
    let form = browser.get(&format!("{record}/correction")).await;
    let page = browser.get(&format!("/accounts/{account}/closure/new")).await;
    page.submit_to("/closure", &[("understood", "on"), ("confirmation", "First account")]).await;
    let refused = app.try_subscriber_record(&browser, account, "CH", "Nadia Verne").await;
    assert_eq!((refused.status, refused.heading().as_str()), (403, "This account is read-only"));
    let refused = form.submit_with_files("/correction", &[("name", "M. Keel")], proof("CH")).await;
    assert_eq!((refused.status, stored(&app).await), (403, 1), "nothing of their files is left");
    let page = browser.get(&record).await;
    assert!(!page.words().contains("Correct it"), "{}", page.words());
    browser.get(&page.link("Withdraw it")).await.submit_to("/withdrawal", &[]).await;
    assert_eq!(count(&app, "subscriber_records WHERE ended_on IS NULL").await, 0);
    let list = browser.get(&format!("/accounts/{account}/subscriber-records")).await;
    assert!(list.words().contains("Martha Keel") && !list.words().contains("New record"), "{}", list.words());
    app.mailbox().await;
}

#[tokio::test]
async fn of_two_forms_at_once_at_the_limit_one_is_taken_and_of_the_other_no_file_is_left() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let many = format!(
        "INSERT INTO subscriber_records (id, account_id, country, subject, sealed_name, sealed_address, submitted_on) \
         SELECT gen_random_uuid(), '{}', 'FR', 'customer', 'x', 'x', current_date FROM generate_series(1, 499)",
        account.0
    );
    run(&app, &many).await;
    let (one, two) = tokio::join!(
        app.try_subscriber_record(&browser, account, "CH", "Martha Keel"),
        app.try_subscriber_record(&browser, account, "CH", "Nadia Verne"),
    );
    let mut answers = [one.status, two.status];
    answers.sort_unstable();
    assert_eq!(answers, [303, 422], "{} {}", one.words(), two.words());
    let refused = if one.status == 422 { &one } else { &two };
    assert!(refused.words().contains("as many as there can be"), "{}", refused.words());
    assert_eq!((count(&app, "subscriber_records").await, stored(&app).await), (500, 1));
}

#[tokio::test]
async fn the_files_of_an_account_have_an_end_together() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let record = app.subscriber_record(&browser, account, "CH", "Martha Keel").await;
    // Beside it 204 files of 10 MB, and one that leaves room for as much as the next is long.
    let many = format!(
        "WITH new AS (INSERT INTO files (id, name, media_type, bytes, sha256, uploaded_by_kind, uploaded_at) \
            SELECT gen_random_uuid(), 'x.pdf', 'application/pdf', CASE n WHEN 0 THEN 8388608 - 2 * {} ELSE 10485760 END, \
                sha256('x'), 'customer', now() FROM generate_series(0, 204) n RETURNING id) \
         INSERT INTO subscriber_record_files (file_id, record_id) SELECT new.id, r.id FROM new, subscriber_records r",
        PDF.len()
    );
    run(&app, &many).await;
    let last = app.try_subscriber_record(&browser, account, "CH", "Nadia Verne").await;
    assert_eq!(last.status, 303, "{}", last.words());
    let refused = app.try_subscriber_record(&browser, account, "CH", "Somebody Else").await;
    assert_eq!((refused.status, stored(&app).await), (422, 2), "{}", refused.words());
    assert!(refused.words().contains("2 GB together"), "{}", refused.words());
    assert!(refused.errors().iter().any(|(field, _)| field == "files"), "{:?}", refused.errors());
    assert_eq!(browser.get(&record).await.status, 200);
    let without = app.try_subscriber_record(&browser, account, "FR", "Somebody Else").await;
    assert_eq!(without.status, 303, "where no file is asked for there is room");
}
