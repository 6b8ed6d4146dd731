//! One claim at a time through the API, and lists of them.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::{App as WebApp, HttpResponse, HttpServer, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use portal::accounts::auth_token::SECRET_PLACE;
use portal::platform::app::App;
use portal::platform::db::schema::{auth_tokens, claims};
use portal::platform::ids::{AccountId, ClaimId, new_uuid};
use portal::platform::web::server;

use crate::file::{self, Numbers};
use crate::load::{self, Measured};

const ROUNDS: usize = 3;
const LONG: Duration = Duration::from_secs(3);

type Request = Arc<dyn Fn() -> Vec<u8> + Send + Sync>;

/// Measures and prints.
pub async fn measure(app: App, account: AccountId, count: u64) -> anyhow::Result<()> {
    let (portal, limits) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    let (portal_at, limits_at) = (portal.local_addr()?, limits.local_addr()?);
    let head = credential(&app, account).await?;
    let (some, far) = (nth(&app, count / 3).await?, nth(&app, (50 * 9_999).min(count * 9 / 10)).await?);
    tokio::spawn(server::serve(&app, portal)?.run());
    tokio::spawn(limit_server(&app, account, some, limits)?);
    let get = |path: String| -> Request {
        let request = format!("GET {path} HTTP/1.1\r\nhost: bench\r\n{head}\r\n").into_bytes();
        Arc::new(move || request.clone())
    };
    let base = format!("/v1/accounts/{account}/claims");
    let targets: Vec<(&str, SocketAddr, Request)> = vec![
        ("one query", limits_at, get("/one".into())),
        ("read a claim", portal_at, get(format!("{base}/{some}"))),
        ("one insert", limits_at, get("/insert".into())),
        ("store a claim", portal_at, post(&base, &head, "C")),
        ("list, page 1", portal_at, get(base.clone())),
        ("list, page 10,000", portal_at, get(format!("{base}?after={far}"))),
    ];
    let mut best: Vec<Option<Measured>> = vec![None; targets.len()];
    for _ in 0..ROUNDS {
        for (slot, (_, at, request)) in best.iter_mut().zip(&targets) {
            let request = request.clone();
            let measured = load::send(*at, LONG, move || request()).await?;
            if slot.as_ref().is_none_or(|best| measured.per_second > best.per_second) {
                *slot = Some(measured);
            }
        }
    }
    let best: Vec<Measured> = best.into_iter().flatten().collect();
    println!("\n{:<24}{:>10}{:>10}{:>10}{:>10}", "request", "per s", "p50 ms", "p99 ms", "ratio");
    for (place, ((name, ..), measured)) in targets.iter().zip(&best).enumerate() {
        let beside = &best[place / 2 * 2];
        println!(
            "{name:<24}{:>10.0}{:>10.2}{:>10.2}{:>9.0}%",
            measured.per_second,
            measured.p50_ms,
            measured.p99_ms,
            100.0 * measured.per_second / beside.per_second
        );
    }
    Ok(())
}

/// The header lines that every request has.
async fn credential(app: &App, account: AccountId) -> anyhow::Result<String> {
    let sealed: Option<Vec<u8>> = auth_tokens::table
        .filter(auth_tokens::account_id.eq(account))
        .select(auth_tokens::sealed_secret)
        .first(&mut app.db.get().await?)
        .await?;
    let secret = String::from_utf8(app.keys.open(SECRET_PLACE, &sealed.unwrap_or_default())?)?;
    Ok(format!("authorization: Basic {}\r\n", STANDARD.encode(format!("{account}:{secret}"))))
}

async fn nth(app: &App, place: u64) -> anyhow::Result<ClaimId> {
    let place = i64::try_from(place)?;
    let claims = claims::table.order(claims::id.desc()).offset(place).select(claims::id);
    Ok(claims.first(&mut app.db.get().await?).await?)
}

/// Stores a claim, each time with another number.
fn post(base: &str, head: &str, letter: &'static str) -> Request {
    let (base, head, next) = (base.to_owned(), head.to_owned(), AtomicU64::new(0));
    Arc::new(move || {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let mut claim = file::claim(number, &mut Numbers(number));
        claim["claim_number"] = format!("{letter}-API-{number}").into();
        let body = claim.to_string();
        format!(
            "POST {base} HTTP/1.1\r\nhost: bench\r\n{head}content-type: application/json\r\nidempotency-key: {letter}{number}\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    })
}

struct Sample {
    account: AccountId,
    claim: ClaimId,
    parties: String,
}

fn limit_server(
    app: &App,
    account: AccountId,
    claim: ClaimId,
    listener: TcpListener,
) -> std::io::Result<actix_web::dev::Server> {
    let app = app.clone();
    let parties = file::claim(1, &mut Numbers(1))["parties"].to_string();
    let sample = web::Data::new(Sample { account, claim, parties });
    let server = HttpServer::new(move || {
        WebApp::new()
            .app_data(web::Data::new(app.clone()))
            .app_data(sample.clone())
            .route("/one", web::get().to(one_query))
            .route("/insert", web::get().to(one_insert))
    });
    Ok(server.workers(2).disable_signals().listen(listener)?.run())
}

async fn one_query(app: web::Data<App>, sample: web::Data<Sample>) -> HttpResponse {
    let mut conn = app.db.get().await.expect("a connection");
    let number: String = claims::table
        .find(sample.claim)
        .select(claims::claim_number)
        .first(&mut conn)
        .await
        .expect("the claim");
    HttpResponse::Ok().body(number)
}

async fn one_insert(app: web::Data<App>, sample: web::Data<Sample>) -> HttpResponse {
    let id = new_uuid(app.clock.now());
    let insert = "INSERT INTO claims_copy (id, account_id, claim_number, insurer, state, lost_on, parties, person_keys, created_at, updated_at) \
        VALUES ($1, $2, $3, 'Example Mutual', 'open', '2026-01-01', $4::jsonb, ARRAY[$5,$5+1,$5+2,$5+3,$5+4,$5+5,$5+6,$5+7,$5+8,$5+9], now(), now())";
    let key = i64::from_be_bytes(id.as_bytes()[8..].try_into().expect("eight bytes")) >> 1;
    diesel::sql_query(insert)
        .bind::<SqlUuid, _>(id)
        .bind::<SqlUuid, _>(sample.account)
        .bind::<Text, _>(id.to_string())
        .bind::<Text, _>(&sample.parties)
        .bind::<BigInt, _>(key)
        .execute(&mut app.db.get().await.expect("a connection"))
        .await
        .expect("a new row");
    HttpResponse::Ok().body("stored")
}
