//! Mail to whoever wrote to the sales team.

crate::mail! {
    /// Says that an enquiry arrived, and asks to confirm the address.
    pub struct SalesEnquiryReceived {
        /// Who reads it.
        pub recipient_name: String,
        /// Whether a call was asked for.
        pub by_phone: bool,
        /// The link that confirms the address.
        pub url: String,
    }
    name: "sales_enquiry_received", text: "mail/sales_enquiry_received.txt", html: "mail/sales_enquiry_received.html", class: Transactional,
    subject: |_mail| "We have your message to our sales team".into()
}
