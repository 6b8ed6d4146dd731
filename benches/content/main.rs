//! What content costs: import and export of a million claims, as ratios to what `COPY` of Postgres takes for the same
//! finished rows on the same server in the same run; then reading, storing and listing one by one, as ratios to
//! handlers that make one query and one insert. `BENCH_CLAIMS` sets another number than a million.

#[path = "../support/database.rs"]
mod database;
mod file;
#[path = "../support/load.rs"]
mod load;
mod points;
#[path = "../support/session.rs"]
mod session;

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use database::connect;
use futures_util::{SinkExt as _, StreamExt as _};
use portal::platform::app::App;
use portal::platform::clock::Clock;
use portal::platform::config::Config;
use portal::platform::db::private_cluster::{Options, PrivateCluster};
use portal::platform::db::{self, Db};

const SECRET_KEY: &str = "YmVuY2hlcyBzaWduIGFuZCBzZWFsIHdpdGggdGhpcyBrZXk=";

fn main() -> anyhow::Result<()> {
    // cargo asks every bench program for its list of tests.
    if std::env::args().any(|argument| argument == "--list") {
        return Ok(());
    }
    let claims = std::env::var("BENCH_CLAIMS").map_or(Ok(1_000_000), |text| text.parse())?;
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench");
    let cluster = PrivateCluster::start(&Options { root: root.join("pg"), durable: true })?;
    let name = format!("content_{}", std::process::id());
    cluster.create_database_if_missing(&name)?;
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
    };
    let measured =
        actix_web::rt::System::with_tokio_rt(runtime).block_on(content(&root, cluster.url(&name), claims));
    actix_web::rt::System::with_tokio_rt(runtime)
        .block_on(execute(&cluster.url("postgres"), &format!("DROP DATABASE {name} WITH (FORCE)")))?;
    measured
}

async fn content(root: &Path, url: String, claims: u64) -> anyhow::Result<()> {
    db::migrate(&url).await?;
    let app = app(&url)?;
    let (_, account) = session::a_customer(&app).await?;
    let (ndjson, rows) = (root.join("claims.ndjson"), root.join("claims.copy"));
    let bytes = file::write(&ndjson, claims)?;
    println!("\n{claims} claims, {:.0} MB of NDJSON, {} bytes each", bytes as f64 / 1e6, bytes / claims);

    execute(&url, "CHECKPOINT").await?;
    let import =
        program(&url, &["import", ndjson.to_str().context("a path")?, "--account", &account.to_string()])?;
    execute(&url, "VACUUM ANALYZE claims").await?;
    copy_out(&url, Some(&rows)).await?;
    execute(&url, "CREATE TABLE claims_copy (LIKE claims INCLUDING ALL); CHECKPOINT").await?;
    let copied_in = copy_in(&url, &rows).await?;
    report("import", claims, &import, "COPY FROM STDIN", copied_in, 30);

    let copied_out = copy_out(&url, None).await?;
    for format in ["ndjson", "csv"] {
        let export = program(&url, &["export", "--account", &account.to_string(), "--format", format])?;
        report(&format!("export as {format}"), claims, &export, "COPY TO STDOUT", copied_out, 50);
    }
    std::fs::remove_file(&ndjson)?;
    std::fs::remove_file(&rows)?;
    points::measure(app, account, claims).await
}

/// What a run of the program showed.
struct Ran {
    took: Duration,
    peak_mb: f64,
}

fn report(what: &str, claims: u64, ran: &Ran, beside: &str, least: Duration, aim: u32) {
    let per_second = |took: Duration| claims as f64 / took.as_secs_f64();
    println!(
        "{what}: {:.1} s, {:.0} claims a second; {beside}: {:.1} s, {:.0} a second; ratio {:.0} % (aim: {aim}); \
         peak memory {:.0} MB (aim: under 150)",
        ran.took.as_secs_f64(),
        per_second(ran.took),
        least.as_secs_f64(),
        per_second(least),
        100.0 * least.as_secs_f64() / ran.took.as_secs_f64(),
        ran.peak_mb,
    );
}

/// Runs `portal content …` as a process of its own, and watches its memory.
fn program(url: &str, arguments: &[&str]) -> anyhow::Result<Ran> {
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_portal"))
        .arg("content")
        .args(arguments)
        .env("DATABASE_URL", url)
        .env("PORTAL_ENV", "development")
        .env("PORTAL_SECRET_KEY", SECRET_KEY)
        .env("PORTAL_LOG", "error")
        .stdout(Stdio::null())
        .spawn()
        .context("the program")?;
    let mut peak_mb: f64 = 0.0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        peak_mb = peak_mb.max(peak(child.id()).unwrap_or(0.0));
        std::thread::sleep(Duration::from_millis(20));
    };
    anyhow::ensure!(status.success(), "portal content {arguments:?} failed");
    Ok(Ran { took: began.elapsed(), peak_mb })
}

/// The most memory that a process has had, as the kernel says, in MB.
fn peak(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<f64>().ok()? / 1024.0)
}

fn app(url: &str) -> anyhow::Result<App> {
    let settings = [
        ("PORTAL_ENV", "development"),
        ("PORTAL_SECRET_KEY", SECRET_KEY),
        ("PORTAL_WEB_WORKERS", "2"),
        ("PORTAL_API_REQUESTS_PER_MINUTE", "1000000"),
    ];
    let settings: HashMap<String, String> =
        settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let config = Config::read(&settings, false, None)?;
    let pool = Db::open(url, config.database_pool, tokio::runtime::Handle::current())?;
    App::new(config, Clock::default(), pool)
}

async fn execute(url: &str, statements: &str) -> anyhow::Result<()> {
    let client = connect(url).await?;
    // One by one: some of them run in no transaction.
    for statement in statements.split("; ") {
        client.batch_execute(statement).await?;
    }
    Ok(())
}

/// Has Postgres write every row, to a file or to nowhere.
async fn copy_out(url: &str, to: Option<&Path>) -> anyhow::Result<Duration> {
    let client = connect(url).await?;
    let mut out = File::create(to.unwrap_or(Path::new("/dev/null")))?;
    let began = Instant::now();
    let mut rows = Box::pin(client.copy_out("COPY claims TO STDOUT").await?);
    let mut buffer = Vec::with_capacity(1 << 20);
    while let Some(row) = rows.next().await {
        buffer.extend_from_slice(&row?);
        if buffer.len() > 1 << 19 {
            out.write_all(&buffer)?;
            buffer.clear();
        }
    }
    out.write_all(&buffer)?;
    out.flush()?;
    Ok(began.elapsed())
}

/// Has Postgres read every row into a table with the same indexes.
async fn copy_in(url: &str, from: &Path) -> anyhow::Result<Duration> {
    let client = connect(url).await?;
    let mut file = File::open(from)?;
    let began = Instant::now();
    let mut rows = Box::pin(client.copy_in::<_, actix_web::web::Bytes>("COPY claims_copy FROM STDIN").await?);
    loop {
        let mut buffer = Vec::with_capacity(1 << 18);
        if (&mut file).take(1 << 18).read_to_end(&mut buffer)? == 0 {
            break;
        }
        rows.send(buffer.into()).await?;
    }
    rows.as_mut().finish().await?;
    Ok(began.elapsed())
}
