//! Copies of what is kept.

use super::{Table, map};

#[rustfmt::skip]
pub(super) const TABLES: &[Table] = map! {
    table "exports" "A copy of your data or of an account that you ordered."
    { owner: Person("person_id"), keep: EXPORTS, sooner: ["file" => EXPORT_FILES], erase: Cascade }
    "id"             Account    Identifiers Portal [] Yes "Names the copy.";
    "person_id"      Account    Identifiers Portal [] No  "Who ordered it.";
    "account_id"     Account    Identifiers Person [] Yes "Of which account, if not of everything.";
    "requested_at"   Account    Activity    Portal [] Yes "When it was ordered; the next may be a day later.";
    "attempts"       Operations NotPersonal Portal [] Yes "How often it was tried.";
    "began_at"       Operations NotPersonal Portal [] Yes "When the last try began.";
    "tables_total"   Operations NotPersonal Portal [] Yes "How many tables there were.";
    "tables_done"    Operations NotPersonal Portal [] Yes "How many are done.";
    "rows_done"      Operations NotPersonal Portal [] Yes "How many rows are done.";
    "at_table"       Operations NotPersonal Portal [] No  "What is being read.";
    "stumbled_at"    Operations NotPersonal Portal [] Yes "When a try failed.";
    "stumbled_in"    Operations NotPersonal Portal [] No  "What it was at.";
    "stumbled_over"  Operations NotPersonal Portal [] Yes "What it failed of.";
    "given_up_at"    Operations NotPersonal Portal [] Yes "When no more tries were made.";
    "as_of"          Account    Activity    Portal [] Yes "Which moment it shows.";
    "finished_at"    Account    Activity    Portal [] Yes "When it was ready.";
    "file"           Operations NotPersonal Portal [] No  "Where it lies, for seven days.";
    "bytes"          Account    NotPersonal Portal [] Yes "How long it is.";
    "sha256"         Account    NotPersonal Portal [] No  "Shows that it was not changed.";
    "expires_at"     Account    Activity    Portal [] Yes "Until when it can be fetched.";
    "fetched_at"     Account    Activity    Portal [] Yes "When it was fetched last.";
    "ended_at"       Account    Activity    Person [] Yes "When it was ended before its time.";
    "removed_at"     Operations NotPersonal Portal [] Yes "When its file was removed.";
};
