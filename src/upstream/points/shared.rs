//! The budget that many servers share: the book of `memory.rs`, kept by a script in Redis.
//!
//! Points are taken there as if their answer were lost, so a server that dies holds them long enough.
//! What Redis does not know, because it was out of reach or has lost its data, is told to it with the
//! next thing it is asked. Answers never wait for it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use rand::RngExt;
use tokio::time::Instant;

use super::memory::{End, STEP, Sent, reserve};
use super::{PointsLimit, Priority, RateHeaders, lock, millis};
use crate::redis::{Redis, RedisError, Script};

static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("shared.lua")));

/// What Redis said to a request for points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Granted(Sent),
    /// In how many milliseconds they may fit.
    Wait(u64),
}

/// The budget as this process reaches it.
#[derive(Debug)]
pub(super) struct Shared {
    redis: Redis,
    keys: [String; 2],
    limit: PointsLimit,
    /// Tells this process' points from those of others.
    process: u64,
    count: AtomicU64,
    own: Mutex<Own>,
    is_lost: AtomicBool,
}

/// What this process holds, by name.
#[derive(Debug, Default)]
struct Own {
    held: HashMap<u64, Held>,
    /// The book that it was told to: another one after Redis has lost its data.
    book: Option<String>,
    /// Whether something is held that Redis may not know.
    owes: bool,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    cost: u32,
    /// When it is released, in milliseconds since the start.
    until: u64,
    is_known: bool,
}

/// The clock of what this process holds.
fn now() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    millis(START.elapsed())
}

impl Shared {
    pub(super) fn new(limit: PointsLimit, redis: Redis, shop_id: &str) -> Self {
        Self {
            redis,
            keys: [
                Redis::key("points", shop_id),
                Redis::key("points", &format!("{shop_id}:told")),
            ],
            limit,
            process: rand::rng().random(),
            count: AtomicU64::new(0),
            own: Mutex::default(),
            is_lost: AtomicBool::new(false),
        }
    }

    /// A name for the points of one request.
    pub(super) fn next_id(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes points; `None` when Redis cannot be asked. Times in milliseconds from now.
    pub(super) async fn take(
        &self,
        id: u64,
        cost: u32,
        priority: Priority,
        patience: u64,
        deadline: u64,
    ) -> Option<Answer> {
        self.pay().await;
        let hold = self.lost_at(deadline);
        let rest = [
            self.name(id),
            cost.to_string(),
            priority.index().to_string(),
            hold.to_string(),
            patience.to_string(),
        ];
        let reply = self.told(self.ask("take", None, &rest).await)?;
        if reply.is_done {
            self.hold(id, cost, hold, true);
            self.seen(&reply.book);
            return Some(Answer::Granted(Sent {
                at: reply.number,
                released: reply.released,
            }));
        }
        self.seen(&reply.book);
        Some(Answer::Wait(reply.number))
    }

    /// Remembers points that were taken while Redis was out of reach.
    pub(super) fn owe(&self, id: u64, cost: u32, deadline: u64) {
        self.hold(id, cost, self.lost_at(deadline), false);
    }

    /// Books how a request ended; the answer does not wait for it. What Redis is not told it holds for
    /// longer.
    pub(super) fn end(
        self: &Arc<Self>,
        id: u64,
        cost: u32,
        sent: Sent,
        end: End,
        hold: Option<u64>,
    ) {
        match hold {
            Some(hold) => self.hold(id, cost, hold, true),
            None => {
                lock(&self.own).held.remove(&id);
            }
        }
        // Outside of a runtime nothing can be sent; the points are released as those of a lost answer.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let shared = Arc::clone(self);
        runtime.spawn(async move {
            let rest = shared.ended(id, cost, sent, end, hold);
            match shared.told(shared.ask("end", None, &rest).await) {
                Some(reply) => {
                    shared.seen(&reply.book);
                    shared.pay().await;
                }
                None => {
                    let mut own = lock(&shared.own);
                    if let Some(held) = own.held.get_mut(&id) {
                        held.is_known = false;
                        own.owes = true;
                    }
                }
            }
        });
    }

    /// The arguments of an end.
    pub(super) fn ended(
        &self,
        id: u64,
        cost: u32,
        sent: Sent,
        end: End,
        hold: Option<u64>,
    ) -> [String; 8] {
        let rate = match end {
            End::Answered(RateHeaders {
                limit,
                remaining: Some(remaining),
                reset_in: Some(reset_in),
            }) => [
                limit.unwrap_or(u32::MAX).to_string(),
                remaining.to_string(),
                millis(reset_in.min(self.limit.window)).to_string(),
            ],
            End::Answered(_) | End::Lost | End::Unused => <[String; 3]>::default(),
        };
        let [limit, remaining, reset] = rate;
        let hold = hold.map_or_else(|| "-1".to_owned(), |hold| hold.to_string());
        [
            self.name(id),
            cost.to_string(),
            hold,
            sent.at.to_string(),
            sent.released.to_string(),
            limit,
            remaining,
            reset,
        ]
    }

    /// Tells Redis what it does not know.
    async fn pay(&self) {
        let mut rest = Vec::new();
        let mut ids = Vec::new();
        {
            let now = now();
            let mut own = lock(&self.own);
            if !own.owes {
                return;
            }
            own.held.retain(|_, held| held.until > now);
            own.owes = false;
            for (id, held) in own.held.iter_mut().filter(|(_, held)| !held.is_known) {
                held.is_known = true;
                ids.push(*id);
                let left = held.until.saturating_sub(now);
                rest.extend([self.name(*id), held.cost.to_string(), left.to_string()]);
            }
        }
        if ids.is_empty() {
            return;
        }
        let reply = self.told(self.ask("add", None, &rest).await);
        if reply.is_none() {
            let mut own = lock(&self.own);
            own.owes = true;
            for id in ids {
                if let Some(held) = own.held.get_mut(&id) {
                    held.is_known = false;
                }
            }
        }
    }

    fn hold(&self, id: u64, cost: u32, hold: u64, is_known: bool) {
        let now = now();
        let mut own = lock(&self.own);
        // A few hundred at most are held at a time; what is over is swept now and then.
        if own.held.len() > 2_000 {
            own.held.retain(|_, held| held.until > now);
        }
        own.owes |= !is_known;
        own.held.insert(
            id,
            Held {
                cost,
                until: now + hold,
                is_known,
            },
        );
    }

    /// Notices that Redis keeps another book than the one it was told to.
    fn seen(&self, book: &str) {
        let mut own = lock(&self.own);
        if own.book.as_deref() == Some(book) {
            return;
        }
        let is_other = own.book.replace(book.to_owned()).is_some();
        if is_other {
            own.owes = true;
            own.held.values_mut().for_each(|held| held.is_known = false);
        }
    }

    /// An answer, or what to say once when there is none.
    fn told(&self, reply: Result<Reply, RedisError>) -> Option<Reply> {
        match reply {
            Ok(reply) => {
                if self.is_lost.swap(false, Ordering::Relaxed) {
                    tracing::info!("the points budget is shared over Redis again");
                }
                Some(reply)
            }
            Err(error) => {
                if !self.is_lost.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        %error,
                        "the points budget cannot be shared; until it can, this server counts only its own points"
                    );
                }
                None
            }
        }
    }

    /// Runs the script; `now` in place of Redis' own clock is for tests.
    pub(super) async fn ask(
        &self,
        what: &str,
        now: Option<u64>,
        rest: &[String],
    ) -> Result<Reply, RedisError> {
        let first = [
            what.to_owned(),
            now.map(|now| now.to_string()).unwrap_or_default(),
            self.limit.points.to_string(),
            millis(self.limit.window).max(1).to_string(),
            STEP.to_string(),
            reserve(self.limit.points).to_string(),
            format!("{:x}-{}", self.process, self.next_id()),
        ];
        let args: Vec<&[u8]> = first
            .iter()
            .chain(rest)
            .map(|text| text.as_bytes())
            .collect();
        let (is_done, number, released, book) = self.redis.eval(&SCRIPT, &self.keys, &args).await?;
        Ok(Reply {
            is_done,
            number,
            released,
            book,
        })
    }

    /// How long points stay held whose answer never comes.
    fn lost_at(&self, deadline: u64) -> u64 {
        let window = millis(self.limit.window);
        deadline + window + window / 2
    }

    fn name(&self, id: u64) -> String {
        format!("{:x}-{id}", self.process)
    }
}

/// What the script answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub is_done: bool,
    /// The time by the book when it was done, or how long to wait.
    pub number: u64,
    pub released: u64,
    /// The name of the book.
    pub book: String,
}
