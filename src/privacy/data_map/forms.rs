//! What is counted of visits, and what comes in through public forms.

use super::{Table, map};

#[rustfmt::skip]
pub(super) const TABLES: &[Table] = map! {
    table "page_views" "How often a page was looked at on a day, by browsers that agreed."
    { owner: Nobody, keep: PAGE_VIEWS, erase: Keep("it counts pages and not people") }
    "day"            Usage      NotPersonal  Portal  [] No  "The day, in UTC.";
    "page"           Usage      NotPersonal  Portal  [] No  "Which kind of page, never an address that somebody typed.";
    "referrer_host"  Usage      NotPersonal  Browser [] No  "Shows from which sites visitors come.";
    "country"        Usage      NotPersonal  Derived [] No  "Shows from which countries visitors come.";
    "purpose"        Operations NotPersonal  Portal  [] No  "What the count may be used for (S22).";
    "views"          Usage      NotPersonal  Portal  [] No  "How often.";

    table "newsletter_sign_ups" "A wish for the newsletter that waits for a second yes."
    { owner: Address("email"), keep: NEWSLETTER_SIGN_UPS, erase: DeleteRow }
    "id"             Operations NotPersonal  Portal  [] No  "Names the wish.";
    "email"          Account    Identifiers  Person  [MailCarrier] Yes "Where the newsletter would go (S25).";
    "token_hash"     Account    Sensitive    Portal  [] HeldNeverExported "Recognises the link without keeping it.";
    "wording"        Account    Activity     Portal  [] Yes "What was agreed to.";
    "country"        Usage      Geolocation  Derived [] Yes "From where, for the decision.";
    "created_at"     Usage      Activity     Portal  [] Yes "When the address was entered.";
    "expires_at"     Usage      NotPersonal  Portal  [] Yes "Until when the link works.";
    "confirmed_at"   Usage      Activity     Portal  [] Yes "When its owner said yes a second time.";

    table "white_papers" "A paper that anybody may ask for."
    { owner: Nobody, keep: PUBLISHED, erase: Keep("it is about nobody") }
    "id"             Operations NotPersonal  Portal  [] No  "Names the paper.";
    "title"          Operations NotPersonal  Staff   [] No  "What it is called.";
    "summary"        Operations NotPersonal  Staff   [] No  "What it is about.";
    "body"           Operations NotPersonal  Staff   [] No  "Its text.";
    "created_by"     Operations Identifiers  Portal  [] No  "Who answers for it.";
    "created_at"     Operations NotPersonal  Portal  [] No  "When it was published.";
    "withdrawn_at"   Operations NotPersonal  Portal  [] No  "When it left the list.";

    table "white_paper_requests" "A paper that somebody asked for."
    { owner: Address("email"), keep: WHITE_PAPER_REQUESTS, erase: DeleteRow }
    "id"             Operations NotPersonal  Portal  [] No  "Names the request.";
    "white_paper_id" Usage      Commercial   Person  [] Yes "Which paper.";
    "email"          Account    Identifiers  Person  [MailCarrier] Yes "Where the link goes (S28).";
    "company"        Account    Professional Person  [] Yes "Tells us who reads our papers; may be left empty (S29).";
    "role"           Account    Professional Person  [] Yes "Tells us who reads our papers; may be left empty (S29).";
    "use_case"       Account    Commercial   Person  [] Yes "Tells us what our papers are used for; may be left empty (S29).";
    "country"        Usage      Geolocation  Derived [] Yes "Tells us where our papers are read.";
    "token_hash"     Account    Sensitive    Portal  [] HeldNeverExported "Recognises the link without keeping it.";
    "requested_at"   Usage      Activity     Portal  [] Yes "When.";
    "expires_at"     Usage      NotPersonal  Portal  [] Yes "Until when the link works.";

    table "events" "An event that anybody may come to."
    { owner: Nobody, keep: PUBLISHED, erase: Keep("it is about nobody") }
    "id"             Operations NotPersonal  Portal  [] No  "Names the event.";
    "title"          Operations NotPersonal  Staff   [] No  "What it is called.";
    "about"          Operations NotPersonal  Staff   [] No  "What happens there.";
    "place"          Operations NotPersonal  Staff   [] No  "Where it is.";
    "starts_at"      Operations NotPersonal  Staff   [] No  "When it begins.";
    "ends_at"        Operations NotPersonal  Staff   [] No  "When it ends.";
    "capacity"       Operations NotPersonal  Staff   [] No  "How many people fit.";
    "created_by"     Operations Identifiers  Portal  [] No  "Who answers for it.";
    "created_at"     Operations NotPersonal  Portal  [] No  "When it was planned.";
    "cancelled_at"   Operations NotPersonal  Portal  [] No  "When it was called off.";
    "told_up_to"     Operations NotPersonal  Portal  [] No  "Which of its guests was told last that it was called off.";

    table "event_registrations" "Somebody who wants to come to an event."
    { owner: Address("email"), keep: EVENT_REGISTRATIONS, erase: DeleteRow }
    "id"             Operations NotPersonal  Portal  [] No  "Names the registration.";
    "event_id"       Usage      Commercial   Person  [] Yes "Which event (S26).";
    "email"          Account    Identifiers  Person  [MailCarrier] Yes "Where the link and news of the event go.";
    "email_key"      Operations Identifiers  Portal  [] No  "An address takes one seat.";
    "name"           Account    Identifiers  Person  [] Yes "For the list at the door.";
    "company"        Account    Professional Person  [] Yes "Tells the speakers who comes; may be left empty (S29).";
    "country"        Usage      Geolocation  Derived [] Yes "Tells us from where people come.";
    "token_hash"     Account    Sensitive    Portal  [] HeldNeverExported "Recognises the link without keeping it.";
    "registered_at"  Usage      Activity     Portal  [] Yes "When.";
    "confirmed_at"   Usage      Activity     Portal  [] Yes "When they took the seat.";
    "cancelled_at"   Usage      Activity     Portal  [] Yes "When they gave it back.";

    table "surveys" "A survey that anybody may answer."
    { owner: Nobody, keep: PUBLISHED, erase: Keep("it is about nobody") }
    "id"             Operations NotPersonal  Portal  [] No  "Names the survey.";
    "title"          Operations NotPersonal  Staff   [] No  "What it is called.";
    "about"          Operations NotPersonal  Staff   [] No  "What it is for.";
    "questions"      Operations NotPersonal  Staff   [] No  "What is asked.";
    "created_by"     Operations Identifiers  Portal  [] No  "Who answers for it.";
    "created_at"     Operations NotPersonal  Portal  [] No  "When it was opened.";
    "closed_at"      Operations NotPersonal  Portal  [] No  "When it was closed.";

    table "survey_answers" "What somebody answered; a person's only if they wished so."
    { owner: Person("person_id"), keep: SURVEY_ANSWERS, erase: Cascade }
    "id"             Operations NotPersonal  Portal  [] No  "Names the answers.";
    "survey_id"      Usage      NotPersonal  Portal  [] Yes "To which survey (S27).";
    "person_id"      Account    Identifiers  Person  [] No  "Whose they are, where that was wished.";
    "token_hash"     Account    Sensitive    Portal  [] HeldNeverExported "Recognises the link without keeping it.";
    "answers"        Account    Commercial   Person  [] Yes "What was answered.";
    "answered_at"    Usage      Activity     Portal  [] Yes "When.";

    table "sales_enquiries" "What somebody wrote to the sales team."
    { owner: Address("email"), keep: SALES_ENQUIRIES, erase: DeleteRow }
    "id"             Operations NotPersonal  Portal  [] No  "Names the enquiry.";
    "email"          Account    Identifiers  Person  [MailCarrier] Yes "Where the answer goes (S24).";
    "name"           Account    Identifiers  Person  [] Yes "How to address them; may be left empty (S29).";
    "company"        Account    Professional Person  [] Yes "For a fitting answer; may be left empty (S29).";
    "role"           Account    Professional Person  [] Yes "For a fitting answer; may be left empty (S29).";
    "use_case"       Account    Commercial   Person  [] Yes "For a fitting answer; may be left empty (S29).";
    "message"        Account    Commercial   Person  [] Yes "What they want to know (S32).";
    "phone"          Account    CustomerRecords Person [] Yes "For the call, where one is wanted.";
    "call_wanted"    Account    Commercial   Person  [] Yes "How we may answer.";
    "country"        Usage      Geolocation  Derived [] Yes "Who of the team answers.";
    "token_hash"     Account    Sensitive    Portal  [] HeldNeverExported "Recognises the link without keeping it.";
    "received_at"    Usage      Activity     Portal  [] Yes "When it came.";
    "confirmed_at"   Usage      Activity     Portal  [] Yes "When the sender showed that the address is theirs.";
    "answered_at"    Usage      Activity     Portal  [] Yes "When somebody answered.";
    "answered_by"    Operations Identifiers  Portal  [] No  "Who answered.";
};
