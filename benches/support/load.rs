//! A load of 32 connections that are kept open. It writes and reads bytes by hand, so that the client
//! costs little beside what is measured.

#![allow(dead_code, reason = "each program uses its part")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CONNECTIONS: usize = 32;

/// What a round showed.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Answers a second over all connections.
    pub per_second: f64,
    /// Median time to answer.
    pub p50_ms: f64,
    /// Time that 99 of 100 answers keep to.
    pub p99_ms: f64,
}

/// Asks for a page on all connections for this long.
pub async fn run(at: SocketAddr, path: &str, cookie: &str, long: Duration) -> anyhow::Result<Measured> {
    let request = request(path, cookie);
    send(at, long, move || request.clone()).await
}

/// Sends requests on all connections for this long.
pub async fn send<F>(at: SocketAddr, long: Duration, request: F) -> anyhow::Result<Measured>
where
    F: Fn() -> Vec<u8> + Clone + Send + 'static,
{
    let started = Instant::now();
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let request = request.clone();
            tokio::spawn(async move {
                let mut connection = Connection::open(at).await?;
                let mut times = Vec::with_capacity(100_000);
                while started.elapsed() < long {
                    let request = request();
                    let asked = Instant::now();
                    connection.ask(&request).await?;
                    times.push(asked.elapsed());
                }
                anyhow::Ok(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await??);
    }
    let elapsed = started.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    Ok(Measured { per_second: times.len() as f64 / elapsed, p50_ms: at(0.50), p99_ms: at(0.99) })
}

/// Asks for a page exactly so often on one connection.
pub async fn exactly(at: SocketAddr, path: &str, cookie: &str, times: usize) -> anyhow::Result<()> {
    let request = request(path, cookie);
    let mut connection = Connection::open(at).await?;
    for _ in 0..times {
        connection.ask(&request).await?;
    }
    Ok(())
}

fn request(path: &str, cookie: &str) -> Vec<u8> {
    let cookie = if cookie.is_empty() { String::new() } else { format!("cookie: {cookie}\r\n") };
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\nuser-agent: bench\r\n{cookie}\r\n").into_bytes()
}

struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    async fn open(at: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(at).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(64 * 1024) })
    }

    /// Sends the request and reads one whole answer, which must be 200 or 201.
    async fn ask(&mut self, request: &[u8]) -> anyhow::Result<()> {
        self.stream.write_all(request).await?;
        self.read.clear();
        let head = loop {
            let fresh = self.stream.read_buf(&mut self.read).await?;
            anyhow::ensure!(fresh > 0, "the server hung up");
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = std::str::from_utf8(&self.read[..head])?;
        anyhow::ensure!(
            text.starts_with("HTTP/1.1 200") || text.starts_with("HTTP/1.1 201"),
            "not a page: {}",
            text.lines().next().unwrap_or_default()
        );
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim())
        });
        let length: usize = length.context("an answer without a length")?.parse()?;
        while self.read.len() < head + length {
            anyhow::ensure!(self.stream.read_buf(&mut self.read).await? > 0, "the server hung up");
        }
        Ok(())
    }
}

/// A page that is looked at again and again on one connection.
pub struct Pages {
    connection: Connection,
    request: Vec<u8>,
}

impl Pages {
    /// Opens the connection.
    pub async fn open(at: SocketAddr, path: &str, cookie: &str) -> anyhow::Result<Self> {
        Ok(Self { connection: Connection::open(at).await?, request: request(path, cookie) })
    }

    /// Asks for it once, and answers how long it took.
    pub async fn look(&mut self) -> anyhow::Result<Duration> {
        let asked = Instant::now();
        self.connection.ask(&self.request).await?;
        Ok(asked.elapsed())
    }
}
