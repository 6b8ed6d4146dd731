//! Mail of sign-ups.

crate::mail! {
    /// The link that confirms an address.
    pub struct ConfirmEmail {
        /// Who reads it.
        pub recipient_name: String,
        /// The link.
        pub url: String,
    }
    name: "confirm_email", text: "mail/confirm_email.txt", html: "mail/confirm_email.html", class: Transactional,
    subject: |_mail| "Confirm your e-mail address".into()
}

crate::mail! {
    /// Tells the owner of an account that somebody signed up with their address.
    pub struct AlreadyCustomer {
        /// Who reads it.
        pub recipient_name: String,
        /// Where to sign in.
        pub sign_in_url: String,
        /// Where to choose a new password.
        pub reset_url: String,
    }
    name: "already_customer", text: "mail/already_customer.txt", html: "mail/already_customer.html", class: Transactional,
    subject: |_mail| "You already have an account".into()
}
