//! Which tables may stand in one statement of diesel. `print-schema` would allow each table with each other, which with
//! some hundred tables is more than seventy thousand implementations of a trait: comparing those took the compiler
//! longer than all that we wrote. So it allows none, and a pair that a statement joins or asks about is named here.

use super::schema::*;

/// Each table with those that stand beside it in some statement.
macro_rules! together {
    ($($table:ident: $($other:ident),+;)*) => {
        $($(diesel::allow_tables_to_appear_in_same_query!($table, $other);)+)*
    };
}

together! {
    account_closures: account_members, accounts, staff_roles;
    account_handovers: accounts, people;
    account_invitations: accounts, people;
    account_members: account_states, accounts, holds, people, staff_roles;
    account_recoveries: people;
    account_states: accounts, api_keys, auth_tokens;
    accounts: api_keys, disclosures, exports, holds, people, staff_roles, storage_choices;
    appeal_files: appeals, files;
    appeals: files, suspensions;
    audit_details: audit_events;
    campaign_recipients: campaigns;
    campaign_states: people;
    communication_bodies: communications;
    contact_topics: contacts;
    contacts: preference_decisions;
    content_deletion_steps: content_deletions;
    data_request_message_files: data_request_messages, files;
    data_request_messages: files;
    data_requests: exports;
    desk_claims: people;
    disclosures: transfer_notices;
    dispute_files: files;
    event_registrations: events;
    files: subscriber_record_files, subscriber_records;
    password_resets: people;
    people: record_views, staff_invitations, staff_roles;
    rule_alerts: rule_versions, rules;
    rule_versions: rules;
    subscriber_record_files: subscriber_record_shares, subscriber_records;
    subscriber_record_shares: subscriber_records;
    survey_answers: surveys;
    white_paper_requests: white_papers;
}
