//! What is kept when an account is stopped: suspensions, who was told of them, and appeals.

use super::{Table, map};

#[rustfmt::skip]
pub(super) const TABLES: &[Table] = map! {
    table "suspensions" "A suspension of an account, with its statement."
    { owner: Through("account_id", "accounts"), keep: SUSPENSIONS, sooner: ["evidence" => SUSPENSION_EVIDENCE], erase: Cascade }
    "id"                  Account    Identifiers Portal  [] Yes "Names the suspension (S127).";
    "account_id"          Account    Identifiers Portal  [] Yes "Of which account.";
    "level"               Account    Activity    Portal  [] Yes "What it takes.";
    "decided_by_kind"     Account    NotPersonal Portal  [] Yes "A rule, or our staff.";
    "decided_by"          Operations Identifiers Portal  [] No  "Who of our staff decided.";
    "rule_id"             Account    NotPersonal Portal  [] Yes "By which rule.";
    "rule_version_id"     Account    NotPersonal Portal  [] Yes "As it stood.";
    "evaluation_id"       Operations NotPersonal Portal  [] No  "What it was computed from.";
    "reason_code"         Account    Activity    Staff   [] Yes "Why, by a list.";
    "words"               Account    Activity    Staff   [] Yes "The facts, in words.";
    "evidence"            Usage      Activity    Derived [] Yes "What it is shown by.";
    "evidence_emptied_at" Operations NotPersonal Portal  [] No  "When that was emptied.";
    "automated"           Account    NotPersonal Portal  [] Yes "Whether no person took part.";
    "began_at"            Account    Activity    Portal  [] Yes "Since when.";
    "expires_at"          Account    Activity    Staff   [] Yes "Until when.";
    "appeal_until"        Account    NotPersonal Portal  [] Yes "Until when it can be appealed (S129).";
    "ended_at"            Account    Activity    Portal  [] Yes "When it ended.";
    "ended_how"           Account    Activity    Portal  [] Yes "How it ended.";
    "version"             Operations NotPersonal Portal  [] No  "Counts the steps.";

    table "suspension_steps" "Something that became of a suspension."
    { owner: Through("suspension_id", "suspensions"), keep: SUSPENSIONS, erase: Cascade }
    "id"                  Operations NotPersonal Portal  [] No  "Names the step.";
    "suspension_id"       Account    Identifiers Portal  [] Yes "Of which suspension.";
    "seq"                 Operations NotPersonal Portal  [] No  "Counts the steps.";
    "step"                Account    Activity    Portal  [] Yes "What.";
    "at"                  Account    Activity    Portal  [] Yes "When.";
    "actor_kind"          Account    NotPersonal Portal  [] Yes "A rule, our staff, or the portal itself.";
    "actor_id"            Operations Identifiers Portal  [] No  "Who of our staff.";
    "words"               Account    Activity    Staff   [] Yes "Why.";
    "until"               Account    Activity    Staff   [] Yes "The new end of one that was shortened.";
    "appeal_id"           Account    NotPersonal Portal  [] No  "The appeal that led to it.";
    "seen_version"        Operations NotPersonal Portal  [] No  "Which version whoever acted has seen.";

    table "suspension_notices" "That somebody was told of a suspension."
    { owner: Person("person_id"), also: [Through("suspension_id", "suspensions")], keep: SUSPENSIONS, erase: Cascade }
    "suspension_id"       Account    Identifiers Portal  [] Yes "Of which suspension (S128).";
    "person_id"           Account    Identifiers Portal  [] No  "Who was told.";
    "message_id"          Operations NotPersonal Portal  [] No  "By which message.";
    "told_at"             Account    Activity    Portal  [] Yes "When.";

    table "appeals" "An appeal against a suspension."
    { owner: Through("suspension_id", "suspensions"), also: [Person("filed_by")], keep: SUSPENSIONS, erase: Cascade }
    "id"                  Account    Identifiers Portal  [] Yes "Names the appeal (S129).";
    "suspension_id"       Account    Identifiers Portal  [] Yes "Against which suspension.";
    "account_id"          Account    Identifiers Portal  [] No  "Of which account.";
    "round"               Account    NotPersonal Portal  [] Yes "The first or the second.";
    "filed_by"            Account    Identifiers Portal  [] No  "Who filed it.";
    "words"               Account    Activity    Person  [] Yes "What they said.";
    "filed_at"            Account    Activity    Portal  [] Yes "When.";
    "due_at"              Account    NotPersonal Portal  [] Yes "By when a first answer was due.";
    "first_answered_at"   Account    Activity    Portal  [] Yes "When our staff answered first.";
    "outcome"             Account    Activity    Staff   [] Yes "What came of it (S130).";
    "decided_by"          Operations Identifiers Portal  [] No  "Who of our staff decided.";
    "decided_at"          Account    Activity    Portal  [] Yes "When it ended.";
    "decision_words"      Account    Activity    Staff   [] Yes "Why.";
    "version"             Operations NotPersonal Portal  [] No  "Counts what happened.";

    table "appeal_messages" "What the owner and our staff wrote to each other about an appeal."
    { owner: Through("appeal_id", "appeals"), keep: SUSPENSIONS, erase: Cascade }
    "id"                  Operations NotPersonal Portal  [] No  "Names the message.";
    "appeal_id"           Account    Identifiers Portal  [] Yes "About which appeal.";
    "author_kind"         Account    NotPersonal Portal  [] Yes "Who wrote it: the owner, or staff.";
    "author_id"           Operations Identifiers Portal  [] No  "Who exactly.";
    "body"                Account    Activity    Person  [] Yes "What was written.";
    "sent_at"             Account    Activity    Portal  [] Yes "When.";

    table "appeal_files" "Which file was sent along with which appeal, or with which message about it."
    { owner: Through("appeal_id", "appeals"), keep: SUSPENSIONS, erase: Cascade }
    "file_id"             Account    NotPersonal Portal  [] Yes "Which file.";
    "appeal_id"           Account    Identifiers Portal  [] Yes "With which appeal.";
    "message_id"          Account    NotPersonal Portal  [] No  "With which message, if with one.";
};
