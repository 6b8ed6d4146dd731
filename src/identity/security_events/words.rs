//! What security events are called: in the mail about them, on the page behind its link, and in the activity.

use super::SecurityEvent;

/// Kind of a timeline entry and headline, by action of the audit log.
#[rustfmt::skip]
const HEADLINES: &[(&str, &str, &str)] = &[
    ("person.new_sign_in", "info", "New sign-in to your account"),
    ("person.password.changed", "warning", "Your password was changed"),
    ("person.password.reset", "warning", "Your password was reset"),
    ("person.email.changed", "warning", "Your e-mail address was changed"),
    ("person.email.change_undone", "danger", "The change of your e-mail address was undone"),
    ("person.phone.changed", "warning", "Your telephone number was changed"),
    ("person.totp.added", "success", "Two-factor is on"),
    ("person.totp.removed", "warning", "Your authenticator app was removed"),
    ("person.passkey.added", "success", "A passkey was added"),
    ("person.passkey.removed", "warning", "A passkey was removed"),
    ("person.recovery_codes.replaced", "info", "New recovery codes were made"),
    ("person.recovery_codes.used", "warning", "A recovery code was used"),
    ("person.account_recovery.opted_in", "info", "Account recovery is on"),
    ("person.account_recovery.opted_out", "info", "Account recovery is off"),
    ("person.account_recovery.requested", "danger", "Somebody asked to recover your account"),
    ("person.account_recovery.cancelled", "info", "The account recovery was cancelled"),
    ("person.account_recovery.completed", "danger", "Your account was recovered"),
    ("person.second_factor.guessed", "danger", "Somebody tries to guess your code"),
    ("person.protected", "danger", "Your account was protected"),
];

/// Kind of the timeline entry and headline of a security event, by its action in the audit log; nothing
/// for what is none.
pub fn headline(action: &str) -> Option<(&'static str, &'static str)> {
    let found = HEADLINES.iter().find(|(known, ..)| *known == action);
    found.map(|(_, kind, headline)| (*kind, *headline))
}

impl SecurityEvent {
    /// What happened, in a line.
    pub fn headline(&self) -> &'static str {
        headline(self.action()).map_or("Your account was changed", |(_, headline)| headline)
    }

    /// What that means, in a sentence.
    #[rustfmt::skip]
    pub fn sentence(&self) -> String {
        match self {
            Self::NewSignIn => "Somebody signed in from a browser or country that we had not seen with your account before.".into(),
            Self::PasswordChanged => "All other sessions were ended.".into(),
            Self::PasswordReset => "A new password was set through a link that we mailed to you. All sessions were ended.".into(),
            Self::EmailChanged(old, new) => format!("It was {old} and is now {new}. For seven days, the link in the mail to the old address takes that back."),
            Self::EmailChangeUndone => "Your earlier address is back. All sessions were ended and the password no longer works.".into(),
            Self::PhoneChanged => "Codes and warnings by text now go to the new number.".into(),
            Self::TotpAdded => "From now on a code of your authenticator app is asked for when you sign in. All other sessions were ended.".into(),
            Self::TotpRemoved => "Signing in no longer asks for its code. All other sessions were ended.".into(),
            Self::PasskeyAdded(name) => format!("The passkey “{name}” can now sign in to your account."),
            Self::PasskeyRemoved(name) => format!("The passkey “{name}” no longer signs in to your account."),
            Self::RecoveryCodesReplaced => "The codes you had before no longer work.".into(),
            Self::RecoveryCodeUsed(left) => format!("It will not work again. You have {left} left."),
            Self::RecoveryOptedIn => "Whoever knows your password can now ask to have your second factor removed after 72 hours, in which we warn you everywhere.".into(),
            Self::RecoveryOptedOut => "Without your second factor and your recovery codes nobody can get in.".into(),
            Self::RecoveryRequested => "In 72 hours your second factor can be removed, unless you cancel.".into(),
            Self::RecoveryCancelled => "Your second factor stays as it is.".into(),
            Self::RecoveryCompleted => "Your authenticator app, passkeys and recovery codes were removed and all sessions ended. Set up a new second factor.".into(),
            Self::SecondFactorGuessed => "Five wrong codes in a row were entered after your password. Whoever it is knows the password: if it is not you, choose a new one.".into(),
            Self::Protected => "All sessions were ended and the password no longer works. Use the link we sent to choose a new one.".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_security_event_has_a_headline_of_its_own() {
        use SecurityEvent::*;
        let text = String::new;
        let all = [
            NewSignIn,
            PasswordChanged,
            PasswordReset,
            EmailChanged(text(), text()),
            EmailChangeUndone,
            PhoneChanged,
            TotpAdded,
            TotpRemoved,
            PasskeyAdded(text()),
            PasskeyRemoved(text()),
            RecoveryCodesReplaced,
            RecoveryCodeUsed(1),
            RecoveryOptedIn,
            RecoveryOptedOut,
            RecoveryRequested,
            RecoveryCancelled,
            RecoveryCompleted,
            SecondFactorGuessed,
            Protected,
        ];
        assert_eq!(all.len(), HEADLINES.len());
        for event in all {
            assert!(headline(event.action()).is_some(), "{event:?}");
        }
    }
}
