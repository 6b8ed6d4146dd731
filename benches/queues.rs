//! Pages of the queue of requests with 1,000 and with 1,000,000 items, side by side: the page must not care how long the
//! queue is. Aim: the p99 of the long one within 1.2 of the short one. Prints p50 and p99 of both and their ratios.

#[path = "support/load.rs"]
mod load;
#[path = "support/session.rs"]
mod session;

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use diesel_async::RunQueryDsl as _;
use load::Measured;
use portal::platform::app::App;
use portal::platform::clock::Clock;
use portal::platform::config::Config;
use portal::platform::db::private_cluster::{Options, PrivateCluster};
use portal::platform::db::{self, Db};
use portal::platform::ids::PersonId;
use portal::platform::web::server;
use portal::platform::web::session::SessionKind;

const SIZES: [i64; 2] = [1_000, 1_000_000];
const ROUNDS: usize = 5;
const LONG: Duration = Duration::from_secs(3);
/// What the long queue may cost, as a multiple of the short one.
const AIM: f64 = 1.2;

/// Pages of the queue: the first, by kind, overdue, all, ended, and one far inside (`{middle}`).
const PAGES: [(&str, &str); 6] = [
    ("first page", "/staff/requests"),
    ("of a kind", "/staff/requests?kind=correction"),
    ("overdue", "/staff/requests?view=late"),
    ("all of them", "/staff/requests?view=all"),
    ("ended", "/staff/requests?view=closed"),
    ("in the middle", "/staff/requests?before={middle}"),
];

/// A portal with so many requests under way, and half as many that ended.
struct Queue {
    at: SocketAddr,
    cookie: String,
    middle: String,
}

fn main() -> anyhow::Result<()> {
    // cargo asks every bench program for its list of tests.
    if std::env::args().any(|argument| argument == "--list") {
        return Ok(());
    }
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench");
    let cluster = PrivateCluster::start(&Options { root: root.join("pg"), durable: true })?;
    let names = SIZES.map(|size| format!("queues_{size}_{}", std::process::id()));
    for name in &names {
        cluster.create_database_if_missing(name)?;
    }
    let urls = names.map(|name| cluster.url(&name));
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
    };
    actix_web::rt::System::with_tokio_rt(runtime).block_on(queues(urls))
}

async fn queues(urls: [String; 2]) -> anyhow::Result<()> {
    let mut queues = Vec::new();
    for (url, size) in urls.iter().zip(SIZES) {
        queues.push(queue(url, size).await?);
    }
    println!(
        "{:<16}{:>12}{:>12}{:>12}{:>12}{:>10}{:>10}",
        "page", "p50, 1k", "p99, 1k", "p50, 1M", "p99, 1M", "p50 ratio", "p99 ratio"
    );
    for (name, path) in PAGES {
        let mut best: [Option<Measured>; 2] = [None, None];
        for _ in 0..ROUNDS {
            // In turn, so that a machine that slows down slows both.
            for (slot, queue) in best.iter_mut().zip(&queues) {
                let measured =
                    load::run(queue.at, &path.replace("{middle}", &queue.middle), &queue.cookie, LONG)
                        .await?;
                if slot.as_ref().is_none_or(|best| measured.p99_ms < best.p99_ms) {
                    *slot = Some(measured);
                }
            }
        }
        let [Some(short), Some(long)] = best else { continue };
        let ratio = long.p99_ms / short.p99_ms;
        println!(
            "{name:<16}{:>9.2} ms{:>9.2} ms{:>9.2} ms{:>9.2} ms{:>10.2}{:>10.2}{}",
            short.p50_ms,
            short.p99_ms,
            long.p50_ms,
            long.p99_ms,
            long.p50_ms / short.p50_ms,
            ratio,
            if ratio <= AIM { "" } else { "  above the aim" }
        );
    }
    println!("\naim: a p99 ratio of at most {AIM}, with 32 connections on this machine");
    Ok(())
}

async fn queue(url: &str, size: i64) -> anyhow::Result<Queue> {
    db::migrate(url).await?;
    let portal = TcpListener::bind("127.0.0.1:0")?;
    let at = portal.local_addr()?;
    let settings = [
        ("PORTAL_ENV", "development".to_owned()),
        ("PORTAL_BASE_URL", format!("http://{at}")),
        ("PORTAL_SECRET_KEY", "YmVuY2hlcyBzaWduIGFuZCBzZWFsIHdpdGggdGhpcyBrZXk=".to_owned()),
        ("PORTAL_WEB_WORKERS", "2".to_owned()),
    ];
    let settings: HashMap<String, String> =
        settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let config = Config::read(&settings, false, None)?;
    let pool = Db::open(url, config.database_pool, tokio::runtime::Handle::current())?;
    let app = App::new(config, Clock::default(), pool)?;
    let person = somebody_of_the_team(&app).await?;
    fill(&app, size).await?;
    let (cookie, middle) = (session::a_session(&app, person, SessionKind::Staff).await?, middle(&app).await?);
    tokio::spawn(server::serve(&app, portal)?.run());
    Ok(Queue { at, cookie, middle })
}

async fn run(app: &App, statement: &str) -> anyhow::Result<()> {
    diesel::sql_query(statement).execute(&mut *app.db.get().await?).await?;
    Ok(())
}

/// A member of the privacy team with a second factor, who is bound to confidentiality.
async fn somebody_of_the_team(app: &App) -> anyhow::Result<PersonId> {
    let person = PersonId::new(app.clock.now());
    for statement in [
        "INSERT INTO people (id, name, email, phone, email_verified_at, created_at) VALUES ('{}', 'Paul', 'paul@example.com', '+12125550100', now(), now())",
        "INSERT INTO staff_roles (person_id, role, granted_at) VALUES ('{}', 'privacy', now())",
        "INSERT INTO totp_factors (person_id, sealed_secret, last_step, created_at, last_used_at) VALUES ('{}', 'x', 0, now(), now())",
        "INSERT INTO staff_undertakings (person_id, version, agreed_at) VALUES ('{}', current_date, now())",
    ] {
        run(app, &statement.replace("{}", &person.0.to_string())).await?;
    }
    Ok(person)
}

/// Requests of five kinds, a tenth of them overdue, as their steps would have left them.
async fn fill(app: &App, size: i64) -> anyhow::Result<()> {
    let rows = |range: String, state: &str, closed: &str| {
        format!(
            "INSERT INTO data_requests (id, kind, asked_kind, channel, state, version, email, name, ccpa, gdpr, received_at, acknowledged_at, due_at, longest_due_at, closed_at) \
             SELECT gen_random_uuid(), kind, kind, 'email', '{state}', 1, 'somebody' || n || '@example.com', 'Some Body', true, false, t, t, t + interval '45 days', t + interval '90 days', {closed} \
             FROM (SELECT n, (ARRAY['access', 'correction', 'deletion', 'categories', 'objection'])[n % 5 + 1] AS kind, \
                 now() - interval '50 days' * (n::float8 / {size}) AS t FROM generate_series({range}) n) made"
        )
    };
    let half = size / 2;
    // The rules are the business of the steps, of which there are none here.
    for statement in [
        "ALTER TABLE data_requests DISABLE TRIGGER USER".to_owned(),
        rows(format!("1, {size}"), "open", "NULL::timestamptz"),
        rows(format!("1, {half}"), "fulfilled", "t + interval '5 days'"),
        "ALTER TABLE data_requests ENABLE TRIGGER USER".to_owned(),
        "VACUUM ANALYZE data_requests".to_owned(),
    ] {
        run(app, &statement).await?;
    }
    Ok(())
}

/// The place in the middle of the queue, as it stands in an address.
async fn middle(app: &App) -> anyhow::Result<String> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        place: String,
    }
    let row: Row = diesel::sql_query(
        "SELECT (extract(epoch FROM due_at) * 1000000)::bigint || '-' || replace(id::text, '-', '') AS place FROM data_requests \
         WHERE closed_at IS NULL ORDER BY due_at, id OFFSET (SELECT count(*) / 2 FROM data_requests WHERE closed_at IS NULL) LIMIT 1",
    )
    .get_result(&mut *app.db.get().await?)
    .await?;
    Ok(row.place)
}
