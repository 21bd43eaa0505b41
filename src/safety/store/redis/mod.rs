//! The store of many replicas: a Redis that all of them reach.
//!
//! A record is a string `<until> <value>`, and each space has two sorted sets beside it: the keys in
//! the order of their bytes, for lists, and by their end, for sweeping. Each operation is one script.
//! Whether a record has passed is decided by the asker's clock, as in every store; Redis forgets it
//! some time later.
//!
//! The store never takes a Redis that has lost writes for one in which nothing was done yet: see
//! [`tide`].

mod tide;

use std::sync::LazyLock;

use super::{Added, Space, Store, StoreError, Stored};
use crate::redis::{Redis, RedisError, Script, Value};
use crate::safety::clock::Clock;
use tide::{Known, Tide};

/// How long after its end a record is thrown away, in milliseconds: more than clocks differ.
const SLACK: i64 = 600_000;
/// Longest that a record with an end is kept, in milliseconds: more than anybody asks for, and less
/// than Redis can count.
const LONGEST: i64 = 10_000_000_000_000;
/// Records of one step of a list: Redis does nothing else meanwhile.
const STEP: usize = 200;
/// Attempts to add to a number that others add to at the same time.
const ATTEMPTS: usize = 1_000;

static GET: LazyLock<Script> = LazyLock::new(|| script(include_str!("get.lua")));
static PUT: LazyLock<Script> = LazyLock::new(|| script(include_str!("put.lua")));
static PUT_NEW: LazyLock<Script> = LazyLock::new(|| script(include_str!("put_new.lua")));
static SWAP: LazyLock<Script> = LazyLock::new(|| script(include_str!("swap.lua")));
static LIST: LazyLock<Script> = LazyLock::new(|| script(include_str!("list.lua")));

fn script(own: &str) -> Script {
    Script::new(&format!("{}{own}", include_str!("head.lua")))
}

impl From<RedisError> for StoreError {
    /// Without the address: callers are told of it, and it is the operator's own; the log has it.
    fn from(error: RedisError) -> Self {
        Self::new(match error {
            RedisError::Unreachable { why, .. } => {
                format!("Redis cannot be reached ({why}); it is tried again by itself")
            }
            RedisError::NoAnswer { why, .. } => format!(
                "Redis gave no answer ({why}), and may have done what it was asked all the same"
            ),
            RedisError::Refused { why, .. } => format!("Redis refused what it was asked ({why})"),
        })
    }
}

/// One step of a list: how many keys were looked at, the last of them, and the records there are.
type Listed = (usize, Vec<u8>, Vec<(String, Vec<u8>)>);

/// The store that replicas share.
#[derive(Debug)]
pub struct Shared {
    redis: Redis,
    tide: Tide,
    clock: Clock,
}

impl Shared {
    /// The store in a Redis; nothing is connected yet.
    pub fn new(redis: Redis) -> Self {
        Self {
            redis,
            tide: Tide::default(),
            clock: Clock::system(),
        }
    }

    /// The same store by another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Runs a script on records of a space; gives what it answers.
    async fn on<T: ::redis::FromRedisValue>(
        &self,
        script: &Script,
        space: Space,
        records: &[&str],
        args: &[&[u8]],
    ) -> Result<T, StoreError> {
        let now = self.clock.now();
        let mut keys = vec![tide::key(), index(space), ends(space)];
        keys.extend(records.iter().map(|key| record(space, key)));
        let sweep = now.saturating_sub(SLACK).to_string();
        let now_text = now.to_string();
        // Who has met a loss asks once more, unless it is in the middle of something that began before.
        let attempts = match space {
            Space::Switch | Space::Handles | Space::Jobs => 2,
            Space::Ledger | Space::Plans | Space::Money => 1,
        };
        for _ in 0..attempts {
            let Known { generation, count } = self.tide.known(&self.redis, now).await?;
            let count_text = count.to_string();
            let head = [&generation, &count_text, &now_text, &sweep];
            let all: Vec<&[u8]> = head
                .iter()
                .map(|text| text.as_bytes())
                .chain(args.iter().copied())
                .collect();
            let (count, answer): (i64, Value) = self.redis.eval(script, &keys, &all).await?;
            match u64::try_from(count) {
                Ok(count) => {
                    self.tide.saw(&generation, count);
                    return ::redis::from_redis_value(answer).map_err(|_| odd());
                }
                Err(_) => self.tide.lost(&self.redis, &generation, now).await?,
            }
        }
        Err(StoreError::new(
            "the state in Redis is another one since servers lost theirs; try again",
        ))
    }

    /// Until when, in the form of records, and how long Redis keeps it.
    fn times(&self, until: i64) -> (String, String) {
        let left = until.saturating_sub(self.clock.now()).clamp(0, LONGEST);
        let px = left.saturating_add(SLACK).to_string();
        match until {
            i64::MAX => ("never".to_owned(), px),
            until => (until.to_string(), px),
        }
    }
}

fn index(space: Space) -> String {
    Redis::key("index", space.as_str())
}

fn ends(space: Space) -> String {
    Redis::key("ends", space.as_str())
}

fn record(space: Space, key: &str) -> String {
    Redis::key(space.as_str(), key)
}

fn odd() -> StoreError {
    StoreError::new("Redis answered something else than it was asked for")
}

/// Where a list begins and ends: keys are UTF-8, which has no byte 255.
fn span(prefix: &str) -> (Vec<u8>, Vec<u8>) {
    let end = match prefix {
        "" => b"+".to_vec(),
        prefix => [b"(", prefix.as_bytes(), b"\xff"].concat(),
    };
    ([b"[", prefix.as_bytes()].concat(), end)
}

impl Store for Shared {
    fn get<'a>(&'a self, space: Space, key: &'a str) -> Stored<'a, Option<Vec<u8>>> {
        Box::pin(async move { self.on(&GET, space, &[key], &[]).await })
    }

    fn put<'a>(
        &'a self,
        space: Space,
        records: &'a [(String, Vec<u8>)],
        until: i64,
    ) -> Stored<'a, ()> {
        Box::pin(async move {
            if records.is_empty() {
                return Ok(());
            }
            let (till, px) = self.times(until);
            let keys: Vec<&str> = records.iter().map(|(key, _)| key.as_str()).collect();
            let mut args = vec![till.as_bytes(), px.as_bytes()];
            for (key, value) in records {
                args.push(key.as_bytes());
                args.push(value);
            }
            let _: Option<i64> = self.on(&PUT, space, &keys, &args).await?;
            Ok(())
        })
    }

    fn put_new<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        value: &'a [u8],
        until: i64,
    ) -> Stored<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            if space == Space::Ledger {
                self.tide.settled(self.clock.now())?;
            }
            let (till, px) = self.times(until);
            let args = [till.as_bytes(), px.as_bytes(), key.as_bytes(), value];
            self.on(&PUT_NEW, space, &[key], &args).await
        })
    }

    fn swap<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        from: &'a [u8],
        to: Option<&'a [u8]>,
        until: i64,
    ) -> Stored<'a, bool> {
        Box::pin(async move {
            let (till, px) = self.times(until);
            let mut args = vec![till.as_bytes(), px.as_bytes(), key.as_bytes(), from];
            args.extend(to);
            let swapped: i64 = self.on(&SWAP, space, &[key], &args).await?;
            Ok(swapped == 1)
        })
    }

    /// Atomic for each [`STEP`] records alone, in the order of the keys.
    fn list<'a>(&'a self, space: Space, prefix: &'a str) -> Stored<'a, Vec<(String, Vec<u8>)>> {
        Box::pin(async move {
            let (mut from, to) = span(prefix);
            let most = STEP.to_string();
            let beginning = record(space, "");
            let mut all = Vec::new();
            loop {
                let args = [&from, &to[..], most.as_bytes(), beginning.as_bytes()];
                let (looked, last, found): Listed = self.on(&LIST, space, &[], &args).await?;
                all.extend(found);
                if looked < STEP {
                    return Ok(all);
                }
                from = [b"(", &last[..]].concat();
            }
        })
    }

    /// Lua counts in floating point, so it is added here and swapped in.
    fn add<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        amount: i64,
        most: i64,
        until: i64,
    ) -> Stored<'a, Added> {
        Box::pin(async move {
            for _ in 0..ATTEMPTS {
                let there = self.get(space, key).await?;
                let sum = there.as_deref().map_or(Ok(0), number)?;
                let next = match sum.checked_add(amount) {
                    Some(next) if next <= most => next,
                    Some(_) | None => return Ok(Added::TooMuch(sum)),
                };
                let text = next.to_string();
                let is_written = match &there {
                    None => {
                        let met = self.put_new(space, key, text.as_bytes(), until).await?;
                        met.is_none()
                    }
                    Some(from) => {
                        let to = Some(text.as_bytes());
                        self.swap(space, key, from, to, until).await?
                    }
                };
                if is_written {
                    return Ok(Added::Sum(next));
                }
            }
            Err(StoreError::new(
                "others added to the same number all the time; try again",
            ))
        })
    }
}

/// The number of a record, which is kept as decimal text.
fn number(value: &[u8]) -> Result<i64, StoreError> {
    let text = std::str::from_utf8(value).ok();
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| StoreError::new("a record that should be a number is none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_spans_the_keys_of_one_beginning() {
        assert_eq!(span(""), (b"[".to_vec(), b"+".to_vec()));
        assert_eq!(
            span("a/é"),
            (b"[a/\xc3\xa9".to_vec(), b"(a/\xc3\xa9\xff".to_vec())
        );
    }

    #[test]
    fn keys_lie_below_one_beginning() {
        assert_eq!(record(Space::Ledger, "key/1"), "stoq-mcp:ledger:key/1");
        assert_eq!(index(Space::Money), "stoq-mcp:index:money");
        assert_eq!(ends(Space::Money), "stoq-mcp:ends:money");
    }
}
