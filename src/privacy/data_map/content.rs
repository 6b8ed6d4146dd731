//! What customers keep with us: about their own customers, on their instruction.

use super::{Table, map};

#[rustfmt::skip]
pub(super) const TABLES: &[Table] = map! {
    table "storage_choices" "How long a product's records are to be kept."
    { owner: Through("account_id", "accounts"), keep: ACCOUNT, erase: Cascade }
    "id"                Account NotPersonal Portal [] No  "Names the choice.";
    "account_id"        Account Identifiers Portal [] No  "Of which account.";
    "product"           Account Commercial  Person [] Yes "For which product.";
    "stored"            Account Commercial  Person [] Yes "Whether it is kept at all (S103).";
    "days"              Account Commercial  Person [] Yes "For how long (S108).";
    "price_cents"       Account Commercial  Portal [] Yes "What was accepted for it (S109).";
    "decided_by_kind"   Account NotPersonal Portal [] Yes "A member or a program.";
    "decided_by"        Account Identifiers Portal [] No  "Which.";
    "decided_at"        Account Activity    Portal [] Yes "When.";
    "superseded_at"     Account Activity    Portal [] Yes "When the next took its place.";

    table "restrictions" "A person's wish that records about them are not used."
    { owner: Through("account_id", "accounts"), keep: RESTRICTIONS, erase: Cascade }
    "id"                Content NotPersonal Portal [] Yes               "Names the restriction.";
    "account_id"        Content Identifiers Portal [] No                "In which account.";
    "identifier_kind"   Content NotPersonal Person [] Yes               "By what the person is known.";
    "sealed_identifier" Content Sensitive   Person [] HeldNeverExported "Who it is, sealed.";
    "person_keys"       Content Identifiers Portal [] No                "Finds the records it is about.";
    "reason"            Content Activity    Person [] Yes               "Why.";
    "began_by_kind"     Account NotPersonal Portal [] Yes               "A member or a program.";
    "began_by"          Account Identifiers Portal [] No                "Which.";
    "began_at"          Content Activity    Portal [] Yes               "Since when (S159).";
    "lifted_by"         Account Identifiers Portal [] No                "Who lifted it.";
    "lifted_at"         Content Activity    Portal [] Yes               "When it was lifted.";

    table "claims" "A claim on an insured vehicle."
    { owner: Through("account_id", "accounts"), keep: CONTENT, erase: Cascade }
    "id"                Content Identifiers Portal  [] Yes               "Names the claim.";
    "account_id"        Content Identifiers Portal  [] No                "In which account.";
    "claim_number"      Content Identifiers Program [] Yes               "How the insurer names it (S18).";
    "insurer"           Content Commercial  Program [] Yes               "With whom the vehicle is insured (S18).";
    "policy_number"     Content Identifiers Program [] Yes               "Under which policy (S18).";
    "friendly_name"     Content Identifiers Program [] Yes               "How the customer calls it; it may hold a name (S99).";
    "state"             Content Commercial  Program [] Yes               "How far it is (S18).";
    "lost_on"           Content Activity    Program [] Yes               "When the loss happened (S18).";
    "reported_on"       Content Activity    Program [] Yes               "When it was reported (S18).";
    "parties"           Content Identifiers Program [] Yes               "Who is in it: names, addresses, numbers (S17).";
    "vin"               Content Identifiers Program [] Yes               "Which vehicle (S18).";
    "vehicle_make"      Content Commercial  Program [] Yes               "Its make (S18).";
    "vehicle_model"     Content Commercial  Program [] Yes               "Its model (S18).";
    "vehicle_year"      Content Commercial  Program [] Yes               "Its year (S18).";
    "lender"            Content Commercial  Program [] Yes               "Who lent the money for it (S18).";
    "sealed_loan_number" Content Sensitive  Program [] HeldNeverExported "The number of the loan account, sealed (S18, S133).";
    "loan_number_last4" Content CustomerRecords Program [] Yes           "Its end, for recognising it.";
    "claimed_amount"    Content Commercial  Program [] Yes               "What is claimed.";
    "settled_amount"    Content Commercial  Program [] Yes               "What was paid.";
    "currency"          Content NotPersonal Program [] Yes               "In which currency.";
    "notes"             Content Identifiers Program [] Yes               "What the customer noted; it may name people.";
    "person_keys"       Content Identifiers Portal  [] No                "Finds a person without an index of plain text.";
    "restriction_id"    Content Activity    Portal  [] No                "The restriction it is under.";
    "version"           Usage   NotPersonal Portal  [] No                "Which version it is.";
    "created_at"        Usage   Activity    Portal  [] Yes               "When it was stored.";
    "updated_at"        Usage   Activity    Portal  [] Yes               "When it was last changed.";

    table "communications" "A message that a customer's program sent or received."
    { owner: Through("account_id", "accounts"), keep: CONTENT, erase: Cascade }
    "id"                Usage   Identifiers Portal  [] Yes "Names the communication.";
    "account_id"        Usage   Identifiers Portal  [] No  "In which account.";
    "claim_id"          Usage   Identifiers Program [] Yes "Which claim it belongs to.";
    "channel"           Usage   Activity    Program [] Yes "How it travelled.";
    "direction"         Usage   Activity    Program [] Yes "Sent or received.";
    "sender"            Usage   Identifiers Program [] Yes "From whom (S98).";
    "recipient"         Usage   Identifiers Program [] Yes "To whom (S98).";
    "device_token"      Usage   Identifiers Program [] Yes "To which device (S98).";
    "friendly_name"     Usage   Identifiers Program [] Yes "How the customer calls it; it may hold a name (S99).";
    "status"            Usage   Activity    Program [] Yes "How it went.";
    "status_at"         Usage   Activity    Program [] Yes "Since when.";
    "person_keys"       Usage   Identifiers Portal  [] No  "Finds a person without an index of plain text.";
    "restriction_id"    Usage   Activity    Portal  [] No  "The restriction it is under.";
    "version"           Usage   NotPersonal Portal  [] No  "Which version it is.";
    "created_at"        Usage   Activity    Portal  [] Yes "When it was stored.";
    "updated_at"        Usage   Activity    Portal  [] Yes "When it was last changed.";
    "body_key"          Usage   Activity    Portal  [] No  "Recognises the same words sent again, without keeping them (S127).";

    table "communication_statuses" "A change in how a communication went."
    { owner: Through("communication_id", "communications"), keep: CONTENT, erase: Cascade }
    "id"                Usage   NotPersonal Portal  [] No  "Names the change.";
    "communication_id"  Usage   Identifiers Portal  [] Yes "Of which communication.";
    "status"            Usage   Activity    Program [] Yes "How it went.";
    "detail"            Usage   Activity    Program [] Yes "What the carrier said.";
    "at"                Usage   Activity    Program [] Yes "When.";

    table "communication_bodies" "What a communication says."
    { owner: Through("communication_id", "communications"), keep: CONTENT, erase: Cascade }
    "communication_id"  Content Identifiers Portal  [] Yes    "Of which communication.";
    "sealed_body"       Content Sensitive   Program [] Opened "What it says, sealed (S100).";
    "created_at"        Content Activity    Portal  [] Yes    "When it was stored.";

    table "imports" "An import of many records, and how far it came."
    { owner: Through("account_id", "accounts"), keep: IMPORTS, erase: Cascade }
    "id"                Usage   NotPersonal Portal  [] Yes "Names the import.";
    "account_id"        Usage   Identifiers Portal  [] No  "Into which account.";
    "key"               Usage   Activity    Browser [] No  "How the program names it.";
    "product"           Usage   NotPersonal Program [] Yes "What is imported.";
    "format"            Usage   NotPersonal Program [] Yes "In which form.";
    "mode"              Usage   NotPersonal Program [] Yes "Everything or what is valid.";
    "lines_done"        Usage   Activity    Portal  [] Yes "How far it came.";
    "imported"          Usage   Activity    Portal  [] Yes "How many records were stored.";
    "refused"           Usage   Activity    Portal  [] Yes "How many lines were refused.";
    "errors"            Usage   Activity    Portal  [] Yes "What was wrong with the first of them; never what they said.";
    "progress_digest"   Usage   NotPersonal Portal  [] No  "Recognises the same file.";
    "began_at"          Usage   Activity    Portal  [] Yes "When it began.";
    "updated_at"        Usage   Activity    Portal  [] Yes "When it last came further.";
    "finished_at"       Usage   Activity    Portal  [] Yes "When it ended.";
    "outcome"           Usage   Activity    Portal  [] Yes "How it ended.";

    table "content_deletions" "That somebody's records were deleted on instruction."
    { owner: Through("account_id", "accounts"), keep: CONTENT_DELETIONS, erase: Cascade }
    "id"                 Usage   NotPersonal Portal [] Yes "Names the receipt.";
    "account_id"         Usage   Identifiers Portal [] No  "In which account.";
    "identifier_kind"    Usage   NotPersonal Person [] Yes "By what the person was known.";
    "identifier_digest"  Usage   Identifiers Portal [] No  "Shows whether a given person was meant, without keeping who.";
    "claims"             Usage   Activity    Portal [] Yes "How many claims went.";
    "parties"            Usage   Activity    Portal [] Yes "From how many records of others the person was taken out.";
    "communications"     Usage   Activity    Portal [] Yes "How many communications went.";
    "bodies"             Usage   Activity    Portal [] Yes "How many bodies went.";
    "instructed_by_kind" Account NotPersonal Portal [] Yes "A member or a program.";
    "instructed_by"      Account Identifiers Portal [] No  "Which.";
    "instructed_at"      Usage   Activity    Portal [] Yes "When (S110).";

    table "deleted_records" "That a record, or everything about somebody, was deleted, for backups that are older."
    { owner: Through("account_id", "accounts"), keep: DELETED_RECORDS, erase: Cascade }
    "id"                 Operations NotPersonal Portal [] No  "Names the entry.";
    "account_id"         Usage      Identifiers Portal [] No  "In which account.";
    "kind"               Usage      NotPersonal Portal [] Yes "What, or by what somebody was known.";
    "blinded"            Operations Identifiers Portal [] No  "Recognises it in a restored backup, without keeping it.";
    "person_keys"        Operations Identifiers Portal [] No  "Finds the records of somebody in a restored backup.";
    "deleted_at"         Usage      Activity    Portal [] Yes "When.";
    "mirrored_at"        Operations NotPersonal Portal [] No  "When it was put beside the backups.";

    table "content_deletion_steps" "Where a deletion has to arrive."
    { owner: Through("deletion_id", "content_deletions"), keep: CONTENT_DELETIONS, erase: Cascade }
    "deletion_id"        Usage NotPersonal Portal [] No  "Which deletion.";
    "step"               Usage NotPersonal Portal [] Yes "Where.";
    "due_at"             Usage Activity    Portal [] Yes "By when (S110).";
    "done_at"            Usage Activity    Portal [] Yes "When it had.";
    "alerted_at"         Usage Activity    Portal [] Yes "When our privacy team was told that it was late.";
};
