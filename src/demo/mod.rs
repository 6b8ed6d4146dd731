//! People to try everything with. In development, with `--demo`, and never elsewhere.
//!
//! Each is made once. What somebody changed about them since (a password, an address, a factor) stays
//! as it is, so that a walk through the portal can go on after a restart.

mod accounts;
mod campaigns;
mod cast;
mod content;
mod credentials;
mod disclosures;
mod disputes;
mod forms;
mod holds;
mod invoices;
mod make;
mod partners;
mod passkey;
mod preferences;
mod requests;
mod rules;
mod sub_processors;
mod subscriber_records;
mod suspensions;
mod wait;

pub use cast::people;

use anyhow::ensure;
use serde::Serialize;

use crate::platform::app::App;

/// One person of the demo, as `/dev/people.json` lists them.
#[derive(Clone, Debug, Serialize)]
pub struct DemoPerson {
    /// Address to sign in with.
    pub email: &'static str,
    /// Password.
    pub password: &'static str,
    /// Secret of the authenticator app in Base32, for those who have one.
    pub totp_secret: Option<&'static str>,
    /// `customer`, or the role of a member of staff.
    pub role: &'static str,
    /// What can be tried with them.
    pub about: &'static str,
}

/// Makes the people who are not there yet, each in a transaction of their own.
///
/// # Errors
/// Outside development; or what the database says.
pub async fn populate(app: &App) -> anyhow::Result<()> {
    ensure!(app.config.development, "demo people are for development only");
    for part in cast::CAST {
        make::ensure_there(app, part).await?;
        preferences::ensure_there(app, part).await?;
        if credentials::OWNERS.contains(&part.number) {
            credentials::ensure_there(app, part.id()).await?;
        }
    }
    campaigns::ensure_there(app).await?;
    partners::ensure_there(app).await?;
    sub_processors::ensure_there(app).await?;
    accounts::ensure_there(app).await?;
    invoices::ensure_there(app).await?;
    subscriber_records::ensure_there(app).await?;
    content::ensure_there(app).await?;
    forms::ensure_there(app).await?;
    holds::ensure_there(app).await?;
    disclosures::ensure_there(app).await?;
    disputes::ensure_there(app).await?;
    requests::ensure_there(app).await?;
    suspensions::ensure_there(app).await?;
    rules::ensure_there(app).await
}

/// Prints how to sign in, as a table.
pub fn print(_app: &App) {
    println!("{}", table(&people()));
}

fn table(people: &[DemoPerson]) -> String {
    let mut rows = vec![["E-mail", "Password", "TOTP secret", "Role", "What to try"]];
    rows.extend(
        people
            .iter()
            .map(|one| [one.email, one.password, one.totp_secret.unwrap_or("–"), one.role, one.about]),
    );
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    let line = |row: &[&str; 5]| {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    let mut lines = vec!["People of the demo, all at /sign-in:".to_owned(), String::new()];
    lines.extend(rows.iter().map(line));
    lines.push(String::new());
    lines.push("A code of the authenticator app: oathtool --totp -b SECRET".to_owned());
    lines.push("Mail and text messages: /dev/mailbox".to_owned());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_demo_password_passes_the_policy_and_every_secret_has_160_bits() {
        for one in people() {
            assert_eq!(
                crate::identity::password_policy::check(one.password, &[one.email]),
                Ok(()),
                "{}",
                one.email
            );
            assert_eq!(one.totp_secret.map_or(32, str::len), 32, "{}", one.email);
        }
    }

    #[test]
    fn the_table_is_aligned() {
        let table = table(&people());
        let start = |line: &str, word: &str| line.find(word).map(|at| line[..at].chars().count());
        let lines: Vec<&str> = table.lines().skip(2).take(people().len() + 1).collect();
        let roles = start(lines[0], "Role");
        assert!(roles.is_some() && lines.len() == people().len() + 1);
        for (line, one) in lines.iter().skip(1).zip(people()) {
            let rest: String = line.chars().skip(roles.unwrap_or(0)).collect();
            assert!(rest.starts_with(one.role), "{line}");
        }
    }
}
