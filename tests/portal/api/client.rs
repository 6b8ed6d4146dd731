//! Who may ask, for what, how often, and what is noted of it (S56, S57, S58, S63).

use diesel_async::RunQueryDsl as _;
use portal::api::scopes::Scope;
use reqwest::Method;

use crate::support::{Program, TestApp, count, eventually, run};

const STORAGE: &str = "/storage";

#[tokio::test]
async fn an_auth_token_and_a_key_with_the_scope_get_through() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    for program in [app.program(&ada).await, app.program_with(&ada, &[Scope::ReadStorage]).await] {
        let page = program.get(STORAGE).await;
        assert_eq!((page.status, page.header("content-type")), (200, "application/json"));
        assert_eq!(page.json()["data"][0]["days"], 365);
        assert!(
            page.header("ratelimit-policy").contains("q=3000;w=60"),
            "{}",
            page.header("ratelimit-policy")
        );
    }
}

#[tokio::test]
async fn a_key_without_the_scope_is_told_which_one_it_lacks() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let page = app.program_with(&ada, &[Scope::ReadClaims]).await.get(STORAGE).await;
    assert_eq!((page.status, page.header("content-type")), (403, "application/problem+json"));
    assert!(page.json()["detail"].as_str().unwrap().contains("storage:read"));
}

#[tokio::test]
async fn a_credential_of_one_account_finds_nothing_in_another() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.customer("ada@example.com").await, app.customer("eve@example.com").await);
    let theirs = app.program(&ada).await.path(STORAGE);
    for program in [app.program(&eve).await, app.program_with(&eve, &Scope::ALL).await] {
        assert_eq!(program.get(&theirs).await.status, 404);
    }
}

#[tokio::test]
async fn a_wrong_secret_a_wrong_checksum_and_no_credential_are_refused_alike() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    let other = app.program_with(&ada, &Scope::ALL).await;
    let last = if program.secret.ends_with('x') { 'y' } else { 'x' };
    let wrong = [
        Program { secret: other.secret.clone(), ..program.clone() },
        Program { secret: format!("{}{last}", &program.secret[..39]), ..program.clone() },
        Program { user: other.user.clone(), ..program.clone() },
    ];
    for program in wrong {
        let page = program.get(STORAGE).await;
        assert_eq!((page.status, page.header("www-authenticate").is_empty()), (401, false));
    }
    let page = app.browser().get(&program.path(STORAGE)).await;
    assert_eq!((page.status, page.header("content-type")), (401, "application/problem+json"));
}

#[tokio::test]
async fn a_revoked_token_and_a_key_past_its_end_are_dead_at_once() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (token, key) = (app.program(&ada).await, app.program_with(&ada, &[Scope::ReadStorage]).await);
    run(&app, "UPDATE api_keys SET expires_at = created_at + interval '1 day'").await;
    app.travel(chrono::Duration::seconds(86_340)).await;
    assert_eq!(key.get(STORAGE).await.status, 200);
    app.travel(chrono::Duration::seconds(60)).await;
    assert_eq!(key.get(STORAGE).await.status, 401);
    run(&app, "UPDATE auth_tokens SET revoked_at = now(), revoked_because = 'revoked', sealed_secret = NULL")
        .await;
    assert_eq!(token.get(STORAGE).await.status, 401);
}

#[tokio::test]
async fn what_programs_may_do_follows_the_state_of_the_account() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    for (state, status) in [("active", 200), ("closing", 200), ("suspended", 403), ("closed", 403)] {
        run(&app, &format!("UPDATE account_states SET state = '{state}'")).await;
        assert_eq!(program.get(STORAGE).await.status, status, "{state}");
    }
}

#[tokio::test]
async fn a_credential_that_asks_too_often_is_told_when_to_come_back() {
    let app = TestApp::with(&[("PORTAL_API_REQUESTS_PER_MINUTE", "3")]).await;
    let ada = app.customer("ada@example.com").await;
    let (program, other) = (app.program(&ada).await, app.program_with(&ada, &[Scope::ReadStorage]).await);
    for _ in 0..3 {
        assert_eq!(program.get(STORAGE).await.status, 200);
    }
    let page = program.get(STORAGE).await;
    assert_eq!((page.status, page.header("content-type")), (429, "application/problem+json"));
    let wait: i64 = page.header("retry-after").parse().expect("seconds");
    assert!((1..=20).contains(&wait), "{wait}");
    assert_eq!(other.get(STORAGE).await.status, 200, "each credential has a limit of its own");
    app.travel(chrono::Duration::seconds(wait)).await;
    assert_eq!(program.get(STORAGE).await.status, 200);
}

#[tokio::test]
async fn who_guesses_secrets_is_held_up_by_network() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let right = app.program(&ada).await;
    let wrong = Program { secret: app.program_with(&ada, &Scope::ALL).await.secret, ..right.clone() };
    // One more comes free each second.
    let (mut status, mut refused) = (401, 0);
    while status == 401 && refused < 240 {
        status = wrong.get(STORAGE).await.status;
        refused += u32::from(status == 401);
    }
    assert!(status == 429 && (60..240).contains(&refused), "{status} after {refused}");
    assert_eq!(right.get(STORAGE).await.status, 200, "the owner is not shut out");
}

#[tokio::test]
async fn who_is_held_up_while_the_count_of_tries_is_dropped_is_told_so_and_not_that_nothing_is_there() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let right = app.program(&ada).await;
    let wrong = Program { secret: app.program_with(&ada, &Scope::ALL).await.secret, ..right };
    let mut status = 401;
    for _ in 0..240 {
        status = wrong.get(STORAGE).await.status;
        if status == 429 {
            break;
        }
    }
    assert_eq!(status, 429);
    // As somebody else would between the two statements.
    for statement in [
        "CREATE FUNCTION drop_counts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM rate_limits; RETURN NULL; END $$",
        "CREATE TRIGGER drop_counts AFTER INSERT ON rate_limits FOR EACH STATEMENT EXECUTE FUNCTION drop_counts()",
        "UPDATE rate_limits SET full_at = full_at + interval '1 minute'",
    ] {
        run(&app, statement).await;
    }
    let page = wrong.get(STORAGE).await;
    assert_eq!((page.status, page.header("retry-after")), (429, "1"));
}

#[tokio::test]
async fn who_guesses_secrets_does_not_fill_the_log_of_the_account() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let right = app.program(&ada).await;
    let wrong = Program { secret: app.program_with(&ada, &Scope::ALL).await.secret, ..right.clone() };
    let mut held_up = 0;
    for _ in 0..240 {
        held_up += u32::from(wrong.get(STORAGE).await.status == 429);
    }
    assert!(held_up > 0);
    assert_eq!(right.get(STORAGE).await.status, 200);
    // Notes are written in the order in which they came.
    eventually("the last note", async || {
        (count(&app, "api_requests WHERE status = 200").await == 1).then_some(())
    })
    .await;
    assert_eq!(count(&app, "api_requests WHERE status = 401").await, i64::from(240 - held_up));
    assert_eq!(count(&app, "api_requests WHERE status = 429").await, 0, "no note beyond the limit");
}

#[tokio::test]
async fn every_request_is_noted_with_its_credential_and_marks_it_as_used() {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        row: String,
    }
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    program.get(STORAGE).await;
    Program { secret: "wrong".into(), ..program.clone() }.get(STORAGE).await;
    let query = "SELECT concat_ws(' ', method, route, status, credential_kind, last_used_at = at) AS row \
                 FROM api_requests LEFT JOIN auth_tokens t ON t.id = credential ORDER BY status";
    let rows = eventually("two notes", async || {
        let rows: Vec<Row> = diesel::sql_query(query).load(&mut app.conn().await).await.unwrap();
        (rows.len() == 1).then_some(rows)
    })
    .await;
    assert_eq!(rows[0].row, "GET /v1/accounts/{account}/storage 200 auth_token t");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_and_no_page() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    let nowhere = program.get("/v1/nowhere").await;
    assert_eq!((nowhere.status, nowhere.header("content-type")), (404, "application/problem+json"));
    let method = program.send(program.request(Method::PUT, STORAGE)).await;
    assert_eq!((method.status, method.header("allow")), (405, "GET"));
}

#[tokio::test]
async fn every_credential_reads_its_account_and_no_other() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.customer("ada@example.com").await, app.customer("eve@example.com").await);
    for program in [app.program(&ada).await, app.program_with(&ada, &[Scope::ReadClaims]).await] {
        let page = program.get("").await;
        assert_eq!((page.status, &page.json()["name"]), (200, &"First account".into()), "{}", page.text());
        assert_eq!(page.json()["sid"], program.account.to_string());
        assert_eq!(page.json()["state"], "trial");
        assert_eq!(app.program(&eve).await.get(&program.path("")).await.status, 404);
    }
    run(&app, "UPDATE account_states SET state = 'suspended'").await;
    assert_eq!(app.program(&ada).await.get("").await.status, 403);
}

#[tokio::test]
async fn whoever_may_not_send_is_told_so_before_anybody_reads_what_they_sent() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (right, reader) = (app.program(&ada).await, app.program_with(&ada, &[Scope::ReadClaims]).await);
    let stranger = Program { secret: reader.secret.clone(), ..right.clone() };
    for (program, status) in [(&right, 400), (&reader, 403), (&stranger, 401)] {
        for (kind, body) in [("application/json", "{"), ("application/json", "{}"), ("text/plain", "x")] {
            let request = program.request(Method::POST, "/communications").header("content-type", kind);
            let answer = program.send(request.body(body)).await;
            let expected = match (status, kind, body) {
                (400, "text/plain", _) => 415,
                (400, _, "{}") => 422,
                _ => status,
            };
            assert_eq!(answer.status, expected, "{kind} {body}");
        }
    }
}
