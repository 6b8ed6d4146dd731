//! Handing a mail to an SMTP server, or to nobody but the development mailbox.

use std::time::Duration;

use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::response::Response;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use secrecy::ExposeSecret as _;

use super::compose::{self, Letter, Parts};
use super::dkim::Signer;
use super::line::Line;
use crate::platform::config::{Config, MailTransport, Smtp, SmtpTls};
use crate::platform::messages::{Body, Class, Refusal, StoredMessage};

/// A header that Postmark keeps for itself and tells with its reports, as `message-id`.
const POSTMARK: &str = "X-PM-Metadata-message-id";
/// Longest wait for the server.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// The mail transport of this process.
pub struct Mailer {
    from: Mailbox,
    /// Sender of the envelope: where bounces go.
    returns_to: Address,
    signer: Option<Signer>,
    /// Whether Postmark tells what became of mail: it does not keep our Message-ID, but what is marked for it.
    tells_postmark: bool,
    smtp: Option<Smtp>,
    transport: Option<AsyncSmtpTransport<Tokio1Executor>>,
}

/// Whether mail is handed to Postmark itself, also where its hook is closed.
fn is_postmark(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host.strip_suffix("postmarkapp.com").is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

impl Mailer {
    /// Prepares the transport; connections are made when they are needed and then kept.
    ///
    /// # Errors
    /// A host name that TLS cannot check, or a DKIM key that is none.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let smtp = match &config.mail {
            MailTransport::Mailbox => None,
            MailTransport::Smtp(smtp) => Some(smtp.clone()),
        };
        let from = config.mail_from.clone();
        let returns_to = config.mail_bounces_to.clone().unwrap_or_else(|| from.email.clone());
        let tells_postmark = !config.mail_hooks.postmark.is_empty();
        // Postmark puts a Message-ID of its own in the place of ours, which would break a signature over it.
        let replaces_id = tells_postmark || smtp.as_ref().is_some_and(|smtp| is_postmark(&smtp.host));
        let signer = config.dkim.as_ref().map(|dkim| Signer::new(dkim, !replaces_id)).transpose()?;
        let transport = smtp.as_ref().map(pooled).transpose()?;
        Ok(Self { from, returns_to, signer, tells_postmark, smtp, transport })
    }

    /// Whether mail leaves the machine; otherwise there is only the development mailbox.
    pub fn leaves(&self) -> bool {
        self.smtp.is_some()
    }

    /// Sends one mail. Answers what the server said.
    pub(in crate::platform) async fn send(
        &self,
        message: &StoredMessage,
        body: &Body,
    ) -> Result<String, Refusal> {
        let letter = Letter {
            to: &message.recipient,
            subject: &message.subject,
            parts: Parts::Written { text: &body.text, html: &body.html },
            headers: &body.headers,
            message_id: &message.message_id,
            date: message.created_at,
            marketing: message.class == Class::Marketing.as_str(),
        };
        let parcel = self.pack(letter)?;
        let Some(transport) = &self.transport else {
            return Ok("kept in the development mailbox".into());
        };
        match transport.send_raw(&parcel.envelope, &parcel.bytes).await {
            Ok(response) => Ok(words(&response)),
            Err(error) => Err(refusal(&error)),
        }
    }

    /// Puts a mail into its travelling form, signed when there is a key.
    ///
    /// # Errors
    /// `Permanent` for an address that is none, and for advertising without its ways out.
    pub fn pack(&self, letter: Letter<'_>) -> Result<Parcel, Refusal> {
        let (message_id, date) = (letter.message_id, letter.date);
        let message: Message = compose::message(&self.from, letter)?;
        let to = message.envelope().to().to_vec();
        let envelope = Envelope::new(Some(self.returns_to.clone()), to)
            .map_err(|error| Refusal::Permanent(error.to_string()))?;
        let mail = message.formatted();
        let mut bytes = Vec::with_capacity(mail.len() + 1024);
        if self.tells_postmark {
            // Not signed, because Postmark takes it out.
            bytes.extend_from_slice(format!("{POSTMARK}: {message_id}\r\n").as_bytes());
        }
        if let Some(signer) = &self.signer {
            bytes.extend_from_slice(signer.header(&mail, date).as_bytes());
        }
        bytes.extend_from_slice(&mail);
        Ok(Parcel { envelope, bytes })
    }

    /// A connection of one's own, for many mails in a row. Nothing where mail does not leave the machine.
    ///
    /// # Errors
    /// The server cannot be reached or refuses to talk.
    pub async fn connect(&self) -> Result<Option<Line>, Refusal> {
        match &self.smtp {
            Some(smtp) => Line::open(smtp).await.map(Some),
            None => Ok(None),
        }
    }
}

/// A mail in its travelling form.
#[derive(Clone, Debug)]
pub struct Parcel {
    pub(super) envelope: Envelope,
    pub(super) bytes: Vec<u8>,
}

impl Parcel {
    /// As it travels.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

pub(super) fn words(response: &Response) -> String {
    format!("{} {}", response.code(), response.first_line().unwrap_or(""))
}

pub(super) fn refusal(error: &lettre::transport::smtp::Error) -> Refusal {
    if error.is_permanent() {
        Refusal::Permanent(error.to_string())
    } else {
        Refusal::Temporary(error.to_string())
    }
}

fn pooled(smtp: &Smtp) -> anyhow::Result<AsyncSmtpTransport<Tokio1Executor>> {
    type Transport = AsyncSmtpTransport<Tokio1Executor>;
    let mut builder = match smtp.tls {
        SmtpTls::Implicit => Transport::relay(&smtp.host)?,
        SmtpTls::StartTls => Transport::starttls_relay(&smtp.host)?,
        SmtpTls::None => Transport::builder_dangerous(&smtp.host),
    };
    if let Some((user, password)) = &smtp.credentials {
        builder = builder.credentials(Credentials::new(user.clone(), password.expose_secret().to_owned()));
    }
    let pool = PoolConfig::new().max_size(10).idle_timeout(Duration::from_secs(60));
    Ok(builder.port(smtp.port).timeout(Some(PATIENCE)).pool_config(pool).build())
}

#[cfg(test)]
mod tests {
    use super::is_postmark;

    #[test]
    fn postmark_is_known_by_its_name_and_nobody_else_is_taken_for_it() {
        for (host, is) in [
            ("smtp.postmarkapp.com", true),
            ("SMTP-Broadcasts.PostmarkApp.com.", true),
            ("postmarkapp.com", true),
            ("notpostmarkapp.com", false),
            ("smtp.postmarkapp.com.example.org", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(is_postmark(host), is, "{host}");
        }
    }
}
