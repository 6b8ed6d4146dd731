//! JSON in which no object has one name twice. Most readers of JSON take the last of two values and some the first, so that
//! what one program checked another would store (RFC 8259, section 4); here nobody has to know which.

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// A value as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Distinct(pub Value);

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

/// The second value of a name. It fails where it stands, so that the error points to it.
struct Twice;

impl<'de> Deserialize<'de> for Twice {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom("this field stands here twice"))
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Distinct(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            if fields.contains_key(&name) {
                object.next_value::<Twice>()?;
            }
            let Distinct(value) = object.next_value()?;
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::body;

    #[test]
    fn what_has_every_name_once_is_read_as_it_is() {
        let text = r#"{"a": [1, -2, 2.5, 18446744073709551615, null, true, "\u00fc"], "b": {"a": {}}}"#;
        let Distinct(read) = serde_json::from_str(text).unwrap();
        assert_eq!(read, serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn a_name_that_stands_twice_is_pointed_to_also_where_it_is_spelt_otherwise() {
        for (text, at) in [
            (r#"{"notes": "one", "notes": "two"}"#, "/notes"),
            (r#"{"notes": null, "n\u006ftes": "two"}"#, "/notes"),
            (r#"{"parties": [{"name": "Ada"}, {"name": "Ada", "name": "Eve"}]}"#, "/parties/1/name"),
        ] {
            let problem = body::parse::<Distinct>(text.as_bytes()).unwrap_err();
            assert_eq!(problem.errors()[0].pointer, at, "{text}");
            assert_eq!(problem.errors()[0].detail, "This field stands here twice.");
        }
    }

    #[test]
    fn what_lies_deeper_than_anybody_writes_is_no_json_for_us() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(serde_json::from_str::<Distinct>(&deep).is_err());
    }
}
