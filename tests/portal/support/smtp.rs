//! A mail server that shares nothing with the portal, as a process beside the test.

use std::process::{Command, Stdio};

use serde::Deserialize;

use super::process::Running;

/// The server. Ends with this value.
pub struct SmtpServer {
    process: Running,
    /// Where it listens on 127.0.0.1.
    pub port: String,
}

/// A message as the server took it.
#[derive(Debug, Deserialize)]
pub struct Delivered {
    /// Sender of the envelope.
    pub from: String,
    /// Recipients of the envelope.
    pub to: Vec<String>,
    /// Who had signed in at the server.
    pub login: Option<String>,
    /// The whole message.
    pub data: String,
    /// Whether its commands came in one packet.
    pub grouped: bool,
}

impl SmtpServer {
    /// One that asks nobody who they are. A recipient `unknown…` is refused for good, `busy…` for now,
    /// `full.…`, `policy.…`, `size.…` and `wordless.…` for good without a word of the mailbox being gone, and for `silent…`
    /// the message is taken without an answer.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// One that takes mail only from this user.
    pub fn asking_for(user: &str, password: &str) -> Self {
        Self::with(&[user, password])
    }

    /// One that asks nobody who they are and takes commands in groups.
    pub fn pipelining() -> Self {
        Self::with(&["pipelining"])
    }

    fn with(arguments: &[&str]) -> Self {
        // Debian's own Python, which has Debian's aiosmtpd.
        let mut command = Command::new("/usr/bin/python3");
        command.args(["-c", include_str!("smtp_server.py")]).args(arguments).stdin(Stdio::null());
        let process = Running::start(command);
        let port = process.next_line();
        Self { process, port }
    }

    /// Settings that deliver here.
    pub fn settings(&self) -> Vec<(&str, &str)> {
        vec![("PORTAL_SMTP_HOST", "127.0.0.1"), ("PORTAL_SMTP_PORT", &self.port), ("PORTAL_SMTP_TLS", "none")]
    }

    /// The same, with what campaigns need besides.
    pub fn settings_of_campaigns(&self) -> Vec<(&str, &str)> {
        let mut settings = self.settings();
        settings.push(("PORTAL_MAIL_POSTAL_ADDRESS", "1 Example Street"));
        settings
    }

    /// Every message that came meanwhile.
    pub fn so_far(&self) -> Vec<Delivered> {
        let lines = self.process.lines_so_far();
        lines.iter().map(|line| serde_json::from_str(line).expect("a line per message")).collect()
    }

    /// The next message, in the order of arrival.
    pub fn next(&self) -> Delivered {
        serde_json::from_str(&self.process.next_line()).expect("a line per message")
    }
}
