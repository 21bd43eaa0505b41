//! A JSON value of the registry file that is read when it is first looked at: a start needs few of them.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// A value, or the text of one.
#[derive(Clone)]
pub struct Piece {
    text: Option<Box<RawValue>>,
    value: OnceLock<Value>,
}

impl Piece {
    /// The value.
    ///
    /// # Errors
    /// When it is nested deeper than any honest schema.
    pub fn read(&self) -> serde_json::Result<&Value> {
        if let (None, Some(text)) = (self.value.get(), &self.text) {
            let value = serde_json::from_str(text.get())?;
            return Ok(self.value.get_or_init(|| value));
        }
        Ok(self)
    }
}

/// The value; null when [`Piece::read`] fails, which loading a registry rules out.
impl Deref for Piece {
    type Target = Value;

    fn deref(&self) -> &Value {
        self.value.get_or_init(|| {
            let text = self.text.as_ref();
            text.and_then(|text| serde_json::from_str(text.get()).ok())
                .unwrap_or_default()
        })
    }
}

impl From<Value> for Piece {
    fn from(value: Value) -> Self {
        Self {
            text: None,
            value: value.into(),
        }
    }
}

impl PartialEq for Piece {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Piece {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, out)
    }
}

impl Serialize for Piece {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.deref().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Piece {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self {
            text: Some(Deserialize::deserialize(from)?),
            value: OnceLock::new(),
        })
    }
}

impl JsonSchema for Piece {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        Value::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Value::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_piece_is_the_value_it_was_written_as() {
        let value = json!({"b": [1, null, "é"], "a": {"c": 1.5}});
        let read: Piece = serde_json::from_str(&value.to_string()).unwrap();
        assert!(read.value.get().is_none());
        assert_eq!(read.read().unwrap(), &value);
        assert_eq!(serde_json::to_string(&read).unwrap(), value.to_string());
        let kept = Piece::from(value.clone());
        assert_eq!((kept.read().unwrap(), &kept), (&value, &read));
        let taken: Piece = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(
            (&*taken, format!("{taken:?}")),
            (&value, format!("{value:?}"))
        );
    }

    #[test]
    fn one_that_is_nested_too_deep_is_an_error() {
        let deep: Piece =
            serde_json::from_str(&format!("{}{}", "[".repeat(200), "]".repeat(200))).unwrap();
        assert!(deep.read().is_err());
        assert_eq!(*deep, Value::Null);
    }
}
