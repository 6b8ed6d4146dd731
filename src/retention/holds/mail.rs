//! Mail about holds: to staff alone, and without whose data it is.

crate::mail! {
    /// Reminds staff to look whether a hold is still needed.
    pub struct HoldReview {
        /// Who reads it.
        pub recipient_name: String,
        /// SID.
        pub number: String,
        /// The day of the review.
        pub on: String,
        /// Its page.
        pub url: String,
    }
    name: "hold_review", text: "mail/hold_review.txt", html: "mail/hold_review.html", class: Transactional,
    subject: |_mail| "A hold is to be looked at again".into()
}
