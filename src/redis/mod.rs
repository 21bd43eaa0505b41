//! The connection to Redis that a process shares: made when it is needed, made anew when it is lost,
//! and never waited for longer than its bounds.
//!
//! It knows keys, scripts and time-outs, and nothing of what is kept there. A command that got no
//! answer may have been done; it is never sent a second time from here.

mod address;
mod error;
mod link;

use std::sync::Arc;
use std::time::Duration;

use ::redis::{Cmd, FromRedisValue};

pub use ::redis::{Script, Value, cmd};
pub use address::{Address, NoAddress};
pub use error::RedisError;
pub use link::Facts;

use error::{was_answered, why};
use link::Link;

/// Beginning of all keys, so that others may live in the same Redis.
pub const PREFIX: &str = "stoq-mcp:";

/// How long is waited for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// For a connection.
    pub connect: Duration,
    /// For the answer to a command.
    pub answer: Duration,
    /// At first before an attempt to connect is made again; it doubles with each that fails.
    pub pause: Duration,
    /// At most before that.
    pub longest_pause: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(1),
            answer: Duration::from_secs(1),
            pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(1),
        }
    }
}

/// A Redis, as one process reaches it. Copies share the connection.
#[derive(Debug, Clone)]
pub struct Redis {
    link: Arc<Link>,
    waits: Waits,
}

impl Redis {
    /// The Redis at an address; nothing is connected yet.
    ///
    /// # Errors
    /// When it is no address of a Redis.
    pub fn parse(address: &Address) -> Result<Self, NoAddress> {
        Self::with_waits(address, Waits::default())
    }

    /// The same with other bounds.
    ///
    /// # Errors
    /// When it is no address of a Redis.
    pub fn with_waits(address: &Address, waits: Waits) -> Result<Self, NoAddress> {
        Ok(Self {
            link: Arc::new(Link::new(address, waits)?),
            waits,
        })
    }

    /// Where it is, without name and password.
    pub fn address(&self) -> &str {
        self.link.address()
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), RedisError> {
        self.run::<String>(&cmd("PING")).await.map(drop)
    }

    /// What it told of itself when the connection was made, which is made now when there is none.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn facts(&self) -> Result<Arc<Facts>, RedisError> {
        self.link.take().await.map(|taken| taken.facts)
    }

    /// Runs one command.
    ///
    /// # Errors
    /// When it cannot be reached, does not answer in time, or refuses.
    pub async fn run<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        let mut taken = self.link.take().await?;
        let asked = command.query_async(&mut taken.connection);
        let answer = tokio::time::timeout(self.waits.answer, asked).await;
        self.judge(answer.ok(), taken.number)
    }

    /// Runs a script, which is sent along when this Redis does not know it yet. Keys are given whole,
    /// as [`Redis::key`] makes them.
    ///
    /// # Errors
    /// When it cannot be reached, does not answer in time, or refuses.
    pub async fn eval<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[String],
        args: &[&[u8]],
    ) -> Result<T, RedisError> {
        let mut taken = self.link.take().await?;
        let mut call = script.prepare_invoke();
        for key in keys {
            call.key(key);
        }
        for arg in args {
            call.arg(*arg);
        }
        let asked = call.invoke_async(&mut taken.connection);
        let answer = tokio::time::timeout(self.waits.answer, asked).await;
        self.judge(answer.ok(), taken.number)
    }

    /// A key of a family.
    pub fn key(family: &str, name: &str) -> String {
        format!("{PREFIX}{family}:{name}")
    }

    /// What an answer means; `None` = it did not come in time. A connection that broke is not used
    /// again.
    fn judge<T>(
        &self,
        answer: Option<Result<T, ::redis::RedisError>>,
        number: u64,
    ) -> Result<T, RedisError> {
        let address = || self.address().to_owned();
        match answer {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) if was_answered(&error) => Err(RedisError::Refused {
                address: address(),
                why: why(&error),
            }),
            Some(Err(error)) => {
                self.link.broke(number);
                Err(RedisError::NoAnswer {
                    address: address(),
                    why: why(&error),
                })
            }
            None => {
                self.link.broke(number);
                Err(RedisError::NoAnswer {
                    address: address(),
                    why: format!("not within {} ms", self.waits.answer.as_millis()),
                })
            }
        }
    }
}
