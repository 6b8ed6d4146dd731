//! What a campaign to many costs: queueing, handing over to a mail server on loopback as a ratio to postfix's
//! `smtp-source` against the same `smtp-sink` with messages of the same size in the same run (aim: at least 50 %, queued in
//! under 5 s, under 150 MB), and what five kills of the worker do to it: nobody is left out, and at most what was under
//! way at a kill arrives twice. `cargo bench --bench campaign`; with a number after `--` for other than 100,000
//! recipients. It needs `smtp-sink` and `smtp-source` (Debian's package postfix).

#[path = "../support/database.rs"]
mod database;
mod postfix;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use database::{connect, remove};
use portal::platform::app::App;
use portal::platform::clock::Clock;
use portal::platform::config::Config;
use portal::platform::db::private_cluster::{Options, PrivateCluster};
use portal::platform::db::{self, Db};
use portal::platform::ids::CampaignId;
use portal::preferences::campaigns::{self, sending};
use postfix::{Running, arrived, sink, source};
use tokio_postgres::Client;

const RECIPIENTS: i64 = 100_000;
const CONNECTIONS: usize = 16;
const KILLS: i64 = 5;
const ROUNDS: usize = 3;

/// Contacts that want the newsletter.
const FILL: &str = "\
    INSERT INTO contacts (id, email, email_key, email_digest, source, created_at, confirmed_at, last_decided_at) \
        SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, n || '@example.com', n || '@example.com', sha256(n::text::bytea), 'newsletter', now(), now(), now() FROM generate_series(1, COUNT) n; \
    INSERT INTO contact_topics (contact_id, topic, channel, subscribed, decision_id, decided_at) \
        SELECT id, 'newsletter', 'email', true, id, now() FROM contacts; \
    ANALYZE; CHECKPOINT";

/// A campaign whose hour has come, approved by a second person.
const SCHEDULE: &str = "\
    INSERT INTO campaigns (id, name, topic, subject, body, state, scheduled_for, created_at, created_by, changed_at, changed_by, approved_at, approved_by) \
    VALUES ($1::text::uuid, 'Bench', 'newsletter', 'What is new this month', $2, 'scheduled', now() - interval '1 minute', now(), $3::text::uuid, now(), $3::text::uuid, now(), $4::text::uuid)";

const WORDS: &str = "## What is new\n\nClaims can be imported as a file now, with an answer for each line.\n\n\
    - Imports go on where they stopped.\n- Every key says when it was last used.\n\nWrite to us if something is missing.";

fn main() -> anyhow::Result<()> {
    // cargo asks every bench program for its list of tests.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        return Ok(());
    }
    let many = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(RECIPIENTS);
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench");
    let cluster = PrivateCluster::start(&Options { root: root.join("pg"), durable: true })?;
    let name = format!("bench_campaign_{}", std::process::id());
    cluster.create_database_if_missing(&name)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let measured = runtime.block_on(measure(&cluster.url(&name), &root, many));
    runtime.block_on(remove(&cluster.url("postgres"), &name))?;
    measured
}

async fn measure(url: &str, root: &Path, many: i64) -> anyhow::Result<()> {
    db::migrate(url).await?;
    let client = connect(url).await?;
    client.batch_execute(&FILL.replace("COUNT", &many.to_string())).await?;
    println!("{many} recipients over {CONNECTIONS} connections");
    let size = killed(&client, url, root, many).await?;
    let (mut ours, mut theirs) = (0_f64, 0_f64);
    for _ in 0..ROUNDS {
        // In turn, so that a machine that slows down slows both.
        ours = ours.max(sent(&client, url, root, many).await?);
        theirs = theirs.max(source(root, CONNECTIONS, many, size)?);
    }
    println!("handed over    {ours:>9.0}/s");
    println!("smtp-source    {theirs:>9.0}/s with messages of {size} bytes");
    println!("ratio          {:>8.0} %   (aim 50)", 100.0 * ours / theirs);
    Ok(())
}

/// The settings of a worker that mails to this port.
fn settings(url: &str, root: &Path, port: u16) -> HashMap<String, String> {
    let settings = [
        ("PORTAL_ENV", "development".to_owned()),
        ("PORTAL_SECRET_KEY", "YmVuY2hlcyBzaWduIGFuZCBzZWFsIHdpdGggdGhpcyBrZXk=".to_owned()),
        ("PORTAL_RECEIPT_KEY", "YmVuY2hlcyBzaWduIGFuZCBzZWFsIHdpdGggdGhpcyE=".to_owned()),
        ("PORTAL_MAIL_TRANSPORT", "smtp".to_owned()),
        ("PORTAL_SMTP_HOST", "127.0.0.1".to_owned()),
        ("PORTAL_SMTP_PORT", port.to_string()),
        ("PORTAL_SMTP_TLS", "none".to_owned()),
        ("PORTAL_MAIL_POSTAL_ADDRESS", "LossExpress, 1 Main Street, Springfield".to_owned()),
        ("PORTAL_CAMPAIGN_CONNECTIONS", CONNECTIONS.to_string()),
        ("PORTAL_METRICS_BIND", "off".to_owned()),
        ("PORTAL_LOG", "warn".to_owned()),
        ("PORTAL_VAR_DIR", root.join("var").display().to_string()),
        ("DATABASE_URL", url.to_owned()),
    ];
    settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Begins a campaign to everybody; answers its id and how long queueing took.
async fn begin(client: &Client, url: &str, root: &Path, many: i64) -> anyhow::Result<(CampaignId, Duration)> {
    let config = Config::read(&settings(url, root, 9), false, None)?;
    let app = App::new(config, Clock::default(), Db::open(url, 2, tokio::runtime::Handle::current())?)?;
    let id = CampaignId::new(app.clock.now());
    let (writer, second) = (uuid::Uuid::from_u128(1).to_string(), uuid::Uuid::from_u128(2).to_string());
    client.execute(SCHEDULE, &[&id.0.to_string(), &WORDS, &writer, &second]).await?;
    let began = Instant::now();
    let queued = campaigns::begin(&app, id).await?;
    let took = began.elapsed();
    anyhow::ensure!(i64::try_from(queued)? == many, "{queued} queued instead of {many}");
    Ok((id, took))
}

/// `portal work`.
fn worker(url: &str, root: &Path, port: u16) -> anyhow::Result<Running> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portal"));
    command.arg("work").env_clear().envs(settings(url, root, port)).current_dir(root);
    command.envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "PG_BIN_DIR"));
    Ok(Running(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?))
}

/// The most memory that a process had, in MB.
fn peak_memory(process: &Running) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.0.id()))?;
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().split(' ').next()?.parse().ok());
    Ok(kilobytes.map_or(0, |kilobytes: u64| kilobytes / 1024))
}

/// How a campaign stands: handed over, under way, whether it is finished, and how many were doubtful.
async fn standing(client: &Client, id: CampaignId) -> anyhow::Result<(i64, bool, i64)> {
    let row = client
        .query_one(
            "SELECT count(*) FILTER (WHERE r.state = 'sent'), \
               (SELECT state = 'finished' FROM campaigns WHERE id = $1::text::uuid), coalesce(sum(r.doubts), 0)::bigint \
             FROM campaign_recipients r WHERE r.campaign_id = $1::text::uuid",
            &[&id.0.to_string()],
        )
        .await?;
    Ok((row.get(0), row.get(1), row.get(2)))
}

/// Waits for the end, and asks for nothing that costs while it is measured.
async fn until_finished(client: &Client, id: CampaignId) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let row = client
            .query_one(
                "SELECT state = 'finished' FROM campaigns WHERE id = $1::text::uuid",
                &[&id.0.to_string()],
            )
            .await?;
        if row.get(0) {
            return Ok(());
        }
        anyhow::ensure!(began.elapsed() < Duration::from_mins(15), "it does not end");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn until(client: &Client, id: CampaignId, enough: impl Fn(i64, bool) -> bool) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let (sent, finished, _) = standing(client, id).await?;
        if enough(sent, finished) {
            return Ok(());
        }
        anyhow::ensure!(began.elapsed() < Duration::from_mins(15), "it stands still at {sent}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Sends a campaign to its end; answers messages a second, between the first that began and the last that was settled.
async fn sent(client: &Client, url: &str, root: &Path, many: i64) -> anyhow::Result<f64> {
    let (_sink, port) = sink(root, None)?;
    let (id, queued) = begin(client, url, root, many).await?;
    let worker = worker(url, root, port)?;
    until_finished(client, id).await?;
    let row = client
        .query_one(
            "SELECT extract(epoch FROM max(settled_at) - min(began_at))::float8, count(*) FILTER (WHERE state = 'sent') \
             FROM campaign_recipients WHERE campaign_id = $1::text::uuid",
            &[&id.0.to_string()],
        )
        .await?;
    let (seconds, sent): (f64, i64) = (row.get(0), row.get(1));
    anyhow::ensure!(sent == many, "{sent} of {many} were handed over");
    let memory = peak_memory(&worker)?;
    println!(
        "queued in {:>6.2} s (aim 5), handed over in {seconds:>6.1} s, memory of the worker at most {memory} MB (aim 150)",
        queued.as_secs_f64()
    );
    client
        .execute("DELETE FROM campaign_recipients WHERE campaign_id = $1::text::uuid", &[&id.0.to_string()])
        .await?;
    client.batch_execute("VACUUM campaign_recipients").await?;
    #[allow(clippy::cast_precision_loss)]
    Ok(sent as f64 / seconds)
}

/// Sends a campaign whose worker is killed five times, and looks at what arrived. Answers the size of a message.
async fn killed(client: &Client, url: &str, root: &Path, many: i64) -> anyhow::Result<usize> {
    let folder = root.join(format!("sink-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    // The server gives up the rights of root.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(&folder, open)?;
    let kept = folder.join("kept");
    let (server, port) = sink(&folder, Some(Path::new("kept")))?;
    let (id, _) = begin(client, url, root, many).await?;
    for kill in 1..=KILLS {
        let running = worker(url, root, port)?;
        until(client, id, |sent, _| sent >= many * kill / (KILLS + 1)).await?;
        // The value's end kills it: no signal that it could hear.
        drop(running);
    }
    let running = worker(url, root, port)?;
    until(client, id, |_, finished| finished).await?;
    drop(running);
    let (sent, _, doubtful) = standing(client, id).await?;
    drop(server);
    let arrived = arrived(&kept)?;
    std::fs::remove_dir_all(&folder)?;
    let people = i64::try_from(arrived.times.len())?;
    let twice: i64 = arrived.times.values().map(|times| times - 1).sum();
    println!(
        "killed {KILLS} times: {people} of {many} people reached, {twice} messages arrived once more, \
         {doubtful} were under way at a kill"
    );
    anyhow::ensure!(sent == many && people == many, "somebody was left out");
    anyhow::ensure!(twice <= doubtful, "more arrived twice than was under way");
    let most = KILLS * i64::try_from(CONNECTIONS * sending::AHEAD)?;
    anyhow::ensure!(doubtful <= most, "more was under way than the connections may have in their hands");
    client
        .execute("DELETE FROM campaign_recipients WHERE campaign_id = $1::text::uuid", &[&id.0.to_string()])
        .await?;
    client.batch_execute("VACUUM campaign_recipients").await?;
    Ok(arrived.bytes / usize::try_from(sent)?)
}
