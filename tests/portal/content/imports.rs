//! Many claims at once: what is refused and how it is told, and back out again.

use portal::content::claims::csv;
use portal::content::person_keys::{IdentifierKind, wanted};
use reqwest::Method;
use serde_json::{Value, json};

use super::claims::{a_claim, count, restrict, stored};
use super::imports_on_the_way::store_claims;
use crate::support::process::{Folder, beside, portal};
use crate::support::{Page, Program, TestApp, run};

pub(super) const NDJSON: &str = "application/x-ndjson";
const CSV: &str = "text/csv";

pub(super) fn ndjson(claims: &[Value]) -> String {
    claims.iter().map(|claim| format!("{claim}\n")).collect()
}

/// Claims so large that a hundred of them fill a batch.
pub fn large(numbers: std::ops::Range<u32>) -> String {
    let notes = "\u{1F4CB}".repeat(10_000);
    let claims = numbers.map(|number| {
        let mut claim = a_claim(number);
        claim["notes"] = json!(notes);
        claim
    });
    ndjson(&claims.collect::<Vec<_>>())
}

pub(super) async fn import(program: &Program, query: &str, kind: &str, key: &str, file: &str) -> Page {
    let request =
        program.request(Method::POST, &format!("/claims/import{query}")).header("content-type", kind);
    let request = if key.is_empty() { request } else { request.header("idempotency-key", key) };
    program.send(request.body(file.to_owned())).await
}

fn errors(page: &Page) -> Vec<(u64, String)> {
    let errors = page.json()["errors"].as_array().cloned().unwrap_or_default();
    let place =
        |error: &Value| (error["line"].as_u64().unwrap_or(0), error["pointer"].as_str().unwrap().to_owned());
    errors.iter().map(place).collect()
}

pub(super) async fn claims(app: &TestApp) -> i64 {
    count(app, "SELECT count(*) FROM claims").await
}

/// A file with lines that are wrong in every way that a line can be.
pub(super) fn mixed() -> String {
    let mut wrong = a_claim(2);
    wrong["vehicle"]["vin"] = json!("1HGCM82634A004352");
    wrong["My private field"] = json!(1);
    let long = format!("{{\"notes\": \"{}\"}}", "x".repeat(256 * 1024));
    let lines =
        [a_claim(1).to_string(), wrong.to_string(), String::new(), "{\"secret".into(), long, "[]".into()];
    format!("{}\n{}\n{}", lines.join("\n"), a_claim(1), a_claim(3))
}

#[tokio::test]
async fn a_file_is_imported_and_found_like_claims_that_were_stored_one_by_one() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let page = import(&program, "", NDJSON, "", &ndjson(&[a_claim(1), a_claim(2)])).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let summary = page.json();
    assert_eq!(
        (&summary["outcome"], &summary["lines"], &summary["imported"]),
        (&json!("complete"), &json!(2), &json!(2))
    );
    let (path, _) = stored(&program, &a_claim(3)).await;
    let list = program.get("/claims").await.json();
    let numbers: Vec<&Value> =
        list["data"].as_array().unwrap().iter().map(|claim| &claim["claim_number"]).collect();
    assert_eq!(numbers, ["C-2026-0003", "C-2026-0002", "C-2026-0001"], "lines keep their order");
    let (mut one, mut other) = (list["data"][1].clone(), program.get(&path).await.json());
    for claim in [&mut one, &mut other] {
        let claim = claim.as_object_mut().unwrap();
        for name in ["sid", "claim_number", "created_at", "updated_at"] {
            claim.remove(name);
        }
    }
    assert_eq!(one, other);
    assert_eq!(count(&app, "SELECT count(DISTINCT person_keys) FROM claims").await, 1);
    assert_eq!(
        count(
            &app,
            "SELECT count(*) FROM claims WHERE sealed_loan_number::text LIKE '%'||encode('2003','hex')||'%'"
        )
        .await,
        0
    );
    assert_eq!(count(&app, "SELECT count(*) FROM audit_events WHERE action = 'claims.imported'").await, 1);
}

#[tokio::test]
async fn with_all_or_nothing_one_wrong_line_leaves_nothing_but_what_is_wrong() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let page = import(&program, "", NDJSON, "key", &mixed()).await;
    assert_eq!((page.status, page.header("content-type")), (422, "application/problem+json"));
    let expected = [(2, "/vehicle/vin"), (2, ""), (4, ""), (5, ""), (6, ""), (7, "/claim_number")];
    assert_eq!(errors(&page), expected.map(|(line, pointer)| (line, pointer.to_owned())));
    let summary = page.json();
    assert_eq!(
        (&summary["outcome"], &summary["imported"], &summary["refused"]),
        (&json!("refused"), &json!(0), &json!(5))
    );
    assert_eq!((&summary["status"], claims(&app).await), (&json!(422), 0));
    for word in ["private", "secret", "1HGCM"] {
        assert!(!page.text().contains(word), "what is in the file is not told: {}", page.text());
    }
    let kept = "SELECT count(*) FROM imports WHERE outcome = 'refused' AND refused = 5 AND lines_done = 7 AND errors::text NOT LIKE '%1HGCM%'";
    assert_eq!(count(&app, kept).await, 1);
    let mended = import(&program, "", NDJSON, "key", &ndjson(&[a_claim(1)])).await;
    assert_eq!(
        (mended.status, claims(&app).await),
        (200, 1),
        "the key is free for the mended file: {}",
        mended.text()
    );
}

#[tokio::test]
async fn with_best_effort_what_is_right_is_stored() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let page = import(&program, "?mode=best_effort", NDJSON, "key", &mixed()).await;
    assert_eq!((page.status, errors(&page).len()), (200, 6), "{}", page.text());
    let summary = page.json();
    assert_eq!(
        (&summary["outcome"], &summary["imported"], &summary["refused"]),
        (&json!("partial"), &json!(2), &json!(5))
    );
    assert_eq!(claims(&app).await, 2);
    let again = import(&program, "?mode=best_effort", NDJSON, "key", &mixed()).await;
    assert_eq!((again.json(), again.header("idempotent-replayed")), (summary, "true"));
    for file in [ndjson(&[a_claim(9)]), format!("{}\n{}", mixed(), a_claim(9)), String::new()] {
        assert_eq!(import(&program, "?mode=best_effort", NDJSON, "key", &file).await.status, 409);
    }
    assert_eq!(
        import(&program, "", NDJSON, "key", &mixed()).await.status,
        409,
        "another mode is another request"
    );
    assert_eq!(claims(&app).await, 2);
}

#[tokio::test]
async fn only_the_first_thousand_errors_are_kept() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let page = import(&program, "?mode=best_effort", NDJSON, "", &"{}\n".repeat(600)).await;
    let summary = page.json();
    assert_eq!((&summary["refused"], summary["errors"].as_array().unwrap().len()), (&json!(600), 1000));
}

#[tokio::test]
async fn what_is_no_file_for_import_is_told_apart() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    for kind in ["application/json", "text/plain", ""] {
        assert_eq!(import(&program, "", kind, "", "{}").await.status, 415, "{kind}");
    }
    assert_eq!(import(&program, "?mode=some", NDJSON, "", "{}").await.status, 422);
    assert_eq!(import(&program, "?moed=best_effort", NDJSON, "", "{}").await.status, 422);
    let header = import(&program, "?mode=best_effort", CSV, "key", "claim_number,colour\n1,red\n").await;
    assert_eq!(header.status, 422);
    assert!(header.text().contains("column 2"), "{}", header.text());
    let empty = import(&program, "", NDJSON, "", "\n\n").await;
    assert_eq!((empty.status, &empty.json()["lines"]), (200, &json!(0)));
    assert_eq!(count(&app, "SELECT count(*) FROM imports").await, 1);
}

#[tokio::test]
async fn csv_is_read_by_its_header() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let file = "\u{feff}Claim_Number,insurer,state,lost_on,claimant_name,claimant_email,claimant_phones,claimant_city,parties,vin,claimed_amount,currency,loan_number,notes\r\n\
        C-1,\"Example, Mutual\",open,2026-11-02,Ada Lovelace,ada@example.com; al@example.com,+12025550101,Springfield,\"[{\"\"role\"\":\"\"witness\"\",\"\"name\"\":\"\"Bob\"\"}]\",1HGCM82633A004352,125000,USD,LN-2003-004352,\"two\r\nlines\"\r\n\
        \r\n\
        C-2,Example Mutual,open,2026-11-02,,,,,,,12.50,USD,,\r\n\
        C-3,too,few\r\n";
    let page = import(&program, "?mode=best_effort", CSV, "", file).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let expected = [(5, "/parties"), (5, "/claimed_amount/value"), (6, "")];
    assert_eq!(errors(&page), expected.map(|(line, pointer)| (line, pointer.to_owned())));
    let claim = program.get("/claims").await.json()["data"][0].clone();
    assert_eq!((&claim["insurer"], &claim["notes"]), (&json!("Example, Mutual"), &json!("two\r\nlines")));
    assert_eq!(claim["parties"][0]["emails"], json!(["ada@example.com", "al@example.com"]));
    assert_eq!(
        (&claim["parties"][0]["address"]["city"], &claim["parties"][1]["name"]),
        (&json!("Springfield"), &json!("Bob"))
    );
    assert_eq!(
        (&claim["claimed_amount"]["value"], &claim["loan"]["number_last4"]),
        (&json!(125_000), &json!("4352"))
    );
}

/// Claims that are hard to write down.
fn awkward() -> Vec<Value> {
    let mut claims: Vec<Value> = (1..=6).map(a_claim).collect();
    claims[0]["notes"] = json!("=1+1, \"quoted\",\r\n\u{1F4CB} and a tab\t");
    claims[1]["friendly_name"] = json!("-2+3");
    claims[2]["parties"] = json!([{"role": "insured", "name": "Only; Insured", "phones": [], "emails": []}]);
    claims[3]["parties"][0]["address"] = json!({});
    claims[4]["parties"][0]["emails"] = json!(["a@example.com", "b@example.com"]);
    for name in [
        "policy_number",
        "friendly_name",
        "reported_on",
        "vehicle",
        "loan",
        "claimed_amount",
        "settled_amount",
        "notes",
    ] {
        claims[5][name] = Value::Null;
    }
    claims
}

/// The claims of an account without what differs from one account to the next, and without what is masked.
async fn comparable(program: &Program) -> Vec<Value> {
    let mut claims = program.get("/claims?limit=200").await.json()["data"].as_array().unwrap().clone();
    for claim in &mut claims {
        for name in ["sid", "created_at", "updated_at"] {
            claim.as_object_mut().unwrap().remove(name);
        }
        if let Some(loan) = claim["loan"].as_object_mut() {
            loan.remove("number_last4");
        }
    }
    claims.sort_by_key(|claim| claim["claim_number"].as_str().unwrap().to_owned());
    claims
}

#[tokio::test]
async fn what_is_exported_can_be_imported_and_is_the_same() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    let page = import(&program, "", NDJSON, "", &ndjson(&awkward())).await;
    assert_eq!(page.status, 200, "{}", page.text());
    for (format, kind) in [("ndjson", NDJSON), ("csv", CSV)] {
        let file = program.get(&format!("/claims/export?format={format}")).await;
        assert_eq!(file.status, 200);
        assert!(
            file.header("content-type").starts_with(kind)
                && file.header("content-disposition").contains(format)
        );
        assert!(!file.text().contains("2003-004352"), "the number of the loan is masked");
        let other = app.program_in(app.account_of(&ada, "Other").await).await;
        let page = import(&other, "", kind, "", &file.text()).await;
        assert_eq!(page.status, 200, "{}", page.text());
        assert_eq!(comparable(&other).await, comparable(&program).await, "{format}");
    }
    assert_eq!(count(&app, "SELECT count(*) FROM audit_events WHERE action = 'claims.exported'").await, 2);
}

#[tokio::test]
async fn an_export_keeps_to_its_filters_and_leaves_restricted_claims_out() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("owner@example.com").await).await;
    import(&program, "", NDJSON, "", &ndjson(&awkward())).await;
    run(&app, "UPDATE claims SET state = 'closed' WHERE claim_number = 'C-2026-0002'").await;
    let restriction = restrict(&app, &program, "b@example.com").await;
    run(
        &app,
        &format!("UPDATE claims SET restriction_id = '{}' WHERE claim_number = 'C-2026-0005'", restriction.0),
    )
    .await;
    let all = program.get("/claims/export").await;
    assert_eq!((all.header("content-type"), all.text().lines().count()), (NDJSON, 5));
    let closed = program.get("/claims/export?state=closed&format=csv").await.text();
    let header = csv::COLUMNS.join(",").replace("loan_number,", "");
    assert_eq!((closed.lines().next(), closed.matches("C-2026-").count()), (Some(header.as_str()), 1));
    assert!(closed.contains(",\"-2+3\","), "quoted and exact: {closed}");
    let none = program.get("/claims/export?state=denied&format=csv").await.text();
    assert_eq!(none, format!("{header}\r\n"));
    assert_eq!(program.get("/claims/export?format=xml").await.status, 422);
    let head = program.send(program.request(Method::HEAD, "/claims/export")).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[tokio::test]
async fn imported_claims_about_somebody_who_is_restricted_are_restricted_at_once() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("owner@example.com").await).await;
    restrict(&app, &program, "b@example.com").await;
    for (mode, file) in [("all_or_nothing", &awkward()[..5]), ("best_effort", &awkward()[5..])] {
        assert_eq!(import(&program, &format!("?mode={mode}"), NDJSON, "", &ndjson(file)).await.status, 200);
    }
    let key = wanted(&app.keys, program.account, IdentifierKind::Email, "b@example.com")[0];
    let closed = format!(
        "SELECT count(*) FROM claims WHERE restriction_id IS NOT NULL AND person_keys @> '{{{key}}}'"
    );
    assert_eq!((count(&app, &closed).await, claims(&app).await), (1, 6));
}

#[tokio::test]
async fn the_command_line_imports_and_exports_the_same_way() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let folder = Folder::new("content_commands");
    let file = folder.0.join("claims.ndjson");
    std::fs::write(&file, mixed()).unwrap();
    let account = program.account.to_string();
    let command = async |arguments: &[&str]| {
        let mut command = portal(&folder.0, &[&["content"], arguments].concat(), &beside(&app));
        let output = tokio::task::spawn_blocking(move || command.output().expect("the program is built"))
            .await
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };
    let path = file.to_str().unwrap();
    let (done, _, said) = command(&["import", path, "--account", &account]).await;
    assert!(!done && said.contains("line 2: /vehicle/vin") && said.contains("nothing was stored"), "{said}");
    for _ in 0..2 {
        let (done, said, _) =
            command(&["import", path, "--account", &account, "--mode", "best_effort"]).await;
        assert_eq!((done, said.as_str()), (true, "2 of 7 claims were imported, 5 were refused.\n"));
    }
    assert_eq!(claims(&app).await, 2);
    let (done, exported, _) = command(&["export", "--account", &account]).await;
    assert_eq!((done, exported), (true, program.get("/claims/export").await.text()));
    let nobody = "AC00000000000000000000000000000000";
    let (done, _, said) = command(&["export", "--account", nobody]).await;
    assert!(!done && said.contains("there is no account"), "{said}");
    store_claims(&program, false).await;
    std::fs::write(&file, ndjson(&[a_claim(900)])).unwrap();
    for mode in ["all_or_nothing", "best_effort"] {
        let (done, _, said) = command(&["import", path, "--account", &account, "--mode", mode]).await;
        assert!(!done && said.contains("stores no claims"), "{said}");
    }
    assert_eq!(claims(&app).await, 2);
    app.mailbox().await;
}
