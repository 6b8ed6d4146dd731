//! The private database: several users of one server, also when some of them are killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use portal::platform::db::private_cluster::{Options, PrivateCluster};
use tokio_postgres::NoTls;

/// A folder for one test's cluster, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let name = format!("portal-cluster-{test}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn start(&self) -> PrivateCluster {
        let options = Options { root: self.0.clone(), durable: false };
        PrivateCluster::start(&options).expect("the cluster starts")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What the server itself says: the process id of its postmaster. `None`: nobody answers.
fn postmaster(url: &str) -> Option<i32> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.ok()?;
        tokio::spawn(connection);
        let row = client.query_one("SELECT pg_read_file('postmaster.pid')", &[]).await.ok()?;
        row.get::<_, String>(0).lines().next()?.parse().ok()
    })
}

#[test]
fn the_last_user_stops_the_server_and_the_next_one_finds_the_data_again() {
    let folder = Folder::new("reuse");
    let first = folder.start();
    let url = first.url("kept");
    first.create_database_if_missing("kept").unwrap();
    let second = folder.start();
    assert_eq!(second.url("kept"), url);

    assert!(!first.stop().unwrap(), "somebody else was still using it");
    assert!(postmaster(&url).is_some());
    assert!(second.stop().unwrap());
    assert!(postmaster(&url).is_none());

    let third = folder.start();
    assert!(postmaster(&third.url("kept")).is_some());
}

#[test]
fn many_who_start_at_once_share_one_server_and_one_database() {
    let folder = Folder::new("crowd");
    let crowd: Vec<PrivateCluster> = thread::scope(|scope| {
        let starting: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    let cluster = folder.start();
                    cluster.create_database_if_missing("shared").unwrap();
                    cluster
                })
            })
            .collect();
        starting.into_iter().map(|user| user.join().unwrap()).collect()
    });
    let servers: Vec<_> = crowd.iter().map(|user| postmaster(&user.url("shared"))).collect();
    assert!(servers[0].is_some());
    assert!(servers.iter().all(|server| *server == servers[0]), "{servers:?}");

    let stopped = crowd.into_iter().map(|user| user.stop().unwrap());
    assert_eq!(stopped.collect::<Vec<_>>(), [false, false, false, false, false, true]);
}

#[test]
fn a_server_that_was_killed_is_started_again() {
    let folder = Folder::new("killed");
    let before = folder.start();
    let server = postmaster(&before.url("postgres")).unwrap();
    kill(Pid::from_raw(server), Signal::SIGKILL).unwrap();

    let after = folder.start();
    let next = postmaster(&after.url("postgres"));
    assert!(next.is_some_and(|next| next != server), "{next:?} after {server}");
}

#[test]
fn a_server_that_was_killed_counts_as_stopped() {
    let folder = Folder::new("gone");
    let cluster = folder.start();
    let url = cluster.url("postgres");
    kill(Pid::from_raw(postmaster(&url).unwrap()), Signal::SIGKILL).unwrap();
    while postmaster(&url).is_some() {}
    assert!(cluster.stop().unwrap());
    // The next server of this folder frees the shared memory that the killed one has left.
    drop(folder.start());
}

#[test]
fn an_initialisation_that_was_cut_short_is_no_cluster() {
    let folder = Folder::new("cut");
    let home = home_of(&folder);
    let leftover = home.join("init-1");
    fs::rename(home.join("data"), &leftover).unwrap();
    fs::remove_file(leftover.join("PG_VERSION")).unwrap();

    let cluster = folder.start();
    assert!(postmaster(&cluster.url("postgres")).is_some());
    assert!(!leftover.exists());
}

#[test]
fn a_pid_file_that_names_a_stranger_does_not_stop_the_start() {
    let folder = Folder::new("stranger");
    // This very process is alive and is no server.
    let pid_file = home_of(&folder).join("data/postmaster.pid");
    fs::write(&pid_file, format!("{}\n/elsewhere\n1\n5432\n", std::process::id())).unwrap();

    let cluster = folder.start();
    assert!(postmaster(&cluster.url("postgres")).is_some());
}

#[test]
fn a_folder_with_a_path_too_long_for_a_socket_works_too() {
    let mut folder = Folder::new("long");
    let outermost = Folder(folder.0.clone());
    folder.0.extend(["it's a folder with \"quotes\", $HOME and a name of some length"; 3]);
    let cluster = folder.start();
    cluster.create_database_if_missing("an \"odd\" name's %41").unwrap();
    assert!(postmaster(&cluster.url("an \"odd\" name's %41")).is_some());

    let socket = socket_folder(&cluster.url("x"));
    drop(cluster);
    drop(outermost);
    let _ = fs::remove_dir_all(socket);
}

/// Makes the cluster, stops it, and answers where its only version keeps its files.
fn home_of(folder: &Folder) -> PathBuf {
    let cluster = folder.start();
    let home = socket_folder(&cluster.url("x"));
    assert!(cluster.stop().unwrap());
    home
}

fn socket_folder(url: &str) -> PathBuf {
    let config: tokio_postgres::Config = url.parse().unwrap();
    match &config.get_hosts()[0] {
        tokio_postgres::config::Host::Unix(folder) => Path::new(folder).to_owned(),
        other @ tokio_postgres::config::Host::Tcp(_) => panic!("{other:?} is not a socket"),
    }
}
