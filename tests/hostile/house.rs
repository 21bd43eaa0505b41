//! Engines over the world: for each caller, shop, way to confirm and set of caps one, and one store and
//! one clock for all.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use secrecy::SecretString;
use stoq_mcp::engine::{Engine, Policy};
use stoq_mcp::registry::Registry;
use stoq_mcp::safety::audit::Audit;
use stoq_mcp::safety::caps::Caps;
use stoq_mcp::safety::clock::Clock;
use stoq_mcp::safety::personal::PersonalData;
use stoq_mcp::safety::{Confirm, Guards};
use stoq_mcp::upstream::{Base, Options, Upstream};

use super::memory::Memory;
use super::world::KEYS;

/// The first moment: 2026-03-01T09:00:00Z.
pub const START: i64 = 1_772_355_600_000;
pub const CALLERS: [&str; 2] = ["ines", "noor"];
/// How long one request may take: longer than any machine is busy for.
pub const PATIENCE: Duration = Duration::from_secs(10);
pub const WINDOW: Duration = Duration::from_secs(60);

/// What an operator may have set.
pub const WIDE: Caps = Caps {
    recipients: 500,
    destroyed: 100,
    released: 100,
    money_orders: 25,
    money_per_day: Some(300),
};
/// The same, lowered.
pub const LOW: Caps = Caps {
    recipients: 1,
    destroyed: 1,
    released: 0,
    money_orders: 1,
    money_per_day: Some(30),
};

/// Who calls, through which settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    pub caller: usize,
    pub shop: usize,
    pub confirm: Confirm,
    pub low: bool,
}

impl Seat {
    pub fn caps(self) -> Caps {
        if self.low { LOW } else { WIDE }
    }
}

/// The registry, read once.
pub fn registry() -> Arc<Registry> {
    static REGISTRY: OnceLock<Arc<Registry>> = OnceLock::new();
    Arc::clone(REGISTRY.get_or_init(|| Arc::new(Registry::bundled().unwrap())))
}

/// A clock that stands still until it is moved; a pause moves it.
#[derive(Debug, Clone)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(START)))
    }

    pub fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    pub fn pass(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    pub fn reset(&self) {
        self.0.store(START, Ordering::SeqCst);
    }

    pub fn clock(&self) -> Clock {
        let (seen, moved) = (self.clone(), self.clone());
        Clock::new(
            move || seen.now(),
            move |time| {
                let moved = moved.clone();
                Box::pin(async move {
                    tokio::task::yield_now().await;
                    moved.pass(time.as_millis() as i64);
                })
            },
        )
    }
}

/// An engine for a seat.
pub fn engine(
    base: &str,
    seat: Seat,
    store: &Arc<Memory>,
    hands: &Hands,
    audit: Audit,
    patience: Duration,
) -> Arc<Engine> {
    let mut options = Options::new(
        Base::parse(base).unwrap(),
        SecretString::from(KEYS[seat.shop]),
    );
    options.points.points = 0;
    options.attempt_timeout = patience;
    let guards = Guards {
        principal: CALLERS[seat.caller].to_owned(),
        confirm: seat.confirm,
        caps: seat.caps(),
        personal: PersonalData::Full,
        repeat_window: WINDOW,
        store: Arc::clone(store) as _,
        audit,
        clock: hands.clock(),
    };
    let upstream = Arc::new(Upstream::new(options));
    Arc::new(Engine::new(
        registry(),
        upstream,
        Policy::everything(),
        guards,
    ))
}
