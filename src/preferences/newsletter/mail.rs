//! Mail of newsletter sign-ups.

crate::mail! {
    /// The link that says yes a second time.
    pub struct ConfirmNewsletter {
        /// Who reads it.
        pub recipient_name: String,
        /// The link.
        pub url: String,
    }
    name: "confirm_newsletter", text: "mail/confirm_newsletter.txt", html: "mail/confirm_newsletter.html", class: Transactional,
    subject: |_mail| "Do you want our newsletter?".into()
}
