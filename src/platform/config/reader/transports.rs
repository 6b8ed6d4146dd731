//! Where mail, text messages and files go.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::Reader;
use crate::platform::config::{MailTransport, SmsTransport, Smtp, SmtpTls, StoragePlace};

impl Reader<'_> {
    pub(in crate::platform::config) fn storage(&mut self, var_dir: &Path, development: bool) -> StoragePlace {
        let place = self.optional("PORTAL_STORAGE");
        let Some(name) = place.as_deref().and_then(|place| place.strip_prefix("s3://")) else {
            for name in ["PORTAL_STORAGE_ENDPOINT", "PORTAL_STORAGE_KEY_ID", "PORTAL_STORAGE_KEY"] {
                if self.optional(name).is_some() {
                    self.wrong(format!("{name} is for a bucket, and PORTAL_STORAGE names none"));
                }
            }
            return StoragePlace::Folder(place.map_or_else(|| var_dir.join("storage"), PathBuf::from));
        };
        let name = name.trim_end_matches('/').to_owned();
        if name.is_empty() || name.contains('/') {
            self.wrong("PORTAL_STORAGE is not s3:// and the name of a bucket".into());
        }
        let endpoint = self.optional("PORTAL_STORAGE_ENDPOINT");
        if !development && endpoint.as_ref().is_some_and(|endpoint| !endpoint.starts_with("https://")) {
            self.wrong(
                "PORTAL_STORAGE_ENDPOINT is not https: in production files leave the machine encrypted"
                    .into(),
            );
        }
        StoragePlace::Bucket {
            name,
            endpoint,
            region: self.text("PORTAL_STORAGE_REGION"),
            key_id: self.required("PORTAL_STORAGE_KEY_ID", "with a bucket"),
            key: SecretString::from(self.required("PORTAL_STORAGE_KEY", "with a bucket")),
        }
    }

    pub(in crate::platform::config) fn backup_recipients(&mut self) -> Vec<age::x25519::Recipient> {
        let text = self.text("PORTAL_BACKUP_RECIPIENTS");
        let mut keys = Vec::new();
        for key in text.split(',').map(str::trim).filter(|key| !key.is_empty()) {
            match key.parse() {
                Ok(key) => keys.push(key),
                Err(_) => self.wrong(format!(
                    "PORTAL_BACKUP_RECIPIENTS names {key:?}, which is no public key of age (age1…)"
                )),
            }
        }
        keys
    }

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
