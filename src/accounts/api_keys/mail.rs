//! Mail about API keys.

crate::mail! {
    /// Tells three days ahead that a key will no longer work.
    pub struct KeyExpiring {
        /// Who reads it.
        pub recipient_name: String,
        /// What the account is called.
        pub account: String,
        /// What the key is called.
        pub key: String,
        /// Its SID.
        pub sid: String,
        /// From when on it does not work.
        pub expires_at: String,
        /// When it was last used, or that it never was.
        pub last_used: String,
        /// The page with all credentials of the account.
        pub credentials_url: String,
    }
    name: "key_expiring", text: "mail/key_expiring.txt", html: "mail/key_expiring.html", class: Transactional,
    subject: |mail| format!("The API key “{}” expires soon", mail.key)
}
