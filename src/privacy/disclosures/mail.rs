//! Mail about disclosures.

use chrono::NaiveDate;

use super::kinds::RecipientKind;
use crate::platform::mail::wrapped;
use crate::platform::web::pages::date;

crate::mail! {
    /// Tells somebody that data of theirs, or of an account that they own, is handed over.
    pub struct DisclosureTold {
        /// Who reads it.
        pub recipient_name: String,
        /// What it is about, in a line.
        pub headline: String,
        /// What that means.
        pub sentence: String,
        /// Who gets it.
        pub recipient: String,
        /// SID of the account; empty where it is about themselves.
        pub account: String,
        /// On which ground; empty where it takes none.
        pub ground: String,
        /// Which categories of data.
        pub categories: String,
        /// When it came.
        pub received: String,
        /// SID.
        pub number: String,
        /// The page with everything about it.
        pub url: String,
    }
    name: "disclosure_told", text: "mail/disclosure_told.txt", html: "mail/disclosure_told.html", class: Transactional,
    subject: |mail| mail.headline.clone()
}

crate::mail! {
    /// Tells whoever owns an account of a business transfer ahead of its day.
    pub struct TransferAhead {
        /// Who reads it.
        pub recipient_name: String,
        /// Who takes over.
        pub acquirer: String,
        /// On which day.
        pub on: String,
        /// What goes over.
        pub words: String,
        /// Which categories of data.
        pub categories: String,
        /// It may be a sale in the meaning of the law.
        pub sale: bool,
        /// SID.
        pub number: String,
        /// The page with everything about it.
        pub url: String,
    }
    name: "transfer_ahead", text: "mail/transfer_ahead.txt", html: "mail/transfer_ahead.html", class: Transactional,
    subject: |mail| format!("Your data goes over to another company on {}", mail.on)
}

crate::mail! {
    /// Tells whoever was told of a business transfer that it does not come about.
    pub struct TransferCalledOff {
        /// Who reads it.
        pub recipient_name: String,
        /// Who would have taken over.
        pub acquirer: String,
        /// On which day.
        pub on: String,
        /// SID.
        pub number: String,
        /// The page with everything about it.
        pub url: String,
    }
    name: "transfer_called_off", text: "mail/transfer_called_off.txt", html: "mail/transfer_called_off.html", class: Transactional,
    subject: |mail| format!("Your data does not go over to another company on {}", mail.on)
}

impl TransferCalledOff {
    /// What happens, as a sentence or two.
    fn sentence(&self) -> String {
        let Self { acquirer, on, .. } = self;
        format!(
            "We told you that {acquirer} takes over our business or a part of it on {on}. That does not come about."
        )
    }

    /// The same in lines of a text.
    fn sentence_text(&self) -> String {
        wrapped(&self.sentence())
    }
}

impl TransferAhead {
    /// What happens, as a sentence.
    fn sentence(&self) -> String {
        let Self { acquirer, on, .. } = self;
        format!(
            "{acquirer} takes over our business or a part of it on {on}. Data that you gave us goes with it, and is used as our privacy notice says."
        )
    }

    /// The same in lines of a text.
    fn sentence_text(&self) -> String {
        wrapped(&self.sentence())
    }

    /// Words in lines of a text.
    fn lines(&self, text: &str) -> String {
        wrapped(text)
    }
}

impl DisclosureTold {
    /// What it is about, in a headline and a sentence. `silent_until` is the day until which we were not allowed to tell.
    pub fn say(kind: RecipientKind, silent_until: Option<NaiveDate>) -> (String, String) {
        let (headline, sentence) = match kind {
            RecipientKind::Legal => (
                "Data of yours is asked for on a legal ground",
                "Two of us looked at the demand and found that we have to follow it.",
            ),
            _ => (
                "Data of yours is handed over",
                "It goes to somebody outside of LossExpress, for what our privacy notice says and nothing else.",
            ),
        };
        let kept = silent_until.map(|day| format!(" We were not allowed to tell you before {}.", date(day)));
        (headline.into(), format!("{sentence}{}", kept.unwrap_or_default()))
    }

    /// What there is to know, by names.
    fn facts(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("Who gets it", &self.recipient),
            ("Ground", &self.ground),
            ("What it is about", &self.categories),
            ("Account", &self.account),
            ("It came on", &self.received),
            ("Number", &self.number),
        ];
        all.into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name, value.as_str()))
            .collect()
    }

    /// The same in lines of a text.
    fn facts_text(&self) -> String {
        let line = |(name, value): (&str, &str)| wrapped(&format!("{name}: {value}"));
        self.facts().into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// What it means, in lines of a text.
    fn sentence_text(&self) -> String {
        wrapped(&self.sentence)
    }
}
