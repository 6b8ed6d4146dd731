//! Whom we may write to or call, and what they decided.

use super::{Table, map};

#[rustfmt::skip]
pub(super) const TABLES: &[Table] = map! {
    table "contacts" "An address that we may write to, of a customer or not."
    { owner: Person("person_id"), also: [Digest("email_digest", &[Email])], keep: CONTACTS, erase: DeleteRow }
    "id"                 Account    NotPersonal  Portal  [] No            "Names the contact.";
    "email"              Account    Identifiers  Person  [MailCarrier, Partner] Yes "Where mailings go that were asked for (S42).";
    "email_key"          Operations Identifiers  Portal  [] No            "Finds the contact by the address.";
    "email_digest"       Operations Identifiers  Portal  [] No            "Meets the list of mailboxes that get no mailings.";
    "name"               Account    Identifiers  Person  [] Yes           "Greets them.";
    "company"            Account    Professional Person  [] Yes           "Chooses what may interest them.";
    "person_id"          Account    Identifiers  Portal  [] No            "Whose it is, if they sign in.";
    "country"            Usage      Geolocation  Derived [] Yes           "Chooses events and the law that holds.";
    "source"             Account    Activity     Portal  [] Yes           "Where the address was given to us.";
    "created_at"         Account    Activity     Portal  [] Yes           "Since when we have it.";
    "confirmed_at"       Account    Activity     Portal  [] Yes           "When its owner confirmed it (S25).";
    "last_decided_at"    Account    Activity     Portal  [] Yes           "When they last decided about all mailings or a partner, or asked for a topic: its end is counted from there.";
    "paused_until"       Account    Activity     Person  [] Yes           "Until when mailings wait.";
    "monthly_limit"      Account    Activity     Person  [] Yes           "How many mailings at most.";
    "stopped_at"         Account    Activity     Person  [] Yes           "Since when there are none.";
    "replaced_at"        Account    Activity     Portal  [] Yes           "Since when another contact of the mailbox is in its place; a hold keeps it.";

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
    "decided_at"         Account    Activity     Portal  [] Yes           "When they decided about it: the end of the contact is counted from there.";

    table "contact_partners" "Whether a partner may have the address, at present."
    { owner: Through("contact_id", "contacts"), keep: CONTACTS, erase: Cascade }
    "contact_id"         Account    Identifiers  Portal  [] No            "Whose.";
    "partner_id"         Account    Activity     Person  [] Yes           "Which partner.";
    "consented"          Account    Activity     Person  [] Yes           "Whether they said yes (S113).";
    "decision_id"        Operations NotPersonal  Portal  [] No            "The decision that made it so.";

    table "partner_decisions" "What somebody decided about a partner that would have their address."
    { owner: Through("contact_id", "contacts"), keep: CONTACTS, erase: Cascade }
    "id"                 Account    NotPersonal  Portal  [] No            "Names the decision.";
    "seq"                Operations NotPersonal  Portal  [] No            "The order of decisions.";
    "contact_id"         Account    Identifiers  Portal  [] No            "Whose.";
    "partner_id"         Account    Activity     Person  [] Yes           "About which partner.";
    "choice"             Account    Activity     Person  [] Yes           "What they chose; without a yes nothing is shared (S113).";
    "decided_at"         Account    Activity     Portal  [] Yes           "When.";
    "actor"              Account    NotPersonal  Portal  [] Yes           "Themselves, or the portal for them.";
    "actor_id"           Account    Identifiers  Portal  [] No            "Who exactly.";
    "via"                Account    Activity     Portal  [] Yes           "On which way.";
    "wording"            Account    NotPersonal  Portal  [] Yes           "Which words they were shown.";
    "country"            Usage      Geolocation  Derived [] Yes           "From which country.";

    table "partners" "A company that people may allow their address."
    { owner: Nobody, keep: PARTNERS, erase: Keep("it is about a company; who proposed it is named by an id that leads nowhere once they are erased") }
    "id"                 Operations NotPersonal  Portal  [] No            "Names the partner.";
    "name"               Operations NotPersonal  Staff   [] No            "What it is called.";
    "sends"              Operations NotPersonal  Staff   [] No            "What it would send.";
    "policy_url"         Operations NotPersonal  Staff   [] No            "Its privacy policy.";
    "contact_email"      Operations NotPersonal  Staff   [MailCarrier] No "Where it is told to stop.";
    "proposed_by"        Operations NotPersonal  Portal  [] No            "Who proposed it, and therefore cannot publish it.";
    "proposed_at"        Operations NotPersonal  Portal  [] No            "When.";
    "approved_by"        Operations NotPersonal  Portal  [] No            "Who published it.";
    "approved_at"        Operations NotPersonal  Portal  [] No            "Since when people are asked.";
    "ended_by"           Operations NotPersonal  Portal  [] No            "Who ended it.";
    "ended_at"           Operations NotPersonal  Portal  [] No            "When it ended.";

    table "partner_shares" "That addresses were handed to a partner."
    { owner: Nobody, keep: PARTNERS, erase: Keep("it names nobody whose address it was") }
    "id"                 Operations NotPersonal  Portal  [] No            "Names the share.";
    "partner_id"         Operations NotPersonal  Portal  [] No            "To which partner.";
    "ground"             Operations NotPersonal  Portal  [] No            "On which ground: consent, and there is no other.";
    "made_by"            Operations NotPersonal  Portal  [] No            "Who made it.";
    "made_at"            Operations NotPersonal  Portal  [] No            "When.";
    "contacts"           Operations NotPersonal  Portal  [] No            "How many addresses.";

    table "partner_share_contacts" "That an address was shared with a partner."
    { owner: Through("contact_id", "contacts"), keep: PARTNERS, erase: Anonymise(&["contact_id", "decision_id"]) }
    "id"                 Account    NotPersonal  Portal  [Partner] Yes    "The reference beside the address, by which the partner is told to stop.";
    "share_id"           Operations NotPersonal  Portal  [] No            "In which list.";
    "partner_id"         Account    Activity     Portal  [] Yes           "With which partner.";
    "contact_id"         Account    Identifiers  Portal  [] No            "Whose address.";
    "decision_id"        Operations NotPersonal  Portal  [] No            "The yes that it went by.";
    "shared_at"          Account    Activity     Portal  [] Yes           "When.";
    "told_at"            Account    Activity     Portal  [] Yes           "When the partner was told that it ended.";

    table "mail_suppressions" "A mailbox that gets no mailings."
    { owner: Digest("email_digest", &[Email]), keep: MAIL_SUPPRESSIONS, sooner: ["detail" => SUPPRESSION_WORDS, "made_by" => SUPPRESSION_WORDS], erase: Anonymise(&["detail", "lifted_because"]) }
    "id"                 Operations NotPersonal  Portal  [] No            "Names the entry.";
    "email_digest"       Operations Identifiers  Portal  [] No            "Recognises the mailbox without keeping its address.";
    "reason"             Usage      Activity     Portal  [] Yes           "Why.";
    "since"              Usage      Activity     Portal  [] Yes           "Since when.";
    "detail"             Usage      Activity     Portal  [] Yes           "What the mail server said, or why staff did it.";
    "lifted_at"          Usage      Activity     Portal  [] Yes           "When mailings were possible again.";
    "made_by"            Operations Identifiers  Portal  [] No            "Who of staff did it.";
    "lifted_by"          Operations Identifiers  Portal  [] No            "Who of staff lifted it.";
    "lifted_because"     Usage      Activity     Staff   [] Yes           "Why staff lifted it.";

    table "campaigns" "A mailing to many."
    { owner: Nobody, keep: CAMPAIGNS, erase: Keep("it is ours; who wrote it is named by an id that leads nowhere once they are erased") }
    "id"                 Operations NotPersonal  Portal  [] No            "Names the mailing.";
    "name"               Operations NotPersonal  Staff   [] No            "What it is called at the desk.";
    "topic"              Operations NotPersonal  Staff   [] No            "What it is about.";
    "subject"            Operations NotPersonal  Staff   [MailCarrier] No "Its subject line.";
    "body"               Operations NotPersonal  Staff   [MailCarrier] No "What it says.";
    "audience_state"     Operations NotPersonal  Staff   [] No            "To customers or to others.";
    "audience_country"   Operations NotPersonal  Staff   [] No            "To one country.";
    "audience_company"   Operations NotPersonal  Staff   [] No            "To a company.";
    "state"              Operations NotPersonal  Portal  [] No            "Where it stands.";
    "scheduled_for"      Operations NotPersonal  Staff   [] No            "When it begins.";
    "created_at"         Operations NotPersonal  Portal  [] No            "When it was begun to be written.";
    "created_by"         Operations NotPersonal  Portal  [] No            "Who wrote it.";
    "changed_at"         Operations NotPersonal  Portal  [] No            "When it was last changed.";
    "changed_by"         Operations NotPersonal  Portal  [] No            "Who changed it, and therefore cannot approve it.";
    "approved_at"        Operations NotPersonal  Portal  [] No            "When it was approved.";
    "approved_by"        Operations NotPersonal  Portal  [] No            "Who approved it.";
    "open_from"          Operations NotPersonal  Portal  [] No            "From which message on some may be open.";
    "at_rest_since"      Operations NotPersonal  Portal  [] No            "Since when nothing of it is under way, once it is paused or cancelled.";

    table "campaign_states" "A step of a mailing."
    { owner: Nobody, keep: CAMPAIGNS, erase: Keep("who took it is named by an id that leads nowhere once they are erased") }
    "id"                 Operations NotPersonal  Portal  [] No            "Names the step.";
    "campaign_id"        Operations NotPersonal  Portal  [] No            "Of which mailing.";
    "state"              Operations NotPersonal  Portal  [] No            "To where.";
    "at"                 Operations NotPersonal  Portal  [] No            "When.";
    "person_id"          Operations NotPersonal  Portal  [] No            "Who took it.";
    "note"               Operations NotPersonal  Portal  [] No            "Why.";

    table "campaign_recipients" "A message of a mailing."
    { owner: Through("contact_id", "contacts"), keep: CAMPAIGNS, erase: Anonymise(&["contact_id", "detail"]) }
    "id"                 Operations NotPersonal  Portal  [MailCarrier] No "Makes the Message-ID, by which a second copy is recognised.";
    "campaign_id"        Usage      Activity     Portal  [] Yes           "Which mailing.";
    "contact_id"         Usage      Identifiers  Portal  [] No            "To whom.";
    "state"              Usage      Activity     Portal  [] Yes           "Whether it was sent.";
    "attempts"           Operations NotPersonal  Portal  [] No            "How often it was tried.";
    "doubts"             Operations NotPersonal  Portal  [] No            "How often nobody could tell whether a server had taken it.";
    "worker"             Operations NotPersonal  Portal  [] No            "Who is handing it over.";
    "began_at"           Usage      Activity     Portal  [] Yes           "When handing it over began; keeps to the number of mails somebody wants.";
    "not_before"         Operations NotPersonal  Portal  [] No            "When it is tried again.";
    "settled_at"         Usage      Activity     Portal  [] Yes           "When a server took or refused it.";
    "detail"             Usage      Activity     Portal  [] Yes           "What the mail server said; it may repeat the address.";
    "bounced_at"         Usage      Activity     Portal  [] Yes           "When it came back.";
    "complained_at"      Usage      Activity     Portal  [] Yes           "When it was reported as unwanted.";
    "unsubscribed_at"    Usage      Activity     Person  [] Yes           "When it was answered by unsubscribing.";

    table "campaign_rates" "When the next messages may leave for a mail provider."
    { owner: Nobody, keep: CAMPAIGN_RATES, erase: Keep("a domain names nobody, and it goes after a day") }
    "lane"               Operations NotPersonal  Portal  [] No            "Overall, or one domain.";
    "free_at"            Operations NotPersonal  Portal  [] No            "From when on.";

    table "mail_reports" "What a mail server or provider reported about mail of ours."
    { owner: Through("contact_id", "contacts"), keep: MAIL_REPORTS, erase: Anonymise(&["contact_id", "detail"]) }
    "id"                 Operations NotPersonal  Portal  [] No            "Names the report.";
    "provider"           Operations NotPersonal  Portal  [] No            "Who reported.";
    "external_id"        Operations NotPersonal  Portal  [] No            "Told twice, it counts once.";
    "kind"               Usage      Activity     Portal  [] Yes           "Whether it came back, was reported as unwanted or was answered by unsubscribing.";
    "contact_id"         Usage      Identifiers  Portal  [] No            "Whose mailbox.";
    "recipient_id"       Operations NotPersonal  Portal  [] No            "Which message of a mailing.";
    "message_id"         Operations NotPersonal  Portal  [] No            "Which other message.";
    "detail"             Usage      Activity     Portal  [] Yes           "What the server said.";
    "received_at"        Usage      Activity     Portal  [] Yes           "When.";
};
