//! Receipts: who gets one, what it says, and that anybody can check it without us.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use portal::platform::jws::Signer;
use portal::staff::permissions::Role;
use serde_json::Value;

use crate::support::process::{Folder, run};
use crate::support::{Browser, Page, TestApp};

/// Asks for what the portal does by itself, and fetches the receipt.
async fn restricted(app: &TestApp, browser: &Browser) -> (String, String) {
    let asked = browser.post("/privacy/requests/new", &[("kind", "restriction"), ("home", "us")]).await;
    let page = asked.follow().await;
    app.mailbox().await;
    let receipt = page.link("The receipt");
    let file = browser.get(&format!("{receipt}/file")).await;
    assert_eq!((file.status, file.header("content-type")), (200, "application/jose"), "{}", file.words());
    (receipt, file.text())
}

fn document(signed: &str) -> Value {
    let part = signed.trim().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn save(folder: &Folder, name: &str, text: &str) -> String {
    let path = folder.0.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What the program says of a file, without settings and without a network.
fn verify(folder: &Folder, file: &str, key: &str) -> (bool, String) {
    let (output, said) = run(&folder.0, &["receipt", "verify", file, "--key", key], &[]);
    (output.status.success(), said)
}

/// Checks a receipt with OpenSSL, which shares nothing with us.
fn openssl_agrees(folder: &Folder, signed: &str, jwk: &Value) -> bool {
    let (content, signature) = signed.trim().rsplit_once('.').unwrap();
    let x = URL_SAFE_NO_PAD.decode(jwk["x"].as_str().unwrap()).unwrap();
    let spki = [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &x].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(spki));
    let key = save(folder, "key.pem", &pem);
    let content = save(folder, "content", content);
    let bytes = folder.0.join("signature");
    std::fs::write(&bytes, URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let mut openssl = Command::new("openssl");
    openssl
        .args(["pkeyutl", "-verify", "-pubin", "-inkey", &key, "-rawin", "-in", &content, "-sigfile"])
        .arg(&bytes);
    openssl.output().expect("OpenSSL is installed").status.success()
}

#[tokio::test]
async fn what_the_portal_did_by_itself_leaves_a_receipt_that_anybody_can_check() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    assert!(browser.get("/privacy/receipts").await.words().contains("No receipt yet"));
    let (path, signed) = restricted(&app, &browser).await;
    let keys = app.browser().get("/.well-known/receipt-keys.json").await;
    assert_eq!(keys.header("content-type"), "application/jwk-set+json");
    let folder = Folder::new("receipt");
    let (file, key) = (save(&folder, "receipt.jws", &signed), save(&folder, "keys.json", &keys.text()));
    let (good, said) = verify(&folder, &file, &key);
    let document = document(&signed);
    let number = document["receipt"].as_str().unwrap();
    assert!(good && said.contains("The receipt is genuine.") && said.contains(number), "{said}");
    assert!(said.contains("(restriction)") && said.contains(&ada.id.to_string()), "{said}");
    assert!(openssl_agrees(&folder, &signed, &keys.json()["keys"][0]));
    assert_eq!(document["person"], ada.id.to_string());
    assert_eq!(document["kind"], "request_fulfilled");
    assert_eq!(document["rules"][0]["rule"], "data_requests");
    assert!(document["stays"][0]["until"].is_string());
    let page = browser.get(&path).await.words();
    assert!(
        page.contains("Restrict how we use your data") && page.contains("Requests about data: 2 years"),
        "{page}"
    );
    assert!(browser.get("/privacy/receipts").await.words().contains(number));
}

#[tokio::test]
async fn a_changed_receipt_another_key_and_another_file_are_told_apart() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.customer("ada@example.com").await).await;
    let (_, signed) = restricted(&app, &browser).await;
    let folder = Folder::new("receipt-changed");
    let keys = app.browser().get("/.well-known/receipt-keys.json").await.text();
    let key = save(&folder, "keys.json", &keys);
    let other = Signer::from_seed(&[9; 32]).public().jwk().to_string();
    let other = save(&folder, "other.json", &other);
    let file = save(&folder, "receipt.jws", &signed);
    let parts: Vec<&str> = signed.trim().split('.').collect();
    let mut forged = document(&signed);
    forged["kind"] = "request_denied".into();
    let forged = [parts[0], &URL_SAFE_NO_PAD.encode(forged.to_string()), parts[2]].join(".");
    let forged = save(&folder, "forged.jws", &forged);
    let nothing = save(&folder, "nothing.txt", "Dear Ada, this is a letter.");
    for (file, key, words) in [
        (&forged, &key, "was changed after it was signed"),
        (&file, &other, "names a key that is not known here"),
        (&nothing, &key, "there is no receipt in it"),
        (&file, &nothing, "holds no Ed25519 key"),
    ] {
        let (good, said) = verify(&folder, file, key);
        assert!(!good && said.contains(words), "{words}: {said}");
        assert!(!said.contains("is genuine"), "{said}");
    }
    let (good, said) = verify(&folder, Path::new("missing").to_str().unwrap(), &key);
    assert!(!good && said.contains("cannot be read"), "{said}");
}

#[tokio::test]
async fn what_an_old_key_signed_still_counts_while_it_is_published() {
    let (old, new) = (STANDARD.encode([5; 32]), STANDARD.encode([6; 32]));
    let before = TestApp::with(&[("PORTAL_RECEIPT_KEY", &old)]).await;
    let browser = before.sign_in_as(&before.customer("ada@example.com").await).await;
    let (_, signed) = restricted(&before, &browser).await;
    let old_public = Signer::parse(&old).unwrap().public();
    let after =
        TestApp::with(&[("PORTAL_RECEIPT_KEY", &new), ("PORTAL_RECEIPT_OLD_KEYS", &old_public.x())]).await;
    let keys = after.browser().get("/.well-known/receipt-keys.json").await;
    assert_eq!(keys.json()["keys"].as_array().unwrap().len(), 2);
    assert_eq!(keys.json()["keys"][1]["kid"], old_public.id());
    let folder = Folder::new("receipt-old-key");
    let (file, key) = (save(&folder, "receipt.jws", &signed), save(&folder, "keys.json", &keys.text()));
    assert!(verify(&folder, &file, &key).0);
    let only_new = TestApp::with(&[("PORTAL_RECEIPT_KEY", &new)]).await;
    let keys = only_new.browser().get("/.well-known/receipt-keys.json").await.text();
    assert!(!verify(&folder, &file, &save(&folder, "new.json", &keys)).0);
}

#[tokio::test]
async fn a_portal_checks_its_own_receipts_with_its_settings_alone() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.customer("ada@example.com").await).await;
    let (_, signed) = restricted(&app, &browser).await;
    let folder = Folder::new("receipt-own");
    let file = save(&folder, "receipt.jws", &signed);
    let settings = [("PORTAL_ENV", "development"), ("PORTAL_SECRET_KEY", crate::support::SECRET_KEY)];
    let own = [settings[0], settings[1], ("PORTAL_RECEIPT_KEY", crate::support::RECEIPT_KEY)];
    let (output, said) = run(&folder.0, &["receipt", "verify", &file], &own);
    assert!(output.status.success() && said.contains("genuine"), "{said}");
    let (output, said) = run(&folder.0, &["receipt", "verify", &file], &settings);
    assert!(!output.status.success() && said.contains("NOT a genuine receipt"), "{said}");
}

/// Claims and decides a request at the desk.
async fn decide(desk: &Browser, path: &str, outcome: &str, fields: &[(&str, &str)]) -> Page {
    desk.post(&format!("{path}/claim"), &[]).await;
    let form = desk.get(&format!("{path}/decision?outcome={outcome}&reason=legal_duty")).await;
    form.submit(fields).await
}

#[tokio::test]
async fn a_denial_and_what_is_withheld_have_their_reasons_and_none_of_the_words() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let desk = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    for (outcome, fields, kind, items) in [
        (
            "partly_fulfilled",
            vec![("items", "Invoices of Zanzibar\nInvoices of Samarkand")],
            "request_partly_fulfilled",
            2,
        ),
        ("denied", vec![("why", "Because of Zanzibar.")], "request_denied", 1),
    ] {
        let asked = [("kind", "correction"), ("home", "us"), ("details", "Zanzibar is wrong.")];
        let request = browser.post("/privacy/requests/new", &asked).await.location().to_owned();
        let decided = decide(&desk, &request.replace("/privacy/", "/staff/"), outcome, &fields).await;
        assert_eq!(decided.status, 303, "{}", decided.words());
        app.mailbox().await;
        let receipt = browser.get(&request).await.link("The receipt");
        let document = document(&browser.get(&format!("{receipt}/file")).await.text());
        assert_eq!(document["kind"], kind);
        assert_eq!(
            (&document["reasons"][0]["code"], &document["reasons"][0]["items"]),
            (&"legal_duty".into(), &items.into())
        );
        assert!(document["reasons"][0]["look_again_on"].is_string());
        assert!(!document.to_string().contains("Zanzibar"), "{document}");
        assert!(browser.get(&receipt).await.words().contains("A law makes us keep it"));
    }
    assert_eq!(browser.get("/privacy/receipts").await.all("tbody tr").len(), 2);
}

#[tokio::test]
async fn a_receipt_of_somebody_else_is_not_there() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let (path, _) = restricted(&app, &app.sign_in_as(&ada).await).await;
    let his = app.sign_in_as(&bob).await;
    for page in [path.clone(), format!("{path}/file"), "/privacy/receipts/nothing".into()] {
        assert_eq!(his.get(&page).await.status, 404, "{page}");
    }
    assert!(his.get("/privacy/receipts").await.words().contains("No receipt yet"));
}

#[tokio::test]
async fn whoever_has_no_account_fetches_it_by_the_link_of_the_request() {
    let app = TestApp::start().await;
    let fields = [("kind", "categories"), ("email", "eve@example.com"), ("details", ""), ("home", "us")];
    app.send_form(&app.browser(), "/privacy/requests/new", &fields).await;
    let mails = app.mailbox().await;
    let named = |name: &str| mails.iter().find(|mail| mail.name == name).expect("two mails");
    let (link, code) =
        (named("data_request_received").link("/privacy/requests/links/"), named("data_request_code").code());
    let browser = app.browser();
    let page = browser.get(&link).await.submit_to("/code", &[("code", &code)]).await.follow().await;
    assert_eq!(browser.get(&format!("{link}/receipt")).await.status, 404, "nothing was done yet");
    assert!(!page.words().contains("The receipt"));
    let desk = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    let path = desk.get("/staff/requests").await.attr(".rows a", "href").unwrap();
    assert_eq!(decide(&desk, &path, "fulfilled", &[]).await.status, 303);
    app.mailbox().await;
    let file = browser.get(&browser.get(&link).await.link("The receipt")).await;
    assert_eq!(file.status, 200);
    let document = document(&file.text());
    assert_eq!(
        (&document["request"]["asked_for"], &document["person"]),
        (&"categories".into(), &Value::Null)
    );
}

#[tokio::test]
async fn the_deletion_of_an_end_user_has_a_signed_receipt_by_the_api() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let sent = serde_json::json!({ "channel": "email", "direction": "outbound", "from": "claims@insurer.example", "to": "eve@example.net" });
    assert_eq!(program.post("/communications", &sent).await.status, 201);
    let deleted = program
        .post("/end-users/deletion", &serde_json::json!({ "kind": "email", "value": "eve@example.net" }))
        .await;
    assert_eq!(deleted.status, 201, "{}", deleted.text());
    let receipt = program.get(deleted.location()).await.json();
    let signed = receipt["signed"].as_str().unwrap();
    assert_eq!(deleted.json()["signed"], signed, "the same whenever it is asked for");
    let folder = Folder::new("receipt-end-user");
    let keys = app.browser().get("/.well-known/receipt-keys.json").await.text();
    let (good, said) =
        verify(&folder, &save(&folder, "receipt.jws", signed), &save(&folder, "keys.json", &keys));
    assert!(good && said.contains("Customer content: 1 deleted"), "{said}");
    assert!(said.contains(receipt["sid"].as_str().unwrap()) && !said.contains("eve@"), "{said}");
    app.mailbox().await;
}
