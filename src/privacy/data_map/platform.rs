//! What any part of the product stands on.

use super::{Table, map};

#[rustfmt::skip]
pub(super) const TABLES: &[Table] = map! {
    table "sessions" "A browser that is signed in, or a visitor between two pages."
    { owner: Person("person_id"), keep: SESSIONS, erase: Cascade }
    "id"                 Usage      Identifiers Portal  [] Yes               "Names the session in the list that its owner sees.";
    "token_hash"         Account    Sensitive   Portal  [] HeldNeverExported "Recognises the cookie without keeping it.";
    "person_id"          Usage      Identifiers Portal  [] No                "Says whose session it is.";
    "credential_version" Account    NotPersonal Portal  [] No                "Ends sessions of an older password or factor.";
    "kind"               Usage      NotPersonal Portal  [] Yes               "Staff sessions are shorter.";
    "state"              Usage      Activity    Portal  [] No                "What a page leaves for the next; never a password.";
    "created_at"         Usage      Activity    Portal  [] Yes               "When it began.";
    "last_used_at"       Usage      Activity    Portal  [] Yes               "Ends sessions that nobody uses.";
    "expires_at"         Usage      NotPersonal Portal  [] Yes               "Ends sessions that are too old.";
    "idle_seconds"       Usage      NotPersonal Portal  [] No                "How long it may lie unused.";
    "authenticated_at"   Usage      Activity    Portal  [] Yes               "When its owner signed in.";
    "reauthenticated_at" Usage      Activity    Portal  [] Yes               "When its owner last showed who they are.";
    "ip"                 Usage      Identifiers Browser [] Yes               "Lets the owner recognise the session (S62).";
    "country"            Usage      Geolocation Derived [] Yes               "Lets the owner recognise the session; export control (S64).";
    "user_agent"         Usage      Activity    Browser [] Yes               "Lets the owner recognise the session.";

    table "rate_limits" "A limit that was made use of, named by a digest."
    { owner: Nobody, keep: RATE_LIMITS, erase: Keep("nothing in it leads to anybody") }
    "bucket"             Operations NotPersonal Portal  [] No                "Which limit, for whom, as a keyed digest.";
    "full_at"            Operations NotPersonal Portal  [] No                "When the limit has filled up again.";

    table "messages" "A mail, text message or call."
    { owner: Person("person_id"), also: [Address("recipient")], keep: MESSAGES, sooner: ["recipient" => SIGN_UP_MESSAGES, "sealed_body" => MESSAGE_BODIES], erase: DeleteRow }
    "id"                 Usage      NotPersonal Portal  [] No                "Names the message.";
    "kind"               Usage      NotPersonal Portal  [] Yes               "How it travels.";
    "name"               Usage      NotPersonal Portal  [] Yes               "Which message it is.";
    "class"              Usage      NotPersonal Portal  [] Yes               "Advertising stops when it is not wanted, the rest does not (S86).";
    "person_id"          Usage      Identifiers Portal  [] No                "Says to whom it went.";
    "recipient"          Account    Identifiers Person  [MailCarrier, PhoneCarrier] Yes "Where it goes.";
    "subject"            Usage      Activity    Portal  [MailCarrier] Yes    "What it is about.";
    "sealed_body"        Usage      Sensitive   Portal  [MailCarrier, PhoneCarrier] HeldNeverExported "What it says, sealed: it may carry a link or a code that works.";
    "message_id"         Operations NotPersonal Portal  [MailCarrier] No     "Lets the receiver recognise a second copy.";
    "created_at"         Usage      Activity    Portal  [] Yes               "When it was written.";
    "sent_at"            Usage      Activity    Portal  [] Yes               "When a server took it.";
    "failed_at"          Usage      Activity    Portal  [] Yes               "When it was given up.";
    "tried_again_at"     Operations Activity    Portal  [] No                "When staff gave it another round of attempts.";

    table "message_attempts" "A try to deliver a message."
    { owner: Through("message_id", "messages"), keep: MESSAGES, erase: Cascade }
    "id"                 Operations NotPersonal Portal  [] No                "Names the try.";
    "message_id"         Operations NotPersonal Portal  [] No                "Which message.";
    "started_at"         Operations Activity    Portal  [] No                "When it began.";
    "finished_at"        Operations Activity    Portal  [] No                "When it ended; nothing if the worker was stopped.";
    "outcome"            Operations NotPersonal Portal  [] No                "How it ended.";
    "detail"             Operations Identifiers Portal  [] No                "What the other side said; it may repeat the address.";

    table "audit_events" "Something that was done, by pseudonyms."
    { owner: Person("subject_id"), also: [Person("actor_id"), Through("subject_id", "accounts")], keep: AUDIT_EVENTS, erase: Keep("names people by ids that lead nowhere once the person is erased, and a gap would break the chain") }
    "seq"                Operations NotPersonal Portal  [] No                "Its place in the chain.";
    "id"                 Operations NotPersonal Portal  [] No                "Names the event.";
    "at"                 Usage      Activity    Portal  [] Yes               "When.";
    "actor_kind"         Usage      NotPersonal Portal  [] Yes               "Visitor, customer, staff or the portal itself.";
    "actor_id"           Usage      Identifiers Portal  [] No                "Who did it.";
    "subject_kind"       Usage      NotPersonal Portal  [] Yes               "What kind of thing it was done to.";
    "subject_id"         Usage      Identifiers Portal  [] No                "To whom or what.";
    "action"             Usage      Activity    Portal  [] Yes               "What was done.";
    "request_id"         Operations NotPersonal Portal  [] No                "The request, as in the logs.";
    "details_digest"     Operations NotPersonal Portal  [] No                "Ties the details to the event.";
    "previous_hash"      Operations NotPersonal Portal  [] No                "Ties the event to the one before.";
    "hash"               Operations NotPersonal Portal  [] No                "Shows whether the event was changed.";

    table "audit_details" "What could identify somebody, of an event."
    { owner: Through("event_id", "audit_events"), keep: AUDIT_DETAILS, erase: DeleteRow }
    "event_id"           Operations NotPersonal Portal  [] No                "Which event.";
    "at"                 Operations NotPersonal Portal  [] No                "When it was; its end is counted from it.";
    "salt"               Operations NotPersonal Portal  [] No                "Keeps the digest from being guessed back.";
    "ip"                 Usage      Identifiers Browser [] Yes               "From where; detects and investigates abuse (S66).";
    "country"            Usage      Geolocation Derived [] Yes               "From which country.";
    "user_agent"         Usage      Activity    Browser [] Yes               "With which browser.";
    "note"               Usage      Activity    Staff   [] Yes               "A sentence for people: a reason typed by staff, say.";

    table "development_clock" "How far the clock of a development server was moved."
    { owner: Nobody, keep: MACHINERY, erase: Keep("never written in production") }
    "only_row"           Operations NotPersonal Portal  [] No                "There is one row.";
    "advanced_seconds"   Operations NotPersonal Portal  [] No                "By so much.";

    table "restores" "That this database was made of a backup, and whether what was erased since is erased again."
    { owner: Nobody, keep: MACHINERY, erase: Keep("it says nothing of anybody") }
    "id"                 Operations NotPersonal Portal  [] No                "Names the restore.";
    "backup"             Operations NotPersonal Portal  [] No                "Which backup.";
    "taken_at"           Operations NotPersonal Portal  [] No                "The moment that it shows.";
    "began_at"           Operations NotPersonal Portal  [] No                "When the restore began.";
    "restored_at"        Operations NotPersonal Portal  [] No                "When it was whole.";
    "ledger_replayed_at" Operations NotPersonal Portal  [] No                "Since when it may be served.";

    table "__diesel_schema_migrations" "Which steps of the database were taken."
    { owner: Nobody, keep: MACHINERY, erase: Keep("it says nothing of anybody") }
    "version"            Operations NotPersonal Portal  [] No                "Which step.";
    "run_on"             Operations NotPersonal Portal  [] No                "When.";

    table "graphile_worker._private_jobs" "Work that waits or was given up: ids only; the library deletes what is done."
    { owner: Nobody, keep: JOBS, erase: Keep("a job carries the id of a message at most, which leads nowhere once that is gone") }
};
