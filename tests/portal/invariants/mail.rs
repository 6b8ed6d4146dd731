//! Every mail has a class, both parts, and a snapshot that somebody looked at.

use std::collections::BTreeSet;

use portal::accounts::api_keys::KeyExpiring;
use portal::accounts::closure::mail::AccountClosure;
use portal::accounts::credentials::CredentialChanged;
use portal::accounts::handovers::{HandoverOffered, What};
use portal::accounts::invitations::AccountInvitation;
use portal::accounts::leak_desk::SecretLeaked;
use portal::accounts::notices::{AccountNotice, Notice};
use portal::accounts::permissions::AccountRole;
use portal::accounts::subscriber_records::mail::SubscriberRecordDecided;
use portal::content::end_users::{DeletionsOverdue, EndUserDeleted};
use portal::content::storage::StorageDecided;
use portal::identity::account_recovery::{RecoveryClosed, RecoveryReady, RecoveryRequested};
use portal::identity::email_change::{AddressWanted, ConfirmNewEmail};
use portal::identity::password_reset::{NoAccount, ResetPassword};
use portal::identity::security_events::SecurityNotice;
use portal::identity::sign_up::{AlreadyCustomer, ConfirmEmail};
use portal::platform::mail::Mail;
use portal::platform::messages::Class;
use portal::preferences::campaigns::writing::{self, Reader};
use portal::preferences::contact_data::{ContactConfirmation, ContactDeleted, forms_that_stay};
use portal::preferences::newsletter::ConfirmNewsletter;
use portal::preferences::partners::PartnerToldToStop;
use portal::privacy::data_requests::mail::{
    DataRequestAnswered, DataRequestCode, DataRequestNews, DataRequestReceived, DataRequestsWaiting,
    EndUserRequestPassedOn, NotDone,
};
use portal::privacy::disclosures::{DisclosureTold, Ground, RecipientKind, TransferAhead, TransferCalledOff};
use portal::privacy::disputes::mail::{
    DisputeClosed, DisputeNews, DisputeProof, DisputeReceived, DisputesWaiting,
};
use portal::privacy::erasure::DataErased;
use portal::privacy::exports::{ExportFailed, ExportReady};
use portal::public::events::{ConfirmSeat, EventCancelled, SeatTaken};
use portal::public::white_papers::WhitePaperReady;
use portal::retention::holds::mail::HoldReview;
use portal::staff::invitations::{StaffInvitation, StaffRoleGranted};
use portal::staff::team::StaffRoleRemoved;
use portal::support::sales_contact::SalesEnquiryReceived;
use portal::trust::appeals::ARBITRATION;
use portal::trust::appeals::mail::{AppealDecided, AppealNews};
use portal::trust::rules::mail::RuleSentBack;
use portal::trust::suspensions::Level;
use portal::trust::suspensions::mail::{SuspensionEnded, SuspensionNotice};

struct Written {
    name: &'static str,
    class: Class,
    subject: String,
    text: String,
    html: String,
}

fn written<M: Mail>(mail: &M) -> Written {
    Written { name: M::NAME, class: M::CLASS, subject: mail.subject(), text: mail.text(), html: mail.html() }
}

fn url(path: &str) -> String {
    format!("https://portal.example.com{path}")
}

fn notice(recipient_name: String, at: String) -> AccountNotice {
    let joined = Notice::Joined("Grace <Hopper>".into(), AccountRole::Billing);
    let (headline, sentence) = joined.words("Claims <Europe>");
    let account = "AC019200000000700080000000000000ff".into();
    let url = url("/accounts/AC019200000000700080000000000000ff/members");
    AccountNotice { recipient_name, headline, sentence, account, at, url }
}

fn refused_record(recipient_name: String, at: String) -> SubscriberRecordDecided {
    let (headline, sentence) = SubscriberRecordDecided::say("Claims <Europe>", "Germany", false);
    SubscriberRecordDecided {
        recipient_name,
        headline,
        sentence,
        words: "The bill is <older> than three months.\nSend one of this quarter.".into(),
        number: "SR019200000000700080000000000000ff".into(),
        account: "AC019200000000700080000000000000ff".into(),
        at,
        url: url(
            "/accounts/AC019200000000700080000000000000ff/subscriber-records/SR019200000000700080000000000000ff",
        ),
    }
}

fn disclosure(recipient_name: String) -> DisclosureTold {
    let (headline, sentence) =
        DisclosureTold::say(RecipientKind::Legal, Some("2027-03-31".parse().expect("a day")));
    DisclosureTold {
        recipient_name,
        headline,
        sentence,
        recipient: "District <Court> of Springfield".into(),
        account: "AC019200000000700080000000000000ff".into(),
        ground: Ground::Law.label().into(),
        categories: "Identifiers, Commercial information".into(),
        received: "23 November 2026".into(),
        number: "DS019200000000700080000000000000ff".into(),
        url: url("/privacy/disclosures"),
    }
}

/// A campaign is no mail of the outbox: its words are Markdown of the desk.
fn campaign(name: &str) -> Written {
    let body =
        "# News\n\nHello {name},\n\n- *one* thing\n- [another](https://example.com/a?b=1&c=2)\n\n> said\n";
    let subject = "What is new in November";
    let draft = writing::draft(subject, body, "Newsletter", "1 Example Street, Springfield");
    let (preferences, unsubscribe) = (url("/preferences/TOKEN"), url("/unsubscribe/TOKEN"));
    let reader = Reader { name, preferences_url: &preferences, unsubscribe_url: &unsubscribe };
    let (text, html) = draft.write(&reader);
    Written { name: "campaign", class: Class::Marketing, subject: subject.into(), text, html }
}

/// The number of a request about data.
const REQUEST: &str = "DR019200000000700080000000000000ff";

/// The number of a dispute.
const DISPUTE: &str = "DI019200000000700080000000000000ff";

/// Mail about a dispute.
fn of_disputes() -> Vec<Written> {
    let recipient_name = || "Ada <Lovelace> & Co".to_owned();
    let at = || "23 November 2026, 09:41 UTC".to_owned();
    let (number, page) = (|| DISPUTE.to_owned(), || url("/privacy/disputes/links/TOKEN"));
    vec![
        written(&DisputeProof { recipient_name: recipient_name(), number: number(), until: at(), url: page() }),
        written(&DisputeReceived {
            recipient_name: recipient_name(),
            number: number(),
            received: at(),
            due: "23 December 2026".into(),
            url: page(),
        }),
        written(&DisputeNews {
            recipient_name: recipient_name(),
            headline: "There is a message for you".into(),
            sentence: "Our privacy team wrote to you about your dispute. For your safety the message stands on its page and not in this mail.".into(),
            number: number(),
            url: page(),
        }),
        written(&DisputeClosed {
            recipient_name: recipient_name(),
            resolved: false,
            words: "We looked at the <log> of that day. The newsletter left an hour before you unsubscribed, so nothing was broken.".into(),
            number: number(),
            url: page(),
            terms_url: url("/terms#section-18"),
            association_url: "https://www.adr.org".into(),
        }),
        written(&DisputesWaiting {
            recipient_name: recipient_name(),
            late: true,
            lines: vec![format!("{DISPUTE}: overdue, due on 23 December 2026")],
            url: url("/staff/disputes"),
        }),
    ]
}

/// One of each, for somebody whose name needs escaping.
fn all() -> Vec<Written> {
    let recipient_name = || "Ada <Lovelace> & Co".to_owned();
    let at = || "23 November 2026, 09:41 UTC".to_owned();
    let (browser, place) = (|| "Firefox on Linux".to_owned(), || "DE (192.0.2.7)".to_owned());
    vec![
        written(&ConfirmEmail { recipient_name: recipient_name(), url: url("/sign-up/email/TOKEN") }),
        written(&AlreadyCustomer {
            recipient_name: recipient_name(),
            sign_in_url: url("/sign-in"),
            reset_url: url("/password-reset"),
        }),
        written(&SecurityNotice {
            recipient_name: recipient_name(),
            headline: "Your password was changed".into(),
            sentence: "All other sessions were ended.".into(),
            at: at(),
            browser: browser(),
            place: place(),
            not_me_url: url("/account-protection/TOKEN"),
        }),
        written(&ConfirmNewEmail { recipient_name: recipient_name(), url: url("/settings/email/TOKEN") }),
        written(&AddressWanted { recipient_name: recipient_name(), activity_url: url("/settings/activity") }),
        written(&ResetPassword { recipient_name: recipient_name(), url: url("/password-reset/TOKEN") }),
        written(&NoAccount { recipient_name: recipient_name(), sign_up_url: url("/sign-up") }),
        written(&RecoveryRequested {
            recipient_name: recipient_name(),
            at: at(),
            ready_at: "26 November 2026, 09:41 UTC".into(),
            browser: browser(),
            place: place(),
            cancel_url: url("/account-recovery/TOKEN/cancellation"),
        }),
        written(&RecoveryReady {
            recipient_name: recipient_name(),
            until: "3 December 2026, 09:41 UTC".into(),
            finish_url: url("/account-recovery/TOKEN"),
            cancel_url: url("/account-recovery/OTHER/cancellation"),
        }),
        written(&RecoveryClosed {
            recipient_name: recipient_name(),
            sentence: "Somebody signed in with your second factor.",
            settings_url: url("/settings/account-recovery"),
        }),
        written(&StorageDecided {
            recipient_name: recipient_name(),
            account: "Claims & <cars>".into(),
            product: "Claims",
            before: "365 days".into(),
            after: "400 days".into(),
            price: Some("$0.40 per 1,000 records and month".into()),
            by: "Grace Hopper".into(),
            at: at(),
            url: url("/accounts/AC0192f0c1a2b37c4d8e5f60718293a4b5/storage"),
        }),
        written(&EndUserDeleted {
            recipient_name: recipient_name(),
            account: "Claims of the North".into(),
            kind: "an e-mail address".into(),
            at: at(),
            claims: 2,
            communications: 1,
            bodies: 1,
            parties: 3,
            until: "23 December 2026".into(),
            url: url(
                "/accounts/AC019200000000700080000000000000ff/end-users/deletions/DE019200000000700080000000000000ff",
            ),
        }),
        written(&SuspensionNotice {
            recipient_name: recipient_name(),
            headline: Level::SendingPaused.headline("Claims <Europe>"),
            about: Level::SendingPaused.about().into(),
            account: "AC019200000000700080000000000000ff".into(),
            number: "SU019200000000700080000000000000ff".into(),
            reason: "Unwanted messages".into(),
            words: "46 of 100 messages came back within one day, and the rule allows no more than 20 of 100.\nTwo recipients <complained>.".into(),
            decided: "A rule of ours, by itself and without a person".into(),
            since: at(),
            until: "26 November 2026, 09:41 UTC".into(),
            works: Level::SendingPaused.works(),
            stopped: Level::SendingPaused.stopped(),
            appeal_until: "23 May 2027, 09:41 UTC".into(),
            url: url("/accounts/AC019200000000700080000000000000ff/suspensions/SU019200000000700080000000000000ff"),
            appeal_url: url("/accounts/AC019200000000700080000000000000ff/suspensions/SU019200000000700080000000000000ff/appeal"),
        }),
        written(&SuspensionEnded {
            recipient_name: recipient_name(),
            headline: "A suspension of Claims <Europe> was lifted".into(),
            sentence: "“Sending paused” no longer applies. Credentials, records and queued messages are as they were.".into(),
            words: Some("The list of recipients was mended, and the last hundred messages arrived.".into()),
            account: "AC019200000000700080000000000000ff".into(),
            number: "SU019200000000700080000000000000ff".into(),
            at: at(),
            url: url("/accounts/AC019200000000700080000000000000ff/suspensions/SU019200000000700080000000000000ff"),
        }),
        written(&AppealNews {
            recipient_name: recipient_name(),
            headline: "We have your appeal".into(),
            sentence: "Somebody who had no part in the decision reads it and answers by 25 November 2026, 09:41 UTC. Until then the suspension stays as it is. You can add to your appeal, or withdraw it, on its page.".into(),
            number: "AP019200000000700080000000000000ff".into(),
            account: "AC019200000000700080000000000000ff".into(),
            url: url("/accounts/AC019200000000700080000000000000ff/suspensions/SU019200000000700080000000000000ff/appeal"),
        }),
        written(&AppealDecided {
            recipient_name: recipient_name(),
            headline: "Your appeal is not granted: the suspension of Claims <Europe> stands".into(),
            sentence: "It stays in force until we lift it.".into(),
            words: "We looked at the last thousand messages.\nHalf of their recipients <never> asked for them.".into(),
            routes: vec![
                "This was the second appeal: our decision is final.".into(),
                "You can still raise it with our privacy team at info@lossexpress.com, or by post to 1 Example Street, Springfield.".into(),
                ARBITRATION.into(),
            ],
            number: "AP019200000000700080000000000000ff".into(),
            account: "AC019200000000700080000000000000ff".into(),
            at: at(),
            url: url("/accounts/AC019200000000700080000000000000ff/suspensions/SU019200000000700080000000000000ff/appeal"),
        }),
        written(&refused_record(recipient_name(), at())),
        written(&DeletionsOverdue {
            recipient_name: recipient_name(),
            lines: vec!["DE019200000000700080000000000000ff: Search, due on 7 January 2027".into()],
            more: 2,
            url: url("/staff/audit?action=end_user.delet"),
        }),
        written(&StaffInvitation {
            recipient_name: recipient_name(),
            role: "privacy".into(),
            url: url("/staff/invitations/TOKEN"),
            until: "30 November 2026, 09:41 UTC".into(),
        }),
        written(&StaffRoleGranted {
            recipient_name: recipient_name(),
            role: "privacy".into(),
            at: at(),
            browser: browser(),
            place: place(),
        }),
        written(&CredentialChanged {
            recipient_name: recipient_name(),
            account: "Claims & Co".into(),
            headline: "An API key was made".into(),
            sentence: "“Nightly” (SK0192…) may use claims:read.".into(),
            by: "Grace Hopper".into(),
            at: at(),
            browser: browser(),
            place: place(),
            credentials_url: url("/accounts/AC0192/credentials"),
        }),
        written(&KeyExpiring {
            recipient_name: recipient_name(),
            account: "Claims & Co".into(),
            key: "Nightly".into(),
            sid: "SK0192".into(),
            expires_at: "27 November 2026, 00:00 UTC".into(),
            last_used: at(),
            credentials_url: url("/accounts/AC0192/credentials"),
        }),
        written(&SecretLeaked {
            recipient_name: recipient_name(),
            account: "Claims & Co".into(),
            credential: "primary auth token (AT0192)".into(),
            consequence: "It is revoked.",
            at: at(),
            credentials_url: url("/accounts/AC0192/credentials"),
        }),
        written(&AccountInvitation {
            recipient_name: recipient_name(),
            invited_by: "Grace Hopper".into(),
            inviter_email: "grace@example.com".into(),
            account: "Claims <Europe>".into(),
            role: AccountRole::Privacy.label(),
            about_role: AccountRole::Privacy.about(),
            url: url("/accounts/invitations/TOKEN"),
            until: "30 November 2026, 09:41 UTC".into(),
        }),
        written(&HandoverOffered {
            recipient_name: recipient_name(),
            from: "Grace Hopper".into(),
            noun: What::Ownership.noun(),
            account: "Claims <Europe>".into(),
            url: url(
                "/accounts/AC019200000000700080000000000000ff/members/handovers/HO019200000000700080000000000000ff",
            ),
            until: "30 November 2026, 09:41 UTC".into(),
        }),
        written(&ContactConfirmation {
            recipient_name: recipient_name(),
            delete: true,
            url: url("/contact-data/TOKEN"),
            until: "24 November 2026, 09:41 UTC".into(),
        }),
        written(&ContactDeleted {
            recipient_name: recipient_name(),
            kept: "90 days".into(),
            forms: forms_that_stay(),
            schedule_url: url("/privacy/retention"),
            request_url: url("/privacy/requests/new"),
        }),
        campaign(&recipient_name()),
        written(&notice(recipient_name(), at())),
        written(&ConfirmNewsletter { recipient_name: recipient_name(), url: url("/newsletter/TOKEN") }),
        written(&PartnerToldToStop {
            recipient_name: recipient_name(),
            references: vec![
                "01920000-0000-7000-8000-0000000000ff".into(),
                "01920000-0000-7000-8000-0000000000fe".into(),
            ],
        }),
        written(&WhitePaperReady {
            recipient_name: recipient_name(),
            title: "Claims & <cars>".into(),
            url: url("/white-papers/documents/TOKEN"),
            until: "23 December 2026, 09:41 UTC".into(),
        }),
        written(&ConfirmSeat {
            recipient_name: recipient_name(),
            event: "Claims & <cars>".into(),
            when: "8 December 2026, 09:00 to 10:30 UTC".into(),
            place: "Online".into(),
            url: url("/events/registrations/TOKEN"),
        }),
        written(&SeatTaken {
            recipient_name: recipient_name(),
            event: "Claims & <cars>".into(),
            when: "8 December 2026, 09:00 to 10:30 UTC".into(),
            place: "Online".into(),
            calendar_url: url("/events/EV019200000000700080000000000000ff/calendar.ics"),
            url: url("/events/registrations/TOKEN"),
        }),
        written(&EventCancelled {
            recipient_name: recipient_name(),
            event: "Claims & <cars>".into(),
            when: "8 December 2026, 09:00 to 10:30 UTC".into(),
        }),
        written(&SalesEnquiryReceived {
            recipient_name: recipient_name(),
            by_phone: true,
            url: url("/contact-sales/TOKEN"),
        }),
        written(&ExportReady {
            recipient_name: recipient_name(),
            of: "your data".into(),
            as_of: "23 November 2026, 09:41 UTC".into(),
            until: "30 November 2026, 09:41 UTC".into(),
            url: url("/privacy/exports/EX019200000000700080000000000000ff"),
        }),
        written(&ExportFailed {
            recipient_name: recipient_name(),
            of: "your account".into(),
            over: "Our storage is full, so that there was no room for the file.".into(),
            url: url("/privacy/exports/new"),
        }),
        written(&AccountClosure {
            recipient_name: recipient_name(),
            headline: "Claims Europe is being closed".into(),
            sentences: vec![
                "From now on the account is read-only: programs and pages show what is in it and change nothing. You can order a copy of everything, revoke secrets, remove members and leave.".into(),
                "On 23 December 2026, 09:41 UTC the claims and communications in it are deleted. Until then the owner can undo the closure with one click.".into(),
            ],
            account: "AC019200000000700080000000000000ff".into(),
            url: url("/accounts/AC019200000000700080000000000000ff/closure"),
        }),
        written(&HoldReview {
            recipient_name: recipient_name(),
            number: "HD019200000000700080000000000000ff".into(),
            on: "31 March 2027".into(),
            url: url("/staff/holds/HD019200000000700080000000000000ff"),
        }),
        written(&disclosure(recipient_name())),
        written(&TransferAhead {
            recipient_name: recipient_name(),
            acquirer: "Claims <Europe> Holding".into(),
            on: "31 March 2027".into(),
            words: "Accounts with their owners, invoices and settings.".into(),
            categories: "Identifiers, Commercial information".into(),
            sale: true,
            number: "DS019200000000700080000000000000ff".into(),
            url: url("/privacy/disclosures"),
        }),
        written(&TransferCalledOff {
            recipient_name: recipient_name(),
            acquirer: "Claims <Europe> Holding".into(),
            on: "31 March 2027".into(),
            number: "DS019200000000700080000000000000ff".into(),
            url: url("/privacy/disclosures"),
        }),
        written(&RuleSentBack {
            recipient_name: recipient_name(),
            rule: "Same words to many <strangers>".into(),
            number: 3,
            decided: 20,
            overturned: 6,
            bound: 25,
            at: "23 November 2026, 09:41 UTC".into(),
            url: url("/staff/rules/RU019200000000700080000000000000ff/versions/3"),
        }),
        written(&DataErased {
            recipient_name: recipient_name(),
            at: "23 November 2026, 09:41 UTC".into(),
            gone: vec!["Account data: 12 rows".into(), "Customer content: 48,000 rows".into()],
            stays: vec![
                "A request about personal data. It stays without your name and address, for 2 years.".into(),
                "Copies in backups, written over within 30 days.".into(),
            ],
            receipt: "-----BEGIN RECEIPT-----\neyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl\n-----END RECEIPT-----".into(),
            url: url("/privacy/requests/new"),
        }),
        written(&DataRequestReceived {
            recipient_name: recipient_name(),
            number: REQUEST.into(),
            what: "Get a copy of your data".into(),
            received: at(),
            due: "7 January 2027".into(),
            next: "You were signed in, so we know that it is you. Our privacy team works on it now.".into(),
            url: url(&format!("/privacy/requests/{REQUEST}")),
        }),
        written(&DataRequestsWaiting {
            recipient_name: recipient_name(),
            late: true,
            lines: vec![format!("{REQUEST}: overdue, due on 7 January 2027")],
            url: url("/staff/requests"),
        }),
        written(&EndUserRequestPassedOn {
            recipient_name: recipient_name(),
            account: "Claims <Europe>".into(),
            from: "end.user@example.com".into(),
            received: at(),
            details: "Please delete what my insurer keeps about my <car>.".into(),
            number: REQUEST.into(),
            url: url("/accounts/AC019200000000700080000000000000ff/end-users"),
        }),
        written(&DataRequestCode {
            recipient_name: recipient_name(),
            code: "012345".into(),
            until: at(),
            url: url("/privacy/requests/links/TOKEN"),
        }),
        written(&DataRequestNews {
            recipient_name: recipient_name(),
            headline: "There is a message for you".into(),
            sentence: "Our privacy team wrote to you about your request. For your safety the message stands on the page of the request and not in this mail.".into(),
            number: REQUEST.into(),
            url: url(&format!("/privacy/requests/{REQUEST}")),
        }),
        written(&DataRequestAnswered {
            recipient_name: recipient_name(),
            headline: "Your request is done in part".into(),
            words: "We deleted what you named, and told our service providers to do the same.".into(),
            not_done: vec![NotDone {
                item: "Invoices <2026>".into(),
                words: "A law makes us keep these records, for example for tax and audits.".into(),
                ground: "Cal. Civ. Code 1798.105(d)(8); GDPR Art. 17(3)(b)".into(),
                again: "23 November 2027".into(),
            }],
            number: REQUEST.into(),
            url: url(&format!("/privacy/requests/{REQUEST}")),
        }),
        written(&StaffRoleRemoved {
            recipient_name: recipient_name(),
            role: "privacy".into(),
            at: at(),
            still_staff: false,
        }),
    ]
}

/// All of them.
fn every() -> Vec<Written> {
    all().into_iter().chain(of_disputes()).collect()
}

fn files(folder: &str, ending: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect()
}

#[test]
fn every_mail_reads_as_somebody_agreed_that_it_should() {
    for mail in every() {
        let shown = format!("{:?}\n{}\n\n{}\n\n{}", mail.class, mail.subject, mail.text, mail.html);
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(mail.name, shown);
        });
    }
}

#[test]
fn every_template_belongs_to_a_mail_here_and_every_snapshot_to_a_template() {
    let here: BTreeSet<String> = every().iter().map(|mail| mail.name.to_owned()).collect();
    for (folder, ending) in [
        ("templates/mail", ".txt"),
        ("templates/mail", ".html"),
        ("tests/portal/invariants/snapshots", ".snap"),
    ] {
        let mut there = files(folder, ending);
        there.remove("layout");
        assert_eq!(there, here, "{folder}");
    }
}

#[test]
fn text_parts_keep_to_lines_that_every_program_shows_and_html_parts_escape() {
    for mail in every() {
        let too_long: Vec<&str> =
            mail.text.lines().filter(|line| line.chars().count() > 78 && !line.starts_with("http")).collect();
        assert!(too_long.is_empty(), "{}: {too_long:?}", mail.name);
        assert!(mail.text.contains("Ada <Lovelace> & Co"), "{}", mail.name);
        assert!(mail.html.contains("Ada &#60;Lovelace&#62; &#38; Co"), "{}", mail.name);
        assert!(
            mail.text.contains("info@lossexpress.com") && mail.html.contains("info@lossexpress.com"),
            "{}",
            mail.name
        );
    }
}
