//! Copies of much: whoever takes nothing of one is cut off, and making one takes little memory.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portal::platform::ids::AccountId;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::{NewClaim, claim, number, party, run};
use crate::support::process::{Folder, Running, server};
use crate::support::{Program, TestApp, eventually};

/// So many claims about Eve, each with 8 KiB of noise, which no compression makes much smaller.
async fn many_claims(app: &TestApp, account: AccountId, claims: usize) {
    let of_eve =
        NewClaim { parties: vec![party("insured", "Eve Evil", "eve@example.com")], ..NewClaim::default() };
    claim(app, account, &of_eve).await;
    let more = format!(
        "INSERT INTO claims (id, account_id, claim_number, insurer, state, lost_on, parties, person_keys, created_at, updated_at, notes) \
         SELECT gen_random_uuid(), account_id, n::text, insurer, state, lost_on, parties, person_keys, created_at, updated_at, \
            (SELECT string_agg(md5(random()::text || n || m), '') FROM generate_series(1, 256) m) \
         FROM claims, generate_series(2, {claims}) n"
    );
    run(&mut *app.conn().await, &more).await;
}

/// Asks for a copy of Eve over a socket of its own.
async fn ask(address: &str, program: &Program, socket: TcpSocket) -> TcpStream {
    let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
    let body = json!({ "kind": "email", "value": "eve@example.com" }).to_string();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        program.path("/end-users/export"),
        STANDARD.encode(format!("{}:{}", program.user, program.secret)),
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    stream
}

/// Whether the server still has its end of this connection, as the system lists it.
fn is_open(client: &TcpStream) -> bool {
    let port = |address: &str| u16::from_str_radix(address.rsplit(':').next().unwrap(), 16).unwrap();
    let (ours, theirs) = (client.local_addr().unwrap().port(), client.peer_addr().unwrap().port());
    std::fs::read_to_string("/proc/net/tcp").unwrap().lines().skip(1).any(|line| {
        let mut words = line.split_whitespace().skip(1);
        let (local, remote) = (words.next().unwrap(), words.next().unwrap());
        (port(local), port(remote)) == (theirs, ours)
    })
}

/// Transactions that are open in the database of the test, but for the one that asks.
async fn open_transactions(app: &TestApp) -> i64 {
    let query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                 AND xact_start IS NOT NULL AND pid <> pg_backend_pid()";
    number(app, query).await
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_cut_off_and_holds_nothing() {
    let app = TestApp::with(&[("PORTAL_READER_PATIENCE_SECONDS", "5")]).await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    // Several times what the buffers between here and the server take.
    many_claims(&app, account, 4_000).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = ask(&app.address.to_string(), &program, socket).await;
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    eventually("the copy to be under way", async || (open_transactions(&app).await > 0).then_some(())).await;
    eventually("the snapshot to be let go", async || (open_transactions(&app).await == 0).then_some(()))
        .await;
    eventually("the connection to be closed", async || (!is_open(&stream)).then_some(())).await;
    let mut rest = Vec::new();
    let read = stream.read_to_end(&mut rest).await;
    assert!(read.is_err() || !rest.ends_with(b"0\r\n\r\n"), "what was sent is not taken for a whole copy");
}

#[tokio::test]
async fn a_reader_that_is_slow_but_reads_gets_the_whole_copy() {
    let app = TestApp::with(&[("PORTAL_READER_PATIENCE_SECONDS", "3")]).await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    many_claims(&app, account, 1_200).await;
    let socket = TcpSocket::new_v4().unwrap();
    // Not so small that the system itself dawdles over each window of it.
    socket.set_recv_buffer_size(64 * 1024).unwrap();
    let mut stream = ask(&app.address.to_string(), &program, socket).await;
    let (mut whole, mut piece, began) = (Vec::new(), vec![0; 512 * 1024], std::time::Instant::now());
    loop {
        // Longer in all than there is patience, and never at once.
        tokio::time::sleep(std::time::Duration::from_millis(350)).await;
        let mut taken = 0;
        while taken < piece.len() {
            match stream.read(&mut piece[taken..]).await.unwrap() {
                0 => break,
                read => taken += read,
            }
        }
        whole.extend_from_slice(&piece[..taken]);
        if taken < piece.len() {
            break;
        }
    }
    assert!(began.elapsed().as_secs() >= 3 && whole.ends_with(b"0\r\n\r\n"), "{} bytes", whole.len());
}

/// Memory of a process in bytes: `VmRSS` for now, `VmHWM` for the most that it ever was.
fn memory(process: &Running, which: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(which)?.strip_prefix(':')).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Takes a copy as fast as it comes. Answers how many bytes came.
async fn take(address: &str, program: &Program) -> u64 {
    let mut stream = eventually("the server", async || TcpStream::connect(address).await.ok()).await;
    drop(stream);
    stream = ask(address, program, TcpSocket::new_v4().unwrap()).await;
    let (mut piece, mut taken, mut end) = (vec![0; 64 * 1024], 0, Vec::new());
    loop {
        let read = stream.read(&mut piece).await.unwrap();
        if read == 0 {
            break;
        }
        taken += read as u64;
        end.extend_from_slice(&piece[..read]);
        end.drain(..end.len().saturating_sub(5));
    }
    assert_eq!(end, b"0\r\n\r\n");
    taken
}

#[tokio::test]
async fn a_copy_of_much_takes_little_memory() {
    const MIB: u64 = 1024 * 1024;
    let (app, folder) = (TestApp::start().await, Folder::new("large_copy"));
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    many_claims(&app, account, 400).await;
    let (process, address) = server(&app, &folder);
    let small = take(&address, &program).await;
    let (before, before_at_most) = (memory(&process, "VmRSS"), memory(&process, "VmHWM"));
    let grow = "INSERT INTO claims (id, account_id, claim_number, insurer, state, lost_on, parties, person_keys, created_at, updated_at, notes) \
                SELECT gen_random_uuid(), account_id, claim_number || '-' || n, insurer, state, lost_on, parties, person_keys, created_at, updated_at, \
                    reverse(notes) FROM claims, generate_series(1, 9) n";
    run(&mut *app.conn().await, grow).await;
    let large = take(&address, &program).await;
    assert!(large > 8 * small && large > 24 * MIB, "{small} and {large} bytes");
    let more = memory(&process, "VmHWM").saturating_sub(before.max(before_at_most));
    assert!(more < 8 * MIB, "{more} bytes more for a copy of {large} bytes");
    process.signal(nix::sys::signal::Signal::SIGTERM);
    assert!(process.end().success());
}
