//! What accounts, their members, their credentials and their requests keep.

use super::{Table, map};

#[rustfmt::skip]
pub(super) const TABLES: &[Table] = map! {
    table "accounts" "An account that somebody owns."
    { owner: Person("owner_id"), keep: ACCOUNT, erase: Cascade }
    "id"                         Account Identifiers  Portal [] Yes "Names the account (S54).";
    "owner_id"                   Account Identifiers  Portal [] No  "Whose it is.";
    "name"                       Account Commercial   Person [] Yes "What its owner calls it (S38).";
    "created_at"                 Account Activity     Portal [] Yes "Since when.";
    "contact_id"                 Account Professional Person [] No  "Who speaks for the business (S96).";
    "leak_response"              Account NotPersonal  Person [] Yes "What becomes of a secret that was found in the open.";

    table "account_states" "What an account was in, since when, by whom and why."
    { owner: Through("account_id", "accounts"), keep: ACCOUNT, erase: Cascade }
    "id"                         Account NotPersonal  Portal [] No  "Names the entry.";
    "account_id"                 Account Identifiers  Portal [] No  "Which account.";
    "state"                      Account Commercial   Portal [] Yes "What it was in.";
    "actor_kind"                 Account NotPersonal  Portal [] Yes "Customer, staff or the portal itself.";
    "actor_id"                   Account Identifiers  Portal [] No  "Who put it there.";
    "reason"                     Account Activity     Staff  [] Yes "Why.";
    "began_at"                   Account Activity     Portal [] Yes "Since when.";
    "ended_at"                   Account Activity     Portal [] Yes "Until when.";

    table "account_members" "Somebody who may use an account that another owns."
    { owner: Person("person_id"), also: [Through("account_id", "accounts")], keep: ACCOUNT, erase: Cascade }
    "account_id"                 Account Identifiers  Portal [] Yes "Which account.";
    "person_id"                  Account Identifiers  Portal [] No  "Who.";
    "role"                       Account Professional Person [] Yes "What they may do.";
    "invited_by"                 Account Identifiers  Portal [] No  "Who invited them.";
    "joined_at"                  Account Activity     Portal [] Yes "Since when.";

    table "account_invitations" "An invitation to be a member of an account."
    { owner: Address("email"), also: [Through("account_id", "accounts")], keep: LINKS, erase: DeleteRow }
    "id"                         Account NotPersonal  Portal [] No                "Names the invitation.";
    "account_id"                 Account Identifiers  Portal [] Yes               "To which account.";
    "email"                      Account Identifiers  Person [MailCarrier] Yes    "To whom.";
    "role"                       Account Professional Person [] Yes               "To which role.";
    "token_hash"                 Account Sensitive    Portal [] HeldNeverExported "Recognises the link without keeping it.";
    "invited_by"                 Account Identifiers  Portal [] No                "Who invited.";
    "created_at"                 Account Activity     Portal [] Yes               "When it was sent.";
    "expires_at"                 Account Activity     Portal [] Yes               "Until when it works.";
    "accepted_at"                Account Activity     Portal [] Yes               "When it was accepted.";
    "declined_at"                Account Activity     Portal [] Yes               "When it was declined.";
    "withdrawn_at"               Account Activity     Portal [] Yes               "When it was withdrawn.";

    table "account_handovers" "An offer of ownership, or of being the point of contact."
    { owner: Person("to_id"), also: [Person("from_id"), Through("account_id", "accounts")], keep: LINKS, erase: Cascade }
    "id"                         Account NotPersonal  Portal [] No  "Names the offer.";
    "account_id"                 Account Identifiers  Portal [] Yes "Of which account.";
    "what"                       Account Professional Person [] Yes "Ownership or point of contact.";
    "from_id"                    Account Identifiers  Portal [] No  "Who offered.";
    "to_id"                      Account Identifiers  Portal [] No  "To whom.";
    "created_at"                 Account Activity     Portal [] Yes "When.";
    "expires_at"                 Account Activity     Portal [] Yes "Until when it can be taken.";
    "accepted_at"                Account Activity     Portal [] Yes "When it was taken.";
    "declined_at"                Account Activity     Portal [] Yes "When it was declined.";
    "withdrawn_at"               Account Activity     Portal [] Yes "When it was withdrawn.";

    table "account_closures" "The closure of an account."
    { owner: Through("account_id", "accounts"), keep: CLOSURES, erase: Cascade }
    "id"                         Account NotPersonal  Portal [] No  "Names the closure.";
    "account_id"                 Account Identifiers  Portal [] No  "Of which account.";
    "requested_by_kind"          Account NotPersonal  Portal [] Yes "The owner, or staff whom they asked by mail (S78).";
    "requested_by"               Account Identifiers  Portal [] No  "Who.";
    "note"                       Account Activity     Staff  [] Yes "What the owner wrote, and how they were recognised.";
    "requested_at"               Account Activity     Portal [] Yes "When.";
    "from_state"                 Account NotPersonal  Portal [] Yes "What the account was in before.";
    "content_until"              Account NotPersonal  Portal [] Yes "When what is in the account goes (S163, S164).";
    "data_until"                 Account NotPersonal  Portal [] Yes "When everything else goes (S77).";
    "undone_at"                  Account Activity     Portal [] Yes "When it was undone.";
    "undone_by"                  Account Identifiers  Portal [] No  "By whom.";
    "content_ordered_at"         Account NotPersonal  Portal [] Yes "When what was in it began to go.";
    "data_ordered_at"            Account NotPersonal  Portal [] No  "When the rest began to go.";
    "reminded_at"                Account NotPersonal  Portal [] No  "When its owner was reminded.";

    table "former_customers" "That somebody was a customer."
    { owner: Address("email"), keep: FORMER_CUSTOMERS, erase: DeleteRow }
    "id"                         Account NotPersonal  Portal [] No  "Names the entry.";
    "account_digest"             Account NotPersonal  Portal [] No  "Notes each account once, and leads to none.";
    "email"                      Account Identifiers  Person [] Yes "Their address (S73).";
    "name"                       Account Identifiers  Person [] Yes "Their name.";
    "company"                    Account Professional Person [] Yes "Their company.";
    "opened_at"                  Account Activity     Portal [] Yes "Since which day they were one.";
    "closed_at"                  Account Activity     Portal [] Yes "Until which day.";

    table "invoices" "An invoice to the owner of an account."
    { owner: Through("account_id", "accounts"), keep: INVOICES, erase: Keep("is kept for taxes and audits, by the law of the country that it was billed to") }
    "id"                         Account NotPersonal   Portal    [] Yes             "Names the invoice.";
    "account_id"                 Account Identifiers   Processor [] No              "To which account; emptied when that goes.";
    "source"                     Account NotPersonal   Portal    [] Yes             "Who told us of it (S44).";
    "number"                     Account Identifiers   Processor [TaxAuthority] Yes "What it is called; tax calculation and audits (S45).";
    "issued_on"                  Account Commercial    Processor [TaxAuthority] Yes "When it was issued; its end is counted from that year (S74).";
    "due_on"                     Account Commercial    Processor [TaxAuthority] Yes "When it is to be paid.";
    "currency"                   Account Commercial    Processor [TaxAuthority] Yes "In which currency.";
    "total_minor"                Account Commercial    Processor [TaxAuthority] Yes "How much it is over, in the smallest unit.";
    "tax_minor"                  Account Commercial    Processor [TaxAuthority] Yes "How much of that is tax.";
    "billing_name"               Account Identifiers   Processor [TaxAuthority] Yes "To whom; tax calculation and audits (S45).";
    "billing_lines"              Account CustomerRecords Processor [TaxAuthority] Yes "Billing address: street and the like; tax calculation and audits (S44, S45).";
    "billing_postal_code"        Account CustomerRecords Processor [TaxAuthority] Yes "Billing address: postal code; tax calculation and audits (S44, S45).";
    "billing_city"               Account CustomerRecords Processor [TaxAuthority] Yes "Billing address: city; tax calculation and audits (S44, S45).";
    "billing_country"            Account CustomerRecords Processor [TaxAuthority] Yes "Billing address: country, whose law says how long it is kept (S45, S74).";
    "settled_on"                 Account Commercial    Processor [TaxAuthority] Yes "When it was paid.";
    "voided_on"                  Account Commercial    Processor [TaxAuthority] Yes "When it was taken back.";
    "voided_because"             Account Commercial    Processor [TaxAuthority] Yes "Why.";
    "kept_until"                 Account NotPersonal   Portal    [] Yes             "When it goes.";

    table "subscriber_records" "A record of who uses a number, as a local law asks for it."
    { owner: Through("account_id", "accounts"), keep: SUBSCRIBER_RECORDS, erase: Keep("is kept for legal, security and anti-fraud purposes, by the law of the country of the number") }
    "id"                         Account NotPersonal   Portal    [] Yes             "Names the record.";
    "account_id"                 Account Identifiers   Portal    [] No              "Of which account; emptied when that goes.";
    "country"                    Account CustomerRecords Person  [LocalCarrier, Authority] Yes "Country of the number, whose law asks for the record (S49) and says how long it is kept (S75).";
    "subject"                    Account NotPersonal   Person    [] Yes             "Whether it is about the customer or an end user of theirs (S49).";
    "sealed_name"                Account Identifiers   Person    [LocalCarrier, Authority] Opened "Who uses the number, sealed (S48).";
    "sealed_address"             Account CustomerRecords Person  [LocalCarrier, Authority, TaxAuthority] Opened "Physical service address, sealed (S48); may be used for taxes (S51).";
    "sealed_birth"               Account CustomerRecords Person  [LocalCarrier, Authority] Opened "Date of birth of a person, and the place where the law asks for that too, sealed (S48).";
    "identification_kind"        Account CustomerRecords Person  [LocalCarrier, Authority] Yes "By which document they are identified (S48).";
    "sealed_identification"      Account Sensitive     Person    [LocalCarrier, Authority] Opened "Number of that document, sealed (S48).";
    "submitted_on"               Account Activity      Portal    [] Yes             "When it came in.";
    "outcome"                    Account Activity      Staff     [] Yes             "Accepted or refused.";
    "decided_on"                 Account Activity      Portal    [] Yes             "When.";
    "refused_because"            Account Activity      Staff     [] Yes             "Why it was refused, in words for the owner.";
    "ended_on"                   Account Activity      Portal    [] Yes             "Since when it is for no service any more; its end is counted from that day.";
    "ended_because"              Account Activity      Portal    [] Yes             "Why it ended.";
    "kept_until"                 Account NotPersonal   Portal    [] Yes             "When it goes.";

    table "subscriber_record_files" "A file that shows that a subscriber record says the truth."
    { owner: Through("record_id", "subscriber_records"), keep: SUBSCRIBER_RECORDS, erase: Cascade }
    "file_id"                    Account NotPersonal   Portal    [LocalCarrier, Authority] Yes "Which file: proof of the address, or a copy of a document (S48).";
    "record_id"                  Account NotPersonal   Portal    [] Yes             "With which record.";

    table "subscriber_record_shares" "That a subscriber record was shown to a carrier or an authority."
    { owner: Through("record_id", "subscriber_records"), keep: SUBSCRIBER_RECORDS, erase: Cascade }
    "id"                         Account NotPersonal   Portal    [] No              "Names the entry.";
    "record_id"                  Account NotPersonal   Portal    [] Yes             "Which record.";
    "recipient_kind"             Account NotPersonal   Staff     [] Yes             "Carrier or authority (S50).";
    "recipient"                  Account Activity      Staff     [] Yes             "Who exactly.";
    "ground"                     Account NotPersonal   Staff     [] Yes             "On which ground.";
    "purpose"                    Account Activity      Staff     [] Yes             "What for.";
    "shared_on"                  Account Activity      Staff     [] Yes             "When.";

    table "auth_tokens" "The auth token of an account."
    { owner: Through("account_id", "accounts"), keep: PROGRAM_CREDENTIALS, erase: Cascade }
    "id"                         Account Identifiers Portal  [] Yes               "Names the token.";
    "account_id"                 Account Identifiers Portal  [] No                "Of which account.";
    "slot"                       Account NotPersonal Portal  [] Yes               "In use, or to take its place.";
    "secret_digest"              Account Sensitive   Portal  [] HeldNeverExported "Recognises the secret without keeping it.";
    "sealed_secret"              Account Sensitive   Portal  [] HeldNeverExported "Shows the secret once; empty from then on.";
    "created_by"                 Account Identifiers Portal  [] No                "Who made it.";
    "created_at"                 Account Activity    Portal  [] Yes               "When it was made.";
    "last_used_at"               Usage   Activity    Portal  [] Yes               "When it was last used (S58).";
    "last_used_ip"               Usage   Identifiers Browser [] Yes               "From where.";
    "last_used_country"          Usage   Geolocation Derived [] Yes               "From which country.";
    "last_used_agent"            Usage   Activity    Browser [] Yes               "By which program.";
    "revoked_at"                 Account Activity    Portal  [] Yes               "When it stopped working.";
    "revoked_because"            Account Activity    Portal  [] Yes               "Why.";

    table "api_keys" "A key of a program."
    { owner: Through("account_id", "accounts"), keep: PROGRAM_CREDENTIALS, erase: Cascade }
    "id"                         Account Identifiers Portal  [] Yes               "Names the key (S57).";
    "account_id"                 Account Identifiers Portal  [] No                "Of which account.";
    "name"                       Account Commercial  Person  [] Yes               "What its owner calls it.";
    "scopes"                     Account Commercial  Person  [] Yes               "What it may do.";
    "secret_digest"              Account Sensitive   Portal  [] HeldNeverExported "Recognises the secret without keeping it.";
    "created_by"                 Account Identifiers Portal  [] No                "Who made it.";
    "created_at"                 Account Activity    Portal  [] Yes               "When it was made.";
    "expires_at"                 Account Activity    Person  [] Yes               "Until when it works.";
    "expiry_announced_at"        Account Activity    Portal  [] No                "When its end was announced.";
    "last_used_at"               Usage   Activity    Portal  [] Yes               "When it was last used (S58).";
    "last_used_ip"               Usage   Identifiers Browser [] Yes               "From where.";
    "last_used_country"          Usage   Geolocation Derived [] Yes               "From which country.";
    "last_used_agent"            Usage   Activity    Browser [] Yes               "By which program.";
    "revoked_at"                 Account Activity    Portal  [] Yes               "When it stopped working.";
    "revoked_because"            Account Activity    Portal  [] Yes               "Why.";

    table "leaked_secrets" "A live secret that was found in the open and handed in."
    { owner: Through("account_id", "accounts"), keep: LEAKED_SECRETS, erase: Cascade }
    "id"                         Account NotPersonal Portal [] No  "Names the report.";
    "account_id"                 Account Identifiers Portal [] No  "Of which account.";
    "credential_kind"            Account NotPersonal Portal [] Yes "Auth token or key.";
    "credential"                 Account Identifiers Portal [] Yes "Which.";
    "response"                   Account NotPersonal Person [] Yes "Revoked, or replaced.";
    "reported_at"                Account Activity    Portal [] Yes "When (S61).";

    table "api_requests" "A request of a program."
    { owner: Through("account_id", "accounts"), keep: API_REQUESTS, erase: Cascade }
    "id"                         Usage NotPersonal Portal  [] No  "Names the request.";
    "account_id"                 Usage Identifiers Portal  [] No  "Of which account.";
    "at"                         Usage Activity    Portal  [] Yes "When (S63).";
    "method"                     Usage Activity    Browser [] Yes "What it asked to do.";
    "route"                      Usage Activity    Portal  [] Yes "With what; never whose record.";
    "status"                     Usage Activity    Portal  [] Yes "How it was answered.";
    "credential_kind"            Usage NotPersonal Portal  [] Yes "Auth token or key.";
    "credential"                 Usage Identifiers Portal  [] Yes "Which (S58).";
    "ip"                         Usage Identifiers Browser [] Yes "From where (S63).";
    "country"                    Usage Geolocation Derived [] Yes "From which country.";
    "duration_micros"            Usage Activity    Portal  [] Yes "How long it took.";

    table "api_request_days" "How many requests an account made on a day."
    { owner: Through("account_id", "accounts"), keep: API_REQUESTS, erase: Cascade }
    "account_id"                 Usage Identifiers Portal [] No  "Which account.";
    "day"                        Usage Activity    Portal [] Yes "Which day, in UTC.";
    "requests"                   Usage Activity    Portal [] Yes "How many.";
    "errors"                     Usage Activity    Portal [] Yes "How many of them were refused or failed.";

    table "idempotent_requests" "An answer that is given again when a request is sent twice."
    { owner: Through("account_id", "accounts"), keep: IDEMPOTENT_REQUESTS, erase: Cascade }
    "account_id"                 Usage   Identifiers Portal  [] No                "Of which account.";
    "key"                        Usage   Activity    Browser [] No                "How the program names the request.";
    "request_digest"             Usage   Activity    Portal  [] No                "Recognises the same request.";
    "status"                     Usage   NotPersonal Portal  [] No                "How it was answered.";
    "headers"                    Usage   NotPersonal Portal  [] No                "With which headers.";
    "sealed_answer"              Content Sensitive   Portal  [] HeldNeverExported "The answer, sealed: a copy of a record that is exported by itself.";
    "resource_id"                Usage   Identifiers Portal  [] No                "The record that goes with it.";
    "created_at"                 Usage   Activity    Portal  [] No                "When.";
};
