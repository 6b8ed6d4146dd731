//! DKIM, verified by dkimpy.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::{begun, desk, reader};
use crate::support::TestApp;
use crate::support::process::{Folder, openssl};
use crate::support::smtp::SmtpServer;

const DNS: &str = "news._domainkey.lossexpress.com";

/// What dkimpy says of a mail, with this record in the DNS.
fn verify(mail: &str, record: &str) -> Value {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python");
    let mut python = Command::new(tests.join(".venv/bin/python"))
        .arg(tests.join("verify_dkim.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script/install-prerequisites test");
    let asked = json!({ "mail": mail, "dns": { DNS: record } });
    python.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    serde_json::from_slice(&python.wait_with_output().unwrap().stdout).unwrap()
}

/// A campaign and a mail that is needed, as they arrive when mail is signed with this key.
async fn signed(folder: &Folder, key: &[u8], more: &[(&'static str, &str)]) -> [String; 2] {
    let file = folder.0.join("dkim.key");
    std::fs::write(&file, key).unwrap();
    let server = SmtpServer::start();
    let mut settings = server.settings_of_campaigns();
    settings.extend([
        ("PORTAL_MAIL_DKIM_DOMAIN", "lossexpress.com"),
        ("PORTAL_MAIL_DKIM_SELECTOR", "news"),
        ("PORTAL_MAIL_DKIM_KEY_FILE", file.to_str().unwrap()),
    ]);
    settings.extend(more);
    let app = TestApp::with(&settings).await;
    let desk = desk(&app).await;
    reader(&app, "ada@example.com").await;
    begun(&app, &desk).await;
    app.run_jobs().await;
    let campaign = server.next().data;
    let eve = app.customer("eve@example.com").await;
    app.browser().post("/password-reset", &[("email", &eve.email)]).await;
    app.run_jobs().await;
    app.mailbox().await;
    [campaign, server.next().data]
}

fn assert_holds([campaign, needed]: &[String; 2], record: &str) {
    let said = verify(campaign, record);
    assert_eq!(said["holds"], true, "{campaign}");
    for header in ["from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post"]
    {
        assert!(said["covered"].as_array().unwrap().contains(&json!(header)), "{header}: {said}");
    }
    for (part, other) in [
        ("List-Unsubscribe=One-Click", "List-Unsubscribe=Two-Click"),
        ("List-Unsubscribe: <https://portal.test", "List-Unsubscribe: <https://evil.example"),
        ("Subject: What", "Subject: Buy"),
        ("all is", "all was"),
    ] {
        assert!(campaign.contains(part), "{part}");
        assert_eq!(verify(&campaign.replacen(part, other, 1), record)["holds"], false, "{part}");
    }
    assert_eq!(verify(needed, record)["holds"], true, "{needed}");
    // Whoever adds what a reader would see instead breaks it too.
    for added in [
        "Subject: Buy",
        "From: eve@example.com",
        "To: eve@example.com",
        "List-Unsubscribe: <https://evil.example>",
    ] {
        for mail in [campaign, needed] {
            let first = format!("{added}\r\n{mail}");
            let last = mail.replacen("\r\n\r\n", &format!("\r\n{added}\r\n\r\n"), 1);
            assert_eq!(verify(&first, record)["holds"], false, "{added} before {mail}");
            assert_eq!(verify(&last, record)["holds"], false, "{added} after {mail}");
        }
    }
    assert!(needed.contains("Auto-Submitted: auto-generated") && !needed.contains("List-Unsubscribe:"));
}

#[tokio::test]
async fn an_independent_verifier_accepts_what_an_rsa_key_signed_with_both_ways_out() {
    let folder = Folder::new("dkim-rsa");
    let key = openssl(&folder.0, &["genrsa", "-traditional", "2048"]);
    let mails = signed(&folder, &key, &[]).await;
    let public = openssl(&folder.0, &["rsa", "-in", "dkim.key", "-pubout", "-outform", "DER"]);
    assert_holds(&mails, &format!("v=DKIM1; k=rsa; p={}", STANDARD.encode(public)));
}

#[tokio::test]
async fn a_key_as_openssl_makes_it_today_signs_too() {
    let folder = Folder::new("dkim-pkcs8");
    let key = openssl(&folder.0, &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"]);
    let mails = signed(&folder, &key, &[]).await;
    let public = openssl(&folder.0, &["rsa", "-in", "dkim.key", "-pubout", "-outform", "DER"]);
    assert_holds(&mails, &format!("v=DKIM1; k=rsa; p={}", STANDARD.encode(public)));
}

#[tokio::test]
async fn an_independent_verifier_accepts_what_an_ed25519_key_signed() {
    let seed = [7; 32];
    let mails = signed(&Folder::new("dkim-ed25519"), STANDARD.encode(seed).as_bytes(), &[]).await;
    let public = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
    assert_holds(&mails, &format!("v=DKIM1; k=ed25519; p={}", STANDARD.encode(public.public_key())));
}

#[tokio::test]
async fn what_postmark_puts_in_the_place_of_a_message_id_breaks_no_signature() {
    let seed = [7; 32];
    let postmark = [("PORTAL_HOOK_POSTMARK", "postmark:a password that is long")];
    let key = STANDARD.encode(seed);
    let mails = signed(&Folder::new("dkim-postmark"), key.as_bytes(), &postmark).await;
    let public = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
    let record = format!("v=DKIM1; k=ed25519; p={}", STANDARD.encode(public.public_key()));
    for mail in &mails {
        let carried: Vec<&str> = mail
            .split("\r\n")
            .map(|line| if line.starts_with("Message-ID:") { "Message-ID: <1@mtasv.net>" } else { line })
            .collect();
        let carried = carried.join("\r\n");
        assert_ne!(&carried, mail);
        assert_eq!(verify(&carried, &record)["holds"], true, "{carried}");
    }
}
