//! What finding a person costs, at 1,000, 100,000 and 1,000,000 claims and a quarter as many communications: by each
//! kind of identifier, by a name that one in twenty has, by one that only the oldest records have, and far into a
//! list. One connection, first page of 25, time of the whole search with the records read and compared (aim: under
//! 50 ms). `cargo bench --bench end_users`; with sizes after `--` for others.

#[path = "support/database.rs"]
mod database;
#[path = "support/session.rs"]
mod session;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use database::{a_portal, connect, remove};
use futures_util::SinkExt as _;
use portal::content::end_users::{Identifier, search};
use portal::content::parties::Party;
use portal::content::person_keys::{IdentifierKind, PersonKeys};
use portal::platform::app::App;
use portal::platform::db::private_cluster::{Options, PrivateCluster};
use portal::platform::ids::{AccountId, new_uuid};
use portal::platform::web::pagination::Window;
use serde_json::json;
use uuid::Uuid;

const SIZES: [usize; 3] = [1_000, 100_000, 1_000_000];
const ROUNDS: usize = 200;
/// One in so many has the common first name.
const COMMON: usize = 20;

fn main() -> anyhow::Result<()> {
    // cargo asks every bench program for its list of tests.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        return Ok(());
    }
    let sizes: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { SIZES.to_vec() } else { sizes };
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench");
    let cluster = PrivateCluster::start(&Options { root: root.join("pg"), durable: true })?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    println!("{:>9}  {:<34}{:>8}{:>9}{:>9}", "claims", "looked for by", "hits", "p50 ms", "p99 ms");
    for size in sizes {
        let name = format!("bench_end_users_{}_{size}", std::process::id());
        cluster.create_database_if_missing(&name)?;
        runtime.block_on(measure(cluster.url(&name), size))?;
        runtime.block_on(remove(&cluster.url("postgres"), &name))?;
    }
    Ok(())
}

async fn measure(url: String, size: usize) -> anyhow::Result<()> {
    let app = a_portal(&url).await?;
    let (_, account) = session::a_customer(&app).await?;
    let began = Instant::now();
    fill(&app, account, size).await?;
    eprintln!("{size} claims stored in {:.0} s", began.elapsed().as_secs_f64());
    let middle = new_uuid(moment(size, size / 2));
    use IdentifierKind::{Email, Name, Phone, Vin};
    type Who = fn(usize) -> String;
    let whole: Who = |n| format!("{} {}", first_name(n, 0), last_name(n));
    let looks: [(&str, IdentifierKind, Who, Option<Uuid>); 9] = [
        ("e-mail address", Email, |n| format!("p{n}@example.com"), None),
        ("telephone number", Phone, phone, None),
        ("VIN", Vin, vin, None),
        ("first and last name", Name, whole, None),
        ("last name", Name, last_name, None),
        ("first name of one in twenty", Name, |_| "Maria".into(), None),
        ("the same, from the middle on", Name, |_| "Maria".into(), Some(middle)),
        ("first name of the oldest 2 %", Name, |_| "Methuselah".into(), None),
        ("nobody", Email, |n| format!("nobody{n}@example.com"), None),
    ];
    let mut conn = app.db.get().await?;
    for (what, kind, value, before) in looks {
        let (mut times, mut hits) = (Vec::with_capacity(ROUNDS), 0);
        for round in 0..ROUNDS {
            let who = Identifier::parse(kind, &value(round * 7919 % size)).map_err(anyhow::Error::msg)?;
            let asked = Instant::now();
            let window = Window { before, after: None, limit: 25 };
            let page = search(&mut conn, &app.keys, account, &who, window).await?;
            times.push(asked.elapsed());
            hits = page.hits.len();
        }
        times.sort_unstable();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
        println!("{size:>9}  {what:<34}{hits:>8}{:>9.2}{:>9.2}", at(0.50), at(0.99));
    }
    Ok(())
}

/// When the record of this number was stored: one a second, the last of them a moment ago.
fn moment(size: usize, number: usize) -> DateTime<Utc> {
    let newest: DateTime<Utc> = DateTime::from_timestamp(1_795_000_000, 0).expect("a moment of 2026");
    newest - TimeDelta::seconds(i64::try_from(size - number).expect("a count"))
}

fn first_name(number: usize, size: usize) -> String {
    match number {
        number if number < size / 50 => "Methuselah".into(),
        number if number % COMMON == 0 => "Maria".into(),
        number => format!("First{}", number % 997),
    }
}

fn last_name(number: usize) -> String {
    format!("Last{}", number % 19_997)
}

fn phone(number: usize) -> String {
    format!("+1{:010}", 2_000_000_000 + number)
}

fn vin(number: usize) -> String {
    format!("1HG{number:014}")
}

/// Fills both tables with `COPY`; the index over the keys is made afterwards, as a restore does it.
async fn fill(app: &App, account: AccountId, size: usize) -> anyhow::Result<()> {
    let client = connect(app.db.url()).await?;
    client
        .batch_execute(
            "DROP INDEX claims_person_keys, communications_person_keys; SET maintenance_work_mem = '256MB'",
        )
        .await?;
    let claims = "COPY claims (id, account_id, claim_number, insurer, state, lost_on, parties, vin, notes, person_keys, created_at, updated_at) FROM STDIN";
    copy(&client, claims, (0..size).map(|number| claim(app, account, size, number))).await?;
    let communications = "COPY communications (id, account_id, channel, direction, sender, recipient, status, status_at, person_keys, created_at, updated_at) FROM STDIN";
    let rows = (0..size / 4).map(|number| communication(app, account, size, number));
    copy(&client, communications, rows).await?;
    client
        .batch_execute(
            "CREATE INDEX claims_person_keys ON claims USING gin (person_keys); \
             CREATE INDEX communications_person_keys ON communications USING gin (person_keys); \
             ANALYZE claims; ANALYZE communications",
        )
        .await?;
    // The machine's disk has been busy with this: what is measured should not be.
    client.batch_execute("CHECKPOINT").await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(())
}

async fn copy(
    client: &tokio_postgres::Client,
    statement: &str,
    rows: impl Iterator<Item = String>,
) -> anyhow::Result<()> {
    let sink = client.copy_in::<_, bytes_of::Bytes>(statement).await?;
    let mut sink = std::pin::pin!(sink);
    let mut chunk = String::new();
    for row in rows {
        chunk.push_str(&row);
        if chunk.len() > 64 * 1024 {
            sink.send(std::mem::take(&mut chunk).into()).await?;
        }
    }
    sink.send(chunk.into()).await?;
    sink.close().await?;
    Ok(())
}

/// The buffers that a body of actix and a `COPY` share.
mod bytes_of {
    pub use actix_web::web::Bytes;
}

fn keys_of(app: &App, account: AccountId, add: impl FnOnce(&mut PersonKeys<'_>)) -> String {
    let mut keys = PersonKeys::new(&app.keys, account);
    add(&mut keys);
    keys.into_vec().iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}

fn claim(app: &App, account: AccountId, size: usize, number: usize) -> String {
    let at = moment(size, number);
    let party = json!({
        "role": "claimant",
        "name": format!("{} {}", first_name(number, size), last_name(number)),
        "address": { "lines": ["12 Mill Lane"], "city": "Springfield", "region": "IL", "country": "US" },
        "phones": [phone(number)],
        "emails": [format!("p{number}@example.com")],
    });
    let keys = keys_of(app, account, |keys| {
        serde_json::from_value::<Party>(party.clone()).expect("a party").add_keys(keys);
        keys.add(IdentifierKind::Vin, &vin(number));
    });
    format!(
        "{}\t{}\tC-{number}\tExample Mutual\topen\t2026-01-02\t[{party}]\t{}\tHail damage to the roof and the bonnet, seen on site.\t{{{keys}}}\t{at}\t{at}\n",
        new_uuid(at),
        account.0,
        vin(number),
    )
}

fn communication(app: &App, account: AccountId, size: usize, number: usize) -> String {
    let (at, to) = (moment(size, number * 4), format!("p{}@example.com", number * 4));
    let keys = keys_of(app, account, |keys| {
        keys.add(IdentifierKind::Email, "claims@insurer.example");
        keys.add(IdentifierKind::Email, &to);
    });
    format!(
        "{}\t{}\temail\toutbound\tclaims@insurer.example\t{to}\tsent\t{at}\t{{{keys}}}\t{at}\t{at}\n",
        new_uuid(at),
        account.0
    )
}
