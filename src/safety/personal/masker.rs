//! What is shown of one shop's personal data, and the way back from what was shown.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::book::{Book, is_handle};
use super::{Kind, PersonalData, find, is_mask, mask};
use crate::safety::store::{Store, StoreError};

/// Shortest value whose echo is turned into its handle again, in characters: shorter ones stand in
/// every text.
const SHORTEST: usize = 3;

/// Shows personal data as the operator wants it shown.
#[derive(Debug)]
pub struct Masker {
    shows: Shows,
}

#[derive(Debug)]
enum Shows {
    Masked,
    Handles(Box<Book>),
    Full,
}

/// Why an argument cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// It is a mask, which stands for nobody. The dotted path of the argument.
    Mask(String),
    /// It is a handle that is not known. The dotted path of the argument.
    Unknown(String),
    /// The store cannot tell what a handle stands for.
    Store(StoreError),
}

/// The handles among the arguments of one call, with what they stand for.
#[derive(Default)]
pub struct Resolved(Vec<(String, String)>);

impl std::fmt::Debug for Resolved {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Resolved({})", self.0.len())
    }
}

impl Masker {
    /// Shows everything as the API tells it.
    pub const fn full() -> Self {
        Self { shows: Shows::Full }
    }

    /// Shows masks.
    pub const fn masked() -> Self {
        Self {
            shows: Shows::Masked,
        }
    }

    /// Of a mode; `key` is the shop's own for this use, and `store` keeps what handles stand for.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn new(
        mode: PersonalData,
        key: &[u8; 32],
        store: Arc<dyn Store>,
    ) -> Result<Self, StoreError> {
        Ok(match mode {
            PersonalData::Masked => Self::masked(),
            PersonalData::Handles => Self {
                shows: Shows::Handles(Box::new(Book::new(key, store)?)),
            },
            PersonalData::Full => Self::full(),
        })
    }

    /// Its mode.
    pub const fn mode(&self) -> PersonalData {
        match self.shows {
            Shows::Masked => PersonalData::Masked,
            Shows::Handles(_) => PersonalData::Handles,
            Shows::Full => PersonalData::Full,
        }
    }

    /// A field that holds personal data.
    pub fn field<'a>(&self, kind: Kind, text: &'a str) -> Cow<'a, str> {
        match &self.shows {
            Shows::Full => Cow::Borrowed(text),
            _ if text.trim().is_empty() => Cow::Borrowed(text),
            Shows::Masked => Cow::Owned(mask(kind, text)),
            Shows::Handles(book) => Cow::Owned(book.handle(kind, text)),
        }
    }

    /// Any other text: what looks like an address or a number in it is personal data.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.shows {
            Shows::Full => Cow::Borrowed(text),
            Shows::Masked => find::replace(text, mask),
            Shows::Handles(book) => find::replace(text, |kind, value| book.handle(kind, value)),
        }
    }

    /// Puts what they stand for in the place of the handles among arguments, and refuses masks.
    ///
    /// # Errors
    /// With the argument that cannot be used.
    pub async fn resolve(
        &self,
        arguments: &mut Map<String, Value>,
        now: i64,
    ) -> Result<Resolved, Unusable> {
        let mut found = Vec::new();
        for (name, value) in arguments.iter_mut() {
            strings(name.clone(), value, &mut found);
        }
        let mut resolved = Resolved::default();
        for (path, text) in found {
            if is_mask(text) {
                return Err(Unusable::Mask(path));
            }
            if !is_handle(text.trim()) {
                continue;
            }
            let known = match &self.shows {
                Shows::Handles(book) => book.value(text.trim(), now).await,
                Shows::Masked | Shows::Full => Ok(None),
            };
            let value = known.map_err(Unusable::Store)?;
            let value = value.ok_or(Unusable::Unknown(path))?;
            resolved.0.push((value.clone(), text.trim().to_owned()));
            *text = value;
        }
        Ok(resolved)
    }

    /// A text of this program about a call: what was resolved is a handle again in it, and everything
    /// else that is personal data is as the mode has it.
    pub fn told(&self, resolved: &Resolved, text: &str) -> String {
        let mut out = text.to_owned();
        for (value, handle) in &resolved.0 {
            if value.chars().count() >= SHORTEST {
                out = out.replace(value.as_str(), handle);
            }
        }
        self.text(&out).into_owned()
    }

    /// Makes the handles that were shown usable on other replicas and after a restart.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn flush(&self, now: i64) -> Result<(), StoreError> {
        match &self.shows {
            Shows::Handles(book) => book.flush(now).await,
            Shows::Masked | Shows::Full => Ok(()),
        }
    }
}

/// The strings of arguments, with their dotted paths.
fn strings<'a>(path: String, value: &'a mut Value, found: &mut Vec<(String, &'a mut String)>) {
    match value {
        Value::String(text) => found.push((path, text)),
        Value::Array(items) => {
            for (nth, item) in items.iter_mut().enumerate() {
                strings(format!("{path}.{nth}"), item, found);
            }
        }
        Value::Object(map) => {
            for (name, inner) in map {
                strings(format!("{path}.{name}"), inner, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
