//! The program as an operator sees it: starting, stopping, being killed.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::support::process::{Folder, Running, ask, connect, free_address, portal};

/// A program that serves the demo, and where.
struct Demo {
    process: Running,
    address: String,
    metrics: String,
    said: Vec<String>,
}

impl Demo {
    fn start(folder: &Folder) -> Self {
        let (address, metrics) = (free_address(), free_address());
        let settings = [("PORTAL_METRICS_BIND", metrics.as_str()), ("PORTAL_WEB_WORKERS", "1")];
        let process = Running::start(portal(&folder.0, &["serve", "--demo", "--bind", &address], &settings));
        let said = process.says("The portal is at");
        Self { process, address, metrics, said }
    }

    /// Status line, headers and body of an answer.
    fn get(&self, path: &str) -> String {
        ask(&self.address, path)
    }

    fn advance_by_a_day(&self) {
        let mut stream = connect(&self.address);
        let host = &self.address;
        write!(stream, "POST /dev/clock HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n")
            .unwrap();
        write!(stream, "Content-Length: 18\r\nConnection: close\r\n\r\n{{\"advance\": \"P1D\"}}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    fn stop(self) -> std::process::ExitStatus {
        self.process.signal(Signal::SIGTERM);
        self.process.end()
    }
}

#[test]
fn the_demo_says_who_there_is_and_tells_whether_it_is_well() {
    let folder = Folder::new("demo");
    let demo = Demo::start(&folder);
    assert!(demo.get("/healthz").ends_with("alive\n"));
    let ready = demo.get("/readyz");
    assert!(ready.starts_with("HTTP/1.1 200") && ready.contains("\"migrations\":true"), "{ready}");
    assert!(ask(&demo.metrics, "/metrics").contains("portal_http_requests_total"));
    let people = demo.get("/dev/people.json");
    let people: Vec<serde_json::Value> = serde_json::from_str(&people[people.find('[').unwrap()..]).unwrap();
    let said = demo.said.join("\n");
    assert!(people.len() >= 6, "{people:?}");
    assert!(people.iter().all(|person| said.contains(person["email"].as_str().unwrap())), "{said}");
    assert!(demo.stop().success());
}

#[test]
fn the_figures_name_the_path_of_the_site_map_whatever_became_of_a_request() {
    let folder = Folder::new("figures");
    let demo = Demo::start(&folder);
    for (method, path, header) in [
        ("HEAD", "/sign-in", "Accept: */*"),
        ("POST", "/sign-in", "Sec-Fetch-Site: cross-site"),
        ("DELETE", "/sign-in", "Accept: */*"),
        ("GET", "/newsletter/of-nobody", "Accept: */*"),
        ("GET", "/of/nothing", "Accept: */*"),
    ] {
        let mut stream = connect(&demo.address);
        let host = &demo.address;
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{header}\r\nConnection: close\r\n\r\n")
            .unwrap();
        stream.read_to_string(&mut String::new()).unwrap();
    }
    let figures = ask(&demo.metrics, "/metrics");
    for (route, status) in [
        ("/sign-in", 200),
        ("/sign-in", 400),
        ("/sign-in", 405),
        ("/newsletter/{token}", 410),
        ("unmatched", 404),
    ] {
        let line = format!("portal_http_requests_total{{route=\"{route}\",status=\"{status}\"}} 1\n");
        assert!(figures.contains(&line), "{line}{figures}");
    }
    assert!(demo.stop().success());
}

#[test]
fn a_request_under_way_is_answered_before_the_program_stops() {
    let folder = Folder::new("drain");
    let demo = Demo::start(&folder);
    let mut stream = connect(&demo.address);
    let body = "email=nobody%40example.com&password=wrong";
    write!(
        stream,
        "POST /sign-in HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        demo.address
    )
    .unwrap();
    write!(stream, "Sec-Fetch-Site: same-origin\r\nContent-Length: {}\r\n\r\n", body.len()).unwrap();
    stream.write_all(&body.as_bytes()[..10]).unwrap();
    // Answered after the first half of the other request has arrived at the one worker.
    assert!(demo.get("/healthz").ends_with("alive\n"));
    demo.process.signal(Signal::SIGTERM);
    stream.write_all(&body.as_bytes()[10..]).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 422");
    drop(stream);
    assert!(demo.process.end().success());
}

#[test]
fn a_second_start_finds_the_data_of_the_first_also_after_a_kill() {
    let folder = Folder::new("restart");
    let first = Demo::start(&folder);
    first.advance_by_a_day();
    first.process.signal(Signal::SIGKILL);
    first.process.end();
    for _ in 0..2 {
        let next = Demo::start(&folder);
        assert!(next.get("/dev/clock").contains("\"advanced_seconds\":86400"));
        assert!(next.stop().success());
    }
}

#[test]
fn two_programs_may_start_at_once_on_one_folder_and_share_its_clock() {
    let folder = Folder::new("two");
    let started: Vec<Demo> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..2).map(|_| scope.spawn(|| Demo::start(&folder))).collect();
        starting.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    started[0].advance_by_a_day();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !started[1].get("/dev/clock").contains("\"advanced_seconds\":86400") {
        assert!(Instant::now() < deadline, "the other program keeps its own time");
        std::thread::sleep(Duration::from_millis(20));
    }
    for demo in started {
        assert!(demo.get("/readyz").starts_with("HTTP/1.1 200"));
        assert!(demo.stop().success());
    }
}
