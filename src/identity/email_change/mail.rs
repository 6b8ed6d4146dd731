//! Mail of changes of address. The word to the old address is a security notice.

crate::mail! {
    /// The link that confirms a new address, sent to it.
    pub struct ConfirmNewEmail {
        /// Who reads it.
        pub recipient_name: String,
        /// The link.
        pub url: String,
    }
    name: "confirm_new_email", text: "mail/confirm_new_email.txt", html: "mail/confirm_new_email.html",
    class: Transactional,
    subject: |_mail| "Confirm your new e-mail address".into()
}

crate::mail! {
    /// Tells the owner of an address that somebody wanted it for another account.
    pub struct AddressWanted {
        /// Who reads it.
        pub recipient_name: String,
        /// Where to see what happened lately.
        pub activity_url: String,
    }
    name: "address_wanted", text: "mail/address_wanted.txt", html: "mail/address_wanted.html",
    class: Transactional,
    subject: |_mail| "Somebody tried to use your e-mail address".into()
}
