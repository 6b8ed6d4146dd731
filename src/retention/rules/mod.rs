//! The retention rules, each once. What is past its rule does not survive the next sweep.

mod period;
mod rule;

use chrono::Duration;

pub use period::Period;
pub use rule::{Carried, Often, Rows, Rule};

macro_rules! rules {
    ($($name:ident $id:literal $about:literal $period:expr, $from:literal, $carried:expr;)*) => {
        use Carried::{Ends, Entry, Nobody, Sweep};
        use Often::{Nightly, Soon};
        use Period::{Days, ForGood, Hours, Minutes};
        $(
            #[doc = concat!("Rule `", $id, "`.")]
            pub const $name: Rule = Rule { id: $id, about: $about, period: $period, from: $from, carried: $carried };
        )*
        /// Every rule there is.
        pub const RULES: &[&Rule] = &[$(&$name),*];
    };
}

/// Rules for what is not in a table of the database.
pub const OUTSIDE: &[&Rule] = &[&BACKUPS];

/// How long after the last copy was ordered the next may be.
pub const EXPORT_PAUSE: Duration = Duration::hours(24);

rules! {
    PERSON               "person"               "Who you are"                                      Period::WithOwner, "closure of the account", Carried::WithOwner;
    ACCOUNT              "account"              "Accounts and what belongs to them"                Period::WithOwner, "closure of the account", Carried::WithOwner;
    CREDENTIALS          "credentials"          "Authenticator apps, passkeys and recovery codes"  Period::WithOwner, "removal by their owner", Carried::WithOwner;
    SIGN_UPS             "sign_ups"             "Unfinished sign-ups"                              Hours(24), "beginning of the sign-up", Sweep(Soon, &[Rows::of("sign_ups", "created_at")]);
    SIGN_UP_MESSAGES     "sign_up_messages"     "Messages of unfinished sign-ups"                  Hours(24), "writing of the message", Entry("forget_sign_up_messages");
    PHONE_CODES          "phone_codes"          "Codes for a telephone number"                     Hours(24), "sending of the code", Sweep(Soon, &[Rows::of("phone_verifications", "created_at")]);
    TOTP_ENROLMENTS      "totp_enrolments"      "Half-done set-ups of an authenticator app"        Hours(1), "showing of the secret", Sweep(Soon, &[Rows::of("totp_enrolments", "created_at")]);
    PASSKEY_CEREMONIES   "passkey_ceremonies"   "Challenges for passkeys"                          Minutes(5), "beginning of the ceremony", Ends("drop_expired_passkey_ceremonies", &[Rows::of("passkey_ceremonies", "expires_at")]);
    SESSIONS             "sessions"             "Sessions of browsers"                             Days(30), "sign-in, or 14 days unused", Ends("drop_expired_sessions", &[
        Rows::of("sessions", "session_ends_at(expires_at, last_used_at, idle_seconds)"),
    ]);
    RATE_LIMITS          "rate_limits"          "Counts of tries"                                  Days(1), "the last try that was counted", Entry("drop_full_rate_limits");
    LINKS                "links"                "Links and invitations by mail"                    Days(30), "end of the link's validity", Sweep(Nightly, &[
        Rows::of("password_resets", "expires_at"),
        Rows::of("security_alerts", "expires_at"),
        Rows::of("email_changes", "greatest(expires_at, undo_until)"),
        Rows::of("staff_invitations", "expires_at"),
        Rows::of("account_invitations", "expires_at"),
        Rows::of("account_handovers", "expires_at"),
    ]);
    SIGN_INS             "sign_ins"             "Sign-in history"                                  Days(365), "the try to sign in", Sweep(Nightly, &[Rows::of("sign_ins", "at")]);
    SIGN_IN_FAILURES     "sign_in_failures"     "Failed sign-ins in a row"                         Days(90), "the last failure", Sweep(Nightly, &[Rows::of("sign_in_failures", "last_at")]);
    KNOWN_BROWSERS       "known_browsers"       "Browsers that we know"                            Days(400), "last sign-in from the browser", Sweep(Nightly, &[Rows::of("known_browsers", "last_used_at")]);
    ACCOUNT_RECOVERIES   "account_recoveries"   "Account recoveries"                               Days(365), "end of the time to finish it", Sweep(Nightly, &[Rows::of("account_recoveries", "expires_at")]);
    MESSAGES             "messages"             "Messages that we sent"                            Days(90), "writing of the message", Sweep(Nightly, &[Rows::of("messages", "created_at")]);
    MESSAGE_BODIES       "message_bodies"       "What messages say"                                Days(7), "delivery or giving up", Entry("forget_message_bodies");
    RECORD_VIEWS         "record_views"         "Looks of staff at a record"                       Period::Months(24), "the view", Sweep(Nightly, &[
        Rows::of("record_views", "viewed_at"),
        Rows::of("contact_views", "viewed_at"),
    ]);
    AUDIT_DETAILS        "audit_details"        "Details of the audit log"                         Period::Months(24), "the event", Sweep(Nightly, &[
        Rows::of("audit_details", "at"),
    ]);
    AUDIT_VERIFICATIONS  "audit_verifications"  "Checks of the audit log"                          Period::Months(24), "the walk", Sweep(Nightly, &[Rows::of("audit_verifications", "verified_at")]);
    AUDIT_EVENTS         "audit_events"         "The audit log"                                    ForGood("the chain of hashes proves that nothing was changed; it names people by pseudonym only"), "the event", Nobody;
    PROGRAM_CREDENTIALS  "program_credentials"  "Auth tokens and API keys"                         Days(365), "revocation or expiry", Sweep(Nightly, &[
        Rows::of("auth_tokens", "revoked_at"),
        Rows::of("api_keys", "least(revoked_at, expires_at)"),
    ]);
    LEAKED_SECRETS       "leaked_secrets"       "Reports of leaked secrets"                        Period::Months(24), "the report", Sweep(Nightly, &[Rows::of("leaked_secrets", "reported_at")]);
    API_REQUESTS         "api_requests"         "Requests of programs"                             Days(30), "the request", Sweep(Nightly, &[
        Rows::of("api_requests", "at"),
        Rows::of("api_request_days", "day"),
    ]);
    IDEMPOTENT_REQUESTS  "idempotent_requests"  "Answers kept to be given again"                   Hours(24), "the first request", Sweep(Soon, &[Rows::of("idempotent_requests", "created_at")]);
    CONTENT              "content"              "Claims and communications"                        Period::AsInstructed, "storing, or the last change", Entry("sweep_content");
    RESTRICTIONS         "restrictions"         "Restrictions for people in claims"                Period::Months(24), "lifting", Sweep(Nightly, &[Rows::of("restrictions", "lifted_at")]);
    IMPORTS              "imports"              "Imports"                                          Days(30), "its last step", Sweep(Nightly, &[Rows::of("imports", "updated_at")]);
    CONTENT_DELETIONS    "content_deletions"    "Receipts of deletions in content"                 Period::Months(24), "the instruction", Sweep(Nightly, &[Rows::of("content_deletions", "instructed_at")]);
    // Longer than a backup lives, with what may be dated before it.
    DELETED_RECORDS      "deleted_records"      "What was deleted, for backups that still have it"  Days(40), "the deletion", Sweep(Nightly, &[Rows::of("deleted_records", "deleted_at")]);
    PAGE_VIEWS           "page_views"           "Counts of page views"                             Period::Months(13), "the day that was counted", Sweep(Nightly, &[Rows::of("page_views", "day")]);
    NEWSLETTER_SIGN_UPS  "newsletter_sign_ups"  "Newsletter wishes that wait for a second yes"     Days(7), "the wish; the decision itself is kept as such", Sweep(Soon, &[Rows::of("newsletter_sign_ups", "created_at")]);
    WHITE_PAPER_REQUESTS "white_paper_requests" "White papers that were asked for"                 Days(365), "the request", Sweep(Nightly, &[Rows::of("white_paper_requests", "requested_at")]);
    EVENT_REGISTRATIONS  "event_registrations"  "Registrations for events"                         Days(90), "end of the event, or a registration that was not confirmed", Sweep(Nightly, &[
        Rows::of("event_registrations", "least((SELECT e.ends_at FROM events e WHERE e.id = event_id), CASE WHEN confirmed_at IS NULL THEN registered_at END)"),
    ]);
    SURVEY_ANSWERS       "survey_answers"       "Answers to surveys"                               Period::Months(24), "the answer", Sweep(Nightly, &[Rows::of("survey_answers", "answered_at")]);
    SALES_ENQUIRIES      "sales_enquiries"      "What somebody wrote to us, and what we answered"  Period::Months(36), "closure of the account, or the enquiry of somebody without one", Sweep(Nightly, &[
        Rows::of("sales_enquiries", "coalesce((SELECT max(f.closed_at) FROM former_customers f WHERE lower(f.email) = lower(sales_enquiries.email)), received_at)")
            .only("NOT EXISTS (SELECT FROM people p WHERE lower(p.email) = lower(sales_enquiries.email))"),
    ]);
    PUBLISHED            "published"            "What we publish"                                  ForGood("it was published and is about nobody"), "publication", Nobody;
    CONTACTS             "contacts"             "Addresses for mailings, and what was decided"     Period::Months(24), "the last decision, once there is no account and nothing is subscribed to; one in whose place another of the mailbox came goes at once", Sweep(Nightly, &[
        // Only a hold had kept the one that was replaced.
        Rows::of("contacts", "coalesce(replaced_at - interval '24 months', last_decided_at)")
            .or_later("CASE WHEN replaced_at IS NULL THEN (SELECT max(t.decided_at) FROM contact_topics t WHERE t.contact_id = contacts.id) END")
            .only("(replaced_at IS NOT NULL OR person_id IS NULL AND NOT EXISTS (SELECT FROM contact_topics t WHERE t.contact_id = contacts.id AND t.subscribed))"),
    ]);
    MAIL_SUPPRESSIONS    "mail_suppressions"    "Mailboxes that get no mailings"                   Period::Months(24), "lifting, or the refusal by a mailbox that is no contact's; what its owner or staff said keeps mailings away until then", Sweep(Nightly, &[
        // Nothing goes to whoever is no contact, and whoever becomes one again proves the mailbox first.
        Rows::of("mail_suppressions", "coalesce(lifted_at, CASE WHEN reason = 'hard_bounce' AND NOT EXISTS (SELECT FROM contacts c WHERE c.email_digest = mail_suppressions.email_digest) THEN since END)"),
    ]);
    SUPPRESSION_WORDS    "suppression_words"    "Words about mailboxes that get no mailings"       Period::Months(24), "the suppression, once the mailbox is no contact's; what stays is a keyed digest, which keeps mailings away", Entry("forget_suppression_words");
    EXPORTS              "exports"              "Orders of copies"                                 Period::Months(24), "the order", Sweep(Nightly, &[Rows::of("exports", "requested_at").only("(file IS NULL OR removed_at IS NOT NULL)")]);
    EXPORT_FILES         "export_files"         "Files of copies"                                  Days(7), "the making of the copy", Entry("remove_export_files");
    CAMPAIGNS            "campaigns"            "Mailings and who got them"                        Period::Months(24), "its hour, or the last change", Sweep(Nightly, &[
        Rows::of("campaigns", "coalesce(scheduled_for, changed_at)"),
        Rows::of("campaign_recipients", "settled_at"),
    ]);
    PARTNERS             "partners"             "Partners, and whose address they got"             Period::Months(24), "the end of the partner, or the day on which it was told that a consent had ended", Sweep(Nightly, &[
        Rows::of("partners", "ended_at"),
        Rows::of("partner_share_contacts", "told_at"),
    ]);
    CAMPAIGN_RATES       "campaign_rates"       "Speed of sending"                                 Hours(24), "the moment the next message may leave", Sweep(Soon, &[Rows::of("campaign_rates", "free_at")]);
    MAIL_REPORTS         "mail_reports"         "Reports of mail servers"                          Period::Months(12), "receiving", Sweep(Nightly, &[Rows::of("mail_reports", "received_at")]);
    // 11 CCR 7101: 24 months; what was asked and answered, and nothing of it is used for anything else.
    DATA_REQUESTS        "data_requests"        "Requests about data"                              Period::Months(24), "the end of the request", Sweep(Nightly, &[Rows::of("data_requests", "closed_at")]);
    DISPUTES             "disputes"             "Disputes about data protection"                   Period::Months(24), "the end of the dispute", Sweep(Nightly, &[Rows::of("disputes", "closed_at")]);
    // A notice that a law held back goes first: what waits for its day stays, as long as there is somebody to be told.
    DISCLOSURES          "disclosures"          "What others asked for or got of personal data"    Period::Months(24), "the end of the demand, or the day on which whoever it is about was told, if that was later", Sweep(Nightly, &[
        Rows::of("disclosures", "CASE WHEN closed_at IS NOT NULL THEN greatest(closed_at, told_at) END")
            .only("(silent_until IS NULL OR told_at IS NOT NULL OR state <> 'disclosed' OR num_nonnulls(person_id, account_id) = 0)"),
    ]);
    FILES                "files"                "Files that were sent along"                       Period::Months(24), "the end of the request or dispute; what came with a dispute that nobody confirmed goes at its end, with an appeal goes with the account, and with a subscriber record goes with that", Carried::WithOwner;
    RECEIPTS             "receipts"             "Receipts"                                         Period::Months(24), "the issuing", Sweep(Nightly, &[Rows::of("receipts", "issued_at")]);
    PROCESSING_LIMITS    "processing_limits"    "Restrictions and objections"                      Period::Months(24), "lifting; until then it holds", Sweep(Nightly, &[Rows::of("processing_limits", "lifted_at")]);
    HOLDS                "holds"                "Holds on data"                                    Period::Months(24), "end of the hold", Sweep(Nightly, &[Rows::of("holds", "ended_at")]);
    ERASURES             "erasures"             "That an erasure was done, of nobody any more"     Period::Months(24), "end of the erasure", Sweep(Nightly, &[Rows::of("erasures", "finished_at")]);
    ERASURE_LEDGER       "erasure_ledger"       "The ledger by which restored backups are brought up to date" Period::Months(24), "the erasure", Sweep(Nightly, &[Rows::of("erasure_ledger", "erased_at")]);
    RETENTION_RUNS       "retention_runs"       "What the sweeps deleted"                          Period::Months(24), "the run", Sweep(Nightly, &[Rows::of("retention_runs", "began_at")]);
    CLOSURES             "closures"             "Closures of accounts"                             Period::WithOwner, "closure of the account", Carried::WithOwner;
    SUSPENSIONS          "suspensions"          "Suspensions, their statements, and appeals" Period::WithOwner, "closure of the account", Carried::WithOwner;
    // A month longer than there is time to appeal.
    SUSPENSION_EVIDENCE  "suspension_evidence"  "What a suspension was shown by"                   Period::Months(7), "beginning of the suspension", Entry("tend_suspensions");
    FORMER_CUSTOMERS     "former_customers"     "That somebody was a customer"                     Period::Months(84), "closure of the account", Sweep(Nightly, &[Rows::of("former_customers", "closed_at")]);
    // The periods stand in `invoice_laws`, which a test compares with these words.
    INVOICES             "invoices"             "Invoices"                                         Period::ByLaw("6 to 10 years, by the law of the country that it is billed to"), "the end of the calendar year of issue", Sweep(Nightly, &[Rows::of("invoices", "kept_until")]);
    // The periods stand in `subscriber_laws`, which a test compares with these words.
    SUBSCRIBER_RECORDS   "subscriber_records"   "Subscriber records"                               Period::ByLaw("6 months to 5 years, by the law of the country of the number"), "the withdrawal of the record, the closure of the account or the deletion of its owner; one that was not accepted goes then, and one that was refused 60 days after the refusal at the latest", Sweep(Nightly, &[
        // What was refused and not corrected is for no service.
        Rows::of("subscriber_records", "coalesce(kept_until, CASE WHEN outcome = 'refused' THEN (decided_on + 61)::timestamp AT TIME ZONE 'UTC' END)"),
    ]);
    // With the last backup that holds it, everything is gone by day 60 after the end of an account (S165).
    BACKUPS              "backups"              "Encrypted backups of everything"                  Days(30), "the taking of the backup", Entry("prune_backups");
    // As long as a decision of the last 30 days can be replayed: the usual of its account is taken from 28 days more.
    SIGNALS              "signals"              "What accounts do, counted by the hour"           Days(60), "the hour", Sweep(Nightly, &[
        Rows::of("signal_hours", "hour"),
        Rows::of("signal_accounts", "changed_at"),
    ]);
    SIGNAL_RECIPIENTS    "signal_recipients"    "Keyed digests of whom an account wrote to"        Days(29), "the last message", Sweep(Nightly, &[Rows::of("signal_recipients", "last_hour")]);
    // As long as a restriction by it can be appealed, and a month more.
    EVALUATIONS          "evaluations"          "Evaluations of rules that led somewhere"          Period::Months(7), "the evaluation", Sweep(Nightly, &[
        Rows::of("rule_evaluations", "at").only("NOT EXISTS (SELECT FROM suspensions s JOIN appeals a ON a.suspension_id = s.id WHERE s.evaluation_id = rule_evaluations.id AND a.outcome IS NULL)"),
    ]);
    ALERTS               "alerts"               "What rules asked, and what was answered"          Period::Months(24), "the answer", Sweep(Nightly, &[Rows::of("rule_alerts", "decided_at")]);
    REPLAYS              "replays"              "What rules would have done"                       Days(90), "the replay", Sweep(Nightly, &[
        Rows::of("rule_replays", "began_at"),
        Rows::of("rule_replay_hits", "(SELECT r.began_at FROM rule_replays r WHERE r.id = replay_id)"),
    ]);
    RULES_OF_TRUST       "rules_of_trust"       "Rules by which accounts are restricted"           ForGood("what was decided by a rule can be explained"), "writing", Nobody;
    STAFF_ROLES          "staff_roles"          "Roles of staff"                                   Period::WithOwner, "removal by an admin", Carried::WithOwner;
    DESK                 "desk"                 "Who of the staff works on what"                   Hours(1), "end of the claim, or of the time to look", Sweep(Soon, &[
        Rows::of("desk_claims", "expires_at"),
        Rows::of("desk_looks", "expires_at"),
    ]);
    JOBS                 "jobs"                 "Work that was given up"                           Days(90), "giving up; done jobs go at once", Sweep(Nightly, &[
        Rows::of("graphile_worker._private_jobs", "updated_at").only("attempts >= max_attempts AND locked_at IS NULL"),
    ]);
    TRANSPARENCY         "transparency"         "Counts of a quarter that we publish"              ForGood("they are counts of nobody"), "the end of the quarter", Nobody;
    MACHINERY            "machinery"            "Machinery"                                        ForGood("it says nothing of anybody"), "set-up", Nobody;
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    #[test]
    fn what_names_its_end_itself_goes_on_that_day() {
        let now: DateTime<Utc> = "2026-03-31T12:00:00Z".parse().unwrap();
        assert_eq!(SIGN_UPS.goes_at(now), Some(now + Duration::hours(24)));
        assert_eq!(SESSIONS.goes_at(now), Some(now), "a session names its end itself");
        assert_eq!(INVOICES.goes_at(now), Some(now), "and so does an invoice");
        assert_eq!(SUBSCRIBER_RECORDS.goes_at(now), Some(now), "and a subscriber record that ended");
        assert_eq!((PERSON.goes_at(now), CONTENT.goes_at(now), MACHINERY.goes_at(now)), (None, None, None));
    }

    #[test]
    fn every_rule_has_a_name_of_its_own() {
        let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len());
    }
}
