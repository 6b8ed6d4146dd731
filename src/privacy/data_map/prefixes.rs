//! Which ids of the map people and programs see, and how each is then written.

use crate::platform::ids::*;

/// The two letters that an id begins with where people and programs see it (S54); nothing for an id that they never see.
pub fn prefix(table: &str, column: &str) -> Option<&'static str> {
    Some(match (table, column) {
        ("people", "id") => PersonId::PREFIX,
        ("accounts", "id") | (_, "account_id") => AccountId::PREFIX,
        ("auth_tokens", "id") => AuthTokenId::PREFIX,
        ("api_keys", "id") => ApiKeyId::PREFIX,
        ("passkeys", "id") => PasskeyId::PREFIX,
        ("sessions", "id") => SessionId::PREFIX,
        ("claims", "id") | (_, "claim_id") => ClaimId::PREFIX,
        ("communications", "id") | (_, "communication_id") => CommunicationId::PREFIX,
        ("restrictions", "id") => RestrictionId::PREFIX,
        ("imports", "id") => ImportId::PREFIX,
        ("content_deletions", "id") => DeletionId::PREFIX,
        ("exports", "id") => ExportId::PREFIX,
        ("disclosures", "id") | (_, "disclosure_id") => DisclosureId::PREFIX,
        ("disputes", "id") => DisputeId::PREFIX,
        ("holds", "id") => HoldId::PREFIX,
        ("invoices", "id") => InvoiceId::PREFIX,
        ("partners", "id") | (_, "partner_id") => PartnerId::PREFIX,
        ("subscriber_records", "id")
        | ("subscriber_record_files" | "subscriber_record_shares", "record_id") => SubscriberRecordId::PREFIX,
        ("receipts", "id") => ReceiptId::PREFIX,
        ("files", "id") | (_, "file_id") => FileId::PREFIX,
        ("rules", "id") | (_, "rule_id") => RuleId::PREFIX,
        ("rule_versions", "id") | (_, "version_id") => RuleVersionId::PREFIX,
        ("rule_evaluations", "id") => EvaluationId::PREFIX,
        ("rule_alerts", "id") => AlertId::PREFIX,
        ("suspensions", "id") | (_, "suspension_id") => SuspensionId::PREFIX,
        ("appeals", "id") | (_, "appeal_id") => AppealId::PREFIX,
        _ => return None,
    })
}
