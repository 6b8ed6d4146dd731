//! The retention rules, each once. What is past its rule does not survive the next sweep.

use chrono::{DateTime, Datelike as _, Duration, Months, NaiveTime, Utc};

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
    /// As long as a law asks for, in words: the end was counted when the row was stored, and stands in it (S74).
    ByLaw(&'static str),
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
            Self::ByLaw(_) => Some(now),
            Self::WithOwner | Self::AsInstructed | Self::ForGood(_) => None,
        }
    }

    /// The first moment at which what began at this one is due; nothing for what has no length.
    pub fn end(self, start: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let length = match self {
            Self::Minutes(_) | Self::Hours(_) | Self::Days(_) => self.length(),
            Self::Months(months) => {
                let end = start.checked_add_months(Months::new(months))?;
                // A month may be too short for the day: then the time is over when the next one begins.
                return if self.cutoff(end)? >= start { Some(end) } else { first_of_next_month(end) };
            }
            Self::ByLaw(_) => return Some(start),
            Self::WithOwner | Self::AsInstructed | Self::ForGood(_) => return None,
        };
        start.checked_add_signed(length)
    }

    /// As a length of time, for what a feature itself measures by the rule.
    ///
    /// # Panics
    /// There is none: months differ, laws do, and an account has no fixed end. In a constant that is a compile error.
    pub const fn length(self) -> Duration {
        match self {
            Self::Minutes(minutes) => Duration::minutes(minutes),
            Self::Hours(hours) => Duration::hours(hours),
            Self::Days(days) => Duration::days(days),
            Self::Months(_) | Self::WithOwner | Self::AsInstructed | Self::ByLaw(_) | Self::ForGood(_) => {
                panic!("a period without a fixed length")
            }
        }
    }

    /// For people.
    pub fn words(self) -> String {
        match self {
            Self::Minutes(minutes) => many(minutes, "minute"),
            Self::Hours(hours) => many(hours, "hour"),
            Self::Days(days) => many(days, "day"),
            Self::Months(months) if months >= 24 && months % 12 == 0 => many(i64::from(months / 12), "year"),
            Self::Months(months) => many(i64::from(months), "month"),
            Self::WithOwner => "as long as the account, and up to 60 days after its closure".into(),
            Self::AsInstructed => "as long as the customer instructs, product by product".into(),
            Self::ByLaw(words) => words.into(),
            Self::ForGood(why) => format!("for good: {why}"),
        }
    }
}

fn many(count: i64, unit: &str) -> String {
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

fn first_of_next_month(at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let day = at.date_naive().with_day(1)?.checked_add_months(Months::new(1))?;
    Some(day.and_time(NaiveTime::MIN).and_utc())
}

/// How often due rows are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Often {
    /// Every ten minutes: what somebody expects to be gone soon.
    Soon,
    /// Every night.
    Nightly,
}

/// The rows of a table that a rule is for: what the sweep deletes by, and what pages name dates by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The table.
    pub table: &'static str,
    /// The moment that a row's time is counted from, as SQL over its columns; NULL while that has not begun.
    pub start: &'static str,
    /// What must hold besides, as SQL; empty for nothing.
    pub only: &'static str,
}

impl Rows {
    const fn of(table: &'static str, start: &'static str) -> Self {
        Self { table, start, only: "" }
    }

    const fn only(self, only: &'static str) -> Self {
        Self { only, ..self }
    }

    /// The condition that due rows fulfil, on `$1`, the cutoff.
    pub fn due(&self) -> String {
        let Self { start, only, .. } = self;
        if only.is_empty() { format!("{start} <= $1") } else { format!("{start} <= $1 AND {only}") }
    }
}

/// Who carries a rule out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// The sweep deletes the rows of these tables whose time is over.
    Sweep(Often, &'static [Rows]),
    /// An entry of the timetable that belongs to the feature, for the rows of these tables: each names the moment of its
    /// end itself, so that nothing is added to it.
    Ends(&'static str, &'static [Rows]),
    /// An entry of the timetable that belongs to the feature, and goes by more than one moment.
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
    /// What it is for, for people.
    pub about: &'static str,
    /// How long.
    pub period: Period,
    /// From when it counts.
    pub from: &'static str,
    /// Who carries it out.
    pub carried: Carried,
}

impl Rule {
    /// The rows that it is for, where it counts from a moment of theirs.
    pub fn rows(&self) -> &'static [Rows] {
        match self.carried {
            Carried::Sweep(_, rows) | Carried::Ends(_, rows) => rows,
            Carried::Entry(_) | Carried::WithOwner | Carried::Nobody => &[],
        }
    }

    /// When a row goes whose time counts from this moment; nothing without a fixed length.
    pub fn goes_at(&self, start: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self.carried {
            Carried::Ends(..) => Some(start),
            _ => self.period.end(start),
        }
    }

    /// What happens at the end, for people.
    pub fn then(&self) -> &'static str {
        match (self.carried, self.period) {
            (Carried::Sweep(Often::Soon, _), _) => "Deleted within ten minutes",
            (Carried::Sweep(Often::Nightly, _), _) => "Deleted the night after",
            (Carried::Ends(..) | Carried::Entry(_), _) => "Deleted by itself",
            (Carried::WithOwner, _) => "Deleted with what it belongs to",
            (Carried::Nobody, _) => "Stays",
        }
    }
}

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
    fn the_day_that_is_named_is_the_day_on_which_it_is_due() {
        let months = Period::Months(12);
        for (start, end) in [
            ("2026-03-31T12:00:00Z", "2027-03-31T12:00:00Z"),
            ("2028-02-29T12:00:00Z", "2029-03-01T00:00:00Z"),
        ] {
            let (start, end): (DateTime<Utc>, DateTime<Utc>) = (start.parse().unwrap(), end.parse().unwrap());
            assert_eq!(months.end(start), Some(end));
            assert!(months.cutoff(end).unwrap() >= start);
            assert!(months.cutoff(end - Duration::seconds(1)).unwrap() < start);
        }
        let now: DateTime<Utc> = "2026-03-31T12:00:00Z".parse().unwrap();
        assert_eq!(SIGN_UPS.goes_at(now), Some(now + Duration::hours(24)));
        assert_eq!(SESSIONS.goes_at(now), Some(now), "a session names its end itself");
        assert_eq!(INVOICES.goes_at(now), Some(now), "and so does an invoice");
        assert_eq!(SUBSCRIBER_RECORDS.goes_at(now), Some(now), "and a subscriber record that ended");
        assert_eq!((PERSON.goes_at(now), CONTENT.goes_at(now), MACHINERY.goes_at(now)), (None, None, None));
    }

    #[test]
    fn two_whole_years_and_more_are_said_in_years() {
        for (months, words) in [
            (1, "1 month"),
            (12, "12 months"),
            (13, "13 months"),
            (24, "2 years"),
            (30, "30 months"),
            (84, "7 years"),
        ] {
            assert_eq!(Period::Months(months).words(), words);
        }
    }

    #[test]
    fn every_rule_has_a_name_of_its_own() {
        let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len());
    }
}
