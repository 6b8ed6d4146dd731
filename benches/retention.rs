//! What the sweep costs: a million due rows of a table deleted by the rules, as a ratio to plain batched `DELETE` of the
//! same rows on the same server in the same run (aim: 70 % or more). For sign-ins, for the details of the audit log,
//! and for the first once more while something is on hold. `BENCH_ROWS` sets another number of rows.

#[path = "support/database.rs"]
mod database;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use database::{a_portal, connect, remove};
use portal::platform::app::App;
use portal::platform::db::private_cluster::{Options, PrivateCluster};
use portal::retention::plan;
use portal::retention::sweep;

const BATCH: u64 = 10_000;

/// A table, how it is filled with so many rows that are due and a tenth as many that are not, and which are due.
struct Case {
    what: &'static str,
    table: &'static str,
    fill: &'static str,
    due: &'static str,
    held: bool,
}

const SIGN_INS: &str = "TRUNCATE sign_ins; INSERT INTO sign_ins (id, at, method, outcome, ip, country, user_agent) \
    SELECT gen_random_uuid(), now() - CASE WHEN n % 11 = 0 THEN interval '1 day' ELSE interval '400 days' END - make_interval(secs => n), \
        'password', 'refused', '203.0.113.7', 'DE', 'Firefox on Linux' FROM generate_series(1, $rows * 11 / 10) n";

const AUDIT_DETAILS: &str = "TRUNCATE audit_details; INSERT INTO audit_details (event_id, at, salt, ip, user_agent) \
    SELECT id, at, decode(repeat('00', 16), 'hex'), '203.0.113.7', 'Firefox on Linux' FROM audit_events";

const EVENTS: &str = "INSERT INTO audit_events (seq, id, at, actor_kind, subject_kind, action, details_digest, previous_hash, hash) \
    SELECT n, gen_random_uuid(), now() - CASE WHEN n % 11 = 0 THEN interval '1 day' ELSE interval '900 days' END - make_interval(secs => n), \
        'system', 'person', 'test', sha256('d'), sha256('p'), sha256(n::text::bytea) FROM generate_series(1, $rows * 11 / 10) n";

const HOLD: &str = "INSERT INTO holds (id, scope, person_id, matter, reason, requested_by, requested_at, lapses_at, review_on) \
    VALUES (gen_random_uuid(), 'person', gen_random_uuid(), 'audit', 'Of no consequence.', gen_random_uuid(), now(), now() + interval '3 days', '2999-01-01')";

const CASES: [Case; 3] = [
    Case {
        what: "sign-ins",
        table: "sign_ins",
        fill: SIGN_INS,
        due: "SELECT ctid FROM sign_ins WHERE at <= now() - interval '365 days'",
        held: false,
    },
    Case {
        what: "details of the audit log",
        table: "audit_details",
        fill: AUDIT_DETAILS,
        due: "SELECT ctid FROM audit_details WHERE at <= now() - interval '24 months'",
        held: false,
    },
    Case {
        what: "sign-ins, with a hold",
        table: "sign_ins",
        fill: SIGN_INS,
        due: "SELECT ctid FROM sign_ins WHERE at <= now() - interval '365 days'",
        held: true,
    },
];

fn main() -> anyhow::Result<()> {
    // cargo asks every bench program for its list of tests.
    if std::env::args().any(|argument| argument == "--list") {
        return Ok(());
    }
    let rows = std::env::var("BENCH_ROWS").map_or(Ok(1_000_000), |text| text.parse())?;
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench");
    let cluster = PrivateCluster::start(&Options { root: root.join("pg"), durable: true })?;
    let name = format!("retention_{}", std::process::id());
    cluster.create_database_if_missing(&name)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let measured = runtime.block_on(measure(cluster.url(&name), rows));
    runtime.block_on(remove(&cluster.url("postgres"), &name))?;
    measured
}

async fn measure(url: String, rows: u64) -> anyhow::Result<()> {
    let app = a_portal(&url).await?;
    let client = connect(&url).await?;
    client.batch_execute(&EVENTS.replace("$rows", &rows.to_string())).await?;
    for case in &CASES {
        if case.held {
            client.batch_execute(HOLD).await?;
        }
        let plain = fresh(&client, case, rows, async || plain(&client, case).await).await?;
        let swept = fresh(&client, case, rows, async || swept(&app, case).await).await?;
        println!(
            "{}: {rows} rows in {:.1} s, {:.0} a second; plain batched DELETE: {:.1} s, {:.0} a second; ratio {:.0} % (aim: 70)",
            case.what,
            swept.as_secs_f64(),
            rows as f64 / swept.as_secs_f64(),
            plain.as_secs_f64(),
            rows as f64 / plain.as_secs_f64(),
            100.0 * plain.as_secs_f64() / swept.as_secs_f64(),
        );
    }
    Ok(())
}

/// Fills the table anew, and times what deletes the due rows of it.
async fn fresh(
    client: &tokio_postgres::Client,
    case: &Case,
    rows: u64,
    deletes: impl AsyncFnOnce() -> anyhow::Result<u64>,
) -> anyhow::Result<Duration> {
    client.batch_execute(&case.fill.replace("$rows", &rows.to_string())).await?;
    client.batch_execute(&format!("VACUUM ANALYZE {}", case.table)).await?;
    client.batch_execute("CHECKPOINT").await?;
    let began = Instant::now();
    let deleted = deletes().await?;
    let took = began.elapsed();
    anyhow::ensure!(deleted == rows, "{deleted} of {rows} rows were deleted");
    Ok(took)
}

/// What somebody would write by hand: due rows in batches, each in a transaction of its own.
async fn plain(client: &tokio_postgres::Client, case: &Case) -> anyhow::Result<u64> {
    let statement =
        format!("DELETE FROM {0} WHERE ctid = ANY (ARRAY({1} LIMIT {BATCH}))", case.table, case.due);
    let mut all = 0;
    loop {
        let deleted = client.execute(&statement, &[]).await?;
        all += deleted;
        if deleted < BATCH {
            return Ok(all);
        }
    }
}

async fn swept(app: &App, case: &Case) -> anyhow::Result<u64> {
    let dues: Vec<_> = plan::swept(None).into_iter().filter(|due| due.rows.table == case.table).collect();
    let mut all = 0;
    sweep::sweep(app, "nightly", &dues, |_, deleted| all = deleted as u64).await?;
    Ok(all)
}
