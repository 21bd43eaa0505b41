//! What is stored of a call, and what it means to the next one of its key.

use rand::RngExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::key::How;
use super::{Begun, Claim, has_lapsed, kept};
use crate::registry::entry::Class;
use crate::safety::clock;
use crate::safety::store::StoreError;

/// Longest result that is kept, in bytes of JSON.
pub const MOST_RESULT: usize = 32 * 1024;
/// What ids are made of: nothing that looks like something else.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Length of an id after its prefix.
const ID_LENGTH: usize = 16;

/// How far a call came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing was sent yet.
    Reserved,
    /// It may have been sent.
    Sent,
    /// It was done.
    Done,
    /// It is known not to have been done.
    Failed,
    /// It was sent, and nobody knows what came of it.
    Unknown,
}

impl State {
    /// The name in receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Sent => "sent",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// What the ledger tells of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// `rcp_` and 16 characters.
    pub id: String,
    /// When the call began (RFC 3339, UTC).
    pub at: String,
    /// The shop, as a keyed hash.
    pub shop: String,
    /// Who called.
    pub principal: String,
    /// Name of the action.
    pub action: String,
    /// Its class.
    pub class: Class,
    /// Digest of action and arguments.
    pub digest: String,
    /// How much it touched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Money it moved, as `120.00 USD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// How it was confirmed.
    pub confirmed: String,
    /// How far it came.
    pub state: State,
    /// The structured result, as the caller was given it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Members of the result that were too long to keep, the longest first; `result` = all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// How to see what happened.
    pub check: String,
}

/// A receipt as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) receipt: Receipt,
    /// When it came into its state, in milliseconds since 1970.
    pub(super) since: i64,
}

/// What a record means to a claim of its key.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The claim may take the key over.
    Free,
    /// Somebody is at work.
    Open,
    /// It is decided.
    Over(Box<Begun>),
}

impl Record {
    /// The first record of a call.
    pub(super) fn reserved(claim: &Claim, now: i64) -> Self {
        Self {
            receipt: Receipt {
                id: new_id(),
                at: clock::text(now),
                shop: claim.shop.clone(),
                principal: claim.principal.clone(),
                action: claim.action.clone(),
                class: claim.class,
                digest: claim.digest.clone(),
                count: claim.count,
                amount: claim.amount.clone(),
                confirmed: claim.confirmed.clone(),
                state: State::Reserved,
                result: None,
                left_out: Vec::new(),
                check: claim.check.clone(),
            },
            since: now,
        }
    }

    /// The record of the same call in its next state.
    pub(super) fn next(&self, state: State, result: Option<Value>, now: i64) -> Self {
        let (result, left_out) = result.map_or_else(Default::default, fit);
        Self {
            receipt: Receipt {
                state,
                result,
                left_out,
                ..self.receipt.clone()
            },
            since: now,
        }
    }

    /// When it may be forgotten.
    pub(super) fn until(&self) -> i64 {
        self.since.saturating_add(kept(self.receipt.class))
    }

    /// What it means to a claim of its key.
    pub(super) fn judge(&self, claim: &Claim, now: i64) -> Verdict {
        let over = |begun| Verdict::Over(Box::new(begun));
        if self.receipt.digest != claim.digest {
            return over(Begun::OtherArguments);
        }
        let has_lapsed = has_lapsed(self.since, now);
        match self.receipt.state {
            State::Reserved if has_lapsed => Verdict::Free,
            State::Sent if has_lapsed => over(Begun::Unknown(self.as_of(now))),
            State::Reserved | State::Sent => Verdict::Open,
            State::Unknown => over(Begun::Unknown(self.receipt.clone())),
            State::Failed => match claim.key.how() {
                How::Nonce => over(Begun::Spent),
                How::Caller | How::Window(_) => Verdict::Free,
            },
            State::Done => match claim.key.how() {
                How::Window(window) if now.saturating_sub(self.since) >= clock::millis(window) => {
                    Verdict::Free
                }
                How::Nonce | How::Caller | How::Window(_) => {
                    over(Begun::Replay(self.receipt.clone()))
                }
            },
        }
    }

    /// The receipt with the state it has by now: what lost its process while it was open was never sent,
    /// or nobody knows.
    pub(super) fn as_of(&self, now: i64) -> Receipt {
        let state = match self.receipt.state {
            State::Reserved if has_lapsed(self.since, now) => State::Failed,
            State::Sent if has_lapsed(self.since, now) => State::Unknown,
            state @ (State::Reserved
            | State::Sent
            | State::Done
            | State::Failed
            | State::Unknown) => state,
        };
        Receipt {
            state,
            ..self.receipt.clone()
        }
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, StoreError> {
        serde_json::to_vec(self)
            .map_err(|_| StoreError::new("a record of the ledger cannot be written as JSON"))
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        // The reason of a mistake could hold a value of the record.
        serde_json::from_slice(bytes).map_err(|_| {
            StoreError::new(
                "a record of the ledger is not of the form this program writes; another version of stoq-mcp may have written it, so use that one",
            )
        })
    }
}

fn new_id() -> String {
    let mut random = rand::rng();
    let symbols = std::iter::repeat_with(|| {
        let index = random.random_range(0..ALPHABET.len());
        ALPHABET.get(index).copied().map_or('0', char::from)
    });
    format!("rcp_{}", symbols.take(ID_LENGTH).collect::<String>())
}

/// A result without what is too long to keep, and the names of what was left out.
fn fit(result: Value) -> (Option<Value>, Vec<String>) {
    let mut size = result.to_string().len();
    if size <= MOST_RESULT {
        return (Some(result), Vec::new());
    }
    let Value::Object(mut members) = result else {
        return (None, vec!["result".to_owned()]);
    };
    let mut sizes: Vec<(usize, String)> = members
        .iter()
        .map(|(name, value)| {
            // Quotes, colon and comma; a name that is escaped is longer, which only leaves out more.
            (name.len() + 4 + value.to_string().len(), name.clone())
        })
        .collect();
    // By size; those of one size in the order they stand.
    sizes.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
    let mut left_out = Vec::new();
    for (member, name) in sizes {
        if size <= MOST_RESULT {
            break;
        }
        members.shift_remove(&name);
        size = size.saturating_sub(member);
        left_out.push(name);
    }
    (Some(Value::Object(members)), left_out)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_of_the_next_state_says_what_it_could_not_keep() {
        let claim = Claim {
            key: super::super::Key::nonce("s", "p", "n"),
            shop: "s".to_owned(),
            principal: "p".to_owned(),
            action: "a".to_owned(),
            class: Class::Write,
            digest: "d".to_owned(),
            check: "Look.".to_owned(),
            count: Some(1),
            amount: Some("1 USD".to_owned()),
            confirmed: "off".to_owned(),
        };
        assert_eq!(MOST_RESULT, 32_768);
        let first = Record::reserved(&claim, 5);
        let long = json!({"data": "x".repeat(MOST_RESULT), "note": "n"});
        let next = first.next(State::Done, Some(long), 7);
        let receipt = Receipt {
            state: State::Done,
            result: Some(json!({"note": "n"})),
            left_out: vec!["data".to_owned()],
            ..first.receipt.clone()
        };
        assert_eq!(next, Record { receipt, since: 7 });
        let last = next.next(State::Unknown, None, 9);
        let receipt = Receipt {
            state: State::Unknown,
            ..first.receipt
        };
        assert_eq!(last, Record { receipt, since: 9 });
    }

    #[test]
    fn ids_are_many_and_of_one_form() {
        let ids: HashSet<String> = (0..500).map(|_| new_id()).collect();
        assert_eq!(ids.len(), 500);
        let mut seen = HashSet::new();
        for id in &ids {
            let symbols = id.strip_prefix("rcp_").unwrap();
            assert_eq!(symbols.len(), 16, "{id}");
            seen.extend(symbols.bytes());
        }
        assert_eq!(seen, ALPHABET.iter().copied().collect());
    }

    #[test]
    fn a_result_is_kept_up_to_its_bound_and_says_what_is_missing() {
        let text = |length: usize| json!("x".repeat(length));
        let fits = text(MOST_RESULT - 2);
        assert_eq!(fit(fits.clone()), (Some(fits), vec![]));
        assert_eq!(
            fit(text(MOST_RESULT - 1)),
            (None, vec!["result".to_owned()])
        );
        // {"status":"ok","data":"…"} is 25 bytes longer than the text.
        let whole = json!({"status": "ok", "data": text(MOST_RESULT - 25)});
        assert_eq!(whole.to_string().len(), MOST_RESULT);
        assert_eq!(fit(whole.clone()), (Some(whole), vec![]));
        let long = json!({"status": "ok", "data": text(MOST_RESULT - 24), "note": "n"});
        assert_eq!(
            fit(long),
            (
                Some(json!({"status": "ok", "note": "n"})),
                vec!["data".to_owned()]
            )
        );
        // What goes are the longest, and no more than must: without `d` exactly the bound is left.
        let rest = MOST_RESULT - r#"{"a":"","b":"x"}"#.len();
        let long = json!({"a": text(rest), "b": "x", "d": text(rest + 1)});
        assert_eq!(
            fit(long),
            (
                Some(json!({"a": text(rest), "b": "x"})),
                vec!["d".to_owned()]
            )
        );
        let long = json!({"a": text(rest + 1), "b": "x", "d": text(rest + 2)});
        assert_eq!(
            fit(long),
            (
                Some(json!({"b": "x"})),
                vec!["d".to_owned(), "a".to_owned()]
            )
        );
    }

    #[test]
    fn a_state_has_one_name() {
        for state in [
            State::Reserved,
            State::Sent,
            State::Done,
            State::Failed,
            State::Unknown,
        ] {
            assert_eq!(json!(state), json!(state.as_str()));
        }
        for (state, name) in [(State::Reserved, "reserved"), (State::Unknown, "unknown")] {
            assert_eq!(state.as_str(), name);
        }
    }

    #[test]
    fn what_is_no_record_is_an_error_without_its_text() {
        for text in ["", "{}", "canary", r#"{"receipt": "canary", "since": 1}"#] {
            assert_eq!(
                Record::from_bytes(text.as_bytes()).unwrap_err().to_string(),
                "the state store failed: a record of the ledger is not of the form this program writes; another version of stoq-mcp may have written it, so use that one"
            );
        }
    }
}
