//! Clients that are not ours: curl, a client that a generator makes from the OpenAPI document, and a tester that
//! looks for requests which the program answers otherwise than the document says.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::process::Folder;
use crate::support::{Program, TestApp};

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
    // It leaves out operations whose bodies are no JSON, with a warning: files are read and written without it.
    run(generator.args(["--meta", "none"]).current_dir(&folder.0));
    // The generator names the folder as it is told and the package after the title of the document.
    std::fs::rename(&client, folder.0.join("loss_express_api_client")).expect("a package");
    let mut script = Command::new(tool("python"));
    script.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/client.py")).arg(&folder.0);
    script.args([&address(&app), &program.account.to_string(), &program.user, &program.secret]);
    let said = run(&mut script);
    assert!(said.ends_with("done\n"), "{said}");
}

/// What the tester cannot judge: there is one account, whose SID its guesses share; and a schema cannot say all that
/// makes a request valid (check digits, which address a channel takes, that a price is accepted).
const EXCLUDED: &str = "object_level_authorization,ignored_auth,positive_data_acceptance";

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_tester_finds_no_request_that_is_answered_otherwise_than_the_document_says() {
    let app = app().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    let folder = Folder::new("schemathesis");
    let settings = format!("[parameters]\n\"path.account\" = \"{}\"\n", program.account);
    std::fs::write(folder.0.join("schemathesis.toml"), settings).expect("settings");
    let mut tester = Command::new(tool("schemathesis"));
    tester.arg("run").arg(format!("{}/v1/openapi.json", address(&app)));
    tester.args(["--url", &address(&app), "--auth", &credential(&program)]);
    tester.args(["--checks", "all", "--exclude-checks", EXCLUDED]);
    tester.args([
        "--phases",
        "examples,coverage,fuzzing",
        "--max-examples",
        "25",
        "--seed",
        "7",
        "--workers",
        "2",
        "--no-color",
    ]);
    run(tester.current_dir(&folder.0));
    app.mailbox().await;
}
