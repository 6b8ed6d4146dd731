//! The mail that confirms a wish from the mailbox, and the one after a deletion.

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

crate::mail! {
    /// What went with a contact and what stays.
    pub struct ContactDeleted {
        /// Greeting.
        pub recipient_name: String,
        /// How long the record of messages is kept, in words.
        pub kept: String,
        /// What is no part of it and stays, form by form.
        pub forms: Vec<String>,
        /// The public schedule.
        pub schedule_url: String,
        /// Where to ask for all of it.
        pub request_url: String,
    }
    name: "contact_deleted", text: "mail/contact_deleted.txt", html: "mail/contact_deleted.html", class: Transactional,
    subject: |_mail| "What we held about your address is deleted".into()
}
