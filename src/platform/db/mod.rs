//! The database: one pool, opened once, and the migrations that bring a database up to this program.

pub mod batcher;
mod language;
mod on_trial;
pub mod private_cluster;
#[rustfmt::skip]
pub mod schema;
mod together;
mod unavailable;

pub use on_trial::OnTrial;
pub use unavailable::{RETRY_AFTER, Unavailable};

use std::time::Duration;

use anyhow::Context as _;
use deadpool::managed::{QueueMode, Timeouts};
use diesel::expression::SqlLiteral;
use diesel::sql_types::Bool;
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl as _};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use futures_util::FutureExt as _;
use tokio_postgres::config::SslMode;

/// The steps in `migrations/`, compiled in.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// Whoever migrates holds this advisory lock, so that several processes may start at once.
const MIGRATION_LOCK: i64 = 0x4c58_0001;

/// Always true. A query with it is planned for its values each time: one whose filter may let through nearly everything
/// or nearly nothing needs another index for each, which a plan that is kept for any value cannot choose.
pub fn planned_by_value() -> SqlLiteral<Bool> {
    // Text of this kind is what diesel does not keep a prepared statement for.
    diesel::dsl::sql("true")
}

/// A pooled connection.
pub type Connection = Object<AsyncPgConnection>;

/// The pool that every request and job draws from.
#[derive(Clone)]
pub struct Db {
    pool: Pool<AsyncPgConnection>,
    timeouts: Timeouts,
    url: String,
    runtime: tokio::runtime::Handle,
}

/// What is said of every error of having none.
const NO_CONNECTION: &str = "no database connection";

impl Db {
    /// Opens a pool of up to `size` connections. Connections live on the `runtime` that is given,
    /// not on the web worker that asked first: a handler that blocks must not freeze its neighbours.
    ///
    /// # Errors
    /// An address that is none. No connection is made yet.
    pub fn open(url: &str, size: usize, runtime: tokio::runtime::Handle) -> anyhow::Result<Self> {
        let connections = runtime.clone();
        let mut config = ManagerConfig::<AsyncPgConnection>::default();
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(move |url| {
            let (url, runtime) = (url.to_owned(), runtime.clone());
            async move {
                runtime
                    .spawn(async move { connect(&url).await })
                    .await
                    .map_err(|error| ConnectionError::BadConnection(error.to_string()))?
            }
            .boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config(url, config);
        let pool = Pool::builder(manager)
            .max_size(size)
            // The connection that was in use last knows the most statements, and its process the most tables. By turns, each of
            // them would have to learn everything.
            .queue_mode(QueueMode::Lifo)
            .wait_timeout(Some(Duration::from_secs(5)))
            .create_timeout(Some(Duration::from_secs(10)))
            .recycle_timeout(Some(Duration::from_secs(5)))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .context("the database pool")?;
        let timeouts = pool.timeouts();
        Ok(Self { pool, timeouts, url: url.to_owned(), runtime: connections })
    }

    /// The same pool, for those who wait at most so long for a connection to become free rather than five seconds.
    #[must_use]
    pub fn waiting_at_most(mut self, longest: Duration) -> Self {
        self.timeouts.wait = Some(longest);
        self
    }

    /// A connection, for at most five seconds of waiting, or what [`Db::waiting_at_most`] says.
    ///
    /// # Errors
    /// [`Unavailable`]: no connection became free, or none could be made.
    pub async fn get(&self) -> anyhow::Result<Connection> {
        self.pool.timeout_get(&self.timeouts).await.map_err(Unavailable::from).context(NO_CONNECTION)
    }

    /// As [`Db::get`], for whoever gives up where it takes too long: the connection goes back to the pool once it is said that
    /// it answered, and is closed else.
    ///
    /// # Errors
    /// [`Unavailable`], as of [`Db::get`].
    pub async fn get_on_trial(&self) -> anyhow::Result<OnTrial> {
        Ok(OnTrial::new(self.get().await?))
    }

    /// A connection outside the pool, for work that takes long. It closes, and what was not committed is gone, when it
    /// is dropped.
    ///
    /// # Errors
    /// [`Unavailable`]: none can be made.
    pub async fn connect(&self) -> anyhow::Result<AsyncPgConnection> {
        let url = self.url.clone();
        let made = self.runtime.spawn(async move { connect(&url).await }).await?;
        made.map_err(|error| Unavailable::Down(error.to_string())).context(NO_CONNECTION)
    }

    /// A plain connection outside the pool, for what the query builder cannot say: streams of `COPY`. It closes, and
    /// what it had locked is free, when it is dropped.
    ///
    /// # Errors
    /// [`Unavailable`]: none can be made.
    pub async fn client(&self) -> anyhow::Result<tokio_postgres::Client> {
        let url = self.url.clone();
        let made = self.runtime.spawn(async move { plain(&url).await }).await?;
        made.map_err(|error| Unavailable::Down(format!("{error:#}"))).context(NO_CONNECTION)
    }

    /// As [`Db::client`], but what comes is read by the runtime of whoever asks: much of it must not come in beside pages.
    ///
    /// # Errors
    /// [`Unavailable`]: none can be made.
    pub async fn client_here(&self) -> anyhow::Result<tokio_postgres::Client> {
        plain(&self.url).await.map_err(|error| Unavailable::Down(format!("{error:#}"))).context(NO_CONNECTION)
    }

    /// The address, for the job library's own connections.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// A plain connection to a database that is not this program's, or not yet: for making it one of a backup.
///
/// # Errors
/// None can be made.
pub async fn client(url: &str) -> anyhow::Result<tokio_postgres::Client> {
    plain(url).await.context("cannot reach the database")
}

async fn plain(url: &str) -> anyhow::Result<tokio_postgres::Client> {
    let config: tokio_postgres::Config = url.parse()?;
    if is_unencrypted(&config) {
        let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        return Ok(client);
    }
    let (client, connection) = config.connect(tls()).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Connects, with TLS unless the address is a socket or says `sslmode=disable`.
async fn connect(url: &str) -> ConnectionResult<AsyncPgConnection> {
    let bad = |error: tokio_postgres::Error| ConnectionError::BadConnection(error.to_string());
    let config: tokio_postgres::Config = url.parse().map_err(bad)?;
    if is_unencrypted(&config) {
        let (client, connection) = config.connect(tokio_postgres::NoTls).await.map_err(bad)?;
        return AsyncPgConnection::try_from_client_and_connection(client, connection).await;
    }
    let (client, connection) = config.connect(tls()).await.map_err(bad)?;
    AsyncPgConnection::try_from_client_and_connection(client, connection).await
}

fn tls() -> tokio_postgres_rustls::MakeRustlsConnect {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    tokio_postgres_rustls::MakeRustlsConnect::new(tls)
}

fn is_unencrypted(config: &tokio_postgres::Config) -> bool {
    config.get_ssl_mode() == SslMode::Disable || config.get_hosts().iter().all(is_local)
}

fn is_local(host: &tokio_postgres::config::Host) -> bool {
    match host {
        tokio_postgres::config::Host::Unix(_) => true,
        tokio_postgres::config::Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
    }
}

/// Longest wait for a lock of what runs by itself and takes many: shorter than Postgres takes to notice a deadlock (one second,
/// unless it is told otherwise), so that of two who wait for each other it is never a visitor who is ended.
pub const GIVING_WAY: Duration = Duration::from_millis(500);

/// Lets this transaction wait for each lock no longer than this (whole milliseconds), for whoever would rather come back than
/// be held up. What it cannot have then is an error that [`super::error::is_busy`] knows.
///
/// # Errors
/// What the database says.
pub async fn wait_at_most(conn: &mut AsyncPgConnection, longest: Duration) -> diesel::QueryResult<()> {
    let statement = format!("SET LOCAL lock_timeout = {}", longest.as_millis());
    diesel::sql_query(statement).execute(conn).await.map(drop)
}

/// Brings the database up to this program: our tables, then the job library's. Safe to call from
/// several processes at once: one works, the others wait and find nothing to do.
///
/// # Errors
/// No connection, or a migration that fails; what the earlier ones did stays.
pub async fn migrate(url: &str) -> anyhow::Result<()> {
    let mut guard = connect(url).await.context("cannot reach the database")?;
    language::warn_of_another(&mut guard).await?;
    diesel::sql_query("SELECT pg_advisory_lock($1)")
        .bind::<diesel::sql_types::BigInt, _>(MIGRATION_LOCK)
        .execute(&mut guard)
        .await?;
    let result = migrate_unguarded(url).await;
    // Closing the connection would release the lock as well; saying so keeps the order plain.
    diesel::sql_query("SELECT pg_advisory_unlock($1)")
        .bind::<diesel::sql_types::BigInt, _>(MIGRATION_LOCK)
        .execute(&mut guard)
        .await?;
    result
}

async fn migrate_unguarded(url: &str) -> anyhow::Result<()> {
    let owned = url.to_owned();
    // The harness blocks its thread, which only a thread of its own allows everywhere.
    tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        runtime.block_on(async {
            let mut harness = AsyncMigrationHarness::new(connect(&owned).await?);
            harness
                .run_pending_migrations(MIGRATIONS)
                .map_err(|error| anyhow::anyhow!("migration: {error}"))?;
            anyhow::Ok(())
        })
    })
    .await??;
    super::jobs::install(url).await
}

/// Whether every migration of this program is in the database.
///
/// # Errors
/// The database did not answer.
pub async fn is_migrated(db: &Db) -> anyhow::Result<bool> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    use diesel::migration::MigrationSource;
    let known = MigrationSource::<diesel::pg::Pg>::migrations(&MIGRATIONS)
        .map_err(|error| anyhow::anyhow!("migrations: {error}"))?
        .len();
    let mut conn = db.get().await?;
    let row: Row = diesel::sql_query("SELECT count(*) AS count FROM __diesel_schema_migrations")
        .get_result(&mut conn)
        .await?;
    Ok(row.count >= known as i64)
}
