//! The mail to a partner.

crate::mail! {
    /// Tells a partner whose addresses it has to forget: by references, without any address.
    pub struct PartnerToldToStop {
        /// The partner.
        pub recipient_name: String,
        /// As they stood beside the addresses.
        pub references: Vec<String>,
    }
    name: "partner_told_to_stop", text: "mail/partner_told_to_stop.txt", html: "mail/partner_told_to_stop.html", class: Transactional,
    subject: |_mail| "Stop using addresses that you had from us".into()
}
