//! Mails of account recovery.

use crate::platform::web::pages::span;

crate::mail! {
    /// Warns the owner that somebody asked for the slow lane.
    pub struct RecoveryRequested {
        /// Who reads it.
        pub recipient_name: String,
        /// When it was asked for, with its zone.
        pub at: String,
        /// When the wait is over, with its zone.
        pub ready_at: String,
        /// Browser and system it was asked from.
        pub browser: String,
        /// Country and address it was asked from.
        pub place: String,
        /// The link that stops it.
        pub cancel_url: String,
    }
    name: "recovery_requested", text: "mail/recovery_requested.txt", html: "mail/recovery_requested.html", class: Transactional,
    subject: |_mail| format!("Your second factor can be removed in {}, unless you stop it", span(super::WAIT))
}

crate::mail! {
    /// Tells the owner that the wait is over and how to finish.
    pub struct RecoveryReady {
        /// Who reads it.
        pub recipient_name: String,
        /// When the link ends, with its zone.
        pub until: String,
        /// The link that finishes it.
        pub finish_url: String,
        /// The link that stops it.
        pub cancel_url: String,
    }
    name: "recovery_ready", text: "mail/recovery_ready.txt", html: "mail/recovery_ready.html", class: Transactional,
    subject: |_mail| "You can now finish the recovery of your account".to_owned()
}

crate::mail! {
    /// Tells the owner that a recovery ended without being finished.
    pub struct RecoveryClosed {
        /// Who reads it.
        pub recipient_name: String,
        /// Why.
        pub sentence: &'static str,
        /// Where the lane is opened and closed.
        pub settings_url: String,
    }
    name: "recovery_closed", text: "mail/recovery_closed.txt", html: "mail/recovery_closed.html", class: Transactional,
    subject: |_mail| "The recovery of your account was closed".to_owned()
}
