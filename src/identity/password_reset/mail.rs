//! Mail of password resets.

crate::mail! {
    /// The link that leads to a new password.
    pub struct ResetPassword {
        /// Who reads it.
        pub recipient_name: String,
        /// The link.
        pub url: String,
    }
    name: "reset_password", text: "mail/reset_password.txt", html: "mail/reset_password.html",
    class: Transactional,
    subject: |_mail| "Choose a new password".into()
}

crate::mail! {
    /// Tells whoever asked that the address has no account.
    pub struct NoAccount {
        /// Who reads it.
        pub recipient_name: String,
        /// Where to create an account.
        pub sign_up_url: String,
    }
    name: "no_account", text: "mail/no_account.txt", html: "mail/no_account.html",
    class: Transactional,
    subject: |_mail| "There is no account with this address".into()
}
