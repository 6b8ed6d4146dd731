//! What the events of an account are called, for every feature that writes some. Actions of the audit log are names
//! for programs; a person reads a sentence, also for an action that this table does not know.

use super::queries::Row;
use crate::platform::ids::{ApiKeyId, AuthTokenId};

/// Audit action, kind of the timeline entry, and its title. A feature that appends events about an account adds its
/// own here.
const ACTIONS: &[(&str, &str, &str)] = &[
    // The account, its members, and what changes hands between them.
    ("account.created", "success", "The account was made"),
    ("account.renamed", "info", "The account got another name"),
    ("account.member.invited", "info", "Somebody was invited"),
    ("account.invitation.withdrawn", "info", "An invitation was withdrawn"),
    ("account.invitation.declined", "info", "An invitation was declined"),
    ("account.member.joined", "success", "A member joined"),
    ("account.member.left", "warning", "A member left"),
    ("account.member.removed", "warning", "A member was removed"),
    ("account.member.role_changed", "info", "A member got another role"),
    ("account.ownership.offered", "warning", "Ownership was offered"),
    ("account.ownership.withdrawn", "info", "The offer of ownership was withdrawn"),
    ("account.ownership.declined", "info", "The offer of ownership was declined"),
    ("account.ownership.changed", "danger", "The account has a new owner"),
    ("account.contact.offered", "info", "The role of point of contact was offered"),
    ("account.contact.withdrawn", "info", "The offer of the role of point of contact was withdrawn"),
    ("account.contact.declined", "info", "The offer of the role of point of contact was declined"),
    ("account.contact.changed", "info", "There is a new point of contact"),
    // When we stop it, and when that ends.
    ("account.suspension.began", "danger", "A suspension began"),
    ("account.suspension.upheld", "warning", "A suspension was upheld"),
    ("account.suspension.shortened", "info", "A suspension was shortened"),
    ("account.suspension.lifted", "success", "A suspension was lifted"),
    ("account.suspension.expired", "success", "A suspension has expired"),
    ("account.suspension.viewed", "info", "The statement of a suspension was opened by our staff"),
    (
        "account.suspension.viewed_masked",
        "info",
        "That there is a suspension was seen by our staff, without its statement",
    ),
    ("account.closure.viewed", "info", "What was written about closing the account was opened by our staff"),
    (
        "account.closure.viewed_masked",
        "info",
        "That the account is being closed was seen by our staff, without what was written about it",
    ),
    ("account.evaluation.viewed", "info", "What a rule computed about the account was opened by our staff"),
    ("account.appeal.filed", "info", "An appeal was filed"),
    ("account.appeal.withdrawn", "info", "An appeal was withdrawn"),
    ("account.appeal.decided", "info", "An appeal was decided"),
    // What is billed for it.
    ("account.invoice.issued", "info", "An invoice was issued"),
    ("account.invoice.paid", "success", "An invoice was paid"),
    ("account.invoice.voided", "info", "An invoice was taken back"),
    // Who uses its numbers, where a local law asks for that.
    ("account.subscriber_record.submitted", "info", "A subscriber record was submitted"),
    ("account.subscriber_record.replaced", "info", "A subscriber record was corrected by another"),
    ("account.subscriber_record.withdrawn", "warning", "A subscriber record was withdrawn"),
    (
        "account.subscriber_record.shown",
        "info",
        "A subscriber record was shown unmasked to somebody in the account",
    ),
    ("account.subscriber_record.file_opened", "info", "A file of a subscriber record was opened"),
    ("account.subscriber_record.accepted", "success", "A subscriber record was accepted"),
    ("account.subscriber_record.refused", "warning", "A subscriber record was refused"),
    (
        "account.subscriber_record.shared",
        "warning",
        "A subscriber record was shown to a carrier or an authority",
    ),
    ("account.subscriber_record.viewed", "info", "A subscriber record was opened by our staff"),
    (
        "account.subscriber_record.viewed_masked",
        "info",
        "That there is a subscriber record was seen by our staff, without what it says",
    ),
    // What somebody outside asks for or gets, once that may be told.
    ("account.disclosure.told", "warning", "Its owner was told that data of it is asked for or handed over"),
    // Its credentials.
    ("account.auth_token.created", "info", "An auth token was made"),
    ("account.auth_token.shown", "info", "The secret of an auth token was shown"),
    ("account.auth_token.secondary_created", "info", "A secondary auth token was made"),
    ("account.auth_token.promoted", "warning", "The secondary auth token took over"),
    ("account.auth_token.secondary_removed", "warning", "The secondary auth token was removed"),
    ("account.auth_token.replaced", "warning", "The auth token was replaced"),
    ("account.api_key.created", "info", "An API key was made"),
    ("account.api_key.revoked", "warning", "An API key was revoked"),
    ("account.api_key.expiry_announced", "info", "The end of an API key was announced"),
    ("account.leak_response.changed", "info", "What becomes of leaked secrets was decided"),
    ("account.secret.leaked", "danger", "A leaked secret was revoked"),
    // What is kept in it.
    ("account.storage.decided", "info", "How long content is kept was decided"),
    ("claim.deleted", "info", "A claim was deleted"),
    ("claims.imported", "info", "Claims were imported"),
    ("claims.exported", "info", "Claims were exported"),
    ("communication.deleted", "info", "A communication was deleted"),
    ("end_user.exported", "info", "What is kept about a person was copied"),
    ("end_user.restricted", "info", "The records about a person were restricted"),
    ("end_user.restriction_lifted", "info", "A restriction was lifted"),
    ("end_user.deleted", "warning", "The records about a person were deleted"),
    ("end_user.deletion.overdue", "danger", "A deletion has not arrived everywhere in time"),
];

/// Kind and title of an event. An action that is not in the table is told without its name.
pub(super) fn of_event(action: &str) -> (&'static str, &'static str) {
    let found = ACTIONS.iter().find(|(known, ..)| *known == action);
    found.map_or(("", "Something was changed in the account"), |(_, kind, title)| (*kind, *title))
}

/// Who caused an event, as it is read after 'By'.
pub(super) fn of_actor(row: &Row) -> String {
    // Who declines is in nobody's account, and stays an address to its owner.
    if row.action == "account.invitation.declined" {
        return "whoever was invited".into();
    }
    if let Some(name) = &row.name {
        return name.clone();
    }
    match (row.actor_kind.as_str(), row.actor_id, row.with_key) {
        ("program", Some(id), Some(true)) => format!("a program with the key {}", ApiKeyId(id)),
        ("program", Some(id), Some(false)) => format!("a program with the auth token {}", AuthTokenId(id)),
        ("program", ..) => "a program whose credential is gone".into(),
        ("staff", ..) => match &row.roles {
            Some(roles) => format!("LossExpress staff ({roles})"),
            None => "LossExpress staff".into(),
        },
        ("customer", ..) => "somebody who has gone".into(),
        ("visitor", ..) => "somebody who was not signed in".into(),
        _ => "the portal itself".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_action_is_ever_shown_by_its_raw_name() {
        assert_eq!(of_event("account.never.heard_of").1, "Something was changed in the account");
        for (action, _, title) in ACTIONS {
            assert!(!title.contains('_') && !title.contains(action), "{title}");
            assert_eq!(ACTIONS.iter().filter(|(other, ..)| other == action).count(), 1, "{action}");
        }
    }
}
