//! Handing a mail to an SMTP server, or to nobody but the development mailbox.

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use secrecy::ExposeSecret as _;

use crate::platform::config::{Config, MailTransport, Smtp, SmtpTls};
use crate::platform::messages::{Body, StoredMessage};

use crate::platform::messages::Refusal;

/// The mail transport of this process.
pub struct Mailer {
    from: Mailbox,
    transport: Option<AsyncSmtpTransport<Tokio1Executor>>,
}

impl Mailer {
    /// Prepares the transport; connections are made when they are needed and then kept.
    ///
    /// # Errors
    /// A host name that TLS cannot check.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let transport = match &config.mail {
            MailTransport::Mailbox => None,
            MailTransport::Smtp(smtp) => Some(pooled(smtp)?),
        };
        Ok(Self { from: config.mail_from.clone(), transport })
    }

    /// Sends one mail. Answers what the server said.
    pub(in crate::platform) async fn send(
        &self,
        message: &StoredMessage,
        body: &Body,
    ) -> Result<String, Refusal> {
        let mail = self.compose(message, body)?;
        let Some(transport) = &self.transport else {
            return Ok("kept in the development mailbox".into());
        };
        match transport.send(mail).await {
            Ok(response) => Ok(format!("{} {}", response.code(), response.first_line().unwrap_or(""))),
            Err(error) if error.is_permanent() => Err(Refusal::Permanent(error.to_string())),
            Err(error) => Err(Refusal::Temporary(error.to_string())),
        }
    }

    fn compose(&self, message: &StoredMessage, body: &Body) -> Result<Message, Refusal> {
        let permanent = |error: String| Refusal::Permanent(error);
        let to: Address = message.recipient.parse().map_err(|_| permanent("not a mail address".into()))?;
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&message.subject)
            .date(message.created_at.into())
            .message_id(Some(format!("<{}>", message.message_id)));
        for (name, value) in &body.headers {
            let name =
                HeaderName::new_from_ascii(name.clone()).map_err(|error| permanent(error.to_string()))?;
            builder = builder.raw_header(HeaderValue::new(name, value.clone()));
        }
        builder
            .multipart(MultiPart::alternative_plain_html(body.text.clone(), body.html.clone()))
            .map_err(|error| permanent(error.to_string()))
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
    let pool = PoolConfig::new().max_size(10).idle_timeout(std::time::Duration::from_secs(60));
    Ok(builder.port(smtp.port).timeout(Some(std::time::Duration::from_secs(30))).pool_config(pool).build())
}
