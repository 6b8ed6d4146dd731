//! Claims by API, one at a time: what is refused and why, versions, copies, restrictions (S13, S17, S18, S34, S99).

use std::collections::BTreeSet;

use diesel_async::RunQueryDsl as _;
use portal::content::claims::LOAN_PLACE;
use portal::content::person_keys::{IdentifierKind, wanted};
use portal::platform::ids::{RestrictionId, new_uuid};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Page, Program, TestApp, run};

/// A claim with everything in it; the number tells it from others.
pub fn a_claim(number: u32) -> Value {
    json!({
        "claim_number": format!("C-2026-{number:04}"),
        "insurer": "Example Mutual",
        "policy_number": "P-778-1",
        "friendly_name": "Rear bumper",
        "state": "open",
        "lost_on": "2026-11-02",
        "reported_on": "2026-11-03",
        "parties": [
            {
                "role": "claimant", "name": "Ada Lovelace", "phones": ["+12025550101"], "emails": ["ada@example.com"],
                "address": {"lines": ["12 Mill Lane"], "city": "Springfield", "region": "IL", "postal_code": "62701", "country": "US"},
            },
            {"role": "witness", "name": "Charles Babbage", "phones": [], "emails": []},
        ],
        "vehicle": {"vin": "1HGCM82633A004352", "make": "Honda", "model": "Accord", "year": 2003},
        "loan": {"lender": "First Example Bank", "number": "LN-2003-004352"},
        "claimed_amount": {"value": 125_000, "currency": "USD"},
        "settled_amount": {"value": 0, "currency": "USD"},
        "notes": "Photos are with the garage.\nTwo of them.",
    })
}

/// The claim with other values in some places, by JSON Pointer; null takes one away.
pub(super) fn with(mut claim: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, value) in changes {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        claim.pointer_mut(parent).expect("a place")[name] = value.clone();
    }
    claim
}

pub(super) fn pointers(page: &Page) -> BTreeSet<String> {
    assert_eq!(
        (page.status, page.header("content-type")),
        (422, "application/problem+json"),
        "{}",
        page.text()
    );
    let problem = page.json();
    let errors = problem["errors"].as_array().expect("a list of errors");
    errors.iter().map(|error| error["pointer"].as_str().expect("a pointer").to_owned()).collect()
}

/// Stores a claim and answers its path and its ETag.
pub async fn stored(program: &Program, claim: &Value) -> (String, String) {
    let page = program.post("/claims", claim).await;
    assert_eq!(page.status, 201, "{}", page.text());
    (page.header("location").to_owned(), page.header("etag").to_owned())
}

pub async fn count(app: &TestApp, query: &str) -> i64 {
    let query = diesel::dsl::sql::<diesel::sql_types::BigInt>(&format!("SELECT ({query})::bigint"));
    query.get_result(&mut app.conn().await).await.unwrap_or_else(|error| panic!("{error}"))
}

/// A wish of the person with this address in the program's account.
pub async fn restrict(app: &TestApp, program: &Program, email: &str) -> RestrictionId {
    let now = app.clock.now();
    let id = RestrictionId::new(now);
    let keys = wanted(&app.keys, program.account, IdentifierKind::Email, email);
    run(
        app,
        &format!(
            "INSERT INTO restrictions (id, account_id, identifier_kind, sealed_identifier, person_keys, reason, \
             began_by_kind, began_by, began_at) VALUES ('{}', '{}', 'email', '', '{{{}}}', 'Asked', 'program', '{}', now())",
            id.0,
            program.account.0,
            keys[0],
            new_uuid(now),
        ),
    )
    .await;
    id
}

#[tokio::test]
async fn a_claim_is_read_back_as_it_was_written_with_the_loan_number_masked() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let (path, etag) = stored(&program, &a_claim(1)).await;
    let page = program.get(&path).await;
    assert_eq!((page.status, page.header("etag")), (200, etag.as_str()));
    let mut read = page.json();
    assert_eq!(read["sid"].as_str(), path.rsplit('/').next());
    for name in ["sid", "created_at", "updated_at"] {
        assert!(read.as_object_mut().unwrap().remove(name).is_some(), "{name}");
    }
    let loan = json!({"lender": "First Example Bank", "number_last4": "4352"});
    assert_eq!(read, with(a_claim(1), &[("/loan", loan)]));
}

#[tokio::test]
async fn the_loan_number_stands_sealed_in_the_table_and_nowhere_in_an_answer() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let page = program
        .send(program.request(Method::POST, "/claims").header("idempotency-key", "1").json(&a_claim(1)));
    let page = page.await;
    assert!(!page.text().contains("2003-004352"));
    let sealed: Vec<u8> =
        diesel::dsl::sql::<diesel::sql_types::Bytea>("SELECT sealed_loan_number FROM claims")
            .get_result(&mut app.conn().await)
            .await
            .unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("LN-"));
    assert_eq!(app.keys.open(LOAN_PLACE, &sealed).unwrap(), b"LN-2003-004352");
    let plain = "SELECT count(*) FROM (SELECT c::text AS row FROM claims c UNION ALL SELECT r::text FROM idempotent_requests r) a \
                 WHERE row LIKE '%2003-004352%'";
    assert_eq!(count(&app, plain).await, 0);
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let wrong = [
        ("/claim_number", json!("")),
        ("/insurer", Value::Null),
        ("/policy_number", json!("x".repeat(65))),
        ("/friendly_name", json!("line\nbreak")),
        ("/state", json!("lost")),
        ("/lost_on", json!("2026-02-30")),
        ("/reported_on", json!(20_261_103)),
        ("/parties/0/role", json!("boss")),
        ("/parties/0/name", json!("   ")),
        ("/parties/0/phones", json!(["+12025550101", "12"])),
        ("/parties/0/emails", json!(["nobody", 5])),
        ("/parties/0/address/country", json!("UK")),
        ("/parties/1/shoe_size", json!(44)),
        ("/vehicle/vin", json!("1HGCM82634A004352")),
        ("/vehicle/year", json!(1885)),
        ("/loan/number", json!("123")),
        ("/claimed_amount/value", json!(-1)),
        ("/settled_amount/currency", json!("XXX")),
        ("/notes", json!("x".repeat(10_001))),
        ("/colour", json!("red")),
    ];
    let page = program.post("/claims", &with(a_claim(1), &wrong)).await;
    let mut expected: BTreeSet<String> = wrong.iter().map(|(pointer, _)| (*pointer).to_owned()).collect();
    expected.remove("/parties/0/phones");
    expected.remove("/parties/0/emails");
    expected.extend(["/parties/0/phones/1", "/parties/0/emails/0", "/parties/0/emails/1"].map(str::to_owned));
    assert_eq!(pointers(&page), expected);
    assert!(page.text().contains("would be 1"), "the check digit that is expected is told: {}", page.text());
    let empty = program.post("/claims", &json!({})).await;
    let needed = ["/claim_number", "/insurer", "/state", "/lost_on", "/parties"];
    assert_eq!(pointers(&empty), needed.map(str::to_owned).into());
}

#[tokio::test]
async fn fields_that_do_not_go_together_are_refused() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let party = a_claim(1)["parties"][0].clone();
    for (pointer, value, at) in [
        ("/reported_on", json!("2026-11-01"), "/reported_on"),
        ("/settled_amount", json!({"value": 1, "currency": "EUR"}), "/settled_amount/currency"),
        ("/settled_amount", json!({"value": 1}), "/settled_amount/currency"),
        ("/parties", json!([]), "/parties"),
        ("/parties", json!(vec![party; 21]), "/parties"),
        ("/parties", json!("Ada"), "/parties"),
        ("/parties/0/phones", json!(vec!["+12025550101"; 11]), "/parties/0/phones"),
        ("/sid", json!("CL00000000000000000000000000000000"), "/sid"),
        ("/loan/number_last4", json!("4352"), "/loan/number_last4"),
        ("/notes", json!("a\u{0}b"), "/notes"),
    ] {
        let page = program.post("/claims", &with(a_claim(1), &[(pointer, value)])).await;
        assert_eq!(pointers(&page), [at.to_owned()].into(), "{pointer}");
    }
    assert_eq!(count(&app, "SELECT count(*) FROM claims").await, 0);
}

#[tokio::test]
async fn a_card_number_and_a_secret_of_ours_are_refused_and_stand_nowhere() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let (path, etag) = stored(&program, &a_claim(1)).await;
    for text in ["paid with 4111 1111 1111 1111", &format!("token {}", program.secret)] {
        for field in ["notes", "friendly_name"] {
            let at = format!("/{field}");
            let page = program.post("/claims", &with(a_claim(2), &[(&at, json!(text))])).await;
            assert_eq!(pointers(&page), [at.clone()].into());
            let page = program.patch(&path, &etag, &json!({ field: text })).await;
            assert_eq!(pointers(&page), [at].into());
        }
    }
    assert_eq!(count(&app, "SELECT count(*) FROM claims WHERE notes LIKE '%4111%'").await, 0);
}

#[tokio::test]
async fn a_friendly_name_with_an_address_is_stored_with_a_warning_and_finds_its_person() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let named = with(a_claim(1), &[("/friendly_name", json!("Car of grace@example.com"))]);
    let page = program.post("/claims", &named).await;
    assert_eq!((page.status, page.json()["friendly_name"].as_str()), (201, Some("Car of grace@example.com")));
    assert_eq!(page.json()["warnings"][0]["pointer"], "/friendly_name");
    let key = wanted(&app.keys, program.account, IdentifierKind::Email, "grace@example.com")[0];
    assert_eq!(
        count(&app, &format!("SELECT count(*) FROM claims WHERE person_keys @> '{{{key}}}'")).await,
        1
    );
    let page = program.get(page.header("location")).await;
    assert_eq!(page.json().get("warnings"), None);
    let page = program.post("/claims", &a_claim(2)).await;
    assert_eq!(page.json().get("warnings"), None);
}

#[tokio::test]
async fn what_is_no_json_too_large_or_of_another_type_is_told_apart() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let post = |kind: &str, body: String| {
        program.send(program.request(Method::POST, "/claims").header("content-type", kind).body(body))
    };
    assert_eq!(post("application/json", "{".into()).await.status, 400);
    assert_eq!(post("application/json", "[]".into()).await.status, 422);
    let twice = a_claim(1).to_string().replacen('{', "{\"notes\": \"Of another reader.\", ", 1);
    let twice = post("application/json", twice).await;
    assert_eq!(pointers(&twice), ["/notes".to_owned()].into(), "{}", twice.text());
    assert_eq!(post("text/plain", a_claim(1).to_string()).await.status, 415);
    assert_eq!(post("application/json", format!("\"{}\"", "x".repeat(256 * 1024))).await.status, 413);
    let method = program.send(program.request(Method::PUT, "/claims")).await;
    assert_eq!((method.status, method.header("allow")), (405, "GET, POST"));
}

#[tokio::test]
async fn a_change_says_what_it_is_about_and_leaves_the_rest() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let (path, etag) = stored(&program, &a_claim(1)).await;
    app.travel(chrono::Duration::seconds(5)).await;
    let patch = json!({"state": "settled", "reported_on": null, "vehicle": {"year": 2004}, "loan": {"lender": "Other Bank"}});
    let missing = program.send(program.request(Method::PATCH, &path).json(&patch)).await;
    assert_eq!(missing.status, 428);
    let page = program.patch(&path, &etag, &patch).await;
    assert_eq!((page.status, page.header("etag")), (200, "\"2\""), "{}", page.text());
    let changed = page.json();
    assert_eq!((&changed["state"], &changed["reported_on"]), (&json!("settled"), &Value::Null));
    assert_eq!(
        changed["vehicle"],
        json!({"vin": "1HGCM82633A004352", "make": "Honda", "model": "Accord", "year": 2004})
    );
    assert_eq!(changed["loan"], json!({"lender": "Other Bank", "number_last4": "4352"}));
    assert_eq!(changed["parties"], a_claim(1)["parties"]);
    assert!(changed["updated_at"].as_str() > changed["created_at"].as_str());
    let stale = program.patch(&path, &etag, &patch).await;
    assert_eq!((stale.status, stale.header("etag")), (412, "\"2\""));
    let wrong =
        program.patch(&path, "\"2\"", &json!({"insurer": null, "vehicle": {"vin": "x"}, "sid": "y"})).await;
    assert_eq!(pointers(&wrong), ["/insurer", "/sid", "/vehicle/vin"].map(str::to_owned).into());
}

#[tokio::test]
async fn of_two_changes_with_one_etag_one_wins() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let (path, mut etag) = stored(&program, &a_claim(1)).await;
    for round in 0..10 {
        let change = |name: &str| json!({"friendly_name": format!("{name} {round}")});
        let (one, two) = (change("One"), change("Two"));
        let (one, two) = tokio::join!(program.patch(&path, &etag, &one), program.patch(&path, &etag, &two));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
        let winner = if one.status == 200 { one } else { two };
        winner.header("etag").clone_into(&mut etag);
        assert_eq!(program.get(&path).await.json()["friendly_name"], winner.json()["friendly_name"]);
    }
}

#[tokio::test]
async fn one_key_posted_twice_at_the_same_moment_makes_one_claim() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    for round in 0..10 {
        let post = || {
            let request =
                program.request(Method::POST, "/claims").header("idempotency-key", format!("key {round}"));
            program.send(request.json(&a_claim(round)))
        };
        let (one, two) = tokio::join!(post(), post());
        assert_eq!((one.status, two.status), (201, 201), "{} {}", one.text(), two.text());
        assert_eq!((one.body.clone(), one.header("etag")), (two.body.clone(), two.header("etag")));
        let replayed = [&one, &two].map(|page| page.header("idempotent-replayed") == "true");
        assert_eq!(replayed.iter().filter(|replayed| **replayed).count(), 1);
        assert_eq!(count(&app, "SELECT count(*) FROM claims").await, i64::from(round) + 1);
    }
    let other =
        program.request(Method::POST, "/claims").header("idempotency-key", "key 0").json(&a_claim(77));
    assert_eq!(program.send(other).await.status, 409);
}

#[tokio::test]
async fn where_claims_are_switched_off_those_that_are_there_stay_in_use() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let (path, etag) = stored(&program, &a_claim(1)).await;
    let off = json!({ "stored": false, "days": 365 });
    assert_eq!(super::storage::decide(&program, "claims", off).await.status, 200);
    let refused = program.post("/claims", &a_claim(2)).await;
    assert_eq!((refused.status, refused.header("content-type")), (409, "application/problem+json"));
    assert!(refused.text().contains("stores no claims"), "{}", refused.text());
    assert_eq!(program.get(&path).await.status, 200);
    let changed = program.patch(&path, &etag, &json!({ "state": "closed" })).await;
    assert_eq!((changed.status, &changed.json()["state"]), (200, &json!("closed")));
    assert_eq!(program.get("/claims/export").await.text().lines().count(), 1);
    assert_eq!(program.delete(&path).await.status, 204);
    assert_eq!(count(&app, "SELECT count(*) FROM claims").await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn a_claim_that_arrives_while_claims_are_switched_off_comes_before_it_or_is_refused() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let all: Vec<Value> = (0..8).map(a_claim).collect();
    let sends = futures_util::future::join_all(all.iter().map(|claim| program.post("/claims", claim)));
    let off = super::storage::decide(&program, "claims", json!({ "stored": false, "days": 365 }));
    let (answers, off) = tokio::join!(sends, off);
    let stored = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| answer.status == 409).count();
    assert_eq!((off.status, stored + refused), (200, 8));
    let late = "SELECT count(*) FROM claims, storage_choices WHERE created_at > decided_at";
    assert_eq!(count(&app, "SELECT count(*) FROM claims").await, stored as i64);
    // The moment of a claim is taken before its transaction, so one that is later than the decision was let through.
    assert_eq!(count(&app, late).await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn an_insurers_number_is_taken_once_in_an_account() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.customer("ada@example.com").await, app.customer("eve@example.com").await);
    let program = app.program(&ada).await;
    stored(&program, &a_claim(1)).await;
    let again = program.post("/claims", &a_claim(1)).await;
    assert_eq!((again.status, again.header("content-type")), (409, "application/problem+json"));
    stored(&program, &with(a_claim(1), &[("/insurer", json!("Other Mutual"))])).await;
    stored(&app.program(&eve).await, &a_claim(1)).await;
    let (path, etag) = stored(&program, &a_claim(2)).await;
    let taken = program.patch(&path, &etag, &json!({"claim_number": "C-2026-0001"})).await;
    assert_eq!(taken.status, 409);
}

#[tokio::test]
async fn who_has_the_present_version_is_not_sent_it_again() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let (path, etag) = stored(&program, &a_claim(1)).await;
    for (known, status) in
        [(etag.clone(), 304), (format!("W/{etag}"), 304), ("*".into(), 304), ("\"7\", \"8\"".into(), 200)]
    {
        let page = program.send(program.request(Method::GET, &path).header("if-none-match", &known)).await;
        assert_eq!(
            (page.status, page.header("etag"), page.body.is_empty()),
            (status, etag.as_str(), status == 304)
        );
    }
    program.patch(&path, &etag, &json!({"notes": null})).await;
    let page = program.send(program.request(Method::GET, &path).header("if-none-match", &etag)).await;
    assert_eq!((page.status, page.header("etag")), (200, "\"2\""));
}

#[tokio::test]
async fn a_deleted_claim_is_gone_at_once_and_its_communications_lose_the_link() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let post = program.request(Method::POST, "/claims").header("idempotency-key", "once").json(&a_claim(1));
    let page = program.send(post).await;
    let path = page.header("location").to_owned();
    run(
        &app,
        &format!(
            "INSERT INTO communications (id, account_id, claim_id, channel, direction, recipient, status, status_at, person_keys, \
             created_at, updated_at) SELECT id, account_id, id, 'email', 'outbound', 'x@example.com', 'sent', now(), '{{}}', now(), now() \
             FROM claims WHERE account_id = '{}'",
            program.account.0
        ),
    )
    .await;
    let other = program.send(program.request(Method::DELETE, &path).header("if-match", "\"7\"")).await;
    assert_eq!(other.status, 412);
    assert_eq!(program.delete(&path).await.status, 204);
    assert_eq!(program.delete(&path).await.status, 404);
    assert_eq!(program.get(&path).await.status, 404);
    assert_eq!(count(&app, "SELECT count(*) FROM claims").await, 0);
    assert_eq!(
        count(&app, "SELECT count(*) FROM communications WHERE claim_id IS NULL AND version = 2").await,
        1
    );
    let post = program.request(Method::POST, "/claims").header("idempotency-key", "once").json(&a_claim(1));
    assert_eq!(program.send(post).await.status, 410, "what was answered about it is forgotten");
    let event = format!(
        "SELECT count(*) FROM audit_events WHERE action = 'claim.deleted' AND subject_kind = 'account' AND subject_id = '{}' \
         AND actor_kind = 'program'",
        program.account.0
    );
    assert_eq!(count(&app, &event).await, 1);
}

#[tokio::test]
async fn a_restricted_claim_is_closed_and_left_out() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("owner@example.com").await).await;
    let (path, etag) = stored(&program, &a_claim(1)).await;
    let restriction = restrict(&app, &program, "ada@example.com").await;
    run(&app, &format!("UPDATE claims SET restriction_id = '{}'", restriction.0)).await;
    assert_eq!(program.get(&path).await.status, 423);
    assert_eq!(program.patch(&path, &etag, &json!({"state": "closed"})).await.status, 423);
    assert_eq!(program.delete(&path).await.status, 423);
    assert_eq!(program.get("/claims").await.json(), json!({"data": [], "next": null}));
    run(&app, "UPDATE claims SET restriction_id = NULL").await;
    assert_eq!(program.get(&path).await.status, 200);
}

#[tokio::test]
async fn what_arrives_about_somebody_who_is_restricted_is_restricted_at_once() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("owner@example.com").await).await;
    restrict(&app, &program, "grace@example.com").await;
    let (path, etag) = stored(&program, &a_claim(1)).await;
    assert_eq!(program.get(&path).await.status, 200, "somebody else is in it");
    let page = program.patch(&path, &etag, &json!({"notes": "Asked Grace@example.com."})).await;
    assert_eq!((page.status, page.json()["warnings"][0]["pointer"].as_str()), (200, Some("")));
    assert_eq!(program.get(&path).await.status, 423);
    let about = with(a_claim(2), &[("/parties/1/emails", json!(["grace@example.com"]))]);
    let (path, _) = stored(&program, &about).await;
    assert_eq!(program.get(&path).await.status, 423);
    run(&app, "UPDATE restrictions SET lifted_at = now(), lifted_by = id").await;
    let about = with(a_claim(3), &[("/parties/1/emails", json!(["grace@example.com"]))]);
    let (path, _) = stored(&program, &about).await;
    assert_eq!(program.get(&path).await.status, 200);
}
