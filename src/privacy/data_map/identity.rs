//! Who is signing in, and what they own.

use super::{Table, map};

#[rustfmt::skip]
pub(super) const TABLES: &[Table] = map! {
    table "people" "Somebody who can sign in."
    { owner: Person("id"), keep: PERSON, erase: DeleteRow }
    "id"                         Account Identifiers     Portal [] Yes               "Names the person (S54).";
    "name"                       Account Identifiers     Person [MailCarrier] Yes    "How we address them (S37).";
    "email"                      Account Identifiers     Person [MailCarrier] Yes    "Signs in and is written to (S37, S47).";
    "company"                    Account Professional    Person [] Yes               "For whom they work, if they tell (S37).";
    "role"                       Account Professional    Person [] Yes               "As what, if they tell (S16).";
    "phone"                      Account CustomerRecords Person [PhoneCarrier] Yes   "Codes and warnings (S39).";
    "phone_verified_at"          Account Activity        Portal [] Yes               "That the number is theirs (S40).";
    "email_verified_at"          Account Activity        Portal [] Yes               "That the address is theirs (S47).";
    "password_hash"              Account Sensitive       Person [] HeldNeverExported "Checks the password without keeping it.";
    "password_changed_at"        Account Activity        Portal [] Yes               "How old the password is.";
    "credential_version"         Account NotPersonal     Portal [] No                "Ends sessions after a change of password or factor.";
    "onboarding_call_refused_at" Account Activity        Person [] Yes               "No call, please (S41).";
    "marketing_consented_at"     Account Activity        Person [] Yes               "Yes to mail about products and events (S42).";
    "created_at"                 Account Activity        Portal [] Yes               "Since when they are here.";
    "has_totp"                   Account Activity        Portal [] Yes               "Whether an authenticator app is set up, for every page.";
    "has_passkey"                Account Activity        Portal [] Yes               "Whether a passkey is set up, for every page.";
    "held_roles"                 Account Professional    Portal [] Yes               "Roles as a member of staff, for every page.";
    "recovery_version"           Account NotPersonal     Portal [] No                "To which credentials a recovery that is under way belongs, for every page.";
    "recovery_until"             Account NotPersonal     Portal [] Yes               "When that recovery comes to nothing.";
    "undertaking_version"        Account NotPersonal     Portal [] Yes               "Which version of the undertaking to confidentiality they agreed to, as a member of staff, for every page (S157).";

    table "sign_ups" "Somebody who is about to become a person."
    { owner: Address("email"), keep: SIGN_UPS, erase: DeleteRow }
    "id"                         Account NotPersonal     Portal  [] No                "Names the sign-up.";
    "name"                       Account Identifiers     Person  [MailCarrier] Yes    "How we address them.";
    "email"                      Account Identifiers     Person  [MailCarrier] Yes    "To be confirmed.";
    "company"                    Account Professional    Person  [] Yes               "For whom they work, if they tell.";
    "phone"                      Account CustomerRecords Person  [PhoneCarrier] Yes   "To be confirmed.";
    "password_hash"              Account Sensitive       Person  [] HeldNeverExported "The password to be.";
    "terms_version"              Account NotPersonal     Portal  [] Yes               "Which terms they accepted (S46).";
    "terms_accepted_at"          Account Activity        Person  [] Yes               "When they did.";
    "onboarding_call_refused_at" Account Activity        Person  [] Yes               "No call, please (S41).";
    "marketing_consented_at"     Account Activity        Person  [] Yes               "Yes to mail about products and events (S42).";
    "email_token_hash"           Account Sensitive       Portal  [] HeldNeverExported "Recognises the link without keeping it.";
    "email_confirmed_at"         Account Activity        Portal  [] Yes               "That the address is theirs.";
    "ip"                         Usage   Identifiers     Browser [] Yes               "Detects and investigates abuse (S66).";
    "country"                    Usage   Geolocation     Derived [] Yes               "Export control (S64).";
    "created_at"                 Account Activity        Portal  [] Yes               "When it began.";
    "expires_at"                 Account NotPersonal     Portal  [] No                "When it leaves nothing behind.";

    table "phone_verifications" "A code that was sent to a number."
    { owner: Person("person_id"), also: [Through("sign_up_id", "sign_ups")], keep: PHONE_CODES, erase: Cascade }
    "id"                         Account NotPersonal     Portal [] No                "Names the code.";
    "sign_up_id"                 Account NotPersonal     Portal [] No                "The sign-up it belongs to.";
    "person_id"                  Account Identifiers     Portal [] No                "The person it belongs to.";
    "phone"                      Account CustomerRecords Person [PhoneCarrier] Yes   "Where the code went.";
    "code_digest"                Account Sensitive       Portal [] HeldNeverExported "Checks the code without keeping it.";
    "attempts_left"              Account NotPersonal     Portal [] No                "Bounds the tries.";
    "created_at"                 Account Activity        Portal [] Yes               "When it was sent.";
    "expires_at"                 Account NotPersonal     Portal [] No                "Until when it works.";

    table "terms_acceptances" "A version of a document that somebody accepted."
    { owner: Person("person_id"), keep: PERSON, erase: Cascade }
    "id"                         Account NotPersonal Portal  [] No  "Names the acceptance.";
    "person_id"                  Account Identifiers Portal  [] No  "Who.";
    "document"                   Account NotPersonal Portal  [] Yes "Which document (S46).";
    "version"                    Account NotPersonal Portal  [] Yes "Which version.";
    "accepted_at"                Account Activity    Person  [] Yes "When.";
    "ip"                         Usage   Identifiers Browser [] Yes "Shows that it happened.";

    table "sign_ins" "A try to sign in, with or without success."
    { owner: Person("person_id"), also: [Digest("email_digest", &[Email])], keep: SIGN_INS, erase: Cascade }
    "id"                         Usage NotPersonal Portal  [] No  "Names the try.";
    "person_id"                  Usage Identifiers Portal  [] No  "Whose account it was about.";
    "email_digest"               Usage Identifiers Portal  [] No  "Counts tries for an address without keeping it.";
    "at"                         Usage Activity    Portal  [] Yes "When (S62).";
    "method"                     Usage Activity    Portal  [] Yes "By which proof.";
    "outcome"                    Usage Activity    Portal  [] Yes "With which result.";
    "ip"                         Usage Identifiers Browser [] Yes "From which address (S62).";
    "country"                    Usage Geolocation Derived [] Yes "From which country (S64).";
    "user_agent"                 Usage Activity    Browser [] Yes "With which browser.";
    "session_id"                 Usage Identifiers Portal  [] No  "The session that began.";

    table "sign_in_failures" "Failures in a row for an address, or for the second factor of somebody."
    { owner: Digest("subject_digest", &[Email, SecondFactor]), keep: SIGN_IN_FAILURES, erase: DeleteRow }
    "subject_digest"             Usage Identifiers Portal [] No  "For which address or person, without keeping either.";
    "consecutive"                Usage Activity    Portal [] Yes "How many, to bound guessing.";
    "last_at"                    Usage Activity    Portal [] Yes "When the last was.";

    table "known_browsers" "A browser that somebody has signed in from."
    { owner: Person("person_id"), keep: KNOWN_BROWSERS, erase: Cascade }
    "id"                         Usage   NotPersonal Portal  [] No                "Names the browser.";
    "person_id"                  Usage   Identifiers Portal  [] No                "Whose it is.";
    "token_hash"                 Account Sensitive   Portal  [] HeldNeverExported "Recognises the cookie without keeping it.";
    "user_agent"                 Usage   Activity    Browser [] Yes               "Which browser.";
    "country"                    Usage   Geolocation Derived [] Yes               "A new country is worth a mail.";
    "created_at"                 Usage   Activity    Portal  [] Yes               "Since when it is known.";
    "last_used_at"               Usage   Activity    Portal  [] Yes               "When it was last used.";

    table "password_resets" "A link to choose a new password."
    { owner: Person("person_id"), keep: LINKS, erase: Cascade }
    "id"                         Usage   NotPersonal Portal [] No                "Names the reset.";
    "person_id"                  Usage   Identifiers Portal [] No                "Whose it is.";
    "token_hash"                 Account Sensitive   Portal [] HeldNeverExported "Recognises the link without keeping it.";
    "created_at"                 Usage   Activity    Portal [] Yes               "When it was asked for.";
    "expires_at"                 Usage   NotPersonal Portal [] No                "Until when it works.";
    "used_at"                    Usage   Activity    Portal [] Yes               "When it was used, so that it works once.";

    table "security_alerts" "The link in a security mail for 'it was not me'."
    { owner: Person("person_id"), keep: LINKS, erase: Cascade }
    "id"                         Usage   NotPersonal Portal [] No                "Names the link.";
    "person_id"                  Usage   Identifiers Portal [] No                "Whose it is.";
    "event"                      Usage   Activity    Portal [] Yes               "What the mail told.";
    "token_hash"                 Account Sensitive   Portal [] HeldNeverExported "Recognises the link without keeping it.";
    "created_at"                 Usage   Activity    Portal [] Yes               "When it was sent.";
    "expires_at"                 Usage   NotPersonal Portal [] No                "Until when it works.";
    "used_at"                    Usage   Activity    Portal [] Yes               "When it was used.";

    table "email_changes" "A change of address, and the way to undo it."
    { owner: Person("person_id"), keep: LINKS, erase: Cascade }
    "id"                         Usage   NotPersonal Portal [] No                "Names the change.";
    "person_id"                  Usage   Identifiers Portal [] No                "Whose it is.";
    "old_email"                  Account Identifiers Person [MailCarrier] Yes    "Told of the change, and restored by an undo.";
    "new_email"                  Account Identifiers Person [MailCarrier] Yes    "To be confirmed.";
    "token_hash"                 Account Sensitive   Portal [] HeldNeverExported "Recognises the link without keeping it.";
    "undo_token_hash"            Account Sensitive   Portal [] HeldNeverExported "Recognises the way back without keeping it.";
    "created_at"                 Usage   Activity    Portal [] Yes               "When it was asked for.";
    "expires_at"                 Usage   NotPersonal Portal [] No                "Until when it can be confirmed.";
    "confirmed_at"               Usage   Activity    Portal [] Yes               "When it was.";
    "undo_until"                 Usage   NotPersonal Portal [] No                "Until when it can be undone.";
    "undone_at"                  Usage   Activity    Portal [] Yes               "When it was.";
    "moved"                      Operations NotPersonal Portal [] No             "Which rows of forms went along, so that an undo gives them back.";

    table "totp_enrolments" "A secret that is shown and not yet confirmed."
    { owner: Person("person_id"), keep: TOTP_ENROLMENTS, erase: Cascade }
    "person_id"                  Account Identifiers Portal [] No                "Whose it is.";
    "sealed_secret"              Account Sensitive   Portal [] HeldNeverExported "The secret to be, sealed.";
    "created_at"                 Account Activity    Portal [] Yes               "When it was shown.";

    table "totp_factors" "An authenticator app."
    { owner: Person("person_id"), keep: CREDENTIALS, erase: Cascade }
    "person_id"                  Account Identifiers Portal [] No                "Whose it is.";
    "sealed_secret"              Account Sensitive   Portal [] HeldNeverExported "Checks its codes; sealed.";
    "last_step"                  Account NotPersonal Portal [] No                "Each code counts once.";
    "created_at"                 Account Activity    Portal [] Yes               "Since when it is set up (S136).";
    "last_used_at"               Account Activity    Portal [] Yes               "When it was last used.";

    table "recovery_codes" "A code for when the second factor is lost."
    { owner: Person("person_id"), keep: CREDENTIALS, erase: Cascade }
    "id"                         Account NotPersonal Portal [] No                "Names the code.";
    "person_id"                  Account Identifiers Portal [] No                "Whose it is.";
    "code_digest"                Account Sensitive   Portal [] HeldNeverExported "Checks the code without keeping it.";
    "created_at"                 Account Activity    Portal [] Yes               "When it was made.";
    "used_at"                    Account Activity    Portal [] Yes               "When it was used, so that it works once.";

    table "passkeys" "A passkey."
    { owner: Person("person_id"), keep: CREDENTIALS, erase: Cascade }
    "id"                         Account Identifiers Portal [] Yes               "Names the passkey.";
    "person_id"                  Account Identifiers Portal [] No                "Whose it is.";
    "credential_id"              Account Sensitive   Person [] HeldNeverExported "Recognises the authenticator.";
    "credential"                 Account Sensitive   Person [] HeldNeverExported "Checks its signatures.";
    "name"                       Account Identifiers Person [] Yes               "What its owner calls it.";
    "created_at"                 Account Activity    Portal [] Yes               "Since when it is set up.";
    "last_used_at"               Account Activity    Portal [] Yes               "When it was last used.";

    table "passkey_ceremonies" "A challenge that waits for the answer of an authenticator."
    { owner: Person("person_id"), keep: PASSKEY_CEREMONIES, erase: DeleteRow }
    "id"                         Operations NotPersonal Portal [] No                "Names the challenge.";
    "purpose"                    Operations NotPersonal Portal [] No                "What it is for.";
    "person_id"                  Operations Identifiers Portal [] No                "Who is to answer, where that is known.";
    "state"                      Operations Sensitive   Portal [] HeldNeverExported "What the answer is checked against.";
    "expires_at"                 Operations NotPersonal Portal [] No                "Until when it waits.";

    table "recovery_optins" "Somebody who opened the slow lane of account recovery."
    { owner: Person("person_id"), keep: CREDENTIALS, erase: Cascade }
    "person_id"                  Account Identifiers Portal [] No  "Who.";
    "opted_in_at"                Account Activity    Person [] Yes "Since when.";

    table "account_recoveries" "A recovery that somebody with the password asked for."
    { owner: Person("person_id"), keep: ACCOUNT_RECOVERIES, erase: Cascade }
    "id"                         Usage   NotPersonal Portal  [] No                "Names the recovery.";
    "person_id"                  Usage   Identifiers Portal  [] No                "Whose account it is about.";
    "credential_version"         Account NotPersonal Portal  [] No                "A change of password or factors since makes it void.";
    "cancel_token_hash"          Account Sensitive   Portal  [] HeldNeverExported "Recognises the link that stops it.";
    "finish_token_hash"          Account Sensitive   Portal  [] HeldNeverExported "Recognises the link that ends it.";
    "requested_at"               Usage   Activity    Portal  [] Yes               "When it was asked for.";
    "ready_at"                   Usage   NotPersonal Portal  [] Yes               "When its owner's time to say no is over.";
    "announced_at"               Usage   Activity    Portal  [] No                "When the owner was told that it is ready.";
    "expires_at"                 Usage   NotPersonal Portal  [] Yes               "Until when it can be finished.";
    "cancelled_at"               Usage   Activity    Portal  [] Yes               "When it was stopped.";
    "cancelled_because"          Usage   Activity    Portal  [] Yes               "What stopped it.";
    "completed_at"               Usage   Activity    Portal  [] Yes               "When it was finished.";
    "ip"                         Usage   Identifiers Browser [] Yes               "From where it was asked for.";
    "country"                    Usage   Geolocation Derived [] Yes               "From which country.";
    "user_agent"                 Usage   Activity    Browser [] Yes               "With which browser.";
};
