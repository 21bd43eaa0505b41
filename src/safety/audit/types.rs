//! What a line may hold. Each type takes only what is harmless in a log that is kept for years.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::chain::{from_hex, hex};
use crate::text;

/// Longest name of a principal or a client, in characters.
const LONGEST_NAME: usize = 64;
/// Longest name of an action (`tools.registry.json`).
const LONGEST_ACTION: usize = 48;
/// Stands for an action whose name is none.
const NO_ACTION: &str = "unknown";
/// Most digits of an amount before and after its point.
const DIGITS: (usize, usize) = (15, 4);

/// Text that a line was read with and that its type does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a text that this field does not take")]
pub struct Unfit;

/// A hash of 16 or 32 bytes: of arguments, or the id of a shop.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash(String);

impl Hash {
    /// The hash as lowercase hex.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(hex(&bytes))
    }
}

impl From<[u8; 16]> for Hash {
    fn from(bytes: [u8; 16]) -> Self {
        Self(hex(&bytes))
    }
}

impl TryFrom<String> for Hash {
    type Error = Unfit;

    fn try_from(text: String) -> Result<Self, Unfit> {
        match from_hex(&text) {
            Some(bytes) if matches!(bytes.len(), 16 | 32) => Ok(Self(text)),
            Some(_) | None => Err(Unfit),
        }
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.0
    }
}

/// Joins the intent of a call and its outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CallId(Uuid);

impl CallId {
    /// An id that no other call has.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(Uuid::new_v4())
    }
}

impl From<Uuid> for CallId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl TryFrom<String> for CallId {
    type Error = Unfit;

    fn try_from(text: String) -> Result<Self, Unfit> {
        let id = Uuid::parse_str(&text).map_err(|_| Unfit)?;
        if id.to_string() == text {
            Ok(Self(id))
        } else {
            Err(Unfit)
        }
    }
}

impl From<CallId> for String {
    fn from(id: CallId) -> Self {
        id.0.to_string()
    }
}

/// A name that somebody gave a principal or a client: one visible line without keys, at most 64
/// characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// A name made safe.
    pub fn new(text: &str) -> Self {
        let text = text::line(&text::without_keys(text), LONGEST_NAME);
        Self(text.chars().take(LONGEST_NAME).collect())
    }

    /// A client by the name and the version that it told.
    pub fn of_client(name: &str, version: &str) -> Self {
        Self::new(&format!("{name}/{version}"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = Unfit;

    fn try_from(text: String) -> Result<Self, Unfit> {
        let safe = Self::new(&text);
        if safe.0 == text { Ok(safe) } else { Err(Unfit) }
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

/// The name of an action: lowercase letters, digits and underscores, at most 48.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ActionName(String);

impl ActionName {
    /// The name of an action of the registry; anything that can be none becomes `unknown`.
    pub fn new(text: &str) -> Self {
        let fits = (1..=LONGEST_ACTION).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        Self(if fits { text } else { NO_ACTION }.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ActionName {
    type Error = Unfit;

    fn try_from(text: String) -> Result<Self, Unfit> {
        let safe = Self::new(&text);
        if safe.0 == text { Ok(safe) } else { Err(Unfit) }
    }
}

impl From<ActionName> for String {
    fn from(name: ActionName) -> Self {
        name.0
    }
}

/// Money: a decimal number and a currency's three letters, such as `129.90 EUR`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Amount(String);

impl Amount {
    /// An amount from its decimal text and its currency (ISO 4217); `None` when it is neither.
    pub fn new(decimal: &str, currency: &str) -> Option<Self> {
        let digits = decimal.strip_prefix('-').unwrap_or(decimal);
        let (whole, part) = match digits.split_once('.') {
            Some((whole, part)) => (whole, Some(part)),
            None => (digits, None),
        };
        let number = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let fits = number(whole, DIGITS.0)
            && part.is_none_or(|part| number(part, DIGITS.1))
            && currency.len() == 3
            && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        fits.then(|| Self(format!("{decimal} {currency}")))
    }
}

impl TryFrom<String> for Amount {
    type Error = Unfit;

    fn try_from(text: String) -> Result<Self, Unfit> {
        let (decimal, currency) = text.split_once(' ').ok_or(Unfit)?;
        Self::new(decimal, currency).ok_or(Unfit)
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}

/// What a line tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A call that is about to be sent
    Intent,
    /// How a call ended
    Outcome,
    /// A call that was refused
    Blocked,
    /// Writes turned on or off
    Switch,
    /// Bytes that a crash left in the middle of a line
    Torn,
}

/// How a call was confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirmed {
    /// A person typed the answer in a form that the client showed.
    Elicited,
    /// A person typed the answer at the terminal.
    Terminal,
    /// By a handle that the next call carried.
    Handle,
    /// Not at all: the operator turned it off.
    Off,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The API took it, and it was not seen to end.
    Accepted,
    /// It was done.
    Done,
    /// It was not done.
    Failed,
    /// Nobody can say whether it was done.
    Unknown,
    /// The receipt of an earlier call was given again.
    Replayed,
}

/// Why a call was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The operator does not allow its class or the action.
    Policy,
    /// Writes are turned off.
    WritesOff,
    /// More than one call may touch.
    Cap,
    /// More money than a day may move.
    MoneyPerDay,
    /// It waits for a person's answer, or the client cannot ask for one.
    Unconfirmed,
    /// The typed answer was another.
    WrongAnswer,
    /// The proof was too old.
    Expired,
    /// The proof is of another call, principal or shop, or was used before.
    WrongProof,
    /// What it would touch is not what was confirmed.
    Changed,
    /// The same call is at work.
    InProgress,
    /// How the same call ended is not known.
    OutcomeUnknown,
    /// The key was used for other arguments.
    KeyReused,
    /// The store that all replicas share cannot be reached.
    Store,
    /// Too many calls at the same time.
    Busy,
    /// The caller did not show who it is.
    Unauthorized,
    /// The arguments do not fit.
    Arguments,
}

/// What the kill switch was set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Writes {
    /// Reads alone.
    Off,
    /// As the policy says.
    On,
}
