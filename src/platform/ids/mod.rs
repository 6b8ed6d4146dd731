//! Ids are UUIDv7 in newtypes, so that one kind is never taken for another. Where an id is
//! shown or put into a URL it is written as a SID: two letters for its kind and 32 hex digits (S54).

mod order;
#[macro_use]
mod sid;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use uuid::{Builder, Timestamp, Uuid};

pub use sid::{InvalidSid, parse_sid};

use order::Order;

/// A fresh UUIDv7 for `now`: sorts by time of creation, also among those that this process makes for the same moment.
pub fn new_uuid(now: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(Order, seconds, now.timestamp_subsec_nanos()))
}

/// A UUIDv7 for `now` without a place among those that this process made, with this randomness: for a row that must not be
/// found beside what was made with it.
pub fn new_uuid_apart(now: DateTime<Utc>, random: [u8; 10]) -> Uuid {
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// The least UUIDv7 of the millisecond that this moment lies in: what was made earlier sorts before it.
pub fn first_uuid_of(at: DateTime<Utc>) -> Uuid {
    Uuid::from_u128(u128::from(u64::try_from(at.timestamp_millis()).unwrap_or(0)) << 80)
}

sid! {
    /// A person who signs in, customer or staff.
    PersonId, "US"
}
sid! {
    /// An account that a customer owns.
    AccountId, "AC"
}
sid! {
    /// A browser session, as it is named in the list of sessions. Not the secret in the cookie.
    SessionId, "SE"
}
sid! {
    /// A sign-up that is not yet a person.
    SignUpId, "SG"
}
sid! {
    /// A mail, text message or call in the outbox.
    MessageId, "ME"
}
sid! {
    /// A passkey.
    PasskeyId, "PK"
}
sid! {
    /// The auth token of an account. Not the secret itself.
    AuthTokenId, "AT"
}
sid! {
    /// An API key. Not its secret.
    ApiKeyId, "SK"
}
sid! {
    /// An invitation to be a member of an account.
    AccountInvitationId, "IN"
}
sid! {
    /// An offer of ownership or of the point of contact.
    HandoverId, "HO"
}
sid! {
    /// A claim.
    ClaimId, "CL"
}
sid! {
    /// A communication.
    CommunicationId, "CM"
}
sid! {
    /// A restriction of the records about somebody.
    RestrictionId, "RE"
}
sid! {
    /// An import of many records.
    ImportId, "IM"
}
sid! {
    /// An address that mailings may go to.
    ContactId, "CT"
}
sid! {
    /// An event that anybody may come to.
    EventId, "EV"
}
sid! {
    /// A paper that anybody may ask for.
    WhitePaperId, "WP"
}
sid! {
    /// A survey.
    SurveyId, "SV"
}
sid! {
    /// Something that somebody wrote to the sales team.
    EnquiryId, "EQ"
}
sid! {
    /// A deletion of the records about somebody, with its receipt.
    DeletionId, "DE"
}
sid! {
    /// A copy of what is kept about somebody or in an account.
    ExportId, "EX"
}
sid! {
    /// A mailing to many.
    CampaignId, "CA"
}
sid! {
    /// A partner who may get addresses of those who said yes.
    PartnerId, "PT"
}
sid! {
    /// A list of addresses that was handed to a partner.
    ShareId, "SH"
}
sid! {
    /// Whoever works for us with data about people.
    SubProcessorId, "SP"
}
sid! {
    /// A request about personal data.
    RequestId, "DR"
}
sid! {
    /// A dispute about data protection.
    DisputeId, "DI"
}
sid! {
    /// Something that was asked for, or handed over, of personal data.
    DisclosureId, "DS"
}
sid! {
    /// A hold on data that must not be deleted for the time being.
    HoldId, "HD"
}
sid! {
    /// An erasure of a person or an account.
    ErasureId, "ER"
}
sid! {
    /// The closure of an account.
    ClosureId, "CS"
}
sid! {
    /// An invoice to the owner of an account.
    InvoiceId, "IV"
}
sid! {
    /// A record of who uses a number, where a local law asks for that.
    SubscriberRecordId, "SR"
}
sid! {
    /// A file that was sent along with something.
    FileId, "FI"
}
sid! {
    /// A signed document about what was done.
    ReceiptId, "RC"
}
sid! {
    /// A suspension of an account, with its statement.
    SuspensionId, "SU"
}
sid! {
    /// An appeal against a suspension.
    AppealId, "AP"
}
sid! {
    /// A rule by which accounts are suspended.
    RuleId, "RU"
}
sid! {
    /// A rule as it stood at a time.
    RuleVersionId, "RV"
}
sid! {
    /// What a rule was computed from, and to which result.
    EvaluationId, "EN"
}
sid! {
    /// A rule asks whether an account shall be restricted.
    AlertId, "AL"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_moment_sort_as_they_were_made() {
        let now = DateTime::from_timestamp_micros(1_795_528_987_123_999).unwrap();
        let ids: Vec<Uuid> = (0..10_000).map(|_| new_uuid(now)).collect();
        assert!(ids.is_sorted() && ids.iter().all(|id| id.get_version_num() == 7));
        let earlier = new_uuid(now - chrono::TimeDelta::milliseconds(1));
        assert!(earlier < ids[0], "the moment goes before the counter");
    }

    #[test]
    fn an_id_apart_has_its_moment_and_nothing_of_those_beside_it() {
        let at = DateTime::from_timestamp_micros(1_795_528_987_123_999).unwrap();
        let keys = crate::platform::crypto::Keys::derive(&[7; 32]);
        let ids: Vec<Uuid> = (0..100).map(|_| new_uuid_apart(at, keys.random_bytes())).collect();
        assert!(ids.iter().all(|id| id.get_version_num() == 7 && *id >= first_uuid_of(at)));
        assert!(ids.iter().all(|id| *id < first_uuid_of(at + chrono::TimeDelta::milliseconds(1))));
        assert!(!ids.is_sorted(), "they have no order");
    }

    #[test]
    fn ids_of_a_moment_do_not_sort_before_its_earliest() {
        let at = DateTime::from_timestamp_micros(1_795_528_987_123_999).unwrap();
        assert!(first_uuid_of(at) <= new_uuid(at));
        assert!(first_uuid_of(at + chrono::TimeDelta::milliseconds(1)) > new_uuid(at));
        assert!(first_uuid_of(DateTime::UNIX_EPOCH) < first_uuid_of(at));
    }
}
