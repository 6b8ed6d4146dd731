//! What the portal wrote to people: mail, texts and calls of the outbox, opened with the test's key.

use portal::platform::messages;
use uuid::Uuid;

use super::TestApp;

/// One message.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Its row in the outbox.
    pub id: Uuid,
    /// `mail`, `sms` or `voice`.
    pub kind: String,
    /// Name of its template.
    pub name: String,
    /// Address or number.
    pub to: String,
    /// Subject of a mail.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML part of a mail.
    pub html: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    base_url: String,
}

impl Letter {
    /// The first link of the text whose path begins like this, as a path of the portal.
    pub fn link(&self, beginning: &str) -> String {
        let whole = format!("{}{beginning}", self.base_url);
        let start =
            self.text.find(&whole).unwrap_or_else(|| panic!("no link to {beginning}… in:\n{}", self.text));
        let path = &self.text[start + self.base_url.len()..];
        path.split(|c: char| c.is_whitespace() || matches!(c, '>' | ')' | '"'))
            .next()
            .expect("a path")
            .to_owned()
    }

    /// The code of six digits in the text.
    pub fn code(&self) -> String {
        let runs = self.text.split(|c: char| !c.is_ascii_digit());
        runs.into_iter()
            .find(|run| run.len() == 6)
            .unwrap_or_else(|| panic!("no code in:\n{}", self.text))
            .to_owned()
    }
}

impl TestApp {
    /// Every message that was not taken before, oldest first. They count as looked at.
    pub async fn mailbox(&self) -> Vec<Letter> {
        let letters = self.unread().await;
        self.looked_at.lock().unwrap().extend(letters.iter().map(|letter| letter.id));
        letters
    }

    /// The oldest message to this address or number that was not taken before.
    pub async fn mail_to(&self, to: &str) -> Letter {
        let unread = self.unread().await;
        let found = unread.iter().find(|letter| letter.to == to);
        let letter =
            found.unwrap_or_else(|| panic!("nothing for {to}, only {:?}", overview(&unread))).clone();
        self.looked_at.lock().unwrap().insert(letter.id);
        letter
    }

    /// What was written and never taken.
    pub(super) async fn unread(&self) -> Vec<Letter> {
        let mut conn = self.conn().await;
        let mut rows = messages::recent(&mut conn, None, 1000).await.expect("the outbox");
        rows.reverse();
        let looked_at = self.looked_at.lock().unwrap().clone();
        let unread = rows.into_iter().filter(|row| !looked_at.contains(&row.id));
        unread
            .map(|row| {
                let body = messages::open(&self.keys, &row).unwrap_or_default();
                Letter {
                    id: row.id,
                    kind: row.kind,
                    name: row.name,
                    to: row.recipient,
                    subject: row.subject,
                    text: body.text,
                    html: body.html,
                    headers: body.headers,
                    base_url: self.config.base_url.clone(),
                }
            })
            .collect()
    }
}

/// Kind, recipient and name, for the message of a failed test.
pub fn overview(letters: &[Letter]) -> Vec<String> {
    letters
        .iter()
        .map(|letter| format!("{} to {}: {} {:?}", letter.kind, letter.to, letter.name, letter.subject))
        .collect()
}
