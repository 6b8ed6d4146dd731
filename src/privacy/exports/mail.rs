//! Mail about copies.

crate::mail! {
    /// A copy can be fetched.
    pub struct ExportReady {
        /// Who reads it.
        pub recipient_name: String,
        /// What it is a copy of, in words.
        pub of: String,
        /// The moment that it shows.
        pub as_of: String,
        /// Until when.
        pub until: String,
        /// Where.
        pub url: String,
    }
    name: "export_ready", text: "mail/export_ready.txt", html: "mail/export_ready.html", class: Transactional,
    subject: |mail| format!("Your copy of {} is ready", mail.of)
}

crate::mail! {
    /// A copy could not be made.
    pub struct ExportFailed {
        /// Who reads it.
        pub recipient_name: String,
        /// What it would have been a copy of, in words.
        pub of: String,
        /// What the last try failed of, a sentence.
        pub over: String,
        /// Where to order it once more.
        pub url: String,
    }
    name: "export_failed", text: "mail/export_failed.txt", html: "mail/export_failed.html", class: Transactional,
    subject: |mail| format!("Your copy of {} could not be made", mail.of)
}
