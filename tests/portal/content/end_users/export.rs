//! The copy of all that is kept about somebody.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use chrono::Duration;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::{
    NewClaim, NewCommunication, claim, communication, message_to, number, of_ada, of_ada_and_bob, party,
};
use crate::support::{Program, TestApp};

/// The files of a copy.
fn unpack(archive: &[u8]) -> BTreeMap<String, String> {
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).expect("a ZIP");
    let files = zip.len();
    let read = |index| {
        let mut file = zip.by_index(index).expect("a file");
        let mut text = String::new();
        file.read_to_string(&mut text).expect("text");
        (file.name().expect("a name").into_owned(), text)
    };
    (0..files).map(read).collect()
}

async fn copy_of(program: &Program, kind: &str, value: &str) -> BTreeMap<String, String> {
    let page = program.post("/end-users/export", &json!({ "kind": kind, "value": value })).await;
    assert_eq!((page.status, page.header("content-type")), (200, "application/zip"));
    assert!(!page.header("content-disposition").contains("ada"));
    unpack(&page.body)
}

fn rows(files: &BTreeMap<String, String>, name: &str) -> Vec<Value> {
    serde_json::from_str::<Vec<Value>>(&files[name]).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[tokio::test]
async fn a_copy_has_every_kind_of_record_twice_and_a_manifest_that_tells_the_truth() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    claim(&app, account, &of_ada()).await;
    claim(&app, account, &of_ada_and_bob()).await;
    communication(&app, account, &message_to("ada@example.com")).await;
    communication(&app, account, &message_to("bob@example.com")).await;
    let files = copy_of(&program, "email", "ada@example.com").await;
    let manifest: Value = serde_json::from_str(&files["manifest.json"]).expect("a manifest");
    let listed = manifest["files"].as_array().unwrap();
    assert_eq!((files.len(), listed.len()), (12, 10));
    for file in listed {
        let (name, text) = (file["name"].as_str().unwrap(), &files[file["name"].as_str().unwrap()]);
        assert_eq!(file["bytes"], text.len(), "{name}");
        assert_eq!(file["sha256"], hex::encode(digest(&SHA256, text.as_bytes())), "{name}");
        let counted =
            if name.ends_with(".json") { rows(&files, name).len() } else { text.lines().count() - 1 };
        assert_eq!(file["rows"], counted, "{name}");
    }
    let counts = ["claims", "parties", "communications", "statuses", "bodies"]
        .map(|name| rows(&files, &format!("{name}.json")).len());
    assert_eq!(counts, [2, 3, 1, 1, 1]);
    assert_eq!(rows(&files, "bodies.json")[0]["body"], "Dear ada@example.com");
    assert!(files["README.txt"].contains("manifest.json"));
    assert!(!files.values().any(|text| text.contains("bob@example.com") || text.contains("Miller")));
    assert_eq!(number(&app, "SELECT count(*) FROM audit_events WHERE action = 'end_user.exported'").await, 1);
    assert_eq!(number(&app, "SELECT count(*) FROM audit_details WHERE note ILIKE '%ada%'").await, 0);
}

#[tokio::test]
async fn of_others_only_what_they_are_in_the_claim_and_no_text_that_names_them() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    let notes = Some("Miller says the light was red.".into());
    let friendly_name = Some("Ada's car".into());
    claim(&app, account, &NewClaim { notes, friendly_name, ..of_ada_and_bob() }).await;
    let named = NewCommunication {
        friendly_name: Some("About ada@example.com".into()),
        ..message_to("eve@example.com")
    };
    communication(&app, account, &named).await;
    let files = copy_of(&program, "email", "ada@example.com").await;
    let claim = &rows(&files, "claims.json")[0];
    assert_eq!((&claim["notes"], &claim["friendly_name"]), (&Value::Null, &json!("Ada's car")));
    let parties = rows(&files, "parties.json");
    assert_eq!(
        (&parties[1]["role"], &parties[1]["withheld"], &parties[1]["name"]),
        (&json!("witness"), &json!(true), &Value::Null)
    );
    assert_eq!(rows(&files, "communications.json")[0]["recipient"], Value::Null);
    assert_eq!((rows(&files, "bodies.json").len(), rows(&files, "statuses.json").len()), (0, 0));
    let manifest: Value = serde_json::from_str(&files["manifest.json"]).unwrap();
    let withheld: Vec<(&str, i64)> = manifest["withheld"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["what"].as_str().unwrap(), one["count"].as_i64().unwrap()))
        .collect();
    assert_eq!(
        withheld,
        [
            ("entry of another person in a claim", 1),
            ("friendly name or notes", 1),
            ("sender, recipient or device", 2),
            ("body of a communication", 1),
        ]
    );
}

#[tokio::test]
async fn a_copy_by_vin_has_the_vehicle_and_nobody_by_name_and_no_loan_number() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let program = app.program(&owner).await;
    claim(&app, owner.account().await, &NewClaim { vin: Some("1HGCM82633A004352"), ..of_ada() }).await;
    let files = copy_of(&program, "vin", "1HGCM82633A004352").await;
    assert_eq!(rows(&files, "claims.json")[0]["loan_number_last4"], "3456");
    assert!(!files.values().any(|text| text.contains("Lovelace") || text.contains("00123456")));
    assert!(files["manifest.json"].contains("full number of a loan account"));
}

#[tokio::test]
async fn a_person_of_many_records_is_copied_whole() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    let of_eve = NewClaim {
        parties: vec![party("insured", "Eve \"Evil\", Jr.", "eve@example.com")],
        ..NewClaim::default()
    };
    for _ in 0..450 {
        claim(&app, account, &of_eve).await;
    }
    let files = copy_of(&program, "email", "eve@example.com").await;
    assert_eq!((rows(&files, "claims.json").len(), rows(&files, "parties.json").len()), (450, 450));
    assert!(files["parties.csv"].contains(",\"Eve \"\"Evil\"\", Jr.\","));
}

#[tokio::test]
async fn a_member_downloads_a_copy_only_after_showing_who_they_are() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let account = owner.account().await;
    claim(&app, account, &of_ada()).await;
    let browser = app.sign_in_as(&owner).await;
    let page = browser.get(&format!("/accounts/{account}/end-users")).await;
    let page = page.submit_to("/end-users", &[("kind", "name"), ("value", "Ada")]).await.follow().await;
    let form = browser.get(&page.link("Copy as ZIP")).await;
    let copy = form.submit_to("/export", &[]).await;
    assert!(copy.status == 200 && copy.header("content-disposition").starts_with("attachment"));
    assert_eq!(unpack(&copy.body).len(), 12);
    app.travel(Duration::minutes(6)).await;
    for page in [browser.get(&form.path).await, form.submit_to("/export", &[]).await] {
        assert!(page.location().starts_with("/reauthentication"), "{}", page.location());
    }
}
