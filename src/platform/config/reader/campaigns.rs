//! Signing of mail, campaigns, and who may tell by a hook what became of them or of invoices.

use secrecy::SecretString;

use super::Reader;
use crate::platform::config::{Campaigns, Dkim, MailHooks, SesHook};

/// Shortest key of a hook that is signed with it, in characters.
const SHORTEST_SECRET: usize = 32;

impl Reader<'_> {
    pub(in crate::platform::config) fn mail_bounces_to(&mut self) -> Option<lettre::Address> {
        let text = self.optional("PORTAL_MAIL_BOUNCES_TO")?;
        let address = text.parse().ok();
        if address.is_none() {
            self.wrong("PORTAL_MAIL_BOUNCES_TO is not a mail address".into());
        }
        address
    }

    pub(in crate::platform::config) fn dkim(&mut self) -> Option<Dkim> {
        let names = ["PORTAL_MAIL_DKIM_DOMAIN", "PORTAL_MAIL_DKIM_SELECTOR", "PORTAL_MAIL_DKIM_KEY_FILE"];
        let [domain, selector, file] = names.map(|name| self.optional(name));
        let (Some(domain), Some(selector), Some(file)) = (domain.clone(), selector.clone(), file.clone())
        else {
            if domain.is_some() || selector.is_some() || file.is_some() {
                self.wrong(format!("{} go together: one of them is missing", names.join(", ")));
            }
            return None;
        };
        match std::fs::read_to_string(&file) {
            Ok(key) => Some(Dkim { domain, selector, key: SecretString::from(key) }),
            Err(error) => {
                self.wrong(format!("PORTAL_MAIL_DKIM_KEY_FILE cannot be read: {error}"));
                None
            }
        }
    }

    pub(in crate::platform::config) fn campaigns(&mut self, development: bool) -> Campaigns {
        let mut rate =
            |name: &str| u32::try_from(self.number(name, 0..=100_000)).ok().filter(|rate| *rate > 0);
        let (per_second, domain_per_second) =
            (rate("PORTAL_CAMPAIGN_PER_SECOND"), rate("PORTAL_CAMPAIGN_DOMAIN_PER_SECOND"));
        let made_up = development.then(|| "LossExpress, 1 Example Street, Springfield".to_owned());
        Campaigns {
            connections: self.number("PORTAL_CAMPAIGN_CONNECTIONS", 1..=64),
            per_second,
            domain_per_second,
            postal_address: self.optional("PORTAL_MAIL_POSTAL_ADDRESS").or(made_up),
        }
    }

    pub(in crate::platform::config) fn mail_hooks(&mut self, development: bool) -> MailHooks {
        let secret = self.hook_secret("PORTAL_HOOK_SECRET");
        let postmark = self.optional("PORTAL_HOOK_POSTMARK");
        if postmark.as_ref().is_some_and(|pair| pair.split_once(':').is_none_or(|(_, word)| word.len() < 16))
        {
            self.wrong(
                "PORTAL_HOOK_POSTMARK is not user:password with a password of 16 characters or more".into(),
            );
        }
        let ses = self.ses_hook(development);
        MailHooks { secret, postmark: postmark.map(SecretString::from), ses }
    }

    /// The key of a hook that is signed with one; without it the hook is closed.
    pub(in crate::platform::config) fn hook_secret(&mut self, name: &str) -> Option<SecretString> {
        let secret = self.optional(name)?;
        if secret.chars().count() < SHORTEST_SECRET {
            self.wrong(format!("{name} is shorter than {SHORTEST_SECRET} characters"));
        }
        Some(SecretString::from(secret))
    }

    fn ses_hook(&mut self, development: bool) -> Option<SesHook> {
        let stand_in = self.optional("PORTAL_HOOK_SES_STAND_IN");
        let stand_in = stand_in.map(|url| url.trim_end_matches('/').to_owned());
        // Whoever answers there vouches for the certificates, and so for every report.
        if stand_in.is_some() && !development {
            self.wrong(
                "PORTAL_HOOK_SES_STAND_IN is for development: in production certificates come over https from Amazon"
                    .into(),
            );
        }
        let topic = self.optional("PORTAL_HOOK_SES_TOPIC")?;
        if !topic.starts_with("arn:aws") || topic.split(':').count() != 6 {
            self.wrong("PORTAL_HOOK_SES_TOPIC is not the ARN of a topic of SNS".into());
        }
        Some(SesHook { topic, stand_in })
    }
}
