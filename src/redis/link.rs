//! One connection, and what is known when there is none.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, cmd};
use tokio::time::Instant;

use super::Waits;
use super::address::{Address, NoAddress};
use super::error::{RedisError, why};

/// What a Redis tells of itself; `None` where it does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// What it calls this run of itself: another one after each start.
    pub run: Option<String>,
    /// Whether it writes each change to its append-only file.
    pub appends: Option<bool>,
    /// What it throws away when its memory is full, when there is a bound for it.
    pub evicts: Option<String>,
}

impl Facts {
    /// From the text of `INFO`.
    fn read(text: &str) -> Self {
        let of = |name: &str| {
            let mut lines = text.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        };
        let is_bounded = of("maxmemory").is_some_and(|bytes| bytes != "0");
        Self {
            run: of("run_id").map(str::to_owned),
            appends: of("aof_enabled").map(|flag| flag == "1"),
            evicts: of("maxmemory_policy")
                .filter(|policy| is_bounded && *policy != "noeviction")
                .map(str::to_owned),
        }
    }
}

/// A connection to use.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) connection: MultiplexedConnection,
    /// Which connection it is.
    pub(super) number: u64,
    pub(super) facts: Arc<Facts>,
}

/// How it stands.
#[derive(Debug)]
enum State {
    /// Nobody has tried, or what there was has just been lost.
    Idle,
    Up(Taken),
    /// It could not be reached, and is not tried before then.
    Down {
        until: Instant,
        pause: Duration,
        why: String,
    },
}

/// How one look at it ended.
enum Look {
    Up(Taken),
    /// To be made now; the pause before the next attempt should this one fail, and whether it was
    /// known to be down.
    Due {
        pause: Duration,
        was_down: bool,
    },
}

/// The connection.
pub(super) struct Link {
    client: Client,
    address: String,
    waits: Waits,
    state: Mutex<State>,
    /// Held by the one who connects.
    dialing: tokio::sync::Mutex<u64>,
}

impl Link {
    pub(super) fn new(address: &Address, waits: Waits) -> Result<Self, NoAddress> {
        // The first one stays: it is the same everywhere in this program.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            client: Client::open(address.info()?).map_err(|_| NoAddress)?,
            address: address.shown()?,
            waits,
            state: Mutex::new(State::Idle),
            dialing: tokio::sync::Mutex::new(0),
        })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The connection, made when there is none. While it is known to be down this fails at once, but
    /// for the one who tries again after a pause.
    pub(super) async fn take(&self) -> Result<Taken, RedisError> {
        let was_down = match self.look()? {
            Look::Up(taken) => return Ok(taken),
            Look::Due { was_down, .. } => was_down,
        };
        let mut number = if was_down {
            self.dialing
                .try_lock()
                .map_err(|_| self.unreachable("somebody is trying to connect"))?
        } else {
            self.dialing.lock().await
        };
        // Others may have been here meanwhile.
        let pause = match self.look()? {
            Look::Up(taken) => return Ok(taken),
            Look::Due { pause, .. } => pause,
        };
        *number = number.wrapping_add(1);
        match self.dial(*number).await {
            Ok(taken) => {
                if was_down {
                    tracing::info!(address = self.address, "Redis answers again");
                }
                *self.state() = State::Up(taken.clone());
                Ok(taken)
            }
            Err(why) => {
                // Once, and not at each attempt.
                if !was_down {
                    tracing::warn!(address = self.address, why, "Redis cannot be reached");
                }
                *self.state() = State::Down {
                    until: Instant::now() + pause,
                    pause,
                    why: why.clone(),
                };
                Err(self.unreachable(&why))
            }
        }
    }

    /// Says that the connection of this number is of no use any more.
    pub(super) fn broke(&self, number: u64) {
        let mut state = self.state();
        if matches!(&*state, State::Up(taken) if taken.number == number) {
            *state = State::Idle;
        }
    }

    fn look(&self) -> Result<Look, RedisError> {
        match &*self.state() {
            State::Up(taken) => Ok(Look::Up(taken.clone())),
            State::Idle => Ok(Look::Due {
                pause: self.waits.pause,
                was_down: false,
            }),
            State::Down { until, why, .. } if Instant::now() < *until => Err(self.unreachable(why)),
            State::Down { pause, .. } => Ok(Look::Due {
                pause: pause.saturating_mul(2).min(self.waits.longest_pause),
                was_down: true,
            }),
        }
    }

    /// Connects, and waits for a first answer: a Redis that hangs takes connections all the same.
    async fn dial(&self, number: u64) -> Result<Taken, String> {
        // One bound holds for all of it, and another for each command later; the driver's are off.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        let dialed = async {
            let made = self
                .client
                .get_multiplexed_async_connection_with_config(&config);
            let mut connection = made.await?;
            cmd("PING").query_async::<String>(&mut connection).await?;
            // Who may not ask gets a connection without facts.
            let facts = match cmd("INFO").query_async::<String>(&mut connection).await {
                Ok(text) => Facts::read(&text),
                Err(error) if super::was_answered(&error) => Facts::default(),
                Err(error) => return Err(error),
            };
            Ok(Taken {
                connection,
                number,
                facts: Arc::new(facts),
            })
        };
        match tokio::time::timeout(self.waits.connect, dialed).await {
            Ok(Ok(taken)) => Ok(taken),
            Ok(Err(error)) => Err(why(&error)),
            Err(_) => Err(format!(
                "no connection within {} ms",
                self.waits.connect.as_millis()
            )),
        }
    }

    fn unreachable(&self, why: &str) -> RedisError {
        RedisError::Unreachable {
            address: self.address.clone(),
            why: why.to_owned(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The client knows the password.
        out.debug_struct("Link")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
