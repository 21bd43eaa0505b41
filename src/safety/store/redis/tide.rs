//! Whether the Redis that answers still has all that it had.
//!
//! A Redis that was restarted without its files, from an old copy, or that a copy has taken the place
//! of looks like one in which less was done, and a call that was done would be done again. So the state
//! has a generation, a text of its own, and counts its writes. Whoever finds another generation, or a
//! smaller count than it has seen, turns the kill switch off for all, begins a new generation, and
//! leaves the old one in a list, so that the loss is met once. `stoq-mcp writes on` ends it.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::{ends, index, odd, record};
use crate::redis::{Facts, Redis, Script};
use crate::safety::clock;
use crate::safety::store::{Space, StoreError};
use crate::safety::switch;

static TIDE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("tide.lua")));

/// Why writes are off then.
const WHY: &str =
    "Redis has lost what servers had written to it, so nobody knows what was done already";
/// Who turned them off.
const BY: &str = "stoq-mcp";
/// How long after a loss no call of this process may begin, in milliseconds: longer than one takes that
/// asked the kill switch before it.
const UNSETTLED: i64 = 60_000;

/// What is known of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// Which state it is.
    pub(super) generation: String,
    /// Writes of it that were seen.
    pub(super) count: u64,
}

/// What this process has seen.
#[derive(Debug, Default)]
pub(super) struct Tide {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    known: Option<Known>,
    /// The run of Redis in which it was.
    run: Option<String>,
    /// When it learned of a loss.
    lost: Option<i64>,
}

/// The key of it.
pub(super) fn key() -> String {
    Redis::key("tide", "state")
}

impl Tide {
    /// What is known, asked for when nothing is. A Redis that keeps no file of its changes and was
    /// started anew has lost the last ones.
    pub(super) async fn known(&self, redis: &Redis, now: i64) -> Result<Known, StoreError> {
        let facts = redis.facts().await?;
        fit(&facts)?;
        let (known, is_anew) = {
            let seen = self.seen();
            let is_anew = facts.run.is_some() && seen.run.is_some() && seen.run != facts.run;
            (seen.known.clone(), is_anew)
        };
        match known {
            None => {
                let (known, _) = meet(redis, "", now).await?;
                if facts.appends == Some(false) {
                    tracing::warn!(
                        "Redis writes no append-only file, so what was done is forgotten when it stops; set `appendonly yes` there"
                    );
                }
                self.set(known.clone(), &facts);
                Ok(known)
            }
            Some(known) if is_anew && facts.appends == Some(false) => {
                self.lost(redis, &known.generation, now).await?;
                self.seen().known.clone().ok_or_else(odd)
            }
            Some(known) => {
                if is_anew {
                    self.seen().run.clone_from(&facts.run);
                }
                Ok(known)
            }
        }
    }

    /// Notes the count of an answer.
    pub(super) fn saw(&self, generation: &str, count: u64) {
        if let Some(known) = &mut self.seen().known
            && known.generation == generation
        {
            known.count = known.count.max(count);
        }
    }

    /// Meets a state that is not as it was: an error, unless another process met the same loss before.
    pub(super) async fn lost(
        &self,
        redis: &Redis,
        generation: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let (known, is_first) = meet(redis, generation, now).await?;
        let facts = redis.facts().await?;
        self.set(known, &facts);
        self.seen().lost = Some(now);
        if !is_first {
            return Ok(());
        }
        tracing::error!("{WHY}; writes are off until `stoq-mcp writes on`");
        Err(StoreError::new(format!(
            "{WHY}. Writes are off for all servers now. Look in the Shopify admin and the audit trail at what was done lately, then run `stoq-mcp writes on`"
        )))
    }

    /// Refuses while calls may be at work that began before a loss was met.
    pub(super) fn settled(&self, now: i64) -> Result<(), StoreError> {
        match self.seen().lost {
            Some(lost) if now.saturating_sub(lost) < UNSETTLED => Err(StoreError::new(
                "Redis had lost its state less than a minute ago; try again in a minute",
            )),
            Some(_) | None => Ok(()),
        }
    }

    fn set(&self, known: Known, facts: &Facts) {
        let mut seen = self.seen();
        // Who was slower than another call of this process knows less.
        match &mut seen.known {
            Some(there) if there.generation == known.generation => {
                there.count = there.count.max(known.count);
            }
            there => *there = Some(known),
        }
        seen.run.clone_from(&facts.run);
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A Redis that throws records away when its memory is full would forget what was done.
fn fit(facts: &Facts) -> Result<(), StoreError> {
    match &facts.evicts {
        None => Ok(()),
        Some(policy) => Err(StoreError::new(format!(
            "Redis may throw away what was done when its memory is full (maxmemory-policy {}); set `maxmemory-policy noeviction` there",
            crate::text::line(policy, 40)
        ))),
    }
}

/// Meets the state; says whether a loss was met first by this process.
async fn meet(redis: &Redis, generation: &str, now: i64) -> Result<(Known, bool), StoreError> {
    let off = switch::stored(&switch::Off {
        since: clock::text(now),
        why: Some(WHY.to_owned()),
        by: BY.to_owned(),
    })?;
    let keys = [
        key(),
        Redis::key("tide", "lost"),
        index(Space::Switch),
        ends(Space::Switch),
        record(Space::Switch, switch::KEY),
    ];
    let new = format!("{:032x}", rand::random::<u128>());
    let args = [
        generation.as_bytes(),
        new.as_bytes(),
        &off,
        switch::KEY.as_bytes(),
    ];
    let (is_first, generation, count): (i64, String, u64) = redis.eval(&TIDE, &keys, &args).await?;
    Ok((Known { generation, count }, is_first == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(generation: &str, count: u64) -> Known {
        Known {
            generation: generation.to_owned(),
            count,
        }
    }

    #[test]
    fn the_largest_count_of_a_generation_is_known() {
        let tide = Tide::default();
        let facts = Facts::default();
        tide.saw("a", 9);
        tide.set(known("a", 3), &facts);
        tide.saw("a", 7);
        tide.saw("a", 5);
        tide.saw("b", 9);
        tide.set(known("a", 6), &facts);
        assert_eq!(tide.seen().known, Some(known("a", 7)));
        tide.set(known("b", 2), &facts);
        assert_eq!(tide.seen().known, Some(known("b", 2)));
    }

    #[test]
    fn no_call_begins_in_the_minute_after_a_loss() {
        let tide = Tide::default();
        assert_eq!(tide.settled(5), Ok(()));
        tide.seen().lost = Some(5);
        assert!(tide.settled(60_004).is_err());
        assert_eq!(tide.settled(60_005), Ok(()));
    }

    #[test]
    fn a_redis_that_throws_records_away_is_refused() {
        assert_eq!(fit(&Facts::default()), Ok(()));
        let facts = Facts {
            evicts: Some("volatile-lru".to_owned()),
            ..Facts::default()
        };
        assert_eq!(
            fit(&facts).map_err(|error| error.reason),
            Err("Redis may throw away what was done when its memory is full (maxmemory-policy volatile-lru); set `maxmemory-policy noeviction` there".to_owned())
        );
    }
}
