//! One request of one shop inside its transaction.

use chrono::{DateTime, Utc};
use rand::Rng;
use rand_pcg::Pcg64;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::db;
use super::env::Env;
use super::reply::Refuses;

/// What an action may use: the open transaction, its shop, the sandbox's time and ids.
pub struct Scope<'a> {
    /// The open transaction; the caller commits when the action succeeds and rolls back otherwise.
    pub db: &'a rusqlite::Connection,
    /// Own id of the shop the key selects.
    pub shop_id: String,
    /// The sandbox's time at this request, whole milliseconds.
    pub now: DateTime<Utc>,
    /// New ids.
    pub ids: &'a mut Ids,
    /// Effects for the journal, each an object with `kind`; kept only when the request commits.
    pub effects: Vec<Value>,
    /// Knobs, addresses and the link signer.
    pub env: &'a Env,
}

impl Scope<'_> {
    /// The sandbox's time as the tables hold it.
    pub fn now_ms(&self) -> i64 {
        self.now.timestamp_millis()
    }

    /// Does something that may refuse; refused, all it wrote is undone, but of a refusal on record:
    /// that keeps what was written and takes the effects along.
    pub fn attempt<T, E: Refuses>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let before = self.effects.len();
        db::run(self.db, "SAVEPOINT attempt")?;
        let done =
            match work(self).map_err(|refusal| refusal.kept(|| self.effects.split_off(before))) {
                Ok(out) => Ok(out),
                Err(Ok(kept)) => Err(kept),
                Err(Err(refusal)) => {
                    self.effects.truncate(before);
                    db::run(self.db, "ROLLBACK TO attempt")?;
                    Err(refusal)
                }
            };
        db::run(self.db, "RELEASE attempt")?;
        done
    }
}

/// Deterministic source of ids: the same calls in the same order give the same ids.
#[derive(Debug)]
pub struct Ids {
    generator: Pcg64,
    drawn: u64,
}

impl Ids {
    /// A source that begins at a number.
    pub fn new(number: u64) -> Self {
        Self::resume(number, 0)
    }

    /// The source that began at a number, after so many draws: a kept file goes on where it was.
    pub fn resume(number: u64, drawn: u64) -> Self {
        let mut generator = Pcg64::new(
            u128::from(number),
            0x0a02_bdbf_7bb3_c0a7_ac28_fa16_a64a_bf96,
        );
        generator.advance(u128::from(drawn));
        Self { generator, drawn }
    }

    /// Draws so far.
    pub const fn drawn(&self) -> u64 {
        self.drawn
    }

    /// A UUID of version 4.
    pub fn uuid(&mut self) -> Uuid {
        self.drawn += 2;
        let mut bytes = [0; 16];
        self.generator.fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// Sixteen hex digits, as job ids end in.
    pub fn hex(&mut self) -> String {
        self.drawn += 1;
        format!("{:016x}", self.generator.next_u64())
    }

    /// A number from 0 up to 1, for the probability of faults.
    pub fn fraction(&mut self) -> f64 {
        self.drawn += 1;
        rand::RngExt::random(&mut self.generator)
    }
}

/// Parameters of one call: checked against the contract and coerced; placeholders included.
#[derive(Debug, Clone, Default)]
pub struct Args(pub Map<String, Value>);

impl Args {
    /// A present, non-null value.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// An integer.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(Value::as_i64)
    }

    /// A boolean; absent is false.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// The integers of an array, each once, first position first.
    pub fn distinct_integers(&self, name: &str) -> Vec<i64> {
        let mut seen = std::collections::HashSet::new();
        self.get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_i64)
            .filter(|number| seen.insert(*number))
            .collect()
    }

    /// The texts of an array, each once, first position first.
    pub fn distinct(&self, name: &str) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for text in self
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if seen.insert(text) {
                out.push(text.to_owned());
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resumed_source_goes_on_where_the_first_one_was() {
        let mut first = Ids::new(7);
        let _ = (first.uuid(), first.hex(), first.fraction());
        let mut second = Ids::resume(7, first.drawn());
        assert_eq!(
            (first.uuid(), first.hex(), first.drawn()),
            (second.uuid(), second.hex(), second.drawn())
        );
    }
}
