//! Mail of invitations.

crate::mail! {
    /// Invites somebody to an account. The subject says nothing that the inviter chose: whoever reads it may know
    /// neither of them.
    pub struct AccountInvitation {
        /// Who reads it.
        pub recipient_name: String,
        /// Name of who invites.
        pub invited_by: String,
        /// Their e-mail address.
        pub inviter_email: String,
        /// What the account is called.
        pub account: String,
        /// The role.
        pub role: &'static str,
        /// What it allows.
        pub about_role: &'static str,
        /// The link to answer with.
        pub url: String,
        /// Until when the link works.
        pub until: String,
    }
    name: "account_invitation", text: "mail/account_invitation.txt", html: "mail/account_invitation.html", class: Transactional,
    subject: |_mail| "You are invited to an account at LossExpress".into()
}
