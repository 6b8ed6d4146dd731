//! The register of purposes (S9): what data may be used for at all, under which legal basis, and which tables serve
//! which. A table that names none fails a test.

use super::Table;

/// What data may be used for. Nothing is kept for anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// The service that was asked for.
    Service,
    /// Security, fraud and abuse.
    Security,
    /// Messages that somebody needs.
    Messages,
    /// Answering those who turn to us.
    Answers,
    /// Learning from what they asked.
    Improvement,
    /// Mailings and calls that were chosen.
    Mailings,
    /// Marketing of partners that were allowed it.
    Partners,
    /// Counts of what is used.
    Statistics,
    /// Requests about data.
    Requests,
    /// Other duties by law.
    Duties,
    /// What customers have us keep.
    Instruction,
    /// Running the machinery.
    Operations,
}

/// Label, what it means, and the legal basis.
type Words = (&'static str, &'static str, &'static str);

impl Purpose {
    /// Every purpose, in the order of the pages.
    pub const ALL: [Self; 12] = [
        Self::Service,
        Self::Security,
        Self::Messages,
        Self::Answers,
        Self::Improvement,
        Self::Mailings,
        Self::Partners,
        Self::Statistics,
        Self::Requests,
        Self::Duties,
        Self::Instruction,
        Self::Operations,
    ];

    fn words(self) -> Words {
        match self {
            Self::Service => (
                "Providing the service",
                "To run accounts and do what their owners ask for.",
                "our contract with you",
            ),
            Self::Security => (
                "Security",
                "To keep strangers out, and to find, stop and look into security incidents, abuse and fraud.",
                "our interest, and yours, in safe accounts",
            ),
            Self::Messages => (
                "Messages that you need",
                "To send codes, warnings, answers and news about your own account.",
                "our contract with you",
            ),
            Self::Answers => (
                "Answering you",
                "To do what somebody asked for through a form: an answer, a seat, a paper.",
                "steps that you asked for",
            ),
            Self::Improvement => (
                "Getting better at answering",
                "To train our staff with what was asked and how it was answered, without who asked; nothing of whoever objects.",
                "our interest, and yours, in good answers",
            ),
            Self::Mailings => (
                "Mailings and calls that you chose",
                "To send what was chosen, to nobody else and no more often than was chosen.",
                "your consent",
            ),
            Self::Partners => (
                "Marketing of companies that you said yes to",
                "To hand an address to a company that its owner said yes to, and to tell it to stop when that ends.",
                "your consent",
            ),
            Self::Statistics => {
                ("Statistics", "To learn which pages are used, without knowing by whom.", "your consent")
            }
            Self::Requests => (
                "Answering requests about data",
                "To answer them in time and to show that we did; for nothing else.",
                "a duty by law",
            ),
            Self::Duties => {
                ("Duties by law", "Export control, accounting, taxes and audits.", "a duty by law")
            }
            Self::Instruction => (
                "Keeping what customers instruct us to keep",
                "To store it, hand it back and delete it, as they say.",
                "the instruction of our customer, who answers for it",
            ),
            Self::Operations => (
                "Running the machinery",
                "To do work once and in order, and to see that it was done.",
                "our interest in a service that works",
            ),
        }
    }

    /// What it is called.
    pub fn label(self) -> &'static str {
        self.words().0
    }

    /// What it means, in a sentence.
    pub fn about(self) -> &'static str {
        self.words().1
    }

    /// The legal basis, as in "on the basis of …".
    pub fn basis(self) -> &'static str {
        self.words().2
    }
}

/// What a table serves.
pub fn of(table: &Table) -> &'static [Purpose] {
    use Purpose::*;
    match table.name {
        "people" => &[Service, Security, Messages],
        "terms_acceptances" => &[Service, Duties],
        "accounts" | "account_states" | "account_members" | "account_invitations" | "account_handovers" => {
            &[Service]
        }
        "sign_ups" => &[Service, Security],
        "auth_tokens" | "api_keys" | "api_requests" | "api_request_days" => &[Service, Security],
        "phone_verifications"
        | "sign_in_failures"
        | "known_browsers"
        | "password_resets"
        | "security_alerts"
        | "email_changes"
        | "totp_enrolments"
        | "totp_factors"
        | "recovery_codes"
        | "passkeys"
        | "passkey_ceremonies"
        | "recovery_optins"
        | "account_recoveries"
        | "rate_limits"
        | "leaked_secrets"
        | "record_views"
        | "contact_views"
        | "signal_hours"
        | "signal_accounts"
        | "signal_recipients"
        | "rules"
        | "rule_versions"
        | "rule_modes"
        | "rule_proposals"
        | "rule_replays"
        | "rule_replay_hits"
        | "rule_evaluations"
        | "rule_alerts"
        | "suspensions"
        | "suspension_steps"
        | "suspension_notices"
        | "audit_events"
        | "audit_details"
        | "audit_verifications" => &[Security],
        // Where somebody signs in from is looked at for export control (S64).
        "sign_ins" | "sessions" => &[Service, Security, Duties],
        "messages" | "message_attempts" => &[Messages],
        "idempotent_requests" | "storage_choices" | "imports" => &[Service],
        "claims" | "communications" | "communication_statuses" | "communication_bodies" => &[Instruction],
        "restrictions" | "content_deletions" | "content_deletion_steps" | "deleted_records" => {
            &[Instruction, Requests]
        }
        "exports"
        | "data_requests"
        | "data_request_steps"
        | "data_request_withheld"
        | "data_request_messages"
        | "data_request_codes"
        | "data_request_tries"
        | "data_request_message_files"
        | "files"
        | "appeals"
        | "appeal_messages"
        | "appeal_files"
        | "disputes"
        | "dispute_steps"
        | "dispute_messages"
        | "dispute_files"
        | "processing_limits"
        | "receipts"
        | "erasures"
        | "erasure_ledger" => &[Requests],
        "holds" | "former_customers" | "disclosures" | "disclosure_steps" | "transfer_notices" => &[Duties],
        "invoices" => &[Service, Duties],
        // Connecting the number; fraud and abuse; what a law asks for, and taxes (S51, S75).
        "subscriber_records" | "subscriber_record_files" | "subscriber_record_shares" => {
            &[Service, Security, Duties]
        }
        "account_closures" => &[Service, Requests],
        "retention_runs" | "transparency_figures" => &[Operations],
        "page_views" => &[Statistics],
        "contacts" => &[Mailings, Partners],
        "partners"
        | "contact_partners"
        | "partner_decisions"
        | "partner_shares"
        | "partner_share_contacts" => &[Partners],
        "newsletter_sign_ups"
        | "preference_decisions"
        | "contact_topics"
        | "campaigns"
        | "campaign_states"
        | "campaign_recipients"
        | "campaign_rates" => &[Mailings],
        "mail_suppressions" | "mail_reports" => &[Mailings, Messages],
        "white_papers"
        | "white_paper_requests"
        | "events"
        | "event_registrations"
        | "surveys"
        | "survey_answers" => &[Answers],
        "sales_enquiries" => &[Answers, Improvement],
        "staff_roles" | "staff_invitations" | "desk_looks" => &[Operations, Security],
        "staff_undertakings" => &[Security, Duties],
        "sub_processors" => &[Duties],
        "desk_claims" | "saved_views" => &[Operations],
        "development_clock"
        | "signal_progress"
        | "restores"
        | "__diesel_schema_migrations"
        | "graphile_worker._private_jobs" => &[Operations],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::data_map;

    #[test]
    fn every_table_serves_a_purpose_of_the_register_and_every_purpose_is_served() {
        for table in data_map::tables() {
            let uses = of(table);
            assert!(!uses.is_empty(), "{} serves no purpose", table.name);
            assert!(uses.iter().enumerate().all(|(i, one)| !uses[..i].contains(one)), "{} twice", table.name);
        }
        for purpose in Purpose::ALL {
            assert!(data_map::tables().any(|table| of(table).contains(&purpose)), "{}", purpose.label());
            assert!(purpose.about().ends_with('.') && !purpose.basis().ends_with('.'));
        }
    }
}
