//! What is kept on hold, what was erased, and what the sweeps did.

use super::{Table, map};

#[rustfmt::skip]
pub(super) const TABLES: &[Table] = map! {
    table "holds" "A hold: data that must not be deleted for the time being."
    { owner: Person("person_id"), also: [Through("account_id", "accounts")], keep: HOLDS, erase: Anonymise(&["person_id", "account_id", "sealed_identifier", "person_keys", "digests", "reason", "silent_because", "ended_because"]) }
    "id"                Operations NotPersonal Portal [] Yes               "Names the hold.";
    "scope"             Operations NotPersonal Staff  [] Yes               "What must not be deleted.";
    "person_id"         Account    Identifiers Staff  [] No                "Whose data.";
    "account_id"        Account    Identifiers Staff  [] Yes               "In which account.";
    "table_name"        Operations NotPersonal Staff  [] Yes               "Which table.";
    "identifier_kind"   Operations NotPersonal Staff  [] Yes               "By what an end user is known.";
    "sealed_identifier" Content    Identifiers Staff  [] HeldNeverExported "Which end user, sealed.";
    "person_keys"       Content    Identifiers Portal [] No                "Finds the end user's records.";
    "digests"           Operations Identifiers Portal [] No                "Stands for the person where no id does.";
    "matter"            Account    Activity    Staff  [] Yes               "For what it is kept (S72, S112).";
    "reason"            Account    Activity    Staff  [] HeldNeverExported "Why, with the reference of the matter.";
    "silent_because"    Operations NotPersonal Staff  [] No                "The law that forbids to tell whose data it is.";
    "requested_by"      Operations Identifiers Portal [] No                "Who asked for it.";
    "requested_at"      Account    Activity    Portal [] Yes               "Since when.";
    "lapses_at"         Operations NotPersonal Portal [] No                "When it lapses unless a second person approves it.";
    "approved_by"       Operations Identifiers Portal [] No                "Who approved it.";
    "approved_at"       Operations Activity    Portal [] No                "When.";
    "review_on"         Account    NotPersonal Staff  [] Yes               "When somebody looks whether it is still needed.";
    "reminded_for"      Operations NotPersonal Portal [] No                "For which review staff were reminded.";
    "ended_at"          Account    Activity    Portal [] Yes               "When it ended.";
    "ended_by"          Operations Identifiers Portal [] No                "Who released it.";
    "ended_because"     Operations Activity    Staff  [] No                "Why it ended.";

    table "erasures" "An erasure that is under way, or was done."
    { owner: Person("subject_id"), keep: ERASURES, erase: Keep("forgets by itself whom it was about when it is done") }
    "id"                Operations NotPersonal Portal [] No "Names the erasure.";
    "subject"           Operations NotPersonal Portal [] No "A person, an account, what is in one, or an address.";
    "subject_id"        Operations Identifiers Portal [] No "Which, until it is done; for an address, by which request.";
    "cause"             Operations NotPersonal Portal [] No "Why.";
    "request_id"        Operations NotPersonal Portal [] No "The request that asked for it.";
    "ordered_at"        Operations Activity    Portal [] No "When it was ordered.";
    "began_at"          Operations Activity    Portal [] No "When it began.";
    "tries"             Operations NotPersonal Portal [] No "How often it was tried.";
    "held_since"        Operations Activity    Portal [] No "Since when a hold stands against it.";
    "finished_at"       Operations Activity    Portal [] No "When it was done.";
    "found"             Operations NotPersonal Portal [] No "How many rows there were, by table.";

    table "erasure_ledger" "That somebody or something was erased."
    { owner: Nobody, keep: ERASURE_LEDGER, erase: Keep("its keyed digest leads nowhere once the row is gone; a restored backup is brought up to date with it (S165)") }
    "id"                Operations NotPersonal Portal [] No "Names the entry.";
    "kind"              Operations NotPersonal Portal [] No "A person, an account, what was in one, an address, or a contact.";
    "blinded"           Operations NotPersonal Portal [] No "A keyed digest of the id or address that it had.";
    "erased_at"         Operations NotPersonal Portal [] No "When.";

    table "retention_runs" "What a sweep deleted."
    { owner: Nobody, keep: RETENTION_RUNS, erase: Keep("it counts rows") }
    "id"                Operations NotPersonal Portal [] No "Names the run.";
    "kind"              Operations NotPersonal Portal [] No "By the timetable or ordered.";
    "began_at"          Operations NotPersonal Portal [] No "When it began.";
    "finished_at"       Operations NotPersonal Portal [] No "When it came to its end.";
    "deleted"           Operations NotPersonal Portal [] No "How many rows went, by table.";

    table "transparency_figures" "A count of a quarter that we publish."
    { owner: Nobody, keep: TRANSPARENCY, erase: Keep("it counts and names nobody") }
    "matter"            Operations NotPersonal Portal [] No "What was counted.";
    "quarter"           Operations NotPersonal Portal [] No "In which quarter.";
    "what"              Operations NotPersonal Portal [] No "What came in, or how it ended.";
    "count"             Operations NotPersonal Portal [] No "How many.";
    "counted_at"        Operations NotPersonal Portal [] No "When it was counted.";
};
