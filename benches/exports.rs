//! What a copy of a large account costs: bytes a second, as a ratio to `COPY … TO STDOUT | gzip` of the same rows on the
//! same server in the same run (aim: 60 % or more), the memory of the worker that makes it (aim: under 100 MB), and how
//! long pages take meanwhile, as a ratio to idle (aim: twice at most). A million claims and twice as many communications;
//! `BENCH_CLAIMS` sets another number of claims.

#[path = "support/database.rs"]
mod database;
#[path = "support/load.rs"]
mod load;
#[path = "support/session.rs"]
mod session;

use std::collections::HashMap;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use database::connect;
use diesel_async::AsyncConnection as _;
use futures_util::StreamExt as _;
use portal::platform::app::App;
use portal::platform::clock::Clock;
use portal::platform::config::Config;
use portal::platform::db::private_cluster::{Options, PrivateCluster};
use portal::platform::db::{self, Db};
use portal::platform::ids::{AccountId, PersonId};
use portal::platform::web::server;
use portal::platform::web::session::SessionKind;
use portal::privacy::exports;

const SECRET_KEY: &str = "YmVuY2hlcyBzaWduIGFuZCBzZWFsIHdpdGggdGhpcyBrZXk=";
/// Between two looks at a page, as of somebody who clicks fast: pages are timed, not their number.
const PAUSE: Duration = Duration::from_millis(20);

fn main() -> anyhow::Result<()> {
    // cargo asks every bench program for its list of tests.
    if std::env::args().any(|argument| argument == "--list") {
        return Ok(());
    }
    let claims = std::env::var("BENCH_CLAIMS").map_or(Ok(1_000_000), |text| text.parse())?;
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench");
    let cluster = PrivateCluster::start(&Options { root: root.join("pg"), durable: true })?;
    let name = format!("exports_{}", std::process::id());
    cluster.create_database_if_missing(&name)?;
    let storage = root.join(format!("storage_{}", std::process::id()));
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
    };
    let measured =
        actix_web::rt::System::with_tokio_rt(runtime).block_on(measure(cluster.url(&name), &storage, claims));
    let _ = std::fs::remove_dir_all(&storage);
    actix_web::rt::System::with_tokio_rt(runtime)
        .block_on(execute(&cluster.url("postgres"), &format!("DROP DATABASE {name} WITH (FORCE)")))?;
    measured
}

async fn measure(url: String, storage: &Path, claims: u64) -> anyhow::Result<()> {
    db::migrate(&url).await?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let at = listener.local_addr()?;
    let app = app(&url, storage, at)?;
    let (person, account) = session::a_customer(&app).await?;
    fill(&url, account, claims).await?;
    let cookie = session::a_session(&app, person, SessionKind::Customer).await?;
    tokio::spawn(server::serve(&app, listener)?.run());

    let (copied, copy_took) = copy_and_compress(&url).await?;
    let idle = paced(at, &cookie, Duration::from_secs(15)).await?;
    let made = make(&app, &url, storage, person, (at, &cookie)).await?;
    let speed = |bytes: u64, took: Duration| bytes as f64 / 1e6 / took.as_secs_f64();
    let (export, plain) = (speed(made.bytes, made.took), speed(copied, copy_took));
    println!(
        "copy of {} rows: {:.0} MB in {:.1} s, {export:.1} MB a second; COPY | gzip of the same rows: {:.0} MB in {:.1} s, \
         {plain:.1} MB a second; ratio {:.0} % (aim: 60)",
        claims * 3,
        made.bytes as f64 / 1e6,
        made.took.as_secs_f64(),
        copied as f64 / 1e6,
        copy_took.as_secs_f64(),
        100.0 * export / plain,
    );
    println!(
        "memory of the worker: {:.0} MB at most, {:.0} MB before (aim: under 100)",
        made.peak_mb, made.rest_mb
    );
    for (what, share) in [("half of the pages", 0.5), ("95 of 100", 0.95)] {
        let (before, during) = (idle.within(share), made.pages.within(share));
        println!(
            "{what} take up to {during:.2} ms while it is made, {before:.2} ms idle; ratio {:.1} (aim: 2 at most)",
            during / before
        );
    }
    Ok(())
}

fn app(url: &str, storage: &Path, at: SocketAddr) -> anyhow::Result<App> {
    let settings = [
        ("PORTAL_ENV", "development".to_owned()),
        ("PORTAL_BASE_URL", format!("http://{at}")),
        ("PORTAL_SECRET_KEY", SECRET_KEY.to_owned()),
        ("PORTAL_STORAGE", storage.to_str().context("a path")?.to_owned()),
        ("PORTAL_WEB_WORKERS", "2".to_owned()),
    ];
    let settings: HashMap<String, String> =
        settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let config = Config::read(&settings, false, None)?;
    let pool = Db::open(url, config.database_pool, tokio::runtime::Handle::current())?;
    App::new(config, Clock::default(), pool)
}

async fn execute(url: &str, statement: &str) -> anyhow::Result<()> {
    Ok(connect(url).await?.batch_execute(statement).await?)
}

/// Claims with a party and a note, and twice as many communications, as customers have them.
async fn fill(url: &str, account: AccountId, claims: u64) -> anyhow::Result<()> {
    let client = connect(url).await?;
    let account = account.0;
    // An index for finding people is no part of it, and takes most of the time to fill.
    client.batch_execute("DROP INDEX claims_person_keys; DROP INDEX communications_person_keys").await?;
    let id = |first: &str| format!("('{first}-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid");
    client
        .batch_execute(&format!(
            "INSERT INTO claims (id, account_id, claim_number, insurer, policy_number, friendly_name, state, lost_on, reported_on, \
                parties, vin, vehicle_make, vehicle_model, vehicle_year, lender, claimed_amount, currency, notes, person_keys, created_at, updated_at) \
             SELECT {}, '{account}', 'C-' || n, 'Acme Mutual', 'P-' || md5(n::text), 'Rear bumper of ' || n, 'open', date '2026-01-01' + (n % 300)::int, \
                date '2026-11-01', jsonb_build_array(jsonb_build_object('role', 'claimant', 'name', 'Ada ' || md5((n + 1)::text), \
                    'emails', jsonb_build_array('p' || n || '@example.com'), 'phones', jsonb_build_array('+1202555' || lpad((n % 10000)::text, 4, '0')))), \
                upper(translate(substr(md5(n::text) || md5(n::text), 1, 17), 'ioq', 'xyz')), 'Ford', 'Focus', 2000 + (n % 25)::int, 'First Bank', \
                (n * 37) % 1000000, 'USD', 'The other car came from the left, ' || md5((n + 2)::text) || ', and did not stop. A witness wrote down its number.', \
                '{{}}', now(), now() FROM generate_series(1, {claims}) n",
            id("01900000")
        ))
        .await?;
    client
        .batch_execute(&format!(
            "INSERT INTO communications (id, account_id, channel, direction, sender, recipient, friendly_name, status, status_at, person_keys, created_at, updated_at) \
             SELECT {}, '{account}', 'email', 'outbound', 'claims@insurer.example', md5(n::text) || '@example.com', 'Letter ' || n, 'delivered', now(), \
                '{{}}', now(), now() FROM generate_series(1, {}) n",
            id("01910000"),
            claims * 2
        ))
        .await?;
    client.batch_execute("VACUUM ANALYZE claims").await?;
    client.batch_execute("VACUUM ANALYZE communications").await?;
    Ok(client.batch_execute("CHECKPOINT").await?)
}

/// `COPY … TO STDOUT | gzip` of all rows. Answers the bytes before gzip.
async fn copy_and_compress(url: &str) -> anyhow::Result<(u64, Duration)> {
    let client = connect(url).await?;
    let began = Instant::now();
    let mut bytes = 0;
    for table in ["claims", "communications"] {
        let mut gzip =
            Command::new("gzip").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().context("gzip")?;
        let mut into = gzip.stdin.take().context("a pipe")?;
        let mut rows = Box::pin(client.copy_out(&format!("COPY {table} TO STDOUT")).await?);
        let mut waiting = Vec::with_capacity(1 << 20);
        while let Some(row) = rows.next().await {
            waiting.extend_from_slice(&row?);
            if waiting.len() > 1 << 19 {
                bytes += waiting.len() as u64;
                into.write_all(&waiting)?;
                waiting.clear();
            }
        }
        bytes += waiting.len() as u64;
        into.write_all(&waiting)?;
        drop(into);
        anyhow::ensure!(gzip.wait()?.success(), "gzip failed");
    }
    Ok((bytes, began.elapsed()))
}

/// How long pages took.
struct Pages(Vec<Duration>);

impl Pages {
    /// In milliseconds, what this share of them kept to.
    fn within(&self, share: f64) -> f64 {
        self.0[((self.0.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0
    }
}

/// Looks at a page again and again for so long.
async fn paced(at: SocketAddr, cookie: &str, long: Duration) -> anyhow::Result<Pages> {
    let (began, mut times) = (Instant::now(), Vec::new());
    let mut page = load::Pages::open(at, "/settings", cookie).await?;
    while began.elapsed() < long {
        times.push(page.look().await?);
        tokio::time::sleep(PAUSE).await;
    }
    times.sort_unstable();
    Ok(Pages(times))
}

/// What making the copy showed.
struct Made {
    took: Duration,
    /// Of all files in it, before they were compressed.
    bytes: u64,
    rest_mb: f64,
    peak_mb: f64,
    pages: Pages,
}

async fn make(
    app: &App,
    url: &str,
    storage: &Path,
    person: PersonId,
    (at, cookie): (SocketAddr, &str),
) -> anyhow::Result<Made> {
    let mut worker = start_worker(url, storage)?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let rest_mb = peak(worker.id()).context("the worker ended")?;
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| exports::order_for(conn, person, now).await).await?;
    drop(conn);
    let client = connect(url).await?;
    let (mut times, mut page) = (Vec::new(), load::Pages::open(at, "/settings", cookie).await?);
    let (row, peak_mb) = loop {
        for _ in 0..20 {
            times.push(page.look().await?);
            tokio::time::sleep(PAUSE).await;
        }
        let query = "SELECT file, extract(epoch FROM finished_at - began_at)::float8, stumbled_at IS NOT NULL FROM exports";
        let row = client.query_one(query, &[]).await?;
        anyhow::ensure!(!row.get::<_, bool>(2), "the copy stumbled");
        if row.get::<_, Option<String>>(0).is_some() {
            break (row, peak(worker.id()).context("the worker ended")?);
        }
    };
    end(&mut worker)?;
    times.sort_unstable();
    let file = std::fs::File::open(storage.join(row.get::<_, String>(0)))?;
    let mut zip = zip::ZipArchive::new(file)?;
    let mut bytes = 0;
    for index in 0..zip.len() {
        bytes += zip.by_index_raw(index)?.size();
    }
    Ok(Made { took: Duration::from_secs_f64(row.get(1)), bytes, rest_mb, peak_mb, pages: Pages(times) })
}

fn start_worker(url: &str, storage: &Path) -> anyhow::Result<Child> {
    Command::new(env!("CARGO_BIN_EXE_portal"))
        .arg("work")
        .env("DATABASE_URL", url)
        .env("PORTAL_ENV", "development")
        .env("PORTAL_SECRET_KEY", SECRET_KEY)
        .env("PORTAL_STORAGE", storage)
        .env("PORTAL_METRICS_BIND", "off")
        .env("PORTAL_LOG", "error")
        .stdout(Stdio::null())
        .spawn()
        .context("the program")
}

fn end(worker: &mut Child) -> anyhow::Result<()> {
    let id = nix::unistd::Pid::from_raw(i32::try_from(worker.id())?);
    nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM)?;
    worker.wait()?;
    Ok(())
}

/// The most memory that a process has had, as the kernel says, in MB.
fn peak(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<f64>().ok()? / 1024.0)
}
