//! Mail of storage choices.

crate::mail! {
    /// Tells those who answer for an account's data what is stored from now on.
    pub struct StorageDecided {
        /// Who reads it.
        pub recipient_name: String,
        /// What the account is called.
        pub account: String,
        /// What it is about.
        pub product: &'static str,
        /// For how long it was kept.
        pub before: String,
        /// For how long it is kept now.
        pub after: String,
        /// What that costs, where it is not included.
        pub price: Option<String>,
        /// Who decided.
        pub by: String,
        /// When, with its zone.
        pub at: String,
        /// Where the choices are.
        pub url: String,
    }
    name: "storage_decided", text: "mail/storage_decided.txt", html: "mail/storage_decided.html", class: Transactional,
    subject: |mail| format!("{} in {}: {}", mail.product, mail.account, mail.after)
}
