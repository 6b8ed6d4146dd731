//! The real server with a database and a clock of its own.

use std::collections::{HashMap, HashSet};
use std::net::{SocketAddr, TcpListener};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use age::x25519::Identity;
use chrono::Duration;
use diesel_async::RunQueryDsl as _;
use portal::platform::app::App;
use portal::platform::clock::Clock;
use portal::platform::config::{Config, MailTransport, SmsTransport, StoragePlace};
use portal::platform::db::{Connection, Db};
use portal::platform::jobs::{self, DeadJob, schedule};
use portal::platform::web;
use portal::platform::web::pagination::Window;
use uuid::Uuid;

use super::database::{Database, on_a_runtime_of_its_own};
use super::mailbox::overview;

/// 32 bytes of Base64; every test has the same key, and none but tests has it.
pub const SECRET_KEY: &str = "dGVzdHMgc2lnbiBhbmQgc2VhbCB3aXRoIHRoaXMga2V5";

/// The seed of an Ed25519 key; every test signs receipts with it.
pub const RECEIPT_KEY: &str = "cmVjZWlwdHMgb2YgdGVzdHMgYXJlIHNpZ25lZCB3aXQ=";

/// So many beds were made in this process: each has a folder of its own.
static BEDS: AtomicU32 = AtomicU32::new(0);

/// A running portal. Looks like its [`App`]; see the how-to in `support/mod.rs`.
pub struct TestApp {
    app: App,
    /// Where the server listens.
    pub address: SocketAddr,
    /// Messages that the test took.
    pub(super) looked_at: Mutex<HashSet<Uuid>>,
    expected_dead: Mutex<HashSet<i64>>,
    /// The last browser's network address ends in this.
    pub(super) browsers: AtomicU8,
    server: Option<(ServerHandle, JoinHandle<()>)>,
    /// Dropped after the server has stopped.
    database: Database,
    /// Where its files are; gone with it.
    storage: PathBuf,
}

impl std::fmt::Debug for TestApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TestApp at {}", self.address)
    }
}

impl Deref for TestApp {
    type Target = App;
    fn deref(&self) -> &App {
        &self.app
    }
}

impl TestApp {
    /// As in production: https (so `__Host-` cookies), nothing under `/dev`. Mail and texts stay in the outbox.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// As in production, with backups that this key opens.
    pub async fn with_backups() -> (Self, Identity) {
        let key = Identity::generate();
        let recipient = key.to_public().to_string();
        (Self::with(&[("PORTAL_BACKUP_RECIPIENTS", recipient.as_str())]).await, key)
    }

    /// As in production, with these settings besides.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let mut all = vec![
            ("PORTAL_BASE_URL", "https://portal.test"),
            ("PORTAL_SMTP_HOST", "localhost"),
            ("PORTAL_SMS_ACCOUNT_SID", "AC1"),
            ("PORTAL_SMS_AUTH_TOKEN", "token"),
            ("PORTAL_SMS_FROM", "+15550100"),
        ];
        all.extend(settings);
        let mut config = config(&all);
        let given = |name: &str| settings.iter().any(|(given, _)| *given == name);
        // Production has no mailbox by its settings: only a test that brings a server of its own sends.
        if !given("PORTAL_SMTP_HOST") {
            config.mail = MailTransport::Mailbox;
        }
        if !given("PORTAL_SMS_ACCOUNT_SID") {
            config.sms = SmsTransport::Mailbox;
        }
        Self::serve(config, listener).await
    }

    /// As in development, for a real browser: `/dev`, http, and `localhost`, which counts as secure.
    pub async fn development() -> Self {
        Self::development_with(&[]).await
    }

    /// As in development, with these settings besides.
    pub async fn development_with(settings: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let base_url = format!("http://localhost:{}", listener.local_addr().expect("bound").port());
        let mut all = vec![("PORTAL_ENV", "development"), ("PORTAL_BASE_URL", &base_url)];
        all.extend(settings);
        Self::serve(config(&all), listener).await
    }

    async fn serve(mut config: Config, listener: TcpListener) -> Self {
        let database = Database::migrated().await;
        let number = BEDS.fetch_add(1, Ordering::Relaxed);
        let storage = std::env::temp_dir().join(format!("portal-storage-{}-{number}", std::process::id()));
        if matches!(&config.storage, StoragePlace::Folder(folder) if *folder == config.var_dir.join("storage"))
        {
            config.storage = StoragePlace::Folder(storage.clone());
        }
        let address = listener.local_addr().expect("bound");
        let (app, handle, thread) = serve(config, Clock::default(), database.url.clone(), listener).await;
        Self {
            app,
            address,
            looked_at: Mutex::default(),
            expected_dead: Mutex::default(),
            browsers: AtomicU8::new(0),
            server: Some((handle, thread)),
            database,
            storage,
        }
    }

    /// A connection to the test's database.
    pub async fn conn(&self) -> Connection {
        self.db.get().await.expect("a connection")
    }

    /// Where the test's database is.
    pub fn database_url(&self) -> &str {
        &self.database.url
    }

    /// Another process as far as the database can tell: an [`App`] with the same settings and clock, and a pool of its own.
    pub fn twin(&self) -> App {
        self.on(&self.database.url)
    }

    /// The same on another database, as the program is that serves a restored backup.
    pub fn on(&self, url: &str) -> App {
        let db = Db::open(url, 4, tokio::runtime::Handle::current()).expect("an address");
        App::new(self.config.clone(), self.clock.clone(), db).expect("the same settings worked before")
    }

    /// Another process with a clock of its own, as every real one has.
    pub fn stranger(&self) -> App {
        let db = Db::open(&self.database.url, 4, tokio::runtime::Handle::current()).expect("an address");
        App::new(self.config.clone(), Clock::default(), db).expect("the same settings worked before")
    }

    /// Moves the clock. Jobs that wait for a retry become due by as much.
    pub async fn travel(&self, by: Duration) {
        self.clock.advance(by);
        diesel::sql_query("UPDATE graphile_worker._private_jobs SET run_at = run_at - make_interval(secs => $1) WHERE run_at > now()")
            .bind::<diesel::sql_types::Double, _>(by.num_milliseconds() as f64 / 1000.0)
            .execute(&mut self.conn().await)
            .await
            .expect("the queue");
    }

    /// Works off every job that is due.
    pub async fn run_jobs(&self) {
        self.run_jobs_as(&self.app).await;
    }

    /// Works off every job that is due in another process of this database.
    pub async fn run_jobs_as(&self, app: &App) {
        let worker = jobs::build(app, false, std::future::pending()).await.expect("a worker");
        worker.run_once().await.expect("the queue");
    }

    /// Runs every entry of the timetable once and then every job that is due.
    pub async fn run_timetable(&self) {
        schedule::run_all(&self.app).await.expect("the timetable");
        self.run_jobs().await;
    }

    /// The jobs that were given up. The test knows of them from here on, and may end.
    pub async fn dead_jobs(&self) -> Vec<DeadJob> {
        let mut conn = self.conn().await;
        let dead = jobs::dead_jobs(&mut conn, None, Window::newest(100)).await.expect("the queue");
        self.expected_dead.lock().unwrap().extend(dead.iter().map(|job| job.id));
        dead
    }

    /// What the test left behind and should not have; empty when all is well.
    async fn left_over(&self) -> Vec<String> {
        if jobs_wait(&mut self.conn().await).await {
            self.run_jobs().await;
        }
        let mut conn = self.conn().await;
        let dead = jobs::dead_jobs(&mut conn, None, Window::newest(100)).await.expect("the queue");
        let expected = self.expected_dead.lock().unwrap().clone();
        let dead = dead.into_iter().filter(|job| !expected.contains(&job.id));
        let mut left: Vec<String> =
            dead.map(|job| format!("dead job {}: {:?}", job.task, job.last_error)).collect();
        left.extend(overview(&self.unread().await));
        left
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let failed = std::thread::panicking();
        let this = &*self;
        let left = (!failed).then(|| {
            std::thread::scope(|scope| {
                scope.spawn(|| on_a_runtime_of_its_own(this.left_over())).join().expect("the last look")
            })
        });
        if let Some((handle, thread)) = self.server.take() {
            // The command is sent at once; what it answers is for those who wait.
            drop(handle.stop(false));
            let _ = thread.join();
        }
        let _ = std::fs::remove_dir_all(&self.storage);
        let left = left.unwrap_or_default();
        assert!(left.is_empty(), "the test ended without looking at:\n  {}", left.join("\n  "));
    }
}

/// Settings that every test has, then these; later ones win.
fn config(settings: &[(&str, &str)]) -> Config {
    let common = [
        ("PORTAL_SECRET_KEY", SECRET_KEY),
        ("PORTAL_RECEIPT_KEY", RECEIPT_KEY),
        ("PORTAL_WEB_WORKERS", "1"),
        ("PORTAL_DATABASE_POOL", "8"),
        ("PORTAL_METRICS_BIND", "off"),
        ("PORTAL_TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let pairs = common.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::read(&pairs.collect::<HashMap<_, _>>(), false, None).unwrap_or_else(|error| panic!("{error}"))
}

/// Serves on threads of its own, so that a test that computes does not hold up its server.
async fn serve(
    config: Config,
    clock: Clock,
    url: String,
    listener: TcpListener,
) -> (App, ServerHandle, JoinHandle<()>) {
    let (started, starting) = tokio::sync::oneshot::channel();
    let thread = std::thread::spawn(move || {
        let runtime = || {
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .expect("a runtime")
        };
        actix_web::rt::System::with_tokio_rt(runtime).block_on(async move {
            let db =
                Db::open(&url, config.database_pool, tokio::runtime::Handle::current()).expect("an address");
            let db = db.waiting_at_most(config.database_wait);
            let app = App::new(config, clock, db).expect("the settings work");
            let server = web::server::serve(&app, listener).expect("the listener works");
            let _ = started.send((app, server.handle()));
            server.run().await.expect("the server runs");
        });
    });
    let (app, handle) = starting.await.expect("the server starts");
    (app, handle, thread)
}

async fn jobs_wait(conn: &mut Connection) -> bool {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        wait: bool,
    }
    let query = "SELECT EXISTS (SELECT FROM graphile_worker._private_jobs WHERE is_available AND run_at <= now()) AS wait";
    let row: Row = diesel::sql_query(query).get_result(conn).await.expect("the queue");
    row.wait
}
