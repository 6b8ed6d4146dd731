//! Clients that are not ours: curl, a client that a generator makes from the OpenAPI document, and a tester that
//! looks for requests which the program answers otherwise than the document says.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::json;

use crate::content::claims::a_claim;
use crate::support::process::Folder;
use crate::support::{Program, TestApp, eventually};

/// A program of the Python environment of the tests.
fn tool(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/.venv/bin").join(name);
    assert!(path.is_file(), "{name} is missing: script/install-prerequisites test");
    path
}

fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("the program starts");
    let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?}: {out}{err}");
    out.into_owned()
}

/// Many requests in a short time are the business of these tests.
async fn app() -> TestApp {
    TestApp::with(&[("PORTAL_API_REQUESTS_PER_MINUTE", "1000000")]).await
}

/// What a tool needs to know: the address without a path, SID and secret.
fn address(app: &TestApp) -> String {
    format!("http://{}", app.address)
}

fn credential(program: &Program) -> String {
    format!("{}:{}", program.user, program.secret)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn curl_reads_and_is_told_what_it_may_not_do() {
    let app = app().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    let url = format!("{}{}", address(&app), program.path("/storage"));
    let signed = run(Command::new("curl").args(["-s", "-u", &credential(&program), &url]));
    assert!(signed.contains(r#""product":"claims""#), "{signed}");
    let status = run(Command::new("curl").args(["-s", "-o", "/dev/null", "-w", "%{http_code}", &url]));
    assert_eq!(status, "401");
}

/// Media types of files.
const FILES: [&str; 3] = ["application/x-ndjson", "text/csv", "application/zip"];

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_client_that_a_generator_made_from_the_document_works() {
    let app = app().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    let folder = Folder::new("client");
    let (document, client) = (folder.0.join("openapi.json"), folder.0.join("client"));
    std::fs::write(&document, app.browser().get("/v1/openapi.json").await.body).expect("a document");
    let mut generator = Command::new(tool("openapi-python-client"));
    generator.arg("generate").arg("--path").arg(&document).arg("--output-path").arg(&client);
    // It formats what it made with a program that stands beside it.
    let beside = tool("ruff").parent().expect("a folder").to_owned();
    let path = std::env::var("PATH").unwrap_or_default();
    generator.env("PATH", format!("{}:{path}", beside.display()));
    // It knows no media types of files by itself, and would leave out import and export.
    let settings = "content_type_overrides:\n".to_owned()
        + &FILES.map(|media_type| format!("  {media_type}: application/octet-stream\n")).concat();
    std::fs::write(folder.0.join("generator.yml"), settings).expect("settings");
    run(generator
        .args(["--meta", "none", "--fail-on-warning", "--config", "generator.yml"])
        .current_dir(&folder.0));
    // The generator names the folder as it is told and the package after the title of the document.
    std::fs::rename(&client, folder.0.join("loss_express_api_client")).expect("a package");
    let mut script = Command::new(tool("python"));
    script.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/client.py")).arg(&folder.0);
    script.args([&address(&app), &program.account.to_string(), &program.user, &program.secret]);
    let said = run(&mut script);
    assert!(said.ends_with("done\n"), "{said}");
    assert_eq!(app.mailbox().await.len(), 2, "of the decision on storage and of the deletion");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_tester_finds_no_request_that_is_answered_otherwise_than_the_document_says() {
    let app = app().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    let folder = Folder::new("schemathesis");
    std::fs::write(folder.0.join("schemathesis.toml"), settings(&program).await).expect("settings");
    let mut tester = Command::new(tool("schemathesis"));
    tester.arg("run").arg(format!("{}/v1/openapi.json", address(&app)));
    tester.args(["--url", &address(&app), "--auth", &credential(&program)]);
    tester.args(["--phases", "examples,coverage,fuzzing", "--max-examples", "25"]);
    // One worker: with two, Python 3.11 now and then fails to parse its own source in another thread.
    tester.args(["--seed", "7", "--workers", "1", "--no-color"]);
    run(tester.current_dir(&folder.0));
    for (method, route, status) in WORKED {
        let query = format!(
            "SELECT count(*) FROM api_requests WHERE method = '{method}' AND status = {status} \
             AND route = '/v1/accounts/{{account}}{route}'"
        );
        eventually(&query, async || (count(&app, &query).await > 0).then_some(())).await;
    }
    app.mailbox().await;
}

/// What the tester must have done to records that are there, and not only to SIDs that it made up.
const WORKED: [(&str, &str, i32); 9] = [
    ("GET", "/claims/{claim}", 200),
    ("PATCH", "/claims/{claim}", 200),
    ("DELETE", "/claims/{claim}", 204),
    ("GET", "/communications/{communication}", 200),
    ("PATCH", "/communications/{communication}", 200),
    ("DELETE", "/communications/{communication}", 204),
    ("GET", "/communications/{communication}/statuses", 200),
    ("GET", "/end-users/restrictions/{restriction}", 200),
    ("GET", "/end-users/deletions/{deletion}", 200),
];

/// Records of each kind that the tester is told of: enough that some are left when it has deleted others.
const KNOWN: u32 = 40;

/// Makes records and tells the tester their SIDs, which it mixes with what it makes up.
async fn settings(program: &Program) -> String {
    let mut known: Vec<(&str, Vec<String>)> = vec![("If-Match", vec![r#"\"1\""#.into(), r#"\"2\""#.into()])];
    for (name, path) in [
        ("claim", "/claims"),
        ("communication", "/communications"),
        ("restriction", "/end-users/restrictions"),
        ("deletion", "/end-users/deletions"),
    ] {
        let mut sids = Vec::new();
        for number in 0..if path.starts_with("/end") { 4 } else { KNOWN } {
            let person = format!("{name}-{number}@example.com");
            let body = match name {
                "claim" => a_claim(number),
                "communication" => {
                    json!({"channel": "email", "direction": "outbound", "from": "a@example.com", "to": person})
                }
                "restriction" => json!({"kind": "email", "value": person, "reason": "They asked for it"}),
                _ => json!({"kind": "email", "value": person}),
            };
            let path = if name == "deletion" { "/end-users/deletion" } else { path };
            let made = program.post(path, &body).await;
            assert_eq!(made.status, 201, "{}", made.text());
            sids.push(made.json()["sid"].as_str().expect("a SID").to_owned());
        }
        known.push((name, sids));
    }
    let mut text = String::new();
    for (name, values) in &known {
        let values: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
        text += &format!("[dictionaries.{name}]\nvalues = [{}]\n", values.join(", "));
    }
    text += &format!("[parameters]\n\"path.account\" = \"{}\"\n", program.account);
    for (name, _) in &known {
        let place = if *name == "If-Match" { "header" } else { "path" };
        text += &format!("\"{place}.{name}\" = {{ dictionary = \"{name}\", probability = 0.8 }}\n");
    }
    text + include_str!("../../python/schemathesis.toml")
}

async fn count(app: &TestApp, query: &str) -> i64 {
    crate::content::claims::count(app, query).await
}
