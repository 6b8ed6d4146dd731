//! Mail of the team.

crate::mail! {
    /// Tells somebody that a role is no longer theirs.
    pub struct StaffRoleRemoved {
        /// Who reads it.
        pub recipient_name: String,
        /// The role, as it is called in the console.
        pub role: String,
        /// When, with its zone.
        pub at: String,
        /// Whether they are still staff, by another role.
        pub still_staff: bool,
    }
    name: "staff_role_removed", text: "mail/staff_role_removed.txt", html: "mail/staff_role_removed.html", class: Transactional,
    subject: |mail| format!("You no longer have the staff role {}", mail.role)
}
