//! Mail about credentials.

crate::mail! {
    /// Tells the owner of an account, and whoever made the credential, of a change to it.
    pub struct CredentialChanged {
        /// Who reads it.
        pub recipient_name: String,
        /// What the account is called.
        pub account: String,
        /// What happened, in a line.
        pub headline: String,
        /// What that means, in a sentence.
        pub sentence: String,
        /// Name of whoever did it.
        pub by: String,
        /// When, with its zone.
        pub at: String,
        /// Browser and system.
        pub browser: String,
        /// Country and address.
        pub place: String,
        /// The page with all credentials of the account.
        pub credentials_url: String,
    }
    name: "credential_changed", text: "mail/credential_changed.txt", html: "mail/credential_changed.html", class: Transactional,
    subject: |mail| format!("{} in {}", mail.headline, mail.account)
}
