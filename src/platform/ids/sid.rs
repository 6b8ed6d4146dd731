//! The text of an id: how a SID is read and written, and what every kind of id is made with.

use uuid::Uuid;

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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::InvalidSid;
    use crate::platform::ids::AccountId;

    #[test]
    fn a_sid_is_two_letters_and_32_hex_digits_and_reads_back() {
        let id = AccountId(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_00ff));
        assert_eq!(id.to_string(), "AC019200000000700080000000000000ff");
        assert_eq!(id.to_string().parse::<AccountId>(), Ok(id));
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
