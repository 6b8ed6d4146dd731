//! Mail of handovers.

use crate::platform::mail::wrapped;

crate::mail! {
    /// Offers ownership or the role of point of contact.
    pub struct HandoverOffered {
        /// Who reads it.
        pub recipient_name: String,
        /// Who offers.
        pub from: String,
        /// What.
        pub noun: &'static str,
        /// What the account is called.
        pub account: String,
        /// Where to answer.
        pub url: String,
        /// Until when.
        pub until: String,
    }
    name: "handover_offered", text: "mail/handover_offered.txt", html: "mail/handover_offered.html", class: Transactional,
    subject: |mail| format!("{} offers you the {} of {}", mail.from, mail.noun, mail.account)
}

impl HandoverOffered {
    /// The first sentence, for the text part.
    fn words(&self) -> String {
        wrapped(&format!("{} offers you the {} of {}.", self.from, self.noun, self.account))
    }
}
