//! Ids are UUIDv7 in newtypes, so that one kind is never taken for another. Where an id is
//! shown or put into a URL it is written as a SID: two letters for its kind and 32 hex digits (S54).

mod order;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use uuid::{Builder, Timestamp, Uuid};

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

/// The text is not a SID of the kind that was asked for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a {0} SID")]
pub struct InvalidSid(pub &'static str);

/// Reads a SID with this prefix: exactly two letters and 32 lower-case hex digits.
///
/// # Errors
/// [`InvalidSid`] for any other text.
pub fn parse_sid(prefix: &'static str, text: &str) -> Result<Uuid, InvalidSid> {
    let hex = text.strip_prefix(prefix).ok_or(InvalidSid(prefix))?;
    let canonical = hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !canonical {
        return Err(InvalidSid(prefix));
    }
    Uuid::try_parse(hex).map_err(|_| InvalidSid(prefix))
}

macro_rules! sid {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[derive(diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The two letters that begin the SID.
            pub const PREFIX: &'static str = $prefix;

            /// A fresh id for this moment.
            pub fn new(now: DateTime<Utc>) -> Self {
                Self(new_uuid(now))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidSid;
            fn from_str(text: &str) -> Result<Self, InvalidSid> {
                parse_sid($prefix, text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>) -> diesel::serialize::Result {
                diesel::serialize::ToSql::<diesel::sql_types::Uuid, diesel::pg::Pg>::to_sql(&self.0, out)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                <Uuid as diesel::deserialize::FromSql<diesel::sql_types::Uuid, diesel::pg::Pg>>::from_sql(bytes).map(Self)
            }
        }
    };
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
    /// A request about personal data.
    RequestId, "DR"
}
sid! {
    /// A dispute about data protection.
    DisputeId, "DI"
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
    fn a_sid_is_two_letters_and_32_hex_digits_and_reads_back() {
        let id = AccountId(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_00ff));
        assert_eq!(id.to_string(), "AC019200000000700080000000000000ff");
        assert_eq!(id.to_string().parse::<AccountId>(), Ok(id));
    }

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

    #[test]
    fn a_sid_of_another_kind_or_shape_is_refused() {
        for text in [
            "US019200000000700080000000000000ff",
            "AC0192",
            "AC019200000000700080000000000000FF",
            "AC01920000-0000-7000-8000-0000000000ff",
            "",
        ] {
            assert_eq!(text.parse::<AccountId>(), Err(InvalidSid("AC")), "{text}");
        }
    }
}
