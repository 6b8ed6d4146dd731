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
        let ours = development.then(|| "2323 Ross Avenue, Suite 1700, Dallas, TX 75201".to_owned());
        Campaigns {
            connections: self.number("PORTAL_CAMPAIGN_CONNECTIONS", 1..=64),
            per_second,
            domain_per_second,
            postal_address: self.optional("PORTAL_MAIL_POSTAL_ADDRESS").or(ours),
        }
    }

    pub(in crate::platform::config) fn mail_hooks(&mut self, development: bool) -> MailHooks {
        let secrets = self.hook_secrets("PORTAL_HOOK_SECRET");
        let postmark = self.parts("PORTAL_HOOK_POSTMARK");
        let is_pair = |pair: &String| pair.split_once(':').is_some_and(|(_, word)| word.len() >= 16);
        if !postmark.iter().all(is_pair) {
            self.wrong(
                "PORTAL_HOOK_POSTMARK is not user:password with a password of 16 characters or more; a comma parts two of them"
                    .into(),
            );
        }
        let ses = self.ses_hook(development);
        MailHooks { secrets, postmark: postmark.into_iter().map(SecretString::from).collect(), ses }
    }

    /// The keys of a hook that is signed with one of them; without any the hook is closed.
    pub(in crate::platform::config) fn hook_secrets(&mut self, name: &str) -> Vec<SecretString> {
        let secrets = self.parts(name);
        if secrets.iter().any(|secret| secret.chars().count() < SHORTEST_SECRET) {
            self.wrong(format!(
                "{name} is shorter than {SHORTEST_SECRET} characters; a comma parts two keys, and stands in none"
            ));
        }
        secrets.into_iter().map(SecretString::from).collect()
    }

    /// What stands between the commas of a setting. Nothing between two of them is a part, too: it is a mistake.
    fn parts(&self, name: &str) -> Vec<String> {
        let text = self.optional(name).unwrap_or_default();
        let parts = text.split(',').map(|part| part.trim().to_owned());
        if text.is_empty() { Vec::new() } else { parts.collect() }
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
