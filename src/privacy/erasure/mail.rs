//! The last mail: to an address that we then forget.

use crate::platform::mail::wrapped;

crate::mail! {
    /// Tells somebody that everything about them was deleted.
    pub struct DataErased {
        /// Who reads it.
        pub recipient_name: String,
        /// When, with its zone.
        pub at: String,
        /// How many rows of what went.
        pub gone: Vec<String>,
        /// What stays, why and until when.
        pub stays: Vec<String>,
        /// The signed receipt, in lines of a mail.
        pub receipt: String,
        /// Where it can be asked about.
        pub url: String,
    }
    name: "data_erased", text: "mail/data_erased.txt", html: "mail/data_erased.html", class: Transactional,
    subject: |_mail| "Your data is deleted".into()
}

impl DataErased {
    /// Lines of a list, for the text part.
    fn list(lines: &[String]) -> String {
        lines.iter().map(|line| wrapped(&format!("- {line}"))).collect::<Vec<_>>().join("\n")
    }

    /// What went, in lines of a mail.
    pub fn gone_lines(&self) -> String {
        Self::list(&self.gone)
    }

    /// What stays, in lines of a mail.
    pub fn stays_lines(&self) -> String {
        Self::list(&self.stays)
    }
}
