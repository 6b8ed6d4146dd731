//! What others asked for or got.

use super::{Table, map};

#[rustfmt::skip]
pub(super) const TABLES: &[Table] = map! {
    table "disclosures" "What somebody outside asked for or got of personal data."
    { owner: Person("person_id"), also: [Through("account_id", "accounts")], keep: DISCLOSURES, erase: Anonymise(&["person_id", "account_id", "order_reference", "words", "silent_because"]) }
    "id"              Account    NotPersonal Portal [] Yes "Names the disclosure.";
    "state"           Account    Activity    Portal [] Yes "Where it stands.";
    "version"         Operations NotPersonal Portal [] No  "Keeps two people from acting on it at once.";
    "recipient_kind"  Account    Activity    Staff  [] Yes "What kind of recipient.";
    "recipient"       Account    Activity    Staff  [] Yes "Who.";
    "ground"          Account    Activity    Staff  [] Yes "On which ground (S120).";
    "sale"            Account    Activity    Staff  [] Yes "Whether it may be a sale, which only a business transfer can be (S124).";
    "classes"         Account    NotPersonal Staff  [] Yes "Which classes of data.";
    "categories"      Account    NotPersonal Staff  [] Yes "Which categories of data (S126).";
    "person_id"       Account    Identifiers Staff  [] No  "Whom it is about.";
    "account_id"      Account    Identifiers Staff  [] Yes "Which account it is about.";
    "order_reference" Account    Activity    Staff  [] Yes "As the order calls itself.";
    "words"           Account    Activity    Staff  [] Yes "What is asked for.";
    "method"          Account    NotPersonal Staff  [] Yes "How it was made sure that it leads to nobody (S125).";
    "received_on"     Account    Activity    Staff  [] Yes "When it came.";
    "silent_since"    Operations NotPersonal Portal [] No  "Since when it is known that nobody may be told.";
    "silent_until"    Account    NotPersonal Staff  [] Yes "The day until which nobody could be told (S121).";
    "silent_because"  Account    NotPersonal Staff  [] Yes "The law or order that forbade it.";
    "told_at"         Account    Activity    Portal [] Yes "When whoever it is about was told.";
    "transfer_on"     Account    NotPersonal Staff  [] Yes "The day of a business transfer.";
    "recorded_by"     Operations Identifiers Portal [] No  "Who recorded it.";
    "recorded_at"     Account    Activity    Portal [] Yes "When.";
    "approved_by"     Operations Identifiers Portal [] No  "Who approved it.";
    "approved_at"     Account    Activity    Portal [] Yes "When.";
    "closed_at"       Account    Activity    Portal [] Yes "When it ended; its end is counted from it.";

    table "disclosure_steps" "A step of a disclosure: who did what, when and why."
    { owner: Through("disclosure_id", "disclosures"), keep: DISCLOSURES, erase: Cascade }
    "id"              Operations NotPersonal Portal [] No  "Names the step.";
    "disclosure_id"   Account    NotPersonal Portal [] Yes "Of which disclosure.";
    "seq"             Account    NotPersonal Portal [] Yes "The order of steps.";
    "state"           Account    Activity    Portal [] Yes "Where it stood after it.";
    "act"             Account    Activity    Portal [] Yes "What was done.";
    "actor_id"        Operations Identifiers Portal [] No  "Who exactly.";
    "at"              Account    Activity    Portal [] Yes "When.";
    "note"            Operations Activity    Staff  [] No  "What staff noted for each other.";
    "words"           Account    Activity    Staff  [] Yes "What was handed over.";
    "outcome"         Account    Activity    Staff  [] Yes "What came of our objection (S122).";
    "silent_until"    Account    NotPersonal Staff  [] Yes "The day until which nobody could be told, as it was from then on or was proposed.";
    "handed_on"       Account    Activity    Staff  [] Yes "The day on which it was handed over.";
    "seen_version"    Operations NotPersonal Portal [] No  "What whoever acted had looked at.";

    table "transfer_notices" "That whoever owns an account was told of a business transfer."
    { owner: Through("disclosure_id", "disclosures"), also: [Person("person_id")], keep: DISCLOSURES, erase: Cascade }
    "disclosure_id"   Account    NotPersonal Portal [] Yes "Of which transfer (S124).";
    "person_id"       Account    Identifiers Portal [] No  "Who.";
    "told_at"         Account    Activity    Portal [] Yes "When.";
    "called_off_at"   Account    Activity    Portal [] Yes "When they were told that it does not come about.";
};
