//! What the staff console keeps.

use super::{Table, map};

#[rustfmt::skip]
pub(super) const TABLES: &[Table] = map! {
    table "staff_roles" "A role of a member of staff."
    { owner: Person("person_id"), keep: STAFF_ROLES, erase: Cascade }
    "person_id"    Account    Identifiers  Portal [] No                "Says whose role it is.";
    "role"         Account    Professional Staff  [] Yes               "What they may do in the console.";
    "granted_by"   Operations Identifiers  Portal [] No                "Who answers for it.";
    "granted_at"   Account    Activity     Portal [] Yes               "Since when.";

    table "staff_undertakings" "That a member of staff agreed to keep confidential what they see."
    { owner: Person("person_id"), keep: PERSON, erase: Cascade }
    "person_id"    Account    Identifiers  Portal [] No                "Who (S157).";
    "version"      Account    NotPersonal  Portal [] Yes               "To which version of the undertaking.";
    "agreed_at"    Account    Activity     Person [] Yes               "When.";

    table "staff_invitations" "An invitation to a role."
    { owner: Address("email"), keep: LINKS, erase: DeleteRow }
    "id"           Operations NotPersonal  Portal [] No                "Names the invitation.";
    "email"        Account    Identifiers  Staff  [MailCarrier] Yes    "Where it goes.";
    "role"         Account    Professional Staff  [] Yes               "To which role.";
    "token_hash"   Account    Sensitive    Portal [] HeldNeverExported "Recognises the link without keeping it.";
    "invited_by"   Operations Identifiers  Portal [] No                "Who answers for it.";
    "created_at"   Usage      Activity     Portal [] Yes               "When it was sent.";
    "expires_at"   Usage      NotPersonal  Portal [] Yes               "Until when the link works.";
    "accepted_at"  Usage      Activity     Portal [] Yes               "When it was accepted.";
    "withdrawn_at" Usage      Activity     Portal [] Yes               "When it was withdrawn or replaced.";

    table "record_views" "A look of a member of staff at somebody's record."
    { owner: Person("person_id"), keep: RECORD_VIEWS, erase: Cascade }
    "id"           Usage      NotPersonal  Portal [] No                "Names the view.";
    "staff_id"     Operations Identifiers  Portal [] No                "Who looked; their owner is told the role, not the name.";
    "person_id"    Usage      Identifiers  Portal [] No                "Whose record it was.";
    "role"         Usage      NotPersonal  Portal [] Yes               "In which role they looked.";
    "reason"       Usage      Activity     Staff  [] Yes               "Why they looked.";
    "viewed_at"    Usage      Activity     Portal [] Yes               "When.";
    "expires_at"   Usage      NotPersonal  Portal [] No                "Until when it stayed open to them.";

    table "desk_claims" "Who of the staff works on what, for the time being."
    { owner: Person("staff_id"), keep: DESK, erase: Cascade }
    "queue"        Operations NotPersonal  Portal [] No                "In which queue.";
    "item_id"      Operations NotPersonal  Portal [] No                "On what.";
    "staff_id"     Operations Identifiers  Portal [] No                "Who.";
    "claimed_at"   Operations Activity     Portal [] No                "Since when.";
    "expires_at"   Operations NotPersonal  Portal [] No                "Until when nobody else decides it.";

    table "desk_looks" "Why a member of staff sees something that they do not work on."
    { owner: Person("staff_id"), keep: DESK, erase: Cascade }
    "id"           Operations NotPersonal  Portal [] No                "Names the look.";
    "queue"        Operations NotPersonal  Portal [] No                "In which queue.";
    "item_id"      Operations NotPersonal  Portal [] No                "At what.";
    "staff_id"     Operations Identifiers  Portal [] No                "Who.";
    "reason"       Operations Activity     Staff  [] No                "Why; the audit log keeps it for whom it is about.";
    "began_at"     Operations Activity     Portal [] No                "Since when.";
    "expires_at"   Operations NotPersonal  Portal [] No                "Until when it is open to them.";

    table "saved_views" "Filters of a queue that a member of staff uses again."
    { owner: Person("staff_id"), keep: STAFF_ROLES, erase: Cascade }
    "id"           Operations NotPersonal  Portal [] No                "Names the view.";
    "staff_id"     Operations Identifiers  Portal [] No                "Whose it is.";
    "queue"        Operations NotPersonal  Portal [] Yes               "Of which queue.";
    "name"         Operations Activity     Staff  [] Yes               "What they call it.";
    "query"        Operations NotPersonal  Staff  [] Yes               "The filters.";
    "created_at"   Operations Activity     Portal [] Yes               "When it was saved.";

    table "contact_views" "A look of a member of staff at what was decided about mailings to an address."
    { owner: Person("person_id"), also: [Digest("email_digest", &[Email])], keep: RECORD_VIEWS, erase: DeleteRow }
    "id"           Usage      NotPersonal  Portal [] No                "Names the view.";
    "staff_id"     Operations Identifiers  Portal [] No                "Who looked; its owner is told the role, not the name.";
    "email_digest" Operations Identifiers  Portal [] No                "Recognises the address without keeping it.";
    "person_id"    Usage      Identifiers  Portal [] No                "Whose address it was, if they sign in.";
    "role"         Usage      NotPersonal  Portal [] Yes               "In which role they looked.";
    "reason"       Usage      Activity     Staff  [] Yes               "Why they looked.";
    "viewed_at"    Usage      Activity     Portal [] Yes               "When.";
    "expires_at"   Usage      NotPersonal  Portal [] No                "Until when it stayed open to them.";

    table "sub_processors" "Who works for us with data about people, and what binds it."
    { owner: Nobody, keep: PUBLISHED, erase: Keep("it is about a company; who proposed it is named by an id that leads nowhere once they are erased") }
    "id"           Operations NotPersonal  Portal [] No                "Names the entry.";
    "name"         Operations NotPersonal  Staff  [] No                "What it is called (S116).";
    "country"      Operations NotPersonal  Staff  [] No                "Where it works for us.";
    "function"     Operations NotPersonal  Staff  [] No                "What it is needed for (S116).";
    "does"         Operations NotPersonal  Staff  [] No                "What it does there (S115).";
    "assurance"    Operations NotPersonal  Staff  [] No                "What binds it (S115).";
    "contract_on"  Operations NotPersonal  Staff  [] No                "Since when, in writing (S158).";
    "diligence_on" Operations NotPersonal  Staff  [] No                "When we last looked at it closely (S158).";
    "proposed_by"  Operations NotPersonal  Portal [] No                "Who proposed it, and therefore cannot publish it.";
    "proposed_at"  Operations NotPersonal  Portal [] No                "When.";
    "approved_by"  Operations NotPersonal  Portal [] No                "Who published it.";
    "approved_at"  Operations NotPersonal  Portal [] No                "Since when it is public.";
    "ended_by"     Operations NotPersonal  Portal [] No                "Who ended it.";
    "ended_at"     Operations NotPersonal  Portal [] No                "When it ended.";

    table "audit_verifications" "What a walk along the audit log found."
    { owner: Nobody, keep: AUDIT_VERIFICATIONS, erase: Keep("it says nothing of anybody") }
    "id"           Operations NotPersonal  Portal [] No                "Names the walk.";
    "verified_at"  Operations NotPersonal  Portal [] No                "When.";
    "events"       Operations NotPersonal  Portal [] No                "How many events hold.";
    "broken_seq"   Operations NotPersonal  Portal [] No                "The first that does not.";
    "broken_why"   Operations NotPersonal  Portal [] No                "What does not fit.";
};
