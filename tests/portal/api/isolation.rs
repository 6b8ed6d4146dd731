//! No credential reaches another account: every route of the API, with a key of somebody else (S38).

use std::collections::BTreeMap;

use portal::api::scopes::Scope;
use portal::platform::ids::AccountId;
use portal::routes::{self, Guard, Route};
use reqwest::Method;
use serde_json::{Value, json};

use crate::content::claims::{a_claim, count, stored};
use crate::content::storage::decide;
use crate::support::{Page, Program, TestApp};

/// Records of the first account, by the placeholders that name them.
type Records = BTreeMap<&'static str, String>;

/// Something of everything that an account can have.
async fn records(program: &Program) -> Records {
    decide(program, "communication_bodies", json!({ "stored": true, "days": 30 })).await;
    let last = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let claim = last(&stored(program, &a_claim(1)).await.0);
    let made = async |path: &str, body: Value| {
        let page = program.post(path, &body).await;
        assert_eq!(page.status, 201, "{}", page.text());
        page.json()["sid"].as_str().unwrap_or_default().to_owned()
    };
    let letter = json!({
        "channel": "email", "direction": "outbound", "from": "a@insurer.example", "to": "bob@example.com",
        "claim": claim, "body": "Hello"
    });
    let communication = made("/communications", letter).await;
    let eve = json!({ "kind": "email", "value": "eve@example.com", "reason": "Asked for it." });
    let restriction = made("/end-users/restrictions", eve).await;
    let deletion = made("/end-users/deletion", json!({ "kind": "email", "value": "zoe@example.com" })).await;
    BTreeMap::from([
        ("{claim}", claim),
        ("{communication}", communication),
        ("{restriction}", restriction),
        ("{deletion}", deletion),
        ("{product}", "claims".into()),
    ])
}

/// The routes that belong to an account.
fn routes_of_programs() -> Vec<Route> {
    let all = routes::routes().into_iter();
    let routes: Vec<Route> =
        all.filter(|route| matches!(route.guard, Guard::Api(_) | Guard::AnyProgram)).collect();
    assert!(routes.len() > 20);
    routes
}

fn path(route: &Route, account: AccountId, records: &Records) -> String {
    let mut path = route.path.replace("{account}", &account.to_string());
    for (placeholder, sid) in records {
        path = path.replace(placeholder, sid);
    }
    assert!(!path.contains('{'), "say what stands for the placeholder in {}", route.path);
    path
}

/// What its owner could send there, and would be answered with success.
fn body(route: &Route) -> Option<Value> {
    let person = json!({ "kind": "email", "value": "ada@example.com" });
    let end = route.path.rsplit('/').next().unwrap_or_default();
    Some(match (route.method.as_str(), end) {
        ("POST", "claims") => a_claim(2),
        ("POST", "communications") => {
            json!({ "channel": "email", "direction": "outbound", "from": "a@example.com", "to": "b@example.com" })
        }
        ("POST", "statuses") => json!({ "status": "sent" }),
        ("POST", "restrictions") => {
            json!({ "kind": "email", "value": "ada@example.com", "reason": "Asked." })
        }
        ("POST", "lifting") => json!({}),
        ("POST", "search" | "export" | "deletion") => person,
        ("PATCH", "{claim}") => json!({ "state": "closed" }),
        ("PATCH", "{communication}") => json!({ "friendly_name": "Another name" }),
        ("PUT", "{product}") => json!({ "stored": false, "days": 1 }),
        ("GET" | "DELETE", _) => return None,
        ("POST", "import") => return None,
        other => panic!("say what is sent to {other:?}"),
    })
}

async fn ask(program: &Program, route: &Route, path: &str) -> Page {
    let request = program.request(Method::from_bytes(route.method.as_str().as_bytes()).unwrap(), path);
    let request = request.header("if-match", "*");
    program
        .send(match body(route) {
            Some(body) => request.json(&body),
            None if route.path.ends_with("/import") => {
                request.header("content-type", "application/x-ndjson").body(a_claim(3).to_string())
            }
            None => request,
        })
        .await
}

fn assert_absent(route: &Route, page: &Page, how: &str) {
    let what = format!("{} {} {how}: {}", route.method, route.path, page.text());
    assert_eq!((page.status, page.header("content-type")), (404, "application/problem+json"), "{what}");
    assert!(!page.text().contains("Lovelace") && !page.text().contains("eve@"), "{what}");
}

/// A digest of all rows of an account, also of those that only hang on rows of it. What arises from being asked, the
/// request log and the last use of a credential, is left out.
async fn everything(app: &TestApp, account: AccountId) -> String {
    let of_account = "SELECT string_agg(format('SELECT %L || t::text AS row FROM %I t WHERE account_id = %L', table_name, table_name, '{}'), ' UNION ALL ') \
        FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name) \
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND column_name = 'account_id' \
        AND table_name NOT IN ('api_requests', 'api_request_days', 'auth_tokens', 'api_keys')"
        .replace("{}", &account.0.to_string());
    let rows: String = text(app, &of_account).await;
    let hanging =
        ["communication_statuses", "communication_bodies", "content_deletion_steps", "audit_events"]
            .map(|table| format!(" UNION ALL SELECT '{table}' || t::text FROM {table} t"))
            .concat();
    text(app, &format!("SELECT md5(string_agg(row, ',' ORDER BY row)) FROM ({rows}{hanging}) t")).await
}

async fn text(app: &TestApp, query: &str) -> String {
    use diesel_async::RunQueryDsl as _;
    diesel::dsl::sql::<diesel::sql_types::Text>(query)
        .get_result(&mut app.conn().await)
        .await
        .unwrap_or_else(|error| panic!("{error}: {query}"))
}

#[tokio::test]
async fn no_route_lets_a_key_into_another_account_or_to_a_record_of_it() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.customer("ada@example.com").await, app.customer("eve@example.com").await);
    let (own, token) = (app.program(&ada).await, app.program(&eve).await);
    let records = records(&own).await;
    let before = everything(&app, own.account).await;
    for route in routes_of_programs() {
        let scopes = match route.guard {
            Guard::Api(scope) => vec![scope],
            _ => Scope::ALL.to_vec(),
        };
        let key = app.program_with(&eve, &scopes).await;
        let there = path(&route, own.account, &records);
        assert_absent(&route, &ask(&token, &route, &there).await, "with a token of another account");
        assert_absent(&route, &ask(&key, &route, &there).await, "with a key of another account");
        // In one's own account, a record of the other is not there either.
        if ["{claim}", "{communication}", "{restriction}", "{deletion}"]
            .iter()
            .any(|one| route.path.contains(one))
        {
            let here = path(&route, token.account, &records);
            assert_absent(&route, &ask(&token, &route, &here).await, "with a record of another account");
        }
        assert_eq!(everything(&app, own.account).await, before, "{} {}", route.method, route.path);
    }
    // A record of the other account is no place to put one's own.
    let mut letter = body(&route("POST", "/communications")).unwrap();
    letter["claim"] = json!(records["{claim}"]);
    let page = token.post("/communications", &letter).await;
    assert_eq!((page.status, page.json()["errors"][0]["pointer"].clone()), (422, json!("/claim")));
    app.mailbox().await;
}

fn route(method: &str, end: &str) -> Route {
    let mut all = routes_of_programs().into_iter();
    all.find(|route| route.method.as_str() == method && route.path.ends_with(end)).expect("a route")
}

#[tokio::test]
async fn what_was_asked_of_others_is_answered_to_its_owner() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let records = records(&program).await;
    // What reads first and what deletes last, so that each finds what it is about.
    let mut routes = routes_of_programs();
    let order = ["GET", "PUT", "PATCH", "POST", "DELETE"];
    routes.sort_by_key(|route| order.iter().position(|method| *method == route.method.as_str()));
    let late = |route: &Route| route.path.ends_with("/deletion") || route.path.ends_with("/restrictions");
    let (last, mut routes): (Vec<Route>, Vec<Route>) =
        routes.into_iter().partition(|one| one.method.as_str() == "POST" && late(one));
    // Storing was switched off by then, and is on again.
    routes.extend(last);
    for route in routes {
        if route.method.as_str() == "PATCH" {
            decide(&program, "claims", json!({ "stored": true, "days": 365 })).await;
        }
        let page = ask(&program, &route, &path(&route, program.account, &records)).await;
        assert!((200..300).contains(&page.status), "{} {}: {}", route.method, route.path, page.text());
    }
    assert!(count(&app, "SELECT count(*) FROM claims").await > 0);
    app.mailbox().await;
}
