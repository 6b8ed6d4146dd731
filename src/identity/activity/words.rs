//! What entries of the activity are called. Actions of the audit log are names for programs; a
//! person reads a sentence, also for an action that this table does not know.

use crate::identity::security_events;

/// Audit actions that have an entry of another kind: sign-ins and views are rows of their own.
pub(super) const SHOWN_OTHERWISE: &[&str] =
    &["person.new_sign_in", "person.record.viewed", "person.contact.viewed"];

/// Kind of the timeline entry and its title, by audit action, for what is no security event.
const ACTIONS: &[(&str, &str, &str)] = &[
    ("person.created", "success", "You created your account"),
    ("person.profile.corrected", "info", "Your profile was corrected"),
    ("person.passkey.renamed", "info", "A passkey was given another name"),
    ("person.email.change_requested", "info", "A new e-mail address was entered and waits to be confirmed"),
    ("person.session.ended", "info", "A session was ended"),
    ("person.sessions.others_ended", "info", "All other sessions were ended"),
    ("person.record.sign_ins_viewed", "info", "The list of your sign-ins was viewed"),
    ("person.record.messages_viewed", "info", "The list of what we sent you was viewed"),
    ("person.record.views_viewed", "info", "The list of who viewed your record was viewed"),
    ("data_request.viewed", "info", "Your request about your data was opened by our staff"),
    (
        "data_request.viewed_masked",
        "info",
        "Your request about your data was seen by our staff, without your words",
    ),
    ("dispute.viewed", "info", "Your dispute was opened by our staff"),
    ("dispute.viewed_masked", "info", "Your dispute was seen by our staff, without your words"),
    ("appeal.viewed", "info", "Your appeal was opened by our staff"),
    ("appeal.viewed_masked", "info", "Your appeal was seen by our staff, without your words"),
    ("alert.viewed", "info", "What a rule asked about your account was opened by our staff"),
    (
        "alert.viewed_masked",
        "info",
        "That a rule asked about your account was seen by our staff, without what was measured",
    ),
    ("sales_enquiry.viewed", "info", "Your enquiry to our sales team was opened by our staff"),
    (
        "sales_enquiry.viewed_masked",
        "info",
        "Your enquiry to our sales team was seen by our staff, without your name and your words",
    ),
    ("person.mailings.suppressed", "info", "Mailings to your address were stopped"),
    ("person.mailings.allowed", "info", "Mailings to your address are possible again"),
    ("person.disclosure.told", "warning", "You were told that data of yours is asked for or handed over"),
    ("staff.role.granted", "info", "You were given a role among our staff"),
    ("staff.role.removed", "info", "A role among our staff was taken from you"),
    ("staff.undertaking.agreed", "info", "You agreed to keep confidential what you see as a member of staff"),
];

/// Audit actions whose note is written for whoever the event is about: why staff looked.
pub(super) const WITH_REASON: &[&str] =
    &["data_request.viewed", "dispute.viewed", "appeal.viewed", "alert.viewed", "sales_enquiry.viewed"];

/// Kind and title of an audit event. An action that is not in the table is told without its name.
pub(super) fn of_event(action: &str) -> (&'static str, &'static str) {
    let other =
        || ACTIONS.iter().find(|(known, ..)| *known == action).map(|(_, kind, title)| (*kind, *title));
    security_events::headline(action).or_else(other).unwrap_or(("", "Something was changed in your account"))
}

/// Who caused an event, where it was not the owner with a session.
pub(super) fn of_actor(actor: &str) -> Option<&'static str> {
    match actor {
        "staff" => Some("Done by LossExpress staff"),
        "system" => Some("Done by the portal itself"),
        "visitor" => Some("Done without being signed in"),
        _ => None,
    }
}

/// Kind and title of a try to sign in, by outcome.
pub(super) fn of_sign_in(outcome: &str) -> (&'static str, &'static str) {
    match outcome {
        "signed_in" => ("success", "Signed in"),
        "second_factor_asked" => ("info", "Password was right, second factor was asked for"),
        "refused" => ("danger", "Sign-in was refused"),
        "throttled" => ("warning", "Sign-in was slowed down after too many tries"),
        "blocked_country" => ("warning", "Sign-in from a country that export control law closes"),
        _ => ("", "Try to sign in"),
    }
}

/// How somebody signed in or tried to.
pub(super) fn of_method(method: &str) -> Option<&'static str> {
    Some(match method {
        "password" => "With the password",
        "totp" => "With password and authenticator app",
        "recovery_code" => "With password and a recovery code",
        "passkey" => "With a passkey",
        "account_recovery" => "At the end of an account recovery",
        "sign_up" => "At the end of sign-up",
        _ => return None,
    })
}

/// Which of our teams viewed the record.
pub fn of_role(role: &str) -> &'static str {
    match role {
        "reviewer" => "Reviews",
        "privacy" => "Privacy",
        "support" => "Support",
        "marketing" => "Marketing",
        "admin" => "Administration",
        _ => "our staff",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_action_is_ever_shown_by_its_raw_name() {
        for raw in ["person.never.heard_of", "", "x"] {
            assert_eq!(of_event(raw), ("", "Something was changed in your account"));
        }
        for raw in ["never_heard_of", ""] {
            assert_eq!(of_sign_in(raw).1, "Try to sign in");
            assert_eq!(of_method(raw), None);
            assert_eq!(of_actor(raw), None);
            assert_eq!(of_role(raw), "our staff");
        }
        for (action, _, title) in ACTIONS {
            assert!(!title.contains('_') && !title.contains(action), "{title}");
        }
    }
}
