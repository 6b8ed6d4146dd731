//! A connection to the mail server of one's own, for many mails in a row.
//!
//! A server that takes commands in groups (RFC 2920) gets sender, recipient and the wish to send in one packet, and the mail
//! in another: two waits for an answer instead of four. Every answer is read and counts for itself.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret as _;

use super::smtp::{PATIENCE, Parcel, refusal, words};
use crate::platform::config::{Smtp, SmtpTls};
use crate::platform::messages::Refusal;

/// One connection to the SMTP server.
pub struct Line {
    connection: AsyncSmtpConnection,
    /// Whether the server takes commands in groups.
    pipelines: bool,
    broken: bool,
}

impl Line {
    /// Connects, as the settings say.
    ///
    /// # Errors
    /// The server cannot be reached or refuses to talk.
    pub(super) async fn open(smtp: &Smtp) -> Result<Self, Refusal> {
        let mut connection = connect(smtp).await.map_err(|error| refusal(&error))?;
        // The library does not keep what it was told of groups.
        let told =
            connection.command(Ehlo::new(ClientId::default())).await.map_err(|error| refusal(&error))?;
        let pipelines = told.message().any(|line| line.trim().eq_ignore_ascii_case("PIPELINING"));
        Ok(Self { connection, pipelines, broken: false })
    }

    /// Sends one mail. Answers what the server said.
    ///
    /// # Errors
    /// What the server refused, or that the connection broke; after that [`Line::is_broken`] tells.
    pub async fn send(&mut self, parcel: &Parcel) -> Result<String, Refusal> {
        match tokio::time::timeout(PATIENCE, self.hand_over(parcel)).await {
            Ok(Ok(response)) => Ok(words(&response)),
            Ok(Err(error)) => {
                // Without an answer nobody knows in which state it is.
                self.broken |= error.status().is_none();
                Err(refusal(&error))
            }
            Err(_) => {
                self.broken = true;
                Err(Refusal::Temporary("the server did not answer in time".into()))
            }
        }
    }

    async fn hand_over(&mut self, parcel: &Parcel) -> Result<Response, Error> {
        match std::str::from_utf8(&parcel.bytes) {
            // To one recipient: of several some may be refused, and then nobody may get an empty mail.
            Ok(mail) if self.pipelines && mail.is_ascii() && parcel.envelope.to().len() == 1 => {
                self.group(parcel).await?;
                self.connection.command(Content(mail)).await
            }
            _ => self.connection.send(&parcel.envelope, &parcel.bytes).await,
        }
    }

    /// Announces a mail. If any part of that is refused, the connection is as before and takes the next one.
    async fn group(&mut self, parcel: &Parcel) -> Result<(), Error> {
        let refused = answered(self.connection.command(Group(parcel)).await)?;
        let refused = refused.or(answered(self.connection.read_response().await)?);
        let go = answered(self.connection.read_response().await)?;
        let goes = go.is_none();
        let Some(refused) = refused.or(go) else { return Ok(()) };
        if goes {
            // It waits for a mail all the same: an empty one, for nobody.
            answered(self.connection.command(Content("")).await)?;
        }
        self.connection.command(Rset).await?;
        Err(refused)
    }

    /// Whether a new one is needed.
    pub fn is_broken(&self) -> bool {
        self.broken || self.connection.has_broken()
    }

    /// Says good-bye.
    pub async fn close(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(2), self.connection.quit()).await;
    }
}

/// What the server refused, if it did.
///
/// # Errors
/// There was no answer, so there will be no other either.
fn answered(answer: Result<Response, Error>) -> Result<Option<Error>, Error> {
    match answer {
        Ok(_) => Ok(None),
        Err(error) if error.status().is_some() => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

/// Sender, recipient and the wish to send, as one packet.
struct Group<'a>(&'a Parcel);

impl Display for Group<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Mail::new(self.0.envelope.from().cloned(), Vec::new()))?;
        for to in self.0.envelope.to() {
            write!(f, "{}", Rcpt::new(to.clone(), Vec::new()))?;
        }
        write!(f, "{Data}")
    }
}

/// A mail with its end, a dot before each line that begins with one.
struct Content<'a>(&'a str);

impl Display for Content<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mail = self.0.strip_suffix("\r\n").unwrap_or(self.0);
        if mail.starts_with('.') {
            f.write_str(".")?;
        }
        for (index, piece) in mail.split("\r\n.").enumerate() {
            if index > 0 {
                f.write_str("\r\n..")?;
            }
            f.write_str(piece)?;
        }
        f.write_str(if mail.is_empty() { ".\r\n" } else { "\r\n.\r\n" })
    }
}

async fn connect(smtp: &Smtp) -> Result<AsyncSmtpConnection, lettre::transport::smtp::Error> {
    let name = ClientId::default();
    let tls = match smtp.tls {
        SmtpTls::None => None,
        SmtpTls::Implicit | SmtpTls::StartTls => Some(TlsParameters::new(smtp.host.clone())?),
    };
    let at_once = tls.clone().filter(|_| smtp.tls == SmtpTls::Implicit);
    let address = (smtp.host.as_str(), smtp.port);
    let mut connection =
        AsyncSmtpConnection::connect_tokio1(address, Some(PATIENCE), &name, at_once, None).await?;
    if let (SmtpTls::StartTls, Some(tls)) = (smtp.tls, tls) {
        connection.starttls(tls, &name).await?;
    }
    if let Some((user, password)) = &smtp.credentials {
        let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
        connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
    }
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_ends_once_and_no_line_of_it_ends_it_before() {
        for (mail, sent) in [
            ("a\r\nb\r\n", "a\r\nb\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            ("", ".\r\n"),
            (".\r\n..a\r\n.\r\n", "..\r\n...a\r\n..\r\n.\r\n"),
        ] {
            assert_eq!(Content(mail).to_string(), sent, "{mail:?}");
        }
    }
}
