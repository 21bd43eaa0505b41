//! Reads over what nobody wants of a list: fields of its rows that are not asked for are never built.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Which fields of the rows of a list are wanted; everything beside the rows is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sieve {
    /// The key of the list.
    pub rows: String,
    /// The fields of a row.
    pub fields: Vec<String>,
}

impl Sieve {
    /// Reads an answer, and says whether fields of its rows were read over. What is no list of rows is
    /// read whole.
    pub(super) fn read(&self, bytes: &[u8]) -> serde_json::Result<(Value, bool)> {
        let mut is_narrowed = false;
        let mut text = serde_json::Deserializer::from_slice(bytes);
        let answer = Part {
            sieve: self,
            level: Level::Answer,
            is_narrowed: &mut is_narrowed,
        };
        let body = answer.deserialize(&mut text)?;
        text.end()?;
        Ok((body, is_narrowed))
    }
}

/// Where in an answer a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Answer,
    Rows,
    Row,
    /// Anywhere else: it is read whole.
    Whole,
}

struct Part<'a> {
    sieve: &'a Sieve,
    level: Level,
    is_narrowed: &'a mut bool,
}

impl Part<'_> {
    fn at(&mut self, level: Level) -> Part<'_> {
        Part {
            sieve: self.sieve,
            level,
            is_narrowed: self.is_narrowed,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        match self.level {
            Level::Answer | Level::Rows | Level::Row => from.deserialize_any(self),
            Level::Whole => Value::deserialize(from),
        }
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let level = match self.level {
            Level::Rows => Level::Row,
            Level::Answer | Level::Row | Level::Whole => Level::Whole,
        };
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.at(level))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = fields.next_key_seed(Name(self.sieve, self.level))? {
            match name {
                Some((name, level)) => {
                    let value = fields.next_value_seed(self.at(level))?;
                    map.insert(name, value);
                }
                None => {
                    *self.is_narrowed = true;
                    fields.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Value::Object(map))
    }
}

/// The name of a field with the level of its value; `None` when it is not wanted.
struct Name<'a>(&'a Sieve, Level);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<(String, Level)>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<(String, Level)>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let Self(sieve, level) = self;
        let level = match level {
            Level::Answer if name == sieve.rows => Level::Rows,
            Level::Row if !sieve.fields.iter().any(|wanted| wanted == name) => return Ok(None),
            Level::Answer | Level::Rows | Level::Row | Level::Whole => Level::Whole,
        };
        Ok(Some((name.to_owned(), level)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn sieve() -> Sieve {
        Sieve {
            rows: "rows".to_owned(),
            fields: vec!["id".to_owned(), "customer".to_owned()],
        }
    }

    fn read(text: &str) -> Option<(Value, bool)> {
        sieve().read(text.as_bytes()).ok()
    }

    #[test]
    fn rows_have_the_wanted_fields_and_all_else_is_whole() {
        let customer = json!({"email": "a", "id": 1, "rows": [{"x": 1}]});
        let row = json!({"x": {"deep": [1, {"id": 2}]}, "id": -1, "customer": customer, "y": 1.5});
        let body = json!({"meta": {"id": 1, "x": "\u{e9}"}, "rows": [row, 7, null, [row], "a"],
            "x": true});
        let narrow = json!({"id": -1, "customer": customer});
        let wanted = json!({"meta": {"id": 1, "x": "\u{e9}"}, "rows": [narrow, 7, null, [row], "a"],
            "x": true});
        assert_eq!(read(&body.to_string()), Some((wanted, true)));
        for whole in [
            json!({"rows": [{"id": 1}], "x": [{"y": 1}]}),
            json!({"rows": {"x": 1}}),
            json!({"other": [{"x": 1}]}),
            json!([{"x": 1}]),
            json!("a"),
            json!(null),
        ] {
            assert_eq!(read(&whole.to_string()), Some((whole, false)));
        }
    }

    #[test]
    fn what_is_no_json_is_refused_also_where_it_is_read_over() {
        for broken in [
            "",
            "{",
            r#"{"rows": [{"x": }]}"#,
            r#"{"rows": [{"x": "\u{1}"}]}"#,
            r#"{"rows": []} x"#,
            r#"{"rows": [{"x": [1,]}]}"#,
        ] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }

    proptest! {
        #[test]
        fn it_reads_what_a_plain_reader_reads_less_the_fields(
            rows in prop::collection::vec(
                prop::collection::btree_map("id|customer|[a-z]{1,3}", "[ -~é\\n]{0,6}", 0..5), 0..5),
            beside in "[ -~]{0,5}",
        ) {
            let body = json!({"rows": rows, "beside": beside});
            let (read, is_narrowed) = read(&body.to_string()).unwrap();
            let mut wanted = body;
            let mut dropped = 0;
            for row in wanted["rows"].as_array_mut().unwrap() {
                let row = row.as_object_mut().unwrap();
                let before = row.len();
                row.retain(|name, _| name == "id" || name == "customer");
                dropped += before - row.len();
            }
            prop_assert_eq!(read, wanted);
            prop_assert_eq!(is_narrowed, dropped > 0);
        }
    }
}
