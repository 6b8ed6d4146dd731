//! Mail of invitations.

crate::mail! {
    /// Invites somebody to a role.
    pub struct StaffInvitation {
        /// Who reads it.
        pub recipient_name: String,
        /// The role, as it is called in the console.
        pub role: String,
        /// The link to accept with.
        pub url: String,
        /// Until when the link works.
        pub until: String,
    }
    name: "staff_invitation", text: "mail/staff_invitation.txt", html: "mail/staff_invitation.html", class: Transactional,
    subject: |_mail| "You are invited to the LossExpress staff console".into()
}

crate::mail! {
    /// Tells somebody that a role is theirs now.
    pub struct StaffRoleGranted {
        /// Who reads it.
        pub recipient_name: String,
        /// The role, as it is called in the console.
        pub role: String,
        /// When, with its zone.
        pub at: String,
        /// Browser and system.
        pub browser: String,
        /// Country and address.
        pub place: String,
    }
    name: "staff_role_granted", text: "mail/staff_role_granted.txt", html: "mail/staff_role_granted.html", class: Transactional,
    subject: |mail| format!("You are now staff: {}", mail.role)
}
