//! The retention rules, each once. What is past its rule does not survive the next sweep.

use chrono::{DateTime, Duration, Months, Utc};

/// How long something is kept, counted from its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// So many minutes.
    Minutes(i64),
    /// So many hours.
    Hours(i64),
    /// So many days of 24 hours.
    Days(i64),
    /// So many calendar months.
    Months(u32),
    /// As long as whoever it belongs to has an account, and up to 60 days more (S77).
    WithOwner,
    /// As long as its owner instructs, or the product's own period (S108).
    AsInstructed,
    /// For good, because of this.
    ForGood(&'static str),
}

impl Period {
    /// What happened at this moment or earlier is due; nothing for what has no length.
    pub fn cutoff(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Minutes(minutes) => now.checked_sub_signed(Duration::minutes(minutes)),
            Self::Hours(hours) => now.checked_sub_signed(Duration::hours(hours)),
            Self::Days(days) => now.checked_sub_signed(Duration::days(days)),
            Self::Months(months) => now.checked_sub_months(Months::new(months)),
            Self::WithOwner | Self::AsInstructed | Self::ForGood(_) => None,
        }
    }

    /// As a length of time, for what a feature itself measures by the rule.
    ///
    /// # Panics
    /// There is none: months differ, and an account has no fixed end. In a constant that is a compile error.
    pub const fn length(self) -> Duration {
        match self {
            Self::Minutes(minutes) => Duration::minutes(minutes),
            Self::Hours(hours) => Duration::hours(hours),
            Self::Days(days) => Duration::days(days),
            Self::Months(_) | Self::WithOwner | Self::AsInstructed | Self::ForGood(_) => {
                panic!("a period without a fixed length")
            }
        }
    }

    /// For people.
    pub fn words(self) -> String {
        match self {
            Self::Minutes(minutes) => format!("{minutes} minutes"),
            Self::Hours(hours) => format!("{hours} hours"),
            Self::Days(days) => format!("{days} days"),
            Self::Months(months) => format!("{months} months"),
            Self::WithOwner => "as long as the account, and up to 60 days after its closure".into(),
            Self::AsInstructed => "as long as the customer instructs, product by product".into(),
            Self::ForGood(why) => format!("for good: {why}"),
        }
    }
}

/// How often due rows are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Often {
    /// Every ten minutes: what somebody expects to be gone soon.
    Soon,
    /// Every night.
    Nightly,
}

/// Who carries a rule out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// The sweep deletes the rows of these tables that fulfil a condition on `$1`, the cutoff.
    Sweep(Often, &'static [(&'static str, &'static str)]),
    /// An entry of the timetable that belongs to the feature.
    Entry(&'static str),
    /// The rows go when the row they belong to goes.
    WithOwner,
    /// Nobody: it is kept.
    Nobody,
}

/// One rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable name.
    pub id: &'static str,
    /// How long.
    pub period: Period,
    /// From when it counts.
    pub from: &'static str,
    /// Who carries it out.
    pub carried: Carried,
}

macro_rules! rules {
    ($($name:ident $id:literal $period:expr, $from:literal, $carried:expr;)*) => {
        use Carried::{Entry, Nobody, Sweep};
        use Often::{Nightly, Soon};
        use Period::{Days, ForGood, Hours, Minutes};
        $(
            #[doc = concat!("Rule `", $id, "`.")]
            pub const $name: Rule = Rule { id: $id, period: $period, from: $from, carried: $carried };
        )*
        /// Every rule there is.
        pub const RULES: &[&Rule] = &[$(&$name),*];
    };
}

/// How long after the last copy was ordered the next may be.
pub const EXPORT_PAUSE: Duration = Duration::hours(24);

rules! {
    PERSON              "person"              Period::WithOwner, "closure of the account",        Carried::WithOwner;
    ACCOUNT             "account"             Period::WithOwner, "closure of the account",        Carried::WithOwner;
    CREDENTIALS         "credentials"         Period::WithOwner, "removal by their owner",        Carried::WithOwner;
    SIGN_UPS            "sign_ups"            Hours(24),         "begin of the sign-up",          Sweep(Soon, &[("sign_ups", "created_at <= $1")]);
    SIGN_UP_MESSAGES    "sign_up_messages"    Hours(24),         "writing of the message",        Entry("forget_sign_up_messages");
    PHONE_CODES         "phone_codes"         Hours(24),         "sending of the code",           Sweep(Soon, &[("phone_verifications", "created_at <= $1")]);
    TOTP_ENROLMENTS     "totp_enrolments"     Hours(1),          "showing of the secret",         Sweep(Soon, &[("totp_enrolments", "created_at <= $1")]);
    PASSKEY_CEREMONIES  "passkey_ceremonies"  Minutes(5),        "begin of the ceremony",         Entry("drop_expired_passkey_ceremonies");
    SESSIONS            "sessions"            Days(30),          "sign-in, or 14 days unused",    Entry("drop_expired_sessions");
    RATE_LIMITS         "rate_limits"         Days(1),           "the last try that was counted", Entry("drop_full_rate_limits");
    LINKS               "links"               Days(30),          "end of the link's validity",    Sweep(Nightly, &[
        ("password_resets", "expires_at <= $1"),
        ("security_alerts", "expires_at <= $1"),
        ("email_changes", "greatest(expires_at, undo_until) <= $1"),
        ("staff_invitations", "expires_at <= $1"),
        ("account_invitations", "expires_at <= $1"),
        ("account_handovers", "expires_at <= $1"),
    ]);
    SIGN_INS            "sign_ins"            Days(365),         "the try to sign in",            Sweep(Nightly, &[("sign_ins", "at <= $1")]);
    SIGN_IN_FAILURES    "sign_in_failures"    Days(90),          "the last failure",              Sweep(Nightly, &[("sign_in_failures", "last_at <= $1")]);
    KNOWN_BROWSERS      "known_browsers"      Days(400),         "last sign-in from the browser", Sweep(Nightly, &[("known_browsers", "last_used_at <= $1")]);
    ACCOUNT_RECOVERIES  "account_recoveries"  Days(365),         "end of the time to finish it",  Sweep(Nightly, &[("account_recoveries", "expires_at <= $1")]);
    MESSAGES            "messages"            Days(90),          "writing of the message",        Sweep(Nightly, &[("messages", "created_at <= $1")]);
    MESSAGE_BODIES      "message_bodies"      Days(7),           "delivery or giving up",         Entry("forget_message_bodies");
    RECORD_VIEWS        "record_views"        Period::Months(24), "the view",                     Sweep(Nightly, &[("record_views", "viewed_at <= $1")]);
    AUDIT_DETAILS       "audit_details"       Period::Months(24), "the event",                    Sweep(Nightly, &[
        ("audit_details", "EXISTS (SELECT FROM audit_events e WHERE e.id = event_id AND e.at <= $1)"),
    ]);
    AUDIT_VERIFICATIONS "audit_verifications" Period::Months(24), "the walk",                     Sweep(Nightly, &[("audit_verifications", "verified_at <= $1")]);
    AUDIT_EVENTS        "audit_events"        ForGood("the chain of hashes proves that nothing was changed; it names people by pseudonym only"), "the event", Nobody;
    PROGRAM_CREDENTIALS "program_credentials" Days(365),        "revocation or expiry",          Sweep(Nightly, &[
        ("auth_tokens", "revoked_at <= $1"),
        ("api_keys", "least(revoked_at, expires_at) <= $1"),
    ]);
    LEAKED_SECRETS      "leaked_secrets"      Period::Months(24), "the report",                   Sweep(Nightly, &[("leaked_secrets", "reported_at <= $1")]);
    API_REQUESTS        "api_requests"        Days(30),          "the request",                   Sweep(Nightly, &[
        ("api_requests", "at <= $1"),
        ("api_request_days", "day <= $1"),
    ]);
    IDEMPOTENT_REQUESTS "idempotent_requests" Hours(24),         "the first request",             Sweep(Soon, &[("idempotent_requests", "created_at <= $1")]);
    CONTENT             "content"             Period::AsInstructed, "storing, or the last change", Entry("sweep_content");
    RESTRICTIONS        "restrictions"        Period::Months(24), "lifting",                      Sweep(Nightly, &[("restrictions", "lifted_at <= $1")]);
    IMPORTS             "imports"             Days(30),          "its last step",                 Sweep(Nightly, &[("imports", "updated_at <= $1")]);
    CONTENT_DELETIONS   "content_deletions"   Period::Months(24), "the instruction",              Sweep(Nightly, &[("content_deletions", "instructed_at <= $1")]);
    PAGE_VIEWS          "page_views"          Period::Months(13), "the day that was counted",     Sweep(Nightly, &[("page_views", "day <= $1")]);
    NEWSLETTER_SIGN_UPS "newsletter_sign_ups" Days(7),           "the wish; the decision itself is kept as such", Sweep(Soon, &[("newsletter_sign_ups", "created_at <= $1")]);
    WHITE_PAPER_REQUESTS "white_paper_requests" Days(365),       "the request",                   Sweep(Nightly, &[("white_paper_requests", "requested_at <= $1")]);
    EVENT_REGISTRATIONS "event_registrations" Days(90),          "end of the event, or a registration that was not confirmed", Sweep(Nightly, &[
        ("event_registrations", "EXISTS (SELECT FROM events e WHERE e.id = event_id AND e.ends_at <= $1) OR (confirmed_at IS NULL AND registered_at <= $1)"),
    ]);
    SURVEY_ANSWERS      "survey_answers"      Period::Months(24), "the answer",                   Sweep(Nightly, &[("survey_answers", "answered_at <= $1")]);
    SALES_ENQUIRIES     "sales_enquiries"     Period::Months(24), "the enquiry",                  Sweep(Nightly, &[("sales_enquiries", "received_at <= $1")]);
    PUBLISHED           "published"           ForGood("it was published and is about nobody"), "publication", Nobody;
    CONTACTS            "contacts"            Period::Months(24), "the last decision, once there is no account and nothing is subscribed to", Sweep(Nightly, &[
        ("contacts", "person_id IS NULL AND last_decided_at <= $1 AND NOT EXISTS (SELECT FROM contact_topics t WHERE t.contact_id = contacts.id AND t.subscribed)"),
    ]);
    MAIL_SUPPRESSIONS   "mail_suppressions"   Period::Months(24), "lifting; until then it keeps mailings away", Sweep(Nightly, &[("mail_suppressions", "lifted_at <= $1")]);
    EXPORTS             "exports"             Period::Months(24), "the order",                    Sweep(Nightly, &[("exports", "requested_at <= $1 AND (file IS NULL OR removed_at IS NOT NULL)")]);
    EXPORT_FILES        "export_files"        Days(7),           "the making of the copy",        Entry("remove_export_files");
    CAMPAIGNS           "campaigns"           Period::Months(24), "its hour, or the last change",  Sweep(Nightly, &[
        ("campaigns", "coalesce(scheduled_for, changed_at) <= $1"),
        ("campaign_recipients", "settled_at <= $1"),
    ]);
    CAMPAIGN_RATES      "campaign_rates"      Hours(24),         "the moment the next message may leave", Sweep(Soon, &[("campaign_rates", "free_at <= $1")]);
    MAIL_REPORTS        "mail_reports"        Period::Months(12), "receiving",                    Sweep(Nightly, &[("mail_reports", "received_at <= $1")]);
    // 11 CCR 7101: 24 months; what was asked and answered, and nothing of it is used for anything else.
    DATA_REQUESTS       "data_requests"       Period::Months(24), "the end of the request",        Sweep(Nightly, &[("data_requests", "closed_at <= $1")]);
    PROCESSING_LIMITS   "processing_limits"   Period::Months(24), "lifting; until then it holds",  Sweep(Nightly, &[("processing_limits", "lifted_at <= $1")]);
    HOLDS               "holds"               Period::Months(24), "end of the hold",               Sweep(Nightly, &[("holds", "ended_at <= $1")]);
    ERASURES            "erasures"            Period::Months(24), "end of the erasure",            Sweep(Nightly, &[("erasures", "finished_at <= $1")]);
    ERASURE_LEDGER      "erasure_ledger"      Period::Months(24), "the erasure; no backup lives as long", Sweep(Nightly, &[("erasure_ledger", "erased_at <= $1")]);
    RETENTION_RUNS      "retention_runs"      Period::Months(24), "the run",                       Sweep(Nightly, &[("retention_runs", "began_at <= $1")]);
    STAFF_ROLES         "staff_roles"         Period::WithOwner, "removal by an admin",           Carried::WithOwner;
    JOBS                "jobs"                Days(90),          "giving up; done jobs go at once", Sweep(Nightly, &[
        ("graphile_worker._private_jobs", "attempts >= max_attempts AND locked_at IS NULL AND updated_at <= $1"),
    ]);
    MACHINERY           "machinery"           ForGood("it says nothing of anybody"), "set-up",    Nobody;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_a_calendar_month() {
        let now = "2026-03-31T12:00:00Z".parse().unwrap();
        assert_eq!(Period::Months(1).cutoff(now), Some("2026-02-28T12:00:00Z".parse().unwrap()));
        assert_eq!(Period::Hours(24).cutoff(now), Some("2026-03-30T12:00:00Z".parse().unwrap()));
        assert_eq!(Period::WithOwner.cutoff(now), None);
        assert_eq!(Period::Days(30).length(), Duration::hours(720));
    }

    #[test]
    fn every_rule_has_a_name_of_its_own() {
        let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len());
    }
}
