//! Handing a mail to an SMTP server, or to nobody but the development mailbox.

use std::time::Duration;

use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use secrecy::ExposeSecret as _;

use super::compose::{self, Letter};
use super::dkim::Signer;
use crate::platform::config::{Config, MailTransport, Smtp, SmtpTls};
use crate::platform::messages::{Body, Class, Refusal, StoredMessage};

/// A header that Postmark keeps for itself and tells with its reports, as `message-id`.
const POSTMARK: &str = "X-PM-Metadata-message-id";
/// Longest wait for the server.
const PATIENCE: Duration = Duration::from_secs(30);

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
        let signer = config.dkim.as_ref().map(Signer::new).transpose()?;
        let tells_postmark = config.mail_hooks.postmark.is_some();
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
            text: &body.text,
            html: &body.html,
            headers: &body.headers,
            message_id: &message.message_id,
            date: message.created_at,
            marketing: message.class == Class::Marketing.as_str(),
        };
        let parcel = self.pack(&letter)?;
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
    pub fn pack(&self, letter: &Letter<'_>) -> Result<Parcel, Refusal> {
        let message: Message = compose::message(&self.from, letter)?;
        let to = message.envelope().to().to_vec();
        let envelope = Envelope::new(Some(self.returns_to.clone()), to)
            .map_err(|error| Refusal::Permanent(error.to_string()))?;
        let mail = message.formatted();
        let mut bytes = Vec::with_capacity(mail.len() + 1024);
        if self.tells_postmark {
            // Not signed, because Postmark takes it out.
            bytes.extend_from_slice(format!("{POSTMARK}: {}\r\n", letter.message_id).as_bytes());
        }
        if let Some(signer) = &self.signer {
            bytes.extend_from_slice(signer.header(&mail, letter.date).as_bytes());
        }
        bytes.extend_from_slice(&mail);
        Ok(Parcel { envelope, bytes })
    }

    /// A connection of one's own, for many mails in a row. Nothing where mail does not leave the machine.
    ///
    /// # Errors
    /// The server cannot be reached or refuses to talk.
    pub async fn connect(&self) -> Result<Option<Line>, Refusal> {
        let Some(smtp) = &self.smtp else { return Ok(None) };
        let connection = connect(smtp).await.map_err(|error| refusal(&error))?;
        Ok(Some(Line { connection }))
    }
}

/// A mail in its travelling form.
#[derive(Clone, Debug)]
pub struct Parcel {
    envelope: Envelope,
    bytes: Vec<u8>,
}

impl Parcel {
    /// As it travels.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// One connection to the SMTP server.
pub struct Line {
    connection: AsyncSmtpConnection,
}

impl Line {
    /// Sends one mail. Answers what the server said.
    ///
    /// # Errors
    /// What the server refused, or that the connection broke; after that [`Line::is_broken`] tells.
    pub async fn send(&mut self, parcel: &Parcel) -> Result<String, Refusal> {
        let sending = self.connection.send(&parcel.envelope, &parcel.bytes);
        match tokio::time::timeout(PATIENCE, sending).await {
            Ok(Ok(response)) => Ok(words(&response)),
            Ok(Err(error)) => Err(refusal(&error)),
            Err(_) => {
                // Nobody knows in which state it is.
                self.connection.abort().await;
                Err(Refusal::Temporary("the server did not answer in time".into()))
            }
        }
    }

    /// Whether a new one is needed.
    pub fn is_broken(&self) -> bool {
        self.connection.has_broken()
    }

    /// Says good-bye.
    pub async fn close(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(2), self.connection.quit()).await;
    }
}

fn words(response: &Response) -> String {
    format!("{} {}", response.code(), response.first_line().unwrap_or(""))
}

fn refusal(error: &lettre::transport::smtp::Error) -> Refusal {
    if error.is_permanent() {
        Refusal::Permanent(error.to_string())
    } else {
        Refusal::Temporary(error.to_string())
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
