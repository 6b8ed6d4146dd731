//! A database per test: a copy of one that was migrated once, in a server that belongs to this run.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::statvfs::statvfs;
use portal::platform::db;
use portal::platform::db::private_cluster::{Options, PrivateCluster};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{OnceCell, oneshot};
use tokio_postgres::NoTls;

const TEMPLATE: &str = "template_portal";
/// Copies live in memory where there is this much of it; a container often has 64 MB.
const ROOM_NEEDED: u64 = 1 << 30;

static SERVER: OnceCell<Server> = OnceCell::const_new();
static COUNTER: AtomicU32 = AtomicU32::new(1);

struct Server {
    cluster: PrivateCluster,
    /// Makes databases, one at a time: a copy wants its template to itself.
    maker: Clerk,
    /// Drops them, while the next test has begun.
    dropper: Clerk,
}

/// Carries out orders one after the other, on a connection that stays: for each connection the server begins and ends a process.
struct Clerk(UnboundedSender<Order>);

struct Order {
    command: String,
    done: oneshot::Sender<Result<(), tokio_postgres::Error>>,
}

impl Clerk {
    fn start(url: String) -> Self {
        let (send, mut orders) = unbounded_channel::<Order>();
        std::thread::spawn(move || {
            on_a_runtime_of_its_own(async move {
                let (client, connection) =
                    tokio_postgres::connect(&url, NoTls).await.expect("the tests' own server answers");
                tokio::spawn(connection);
                while let Some(order) = orders.recv().await {
                    // Who drops a database does not wait for the answer.
                    let _ = order.done.send(client.batch_execute(&order.command).await);
                }
            });
        });
        Self(send)
    }

    fn order(&self, command: String) -> oneshot::Receiver<Result<(), tokio_postgres::Error>> {
        let (done, answer) = oneshot::channel();
        let _ = self.0.send(Order { command, done });
        answer
    }
}

/// A database that is dropped with this value.
pub struct Database {
    name: String,
    /// Where to connect.
    pub url: String,
}

impl Database {
    /// One with all tables and no rows.
    pub async fn migrated() -> Self {
        Self::create(&format!("TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")).await
    }

    /// One without anything.
    pub async fn empty() -> Self {
        Self::create("TEMPLATE template0").await
    }

    async fn create(how: &str) -> Self {
        let server = SERVER.get_or_init(start).await;
        let name = format!("test_{}", COUNTER.fetch_add(1, Ordering::Relaxed));
        let made = server.maker.order(format!("CREATE DATABASE {name} {how}")).await;
        made.expect("the tests' own server answers").unwrap_or_else(|error| panic!("{name}: {error:?}"));
        Self { url: server.cluster.url(&name), name }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some(server) = SERVER.get() else { return };
        drop(server.dropper.order(format!("DROP DATABASE {} WITH (FORCE)", self.name)));
    }
}

/// For `Drop`, which cannot wait on the runtime that it stands on.
pub fn on_a_runtime_of_its_own<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

async fn start() -> Server {
    let root = root();
    let options = Options { root: root.clone(), durable: false };
    let cluster = tokio::task::spawn_blocking(move || {
        let cluster = PrivateCluster::start(&options).expect("PostgreSQL is installed");
        cluster.create_database_if_missing(TEMPLATE).expect("the server takes commands");
        cluster
    });
    let cluster = cluster.await.expect("the server starts");
    clean_up_afterwards(&cluster, &root).await;
    db::migrate(&cluster.url(TEMPLATE)).await.expect("the migrations run");
    let (maker, dropper) = (Clerk::start(cluster.url("postgres")), Clerk::start(cluster.url("postgres")));
    Server { cluster, maker, dropper }
}

/// What this run keeps on disk. All of it goes when the run has ended.
pub(super) fn root() -> PathBuf {
    let name = format!("portal-tests-{}", std::process::id());
    let memory = Path::new("/dev/shm");
    let roomy = statvfs(memory).is_ok_and(|fs| fs.blocks_available() * fs.fragment_size() > ROOM_NEEDED);
    if roomy { memory.join(name) } else { Path::new(env!("CARGO_TARGET_TMPDIR")).join(name) }
}

/// The harness gives no moment after the last test, and a killed run has none anyway: so a shell outside
/// waits for our end of a pipe to close, then stops the server and removes its files.
async fn clean_up_afterwards(cluster: &PrivateCluster, root: &Path) {
    const SCRIPT: &str = "cat >/dev/null; kill -INT $1; while [ -e \"$2/postmaster.pid\" ]; do sleep 0.05; done; \
        rm -rf \"${2%/*}\" \"$3\"";
    let (client, connection) =
        tokio_postgres::connect(&cluster.url("postgres"), NoTls).await.expect("the server answers");
    tokio::spawn(connection);
    let query = "SELECT pg_read_file('postmaster.pid'), current_setting('data_directory')";
    let row = client.query_one(query, &[]).await.expect("its own files");
    let server = row.get::<_, String>(0).lines().next().expect("a process id").to_owned();
    let mut janitor = Command::new("/bin/sh");
    janitor.args(["-c", SCRIPT, "janitor", &server, row.get(1)]).arg(root).process_group(0);
    janitor.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // Never waited for: the pipe stays open until this process ends, in whichever way.
    std::mem::forget(janitor.spawn().expect("a shell"));
}
