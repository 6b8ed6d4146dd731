//! Mail of the leak desk.

crate::mail! {
    /// Tells the owner of an account, and whoever made the credential, that its secret was found in the open.
    pub struct SecretLeaked {
        /// Who reads it.
        pub recipient_name: String,
        /// What the account is called.
        pub account: String,
        /// Which credential: kind, name and SID.
        pub credential: String,
        /// What that means for programs, in a sentence.
        pub consequence: &'static str,
        /// When it was handed in, with its zone.
        pub at: String,
        /// Where to make a new one.
        pub credentials_url: String,
    }
    name: "secret_leaked", text: "mail/secret_leaked.txt", html: "mail/secret_leaked.html", class: Transactional,
    subject: |mail| format!("A leaked secret of {} was revoked", mail.account)
}
