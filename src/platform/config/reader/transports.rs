//! Where mail and text messages go.

use secrecy::SecretString;

use super::Reader;
use crate::platform::config::{MailTransport, SmsTransport, Smtp, SmtpTls};

impl Reader<'_> {
    pub(in crate::platform::config) fn mail(&mut self, development: bool) -> MailTransport {
        let transport = self
            .optional("PORTAL_MAIL_TRANSPORT")
            .unwrap_or_else(|| if development { "mailbox" } else { "smtp" }.into());
        match transport.as_str() {
            "mailbox" if development => MailTransport::Mailbox,
            "mailbox" => {
                self.wrong(
                    "PORTAL_MAIL_TRANSPORT is mailbox: the development mailbox does not exist in production"
                        .into(),
                );
                MailTransport::Mailbox
            }
            "smtp" => MailTransport::Smtp(self.smtp(development)),
            _ => {
                self.wrong("PORTAL_MAIL_TRANSPORT is neither smtp nor mailbox".into());
                MailTransport::Mailbox
            }
        }
    }

    fn smtp(&mut self, development: bool) -> Smtp {
        let host = self.required("PORTAL_SMTP_HOST", "with the smtp transport");
        let tls = match self.text("PORTAL_SMTP_TLS").as_str() {
            "implicit" => SmtpTls::Implicit,
            "starttls" => SmtpTls::StartTls,
            "none" => SmtpTls::None,
            _ => {
                self.wrong("PORTAL_SMTP_TLS is none of implicit, starttls, none".into());
                SmtpTls::StartTls
            }
        };
        let loopback =
            host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if tls == SmtpTls::None && !development && !loopback {
            self.wrong("PORTAL_SMTP_TLS is none: in production mail leaves the machine encrypted".into());
        }
        let port = match self.optional("PORTAL_SMTP_PORT") {
            Some(_) => self.parsed("PORTAL_SMTP_PORT", 25, "a port"),
            None => match tls {
                SmtpTls::Implicit => 465,
                SmtpTls::StartTls => 587,
                SmtpTls::None => 25,
            },
        };
        let username = self.optional("PORTAL_SMTP_USERNAME");
        let password = self.optional("PORTAL_SMTP_PASSWORD");
        if username.is_some() != password.is_some() {
            self.wrong(
                "PORTAL_SMTP_USERNAME and PORTAL_SMTP_PASSWORD go together: one of them is missing".into(),
            );
        }
        Smtp { host, port, tls, credentials: username.zip(password.map(SecretString::from)) }
    }

    pub(in crate::platform::config) fn sms(&mut self, development: bool) -> SmsTransport {
        let transport = self
            .optional("PORTAL_SMS_TRANSPORT")
            .unwrap_or_else(|| if development { "mailbox" } else { "twilio" }.into());
        match transport.as_str() {
            "mailbox" if development => SmsTransport::Mailbox,
            "mailbox" => {
                self.wrong(
                    "PORTAL_SMS_TRANSPORT is mailbox: the development mailbox does not exist in production"
                        .into(),
                );
                SmsTransport::Mailbox
            }
            "twilio" => self.twilio(development),
            _ => {
                self.wrong("PORTAL_SMS_TRANSPORT is neither twilio nor mailbox".into());
                SmsTransport::Mailbox
            }
        }
    }

    fn twilio(&mut self, development: bool) -> SmsTransport {
        let url = self.text("PORTAL_SMS_URL").trim_end_matches('/').to_owned();
        if !(url.starts_with("https://") || development && url.starts_with("http://")) {
            self.wrong("PORTAL_SMS_URL is not an https address".into());
        }
        SmsTransport::Twilio {
            url,
            account_sid: self.required("PORTAL_SMS_ACCOUNT_SID", "with the twilio transport"),
            auth_token: SecretString::from(
                self.required("PORTAL_SMS_AUTH_TOKEN", "with the twilio transport"),
            ),
            from: self.required("PORTAL_SMS_FROM", "with the twilio transport"),
        }
    }
}
