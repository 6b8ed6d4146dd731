//! What people asked of us about their data, and what came of it.

use super::{Table, map};

#[rustfmt::skip]
pub(super) const TABLES: &[Table] = map! {
    table "data_requests" "A request about personal data."
    { owner: Person("person_id"), also: [Address("email")], keep: DATA_REQUESTS, erase: Anonymise(&["person_id", "email", "name", "agent", "details"]) }
    "id"                   Account    NotPersonal  Portal  [] Yes           "Names the request.";
    "kind"                 Account    Activity     Person  [] Yes           "What is asked for.";
    "asked_kind"           Account    Activity     Person  [] Yes           "What was asked for at first.";
    "channel"              Account    Activity     Portal  [] Yes           "On which way it came.";
    "state"                Account    Activity     Portal  [] Yes           "Where it stands.";
    "version"              Operations NotPersonal  Portal  [] No            "Keeps two people from acting on it at once.";
    "person_id"            Account    Identifiers  Portal  [] No            "Who asks, if they have an account.";
    "email"                Account    Identifiers  Person  [MailCarrier] Yes "Where the answer goes.";
    "name"                 Account    Identifiers  Person  [] Yes           "Greets them.";
    "agent"                Account    Identifiers  Person  [] Yes           "Who asks in their name.";
    "agent_permission_at"  Account    Activity     Staff   [] Yes           "When the agent's signed permission was seen.";
    "account_id"           Account    Commercial   Staff   [] No            "The customer whose end user asks (S161).";
    "details"              Account    Activity     Person  [] Yes           "What exactly is asked for.";
    "ccpa"                 Account    NotPersonal  Person  [] Yes           "Whether California's deadlines hold.";
    "gdpr"                 Account    NotPersonal  Person  [] Yes           "Whether Europe's deadlines hold.";
    "received_at"          Account    Activity     Portal  [] Yes           "When it came in; deadlines count from it.";
    "acknowledged_at"      Account    Activity     Portal  [] Yes           "When receipt was confirmed.";
    "due_at"               Account    NotPersonal  Portal  [] Yes           "When the answer is due.";
    "longest_due_at"       Account    NotPersonal  Portal  [] Yes           "Where one extension may move that.";
    "verified_at"          Account    Activity     Portal  [] Yes           "When it was shown who asks (S92).";
    "verified_how"         Account    Activity     Portal  [] Yes           "How.";
    "confirmed_at"         Account    Activity     Portal  [] Yes           "When a deletion was asked for once more.";
    "grace_until"          Account    NotPersonal  Portal  [] Yes           "Until when it can be undone.";
    "fraud_suspected_at"   Operations Activity     Staff   [] No            "Since when somebody else may be asking.";
    "customer_informed_at" Operations Activity     Staff   [] Yes           "When our customer was told of it (S161).";
    "informing_barred_at"  Operations Activity     Staff   [] No            "When it was noted that the law forbids to tell them.";
    "customer_agreed_at"   Operations Activity     Staff   [] Yes           "When they agreed that we answer (S162).";
    "closed_at"            Account    Activity     Portal  [] Yes           "When it ended; its end is counted from it.";
    "reminded"             Operations NotPersonal  Portal  [] No            "How often staff were reminded.";

    table "data_request_steps" "A step of a request: who did what, when and why."
    { owner: Through("request_id", "data_requests"), keep: DATA_REQUESTS, erase: Cascade }
    "id"                   Operations NotPersonal  Portal  [] No            "Names the step.";
    "request_id"           Account    NotPersonal  Portal  [] No            "Of which request.";
    "seq"                  Account    NotPersonal  Portal  [] Yes           "The order of steps.";
    "state"                Account    Activity     Portal  [] Yes           "Where the request stood after it.";
    "act"                  Account    Activity     Portal  [] Yes           "What was done.";
    "actor_kind"           Account    NotPersonal  Portal  [] Yes           "Themselves, staff or the portal.";
    "actor_id"             Operations Identifiers  Portal  [] No            "Who exactly.";
    "at"                   Account    Activity     Portal  [] Yes           "When.";
    "how"                  Account    Activity     Portal  [] Yes           "How it was shown who asks.";
    "until"                Account    NotPersonal  Portal  [] Yes           "Until when a deletion can be undone.";
    "note"                 Operations Activity     Staff   [] No            "What staff noted for each other.";
    "words"                Account    Activity     Staff   [] Yes           "What whoever asked was told; removed with the person.";
    "reason_code"          Account    Activity     Staff   [] Yes           "Why something was not done (S94).";
    "legal_ground"         Account    NotPersonal  Staff   [] Yes           "The law behind it.";
    "look_again_on"        Account    NotPersonal  Staff   [] Yes           "When somebody looks again.";
    "seen_version"         Operations NotPersonal  Portal  [] No            "What whoever acted had looked at.";

    table "data_request_withheld" "Something that was asked for and not given, corrected or deleted."
    { owner: Through("request_id", "data_requests"), keep: DATA_REQUESTS, erase: Cascade }
    "id"                   Operations NotPersonal  Portal  [] No            "Names the entry.";
    "request_id"           Account    NotPersonal  Portal  [] No            "Of which request.";
    "item"                 Account    Activity     Staff   [] Yes           "What.";
    "reason_code"          Account    Activity     Staff   [] Yes           "Why (S94).";
    "legal_ground"         Account    NotPersonal  Staff   [] Yes           "The law behind it.";
    "words"                Account    Activity     Staff   [] Yes           "What whoever asked was told.";
    "look_again_on"        Account    NotPersonal  Staff   [] Yes           "When somebody looks again.";

    table "data_request_messages" "What whoever asked and the privacy team wrote to each other."
    { owner: Through("request_id", "data_requests"), keep: DATA_REQUESTS, erase: Cascade }
    "id"                   Operations NotPersonal  Portal  [] No            "Names the message.";
    "request_id"           Account    NotPersonal  Portal  [] No            "Of which request.";
    "author_kind"          Account    NotPersonal  Portal  [] Yes           "Who wrote it: they, staff or the portal.";
    "author_id"            Operations Identifiers  Portal  [] No            "Who exactly.";
    "body"                 Account    Activity     Person  [] Yes           "What was written.";
    "sent_at"              Account    Activity     Portal  [] Yes           "When.";

    table "files" "A file that was sent along with a message, an appeal, a dispute or a subscriber record."
    { owner: Listed("data_request_message_files", "file_id"), also: [Listed("appeal_files", "file_id"), Listed("dispute_files", "file_id"), Listed("subscriber_record_files", "file_id")], keep: FILES, erase: Cascade }
    "id"                   Account    NotPersonal  Portal  [] Yes           "Names the file; the copy has it in its folder `files`.";
    "name"                 Account    Activity     Person  [] Yes           "What it is called.";
    "media_type"           Account    NotPersonal  Portal  [] Yes           "What kind of file it is, found in its content.";
    "bytes"                Account    NotPersonal  Portal  [] Yes           "How long it is.";
    "sha256"               Operations NotPersonal  Portal  [] No            "Shows that it was not changed.";
    "uploaded_by_kind"     Account    NotPersonal  Portal  [] Yes           "Who sent it: they, staff or the portal.";
    "uploaded_by"          Operations Identifiers  Portal  [] No            "Who exactly.";
    "uploaded_at"          Account    Activity     Portal  [] Yes           "When; with a subscriber record the end of that day.";
    "missing_since"        Operations NotPersonal  Portal  [] Yes           "Since when it is lost.";

    table "data_request_message_files" "Which file was sent along with which message."
    { owner: Through("message_id", "data_request_messages"), keep: DATA_REQUESTS, erase: Cascade }
    "file_id"              Account    NotPersonal  Portal  [] Yes           "Which file.";
    "message_id"           Account    NotPersonal  Portal  [] No            "With which message.";

    table "data_request_codes" "A code that was mailed to somebody who asked without an account."
    { owner: Through("request_id", "data_requests"), keep: DATA_REQUESTS, erase: Cascade }
    "id"                   Operations NotPersonal  Portal  [] No            "Names the code.";
    "request_id"           Account    NotPersonal  Portal  [] No            "Of which request.";
    "code_digest"          Account    Sensitive    Portal  [] HeldNeverExported "Recognises the code without keeping it.";
    "sent_at"              Usage      Activity     Portal  [] Yes           "When it was sent.";
    "expires_at"           Usage      NotPersonal  Portal  [] Yes           "Until when it works.";

    table "data_request_tries" "A try to show who one is."
    { owner: Through("request_id", "data_requests"), keep: DATA_REQUESTS, erase: Cascade }
    "id"                   Operations NotPersonal  Portal  [] No            "Names the try.";
    "request_id"           Account    NotPersonal  Portal  [] No            "Of which request.";
    "what"                 Usage      Activity     Portal  [] Yes           "By the code, or by what we know besides.";
    "matched"              Usage      Activity     Portal  [] Yes           "Whether it was right; wrong ones are limited (S92).";
    "points"               Usage      NotPersonal  Portal  [] No            "How many data points were right.";
    "tried_at"             Usage      Activity     Portal  [] Yes           "When.";

    table "disputes" "A dispute about how we treat personal data."
    { owner: Person("person_id"), also: [Address("email")], keep: DISPUTES, erase: Anonymise(&["person_id", "email", "name", "postal_address", "subject", "words"]) }
    "id"                   Account    NotPersonal  Portal  [] Yes           "Names the dispute.";
    "channel"              Account    Activity     Portal  [] Yes           "On which way it came.";
    "state"                Account    Activity     Portal  [] Yes           "Where it stands.";
    "version"              Operations NotPersonal  Portal  [] No            "Keeps two people from acting on it at once.";
    "person_id"            Account    Identifiers  Portal  [] No            "Who raised it, if they have an account.";
    "email"                Account    Identifiers  Person  [MailCarrier] Yes "Where the answer goes.";
    "name"                 Account    Identifiers  Person  [] Yes           "Greets them.";
    "postal_address"       Account    Identifiers  Person  [] Yes           "Where a letter goes.";
    "subject"              Account    Activity     Person  [] Yes           "What it is about.";
    "words"                Account    Activity     Person  [] Yes           "What went wrong, in their words.";
    "received_at"          Account    Activity     Portal  [] Yes           "When it came in; its deadline counts from it.";
    "due_at"               Account    NotPersonal  Portal  [] Yes           "When the answer is due.";
    "closed_at"            Account    Activity     Portal  [] Yes           "When it ended; its end is counted from it.";
    "reminded"             Operations NotPersonal  Portal  [] No            "How often staff were reminded.";

    table "dispute_steps" "A step of a dispute: who did what, when and why."
    { owner: Through("dispute_id", "disputes"), keep: DISPUTES, erase: Cascade }
    "id"                   Operations NotPersonal  Portal  [] No            "Names the step.";
    "dispute_id"           Account    NotPersonal  Portal  [] No            "Of which dispute.";
    "seq"                  Account    NotPersonal  Portal  [] Yes           "The order of steps.";
    "state"                Account    Activity     Portal  [] Yes           "Where the dispute stood after it.";
    "act"                  Account    Activity     Portal  [] Yes           "What was done.";
    "actor_kind"           Account    NotPersonal  Portal  [] Yes           "Themselves, staff or the portal.";
    "actor_id"             Operations Identifiers  Portal  [] No            "Who exactly.";
    "at"                   Account    Activity     Portal  [] Yes           "When.";
    "note"                 Operations Activity     Staff   [] No            "What staff noted for each other.";
    "words"                Account    Activity     Staff   [] Yes           "The reasons, for whoever raised it (S132).";
    "seen_version"         Operations NotPersonal  Portal  [] No            "What whoever acted had looked at.";

    table "dispute_messages" "What whoever raised a dispute and the privacy team wrote to each other."
    { owner: Through("dispute_id", "disputes"), keep: DISPUTES, erase: Cascade }
    "id"                   Operations NotPersonal  Portal  [] No            "Names the message.";
    "dispute_id"           Account    NotPersonal  Portal  [] No            "Of which dispute.";
    "author_kind"          Account    NotPersonal  Portal  [] Yes           "Who wrote it: they or staff.";
    "author_id"            Operations Identifiers  Portal  [] No            "Who exactly.";
    "body"                 Account    Activity     Person  [] Yes           "What was written.";
    "sent_at"              Account    Activity     Portal  [] Yes           "When.";

    table "dispute_files" "Which file was sent along with which dispute, or with which message about it."
    { owner: Through("dispute_id", "disputes"), keep: DISPUTES, erase: Cascade }
    "file_id"              Account    NotPersonal  Portal  [] Yes           "Which file.";
    "dispute_id"           Account    NotPersonal  Portal  [] No            "With which dispute.";
    "message_id"           Account    NotPersonal  Portal  [] No            "With which message, if with one.";

    table "processing_limits" "What we must not do with somebody's data: use it, or look it up elsewhere."
    { owner: Person("person_id"), keep: PROCESSING_LIMITS, erase: Cascade }
    "id"                   Operations NotPersonal  Portal  [] No            "Names the limit.";
    "person_id"            Account    Identifiers  Portal  [] No            "Whose data.";
    "what"                 Account    Activity     Person  [] Yes           "What we must not do.";
    "request_id"           Account    NotPersonal  Portal  [] No            "The request that it came from.";
    "began_at"             Account    Activity     Portal  [] Yes           "Since when.";
    "lifted_at"            Account    Activity     Person  [] Yes           "When it ended.";

    table "receipts" "A signed document that says what we did about data, or did not."
    { owner: Person("person_id"), also: [Through("account_id", "accounts"), Through("request_id", "data_requests")], keep: RECEIPTS, erase: Anonymise(&["person_id", "account_id", "request_id"]) }
    "id"                   Account    NotPersonal  Portal  [] Yes           "Names the receipt.";
    "person_id"            Account    Identifiers  Portal  [] No            "Whose it is.";
    "account_id"           Account    Identifiers  Portal  [] No            "About which account.";
    "request_id"           Account    NotPersonal  Portal  [] No            "For which request.";
    "kind"                 Account    Activity     Portal  [] Yes           "What was done.";
    "document"             Account    Activity     Portal  [] Yes           "What it says, signed; it holds ids and no words of anybody.";
    "issued_at"            Account    Activity     Portal  [] Yes           "When.";
};
