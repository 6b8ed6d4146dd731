//! Communications over the API: who, when and how it went; what they say stands apart (S98, S100, S103).

use portal::api::scopes::Scope;
use portal::content::person_keys::{IdentifierKind, wanted};
use portal::platform::ids::{ClaimId, CommunicationId};
use reqwest::Method;
use serde_json::{Value, json};

pub use super::claims::count;
use crate::support::{Page, Program, TestApp, run};

/// Communications of the program's account.
pub const ALL: &str = "/communications";

/// An e-mail that somebody could send.
pub fn email() -> Value {
    json!({ "channel": "email", "direction": "outbound", "from": "claims@insurer.example", "to": "ada@example.com" })
}

/// Stores a communication and answers its address below the account.
pub async fn stored(program: &Program, body: &Value) -> String {
    let page = program.post(ALL, body).await;
    assert_eq!(page.status, 201, "{}", page.text());
    page.header("location").strip_prefix(&program.path("")).expect("in the account").to_owned()
}

/// Puts a claim into the program's account.
pub async fn claim(app: &TestApp, program: &Program) -> ClaimId {
    let (id, now) = (ClaimId::new(app.clock.now()), app.clock.now().to_rfc3339());
    let statement = format!(
        "INSERT INTO claims (id, account_id, claim_number, insurer, state, lost_on, parties, person_keys, created_at, updated_at) \
         VALUES ('{}', '{}', '{id}', 'Insurer', 'open', '2026-01-01', '[]', '{{}}', '{now}', '{now}')",
        id.0, program.account.0
    );
    run(app, &statement).await;
    id
}

/// Begins a restriction of the person with this address, without the pages for it.
async fn restrict(app: &TestApp, program: &Program, email: &str) {
    let keys = wanted(&app.keys, program.account, IdentifierKind::Email, email);
    let statement = format!(
        "INSERT INTO restrictions (id, account_id, identifier_kind, sealed_identifier, person_keys, reason, began_by_kind, began_by, began_at) \
         VALUES (gen_random_uuid(), '{}', 'email', '', ARRAY{keys:?}::bigint[], 'x', 'program', gen_random_uuid(), now())",
        program.account.0
    );
    run(app, &statement).await;
}

/// Where the fields are that an answer finds wrong.
fn pointers(page: &Page) -> Vec<String> {
    assert_eq!(page.status, 422, "{}", page.text());
    let errors = page.json()["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["pointer"].as_str().unwrap_or_default().to_owned()).collect()
}

fn sids(page: &Page) -> Vec<String> {
    let data = page.json()["data"].as_array().cloned().expect("a list");
    data.iter().map(|one| one["sid"].as_str().expect("a SID").to_owned()).collect()
}

#[tokio::test]
async fn what_is_stored_is_read_back() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let claim = claim(&app, &program).await;
    let mut sent = email();
    sent["claim"] = json!(claim.to_string());
    sent["friendly_name"] = json!("Reminder to Ada");
    let page = program.post(ALL, &sent).await;
    assert_eq!((page.status, page.header("etag")), (201, "\"1\""), "{}", page.text());
    let read = program.get(page.header("location")).await;
    assert_eq!((read.status, read.json(), read.header("etag")), (200, page.json(), "\"1\""));
    let json = read.json();
    for field in ["channel", "direction", "from", "to", "friendly_name", "claim"] {
        assert_eq!(json[field], sent[field], "{field}");
    }
    assert_eq!((&json["status"], &json["body_stored"]), (&json!("queued"), &json!(false)));
    let statuses = program.get(&format!("{}/statuses", page.header("location"))).await.json();
    assert_eq!(statuses["data"][0]["status"], "queued");
}

#[tokio::test]
async fn numbers_are_kept_in_one_form_and_push_goes_to_a_device() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let sms =
        json!({ "channel": "sms", "direction": "outbound", "from": "72345", "to": "+1 (212) 555-0100" });
    let sms = program.get(&stored(&program, &sms).await).await.json();
    assert_eq!((&sms["from"], &sms["to"]), (&json!("72345"), &json!("+12125550100")));
    let push = json!({ "channel": "push", "direction": "outbound", "device_token": "f00:APA91bH", "status": "sent" });
    let push = program.get(&stored(&program, &push).await).await.json();
    assert_eq!((&push["device_token"], &push["status"]), (&json!("f00:APA91bH"), &json!("sent")));
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let foreign = app.program(&app.customer("eve@example.com").await).await;
    let claim = claim(&app, &foreign).await.to_string();
    let wrong = json!({
        "channel": "email", "direction": "up", "from": "+12125550100", "device_token": "x", "claim": claim,
        "status": "lost", "friendly_name": "Card 4111 1111 1111 1111",
    });
    let mut found = pointers(&program.post(ALL, &wrong).await);
    found.sort();
    assert_eq!(found, ["/claim", "/device_token", "/direction", "/friendly_name", "/from", "/status", "/to"]);
    assert_eq!(pointers(&program.post(ALL, &json!({})).await), ["/channel", "/direction"]);
    assert_eq!(pointers(&program.post(ALL, &json!({ "colour": "red" })).await).len(), 1);
    let push = json!({ "channel": "push", "direction": "inbound", "to": "ada@example.com" });
    assert_eq!(pointers(&program.post(ALL, &push).await), ["/to", "/device_token", "/direction"]);
    assert_eq!(program.get(ALL).await.json()["data"], json!([]));
}

#[tokio::test]
async fn a_secret_of_ours_is_not_kept_in_a_friendly_name() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let mut named = email();
    named["friendly_name"] = json!(format!("with {}", program.secret));
    let page = program.post(ALL, &named).await;
    assert_eq!(pointers(&page), ["/friendly_name"]);
    assert!(!page.text().contains(&program.secret));
}

#[tokio::test]
async fn a_list_is_filtered_and_paged_to_its_end() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let claim = claim(&app, &program).await.to_string();
    let mut all = Vec::new();
    for (channel, to, claim) in [
        ("sms", "+12125550100", None),
        ("email", "a@example.com", Some(&claim)),
        ("sms", "+12125550100", Some(&claim)),
        ("voice", "+12125550100", None),
        ("email", "b@example.com", None),
    ] {
        app.travel(chrono::Duration::hours(1)).await;
        let sent = json!({ "channel": channel, "direction": "inbound", "to": to, "claim": claim });
        all.push(program.post(ALL, &sent).await.json());
    }
    let sid = |at: usize| all[at]["sid"].as_str().unwrap().to_owned();
    let listed = async |query: &str| sids(&program.get(&format!("{ALL}?{query}")).await);
    assert_eq!(listed("channel=sms").await, [sid(2), sid(0)]);
    assert_eq!(listed(&format!("claim={claim}")).await, [sid(2), sid(1)]);
    assert_eq!(listed("status=sent").await, [""; 0]);
    assert_eq!(listed("direction=inbound&channel=voice").await, [sid(3)]);
    let (from, to) = (all[1]["created_at"].as_str().unwrap(), all[3]["created_at"].as_str().unwrap());
    assert_eq!(listed(&format!("created_from={from}&created_to={to}")).await, [sid(2), sid(1)]);
    let (mut walked, mut next) = (Vec::new(), Some(format!("{}?limit=2", program.path(ALL))));
    while let Some(address) = next {
        let page = program.get(&address).await;
        assert_eq!(page.header("link").is_empty(), page.json()["next"].is_null());
        walked.extend(sids(&page));
        next = page.json()["next"].as_str().map(str::to_owned);
    }
    assert_eq!(walked, [sid(4), sid(3), sid(2), sid(1), sid(0)]);
}

#[tokio::test]
async fn a_list_that_is_asked_for_wrongly_says_what_is_wrong() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    for (query, pointer) in [
        ("channel=pigeon", "?channel"),
        ("limit=0", "?limit"),
        ("limit=201", "?limit"),
        ("after=CM12", "?after"),
        ("created_from=yesterday", "?created_from"),
        ("created_to=-9999-01-01T00:00:00Z", "?created_to"),
        ("claim=CM12", "?claim"),
    ] {
        assert_eq!(pointers(&program.get(&format!("{ALL}?{query}")).await), [pointer], "{query}");
    }
    assert_eq!(program.get(&format!("{ALL}?page=2")).await.status, 422);
}

#[tokio::test]
async fn a_change_says_which_version_it_is_about() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let path = stored(&program, &email()).await;
    let name = json!({ "friendly_name": "First" });
    let without = program.send(program.request(Method::PATCH, &path).json(&name)).await;
    assert_eq!(without.status, 428);
    let changed = program.patch(&path, "\"1\"", &name).await;
    assert_eq!((changed.status, changed.header("etag")), (200, "\"2\""), "{}", changed.text());
    assert_eq!(program.patch(&path, "\"1\"", &name).await.status, 412);
    let same = program.patch(&path, "\"2\"", &json!({})).await;
    assert_eq!((same.status, same.header("etag")), (200, "\"2\""));
    assert_eq!(same.json()["friendly_name"], "First");
    let emptied = program.patch(&path, "*", &json!({ "friendly_name": null })).await;
    assert_eq!(emptied.json()["friendly_name"], Value::Null);
    let wrong =
        json!({ "friendly_name": "x".repeat(201), "claim": ClaimId::new(app.clock.now()).to_string() });
    assert_eq!(pointers(&program.patch(&path, "*", &wrong).await), ["/friendly_name", "/claim"]);
    assert_eq!(pointers(&program.patch(&path, "*", &json!({ "to": "eve@example.com" })).await).len(), 1);
}

#[tokio::test]
async fn of_two_changes_to_one_version_one_wins() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let path = stored(&program, &email()).await;
    let change =
        async |name: &str| program.patch(&path, "\"1\"", &json!({ "friendly_name": name })).await.status;
    let (one, two) = tokio::join!(change("One"), change("Two"));
    let mut statuses = [one, two];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
}

#[tokio::test]
async fn one_key_sent_twice_at_once_makes_one_communication() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let send = async || {
        let request = program.request(Method::POST, ALL).header("idempotency-key", "k1").json(&email());
        program.send(request).await
    };
    let (one, two) = tokio::join!(send(), send());
    assert_eq!((one.status, one.body.clone()), (201, two.body.clone()));
    assert_eq!(count(&app, "SELECT count(*) FROM communications").await, 1);
    let other = program.request(Method::POST, ALL).header("idempotency-key", "k1").json(&json!({}));
    assert_eq!(program.send(other).await.status, 409);
}

#[tokio::test]
async fn a_deleted_communication_is_gone_with_everything_about_it() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let send = async || {
        let request = program.request(Method::POST, ALL).header("idempotency-key", "k1").json(&email());
        program.send(request).await
    };
    let path = send().await.header("location").to_owned();
    let stale = program.request(Method::DELETE, &path).header("if-match", "\"7\"");
    assert_eq!(program.send(stale).await.status, 412);
    assert_eq!(program.delete(&path).await.status, 204);
    for gone in [path.clone(), format!("{path}/body"), format!("{path}/statuses")] {
        assert_eq!(program.get(&gone).await.status, 404);
    }
    assert_eq!(program.delete(&path).await.status, 404);
    assert_eq!(send().await.status, 410, "the answer went with it, and the key does not make it again");
    assert_eq!(count(&app, "SELECT count(*) FROM communication_statuses").await, 0);
    let noted = format!(
        "SELECT count(*) FROM audit_events WHERE action = 'communication.deleted' AND subject_kind = 'account' \
         AND subject_id = '{}' AND actor_kind = 'program'",
        program.account.0
    );
    assert_eq!(count(&app, &noted).await, 1);
}

#[tokio::test]
async fn a_foreign_program_finds_nothing_whatever_it_sends() {
    let app = TestApp::start().await;
    let ours = app.program(&app.customer("ada@example.com").await).await;
    let path = ours.path(&stored(&ours, &email()).await);
    let theirs = app.program(&app.customer("eve@example.com").await).await;
    for (method, rest) in [
        (Method::GET, ""),
        (Method::PATCH, ""),
        (Method::DELETE, ""),
        (Method::GET, "/body"),
        (Method::GET, "/statuses"),
        (Method::POST, "/statuses"),
    ] {
        let request = || theirs.request(method.clone(), &format!("{path}{rest}"));
        assert_eq!(theirs.send(request()).await.status, 404, "{method} {rest}");
        let broken = request().header("content-type", "application/json").body("{");
        assert_eq!(theirs.send(broken).await.status, 404, "{method} {rest}");
        let mine = theirs.path(&path[ours.path("").len()..]);
        let request = theirs.request(method.clone(), &format!("{mine}{rest}"));
        let request = request.header("if-match", "*").json(&json!({}));
        assert_eq!(theirs.send(request).await.status, 404, "{method} {mine}{rest}");
    }
    let everybodys = theirs.request(Method::POST, &ours.path(ALL)).json(&email());
    assert_eq!(theirs.send(everybodys).await.status, 404);
    assert_eq!(ours.get(&path).await.status, 200);
}

#[tokio::test]
async fn each_route_wants_its_scope() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (reader, writer) = (
        app.program_with(&ada, &[Scope::ReadCommunications]).await,
        app.program_with(&ada, &[Scope::WriteCommunications]).await,
    );
    let path = stored(&writer, &email()).await;
    assert_eq!(reader.get(&path).await.status, 200);
    for refused in [
        writer.get(&path).await,
        writer.get(ALL).await,
        writer.get(&format!("{path}/body")).await,
        reader.post(ALL, &email()).await,
        reader.patch(&path, "*", &json!({})).await,
        reader.delete(&path).await,
        reader.post(&format!("{path}/statuses"), &json!({ "status": "sent" })).await,
    ] {
        assert_eq!(refused.status, 403, "{}", refused.text());
    }
}

#[tokio::test]
async fn what_arrives_about_somebody_who_is_restricted_is_restricted_at_once() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    restrict(&app, &program, "ada@example.com").await;
    let made = program.post(ALL, &email()).await;
    assert_eq!((made.status, &made.json()["restricted"]), (201, &json!(true)));
    let path = made.header("location").to_owned();
    for answer in [
        program.get(&path).await,
        program.get(&format!("{path}/body")).await,
        program.get(&format!("{path}/statuses")).await,
        program.post(&format!("{path}/statuses"), &json!({ "status": "sent" })).await,
        program.patch(&path, "*", &json!({ "friendly_name": "x" })).await,
        program.delete(&path).await,
    ] {
        assert_eq!((answer.status, answer.header("content-type")), (423, "application/problem+json"));
    }
    let other =
        stored(&program, &json!({ "channel": "email", "direction": "inbound", "to": "b@example.com" })).await;
    assert_eq!(sids(&program.get(ALL).await), [other.trim_start_matches("/communications/")]);
    let renamed = program.patch(&other, "*", &json!({ "friendly_name": "also for ADA@example.com" })).await;
    assert_eq!((renamed.status, &renamed.json()["restricted"]), (200, &json!(true)));
    assert_eq!(sids(&program.get(ALL).await), [""; 0]);
}

#[tokio::test]
async fn everybody_in_it_is_found_by_their_keys() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let mut sent = email();
    sent["friendly_name"] = json!("Ada Lovelace, +1 212 555 0199");
    stored(&program, &sent).await;
    for (kind, value, found) in [
        (IdentifierKind::Email, "Claims@insurer.example", 1),
        (IdentifierKind::Email, "ada@example.com", 1),
        (IdentifierKind::Phone, "+12125550199", 1),
        (IdentifierKind::Name, "ada", 1),
        (IdentifierKind::Email, "eve@example.com", 0),
    ] {
        let keys = wanted(&app.keys, program.account, kind, value);
        let query =
            format!("SELECT count(*) FROM communications WHERE person_keys @> ARRAY{keys:?}::bigint[]");
        assert_eq!(count(&app, &query).await, found, "{value}");
    }
}

#[tokio::test]
async fn a_sid_that_is_none_leads_nowhere() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let unknown = CommunicationId::new(app.clock.now()).to_string();
    for sid in ["CM12", "x", unknown.as_str(), &unknown.to_uppercase()] {
        let page = program.get(&format!("{ALL}/{sid}")).await;
        assert_eq!((page.status, page.header("content-type")), (404, "application/problem+json"), "{sid}");
    }
}
