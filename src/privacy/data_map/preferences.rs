//! Whom we may write to or call, and what they decided.

use super::{Table, map};

#[rustfmt::skip]
pub(super) const TABLES: &[Table] = map! {
    table "contacts" "An address that we may write to, of a customer or not."
    { owner: Person("person_id"), also: [Digest("email_digest", &[Email])], keep: CONTACTS, erase: DeleteRow }
    "id"                 Account    NotPersonal  Portal  [] No            "Names the contact.";
    "email"              Account    Identifiers  Person  [MailCarrier] Yes "Where mailings go that were asked for (S42).";
    "email_key"          Operations Identifiers  Portal  [] No            "Finds the contact by the address.";
    "email_digest"       Operations Identifiers  Portal  [] No            "Meets the list of mailboxes that get no mailings.";
    "name"               Account    Identifiers  Person  [] Yes           "Greets them.";
    "company"            Account    Professional Person  [] Yes           "Chooses what may interest them.";
    "person_id"          Account    Identifiers  Portal  [] No            "Whose it is, if they sign in.";
    "country"            Usage      Geolocation  Derived [] Yes           "Chooses events and the law that holds.";
    "source"             Account    Activity     Portal  [] Yes           "Where the address was given to us.";
    "created_at"         Account    Activity     Portal  [] Yes           "Since when we have it.";
    "confirmed_at"       Account    Activity     Portal  [] Yes           "When its owner confirmed it (S25).";
    "last_decided_at"    Account    Activity     Portal  [] Yes           "From when its end is counted.";
    "paused_until"       Account    Activity     Person  [] Yes           "Until when mailings wait.";
    "monthly_limit"      Account    Activity     Person  [] Yes           "How many mailings at most.";
    "stopped_at"         Account    Activity     Person  [] Yes           "Since when there are none.";

    table "preference_decisions" "What somebody decided about mailings and calls."
    { owner: Through("contact_id", "contacts"), keep: CONTACTS, erase: Cascade }
    "id"                 Account    NotPersonal  Portal  [] No            "Names the decision.";
    "seq"                Operations NotPersonal  Portal  [] No            "The order of decisions.";
    "contact_id"         Account    Identifiers  Portal  [] No            "Whose.";
    "topic"              Account    Activity     Person  [] Yes           "About what.";
    "channel"            Account    Activity     Person  [] Yes           "By mail or by telephone.";
    "choice"             Account    Activity     Person  [] Yes           "What they chose; shows that we may, or may not (S83, S85).";
    "paused_until"       Account    Activity     Person  [] Yes           "Until when mailings wait.";
    "monthly_limit"      Account    Activity     Person  [] Yes           "How many mailings at most.";
    "decided_at"         Account    Activity     Portal  [] Yes           "When.";
    "actor"              Account    NotPersonal  Portal  [] Yes           "Themselves, staff or the portal.";
    "actor_id"           Account    Identifiers  Portal  [] No            "Who exactly.";
    "via"                Account    Activity     Portal  [] Yes           "On which way.";
    "wording"            Account    NotPersonal  Portal  [] Yes           "Which words they were shown.";
    "country"            Usage      Geolocation  Derived [] Yes           "From which country.";
    "campaign_id"        Usage      Activity     Portal  [] No            "Which mailing led there.";
    "reason"             Account    Activity     Person  [] Yes           "Why, if they told.";
    "cancelled_messages" Usage      NotPersonal  Portal  [] Yes           "How many waiting messages it cancelled.";

    table "contact_topics" "What holds about a topic at present."
    { owner: Through("contact_id", "contacts"), keep: CONTACTS, erase: Cascade }
    "contact_id"         Account    Identifiers  Portal  [] No            "Whose.";
    "topic"              Account    Activity     Person  [] Yes           "About what.";
    "channel"            Account    Activity     Person  [] Yes           "By mail or by telephone.";
    "subscribed"         Account    Activity     Person  [] Yes           "Whether they want it.";
    "decision_id"        Operations NotPersonal  Portal  [] No            "The decision that made it so.";

    table "mail_suppressions" "A mailbox that gets no mailings."
    { owner: Digest("email_digest", &[Email]), keep: MAIL_SUPPRESSIONS, erase: Anonymise(&["detail"]) }
    "id"                 Operations NotPersonal  Portal  [] No            "Names the entry.";
    "email_digest"       Operations Identifiers  Portal  [] No            "Recognises the mailbox without keeping its address.";
    "reason"             Usage      Activity     Portal  [] Yes           "Why.";
    "since"              Usage      Activity     Portal  [] Yes           "Since when.";
    "detail"             Usage      Activity     Portal  [] Yes           "What the mail server said.";
    "lifted_at"          Usage      Activity     Portal  [] Yes           "When mailings were possible again.";
};
