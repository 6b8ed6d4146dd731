//! The mail that confirms a wish from the mailbox.

crate::mail! {
    /// A link to see or to delete what we hold about a contact.
    pub struct ContactConfirmation {
        /// Greeting.
        pub recipient_name: String,
        /// To delete it; else to see it.
        pub delete: bool,
        /// The link.
        pub url: String,
        /// Until when it works.
        pub until: String,
    }
    name: "contact_confirmation", text: "mail/contact_confirmation.txt", html: "mail/contact_confirmation.html", class: Transactional,
    subject: |mail| if mail.delete { "Delete what we hold about your address".into() } else { "See what we hold about your address".into() }
}
