//! What is counted about accounts, the rules that judge it, and what came of that.

use super::{Table, map};

#[rustfmt::skip]
pub(super) const TABLES: &[Table] = map! {
    table "signal_hours" "What an account did in an hour, counted."
    { owner: Through("account_id", "accounts"), keep: SIGNALS, erase: Cascade }
    "account_id"       Usage Identifiers Portal [] No  "Which account.";
    "hour"             Usage Activity    Portal [] Yes "Which hour, in UTC.";
    "requests"         Usage Activity    Portal [] Yes "How many requests programs made (S66, S127).";
    "errors"           Usage Activity    Portal [] Yes "How many of them were refused or failed.";
    "key_networks"     Usage Identifiers Portal [] No  "Which credential was used from which network, as keyed digests.";
    "outbound"         Usage Activity    Portal [] Yes "How many messages were sent.";
    "recipients"       Usage Activity    Portal [] Yes "To how many recipients.";
    "new_recipients"   Usage Activity    Portal [] Yes "To how many of them for the first time in four weeks.";
    "bounced"          Usage Activity    Portal [] Yes "How many messages came back.";
    "complained"       Usage Activity    Portal [] Yes "About how many recipients complained.";
    "bodies"           Usage Activity    Portal [] Yes "How many messages came with words.";
    "same_body"        Usage Activity    Portal [] Yes "How many of them said what most of them said.";
    "sign_in_failures" Usage Activity    Portal [] Yes "How often somebody failed to sign in as a member.";
    "countries"        Usage Geolocation Portal [] No  "From which countries members signed in, as keyed digests.";
    "leaks"            Usage Activity    Portal [] Yes "How many secrets were found in the open.";
    "mail_reports"     Usage Activity    Portal [] Yes "How often mail of ours to members came back.";

    table "signal_accounts" "When an account's counts last changed."
    { owner: Through("account_id", "accounts"), keep: SIGNALS, erase: Cascade }
    "account_id"       Usage Identifiers Portal [] No "Which account.";
    "changed_at"       Usage Activity    Portal [] No "When its counts last changed.";
    "looked_at"        Usage Activity    Portal [] No "Up to which change the rules have looked.";

    table "signal_recipients" "That an account wrote to somebody, whom only a keyed digest stands for."
    { owner: Through("account_id", "accounts"), keep: SIGNAL_RECIPIENTS, erase: Cascade }
    "account_id"       Usage Identifiers Portal [] No "Which account.";
    "recipient_key"    Usage Identifiers Portal [] No "Tells whether somebody was written to before, without keeping whom.";
    "first_hour"       Usage Activity    Portal [] No "Since when.";
    "last_hour"        Usage Activity    Portal [] No "Until when.";

    table "signal_progress" "Up to when everything was counted."
    { owner: Nobody, keep: MACHINERY, erase: Keep("it says nothing of anybody") }
    "only_row"         Operations NotPersonal Portal [] No "There is one row.";
    "counted_until"    Operations NotPersonal Portal [] No "Up to when.";

    table "rules" "A rule by which accounts may be restricted."
    { owner: Nobody, keep: RULES_OF_TRUST, erase: Keep("it is about nobody in particular") }
    "id"               Operations NotPersonal Portal [] No "Names the rule.";
    "name"             Operations NotPersonal Staff  [] No "What it is called.";
    "created_by"       Operations Identifiers Portal [] No "Who wrote it first.";
    "created_at"       Operations NotPersonal Portal [] No "When.";

    table "rule_versions" "What a rule says, or said."
    { owner: Nobody, keep: RULES_OF_TRUST, erase: Keep("it is about nobody in particular") }
    "id"               Operations NotPersonal Portal [] No "Names the version.";
    "rule_id"          Operations NotPersonal Portal [] No "Of which rule.";
    "number"           Operations NotPersonal Portal [] No "The how-manieth.";
    "expression"       Operations NotPersonal Staff  [] No "When it holds.";
    "parameters"       Operations NotPersonal Staff  [] No "Its thresholds.";
    "weight"           Operations NotPersonal Staff  [] No "How much it counts.";
    "reason_code"      Operations NotPersonal Staff  [] No "For which reason it restricts.";
    "words"            Operations NotPersonal Staff  [] No "What the customer reads.";
    "level"            Operations NotPersonal Staff  [] No "How far the restriction goes.";
    "hours"            Operations NotPersonal Staff  [] No "How long it lasts.";
    "created_by"       Operations Identifiers Portal [] No "Who wrote it.";
    "created_at"       Operations NotPersonal Portal [] No "When.";
    "mode"             Operations NotPersonal Portal [] No "What it may do.";
    "mode_since"       Operations NotPersonal Portal [] No "Since when.";

    table "rule_modes" "What a version of a rule might do, since when and why."
    { owner: Nobody, keep: RULES_OF_TRUST, erase: Keep("it is about nobody in particular") }
    "id"               Operations NotPersonal Portal [] No "Names the change.";
    "version_id"       Operations NotPersonal Portal [] No "Of which version.";
    "seq"              Operations NotPersonal Portal [] No "The how-manieth.";
    "mode"             Operations NotPersonal Staff  [] No "What it might do.";
    "proposal_id"      Operations NotPersonal Portal [] No "The proposal that led to it.";
    "set_by"           Operations Identifiers Portal [] No "Who did it.";
    "because"          Operations NotPersonal Staff  [] No "Why.";
    "at"               Operations NotPersonal Portal [] No "When.";

    table "rule_proposals" "That a version of a rule should do more."
    { owner: Nobody, keep: RULES_OF_TRUST, erase: Keep("it is about nobody in particular") }
    "id"               Operations NotPersonal Portal [] No "Names the proposal.";
    "version_id"       Operations NotPersonal Portal [] No "Which version.";
    "mode"             Operations NotPersonal Staff  [] No "What it should do.";
    "replay_id"        Operations NotPersonal Portal [] No "What it would have done.";
    "why"              Operations NotPersonal Staff  [] No "Why.";
    "proposed_by"      Operations Identifiers Portal [] No "Who proposed it.";
    "proposed_at"      Operations NotPersonal Portal [] No "When.";
    "decided_by"       Operations Identifiers Portal [] No "Who decided about it.";
    "decided_at"       Operations NotPersonal Portal [] No "When.";
    "outcome"          Operations NotPersonal Staff  [] No "What was decided.";

    table "rule_replays" "A rule held against the last 30 days."
    { owner: Nobody, keep: REPLAYS, erase: Keep("it counts accounts") }
    "id"               Operations NotPersonal Portal [] No "Names the replay.";
    "version_id"       Operations NotPersonal Portal [] No "Of which version.";
    "from_hour"        Operations NotPersonal Portal [] No "From when.";
    "to_hour"          Operations NotPersonal Portal [] No "Until when.";
    "began_at"         Operations NotPersonal Portal [] No "When it began.";
    "done_account"     Operations Identifiers Portal [] No "How far it came.";
    "accounts"         Operations NotPersonal Portal [] No "How many accounts were looked at.";
    "finished_at"      Operations NotPersonal Portal [] No "When it came to its end.";

    table "rule_replay_hits" "That a rule would have acted on an account."
    { owner: Through("account_id", "accounts"), keep: REPLAYS, erase: Cascade }
    "id"               Operations NotPersonal Portal [] No "Names the entry.";
    "replay_id"        Operations NotPersonal Portal [] No "In which replay.";
    "account_id"       Usage      Identifiers Portal [] No "Which account.";
    "first_hour"       Usage      Activity    Portal [] No "In which hour first.";
    "hours"            Usage      Activity    Portal [] No "In how many hours.";
    "score"            Usage      Activity    Portal [] No "With which score.";

    table "rule_alerts" "That a rule asked whether an account shall be restricted, and what was answered."
    { owner: Through("account_id", "accounts"), keep: ALERTS, erase: Cascade }
    "id"               Operations NotPersonal Portal [] Yes "Names the alert.";
    "rule_id"          Operations NotPersonal Portal [] Yes "Which rule asked.";
    "version_id"       Operations NotPersonal Portal [] Yes "As it stood.";
    "evaluation_id"    Operations NotPersonal Portal [] No  "What it was computed from.";
    "account_id"       Usage      Identifiers Portal [] No  "About which account.";
    "raised_at"        Usage      Activity    Portal [] Yes "When.";
    "due_at"           Operations NotPersonal Portal [] No  "By when somebody looks.";
    "decided_at"       Usage      Activity    Portal [] Yes "When it was answered.";
    "decided_by"       Operations Identifiers Portal [] No  "By whom.";
    "outcome"          Usage      Activity    Staff  [] Yes "What was answered.";
    "reason"           Usage      Activity    Staff  [] Yes "Why.";
    "suspension_id"    Account    Identifiers Portal [] Yes "What it led to.";

    table "rule_evaluations" "An evaluation of a rule that led somewhere."
    { owner: Through("account_id", "accounts"), keep: EVALUATIONS, erase: Cascade }
    "id"               Operations NotPersonal Portal [] Yes "Names the evaluation.";
    "rule_id"          Operations NotPersonal Portal [] Yes "Which rule.";
    "version_id"       Operations NotPersonal Portal [] Yes "As it stood.";
    "account_id"       Usage      Identifiers Portal [] No  "Which account.";
    "at"               Usage      Activity    Portal [] Yes "When (S127).";
    "day"              Usage      Activity    Portal [] No  "On which day.";
    "mode"             Operations NotPersonal Portal [] Yes "What the rule might do.";
    "led_to"           Usage      Activity    Portal [] Yes "What came of it.";
    "score"            Usage      Activity    Portal [] Yes "What the rules that held weighed together.";
    "combined"         Operations NotPersonal Portal [] No  "Which rules held.";
    "inputs"           Usage      Activity    Portal [] No  "The counts that it was computed from, with their keyed digests.";
    "vals"             Usage      Activity    Portal [] Yes "The signals.";
    "evidence"         Usage      Activity    Portal [] Yes "What is shown of it.";
};
