//! No write without a valid proof, and a write with one: generated sequences of honest and hostile
//! calls over many engines, each call held against the oracle.
//!
//! `STOQ_MCP_SEQUENCES` says how many sequences run, or which: `2000`, `2000..4000`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use serde_json::json;
use stoq_mcp::engine::{Call, CallError, Engine, Outcome, Proof, Status};
use stoq_mcp::safety::Confirm;
use stoq_mcp::safety::audit::Audit;
use stoq_mcp::safety::confirm::Asks;
use stoq_mcp::safety::switch::{self, Turn};

use super::deed::{self, Deed};
use super::house::{Hands, PATIENCE, Seat, engine};
use super::memory::Memory;
use super::model::{Asked, Brought, Issued, Issuing, Model, Planned, Verdict};
use super::server::Served;
use super::world::World;

const MINUTE: i64 = 60_000;
/// Sequences in a plain run of the tests.
const FEW: u64 = 2_000;
/// Every way a call can end must have been met in a run.
const MET: [&str; 22] = [
    "no such argument",
    "written",
    "replayed",
    "question",
    "handle",
    "idle",
    "yes is no proof",
    "switched off",
    "declined",
    "no such plan",
    "forgotten",
    "plan of another caller",
    "plan of another shop",
    "plan of another call",
    "key of another call",
    "cap",
    "miscounted",
    "uncounted",
    "expired",
    "mistyped",
    "nobody to ask",
    "money of the day",
];

/// What one thread works with.
struct Bench {
    runtime: tokio::runtime::Runtime,
    served: Served,
    store: Arc<Memory>,
    hands: Hands,
    engines: Vec<(Seat, Arc<Engine>)>,
}

impl Bench {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let served = runtime.block_on(Served::here());
        let hands = Hands::new();
        let store = Arc::new(Memory::new(hands.clock()));
        let mut engines = Vec::new();
        for caller in 0..2 {
            for shop in 0..2 {
                for confirm in [Confirm::Elicit, Confirm::Handle, Confirm::Off] {
                    for low in [false, true] {
                        let seat = Seat {
                            caller,
                            shop,
                            confirm,
                            low,
                        };
                        let one =
                            engine(&served.base, seat, &store, &hands, Audit::none(), PATIENCE);
                        engines.push((seat, one));
                    }
                }
            }
        }
        Self {
            runtime,
            served,
            store,
            hands,
            engines,
        }
    }
}

/// One sequence.
struct Sequence<'a> {
    bench: &'a Bench,
    rng: Pcg64,
    model: Model,
    met: BTreeMap<&'static str, u64>,
    calls: u64,
    /// What was done so far, for who reads a failure.
    told: Vec<String>,
}

impl Sequence<'_> {
    fn below(&mut self, end: usize) -> usize {
        self.rng.random_range(0..end)
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn one<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    async fn run(&mut self) {
        for _ in 0..self.below(6) + 4 {
            match self.below(20) {
                0 | 1 => self.meddle(),
                2 | 3 => {
                    let time = self.one(&[
                        1,
                        59_999,
                        MINUTE,
                        5 * MINUTE,
                        10 * MINUTE - 1,
                        10 * MINUTE,
                        25 * 60 * MINUTE,
                    ]);
                    self.told.push(format!("{time} ms pass"));
                    self.bench.hands.pass(time);
                }
                4 if self.chance(50) || self.model.off => self.turn().await,
                _ => {
                    let asked = match self.model.issued.is_empty() || self.chance(25) {
                        true => self.anew(),
                        false => self.again(),
                    };
                    self.call(asked).await;
                }
            }
        }
    }

    /// A seat; most keep the caller and the shop that plans were made for.
    fn seat(&mut self) -> Seat {
        let at = self.below(self.bench.engines.len());
        let mut seat = self.bench.engines[at].0;
        if self.chance(70) {
            (seat.caller, seat.shop) = (0, 0);
        }
        seat.low = self.chance(12);
        if self.chance(60) && seat.confirm == Confirm::Off {
            seat.confirm = Confirm::Elicit;
        }
        seat
    }

    fn deed(&mut self) -> Deed {
        deed::any(|end| self.rng.random_range(0..end))
    }

    /// A call without proof, or with one that nobody gave out.
    fn anew(&mut self) -> Asked {
        let brought = match self.below(12) {
            0 => Brought::Yes,
            1 => Brought::Declined,
            2 => Brought::Handle("cfm_0123456789abcdefghjkmnpqrs".to_owned()),
            3 => Brought::Handle("yes".to_owned()),
            4 => Brought::Typed {
                state: "e30".to_owned(),
                text: "yes".to_owned(),
            },
            _ => Brought::Nothing,
        };
        Asked {
            seat: self.seat(),
            deed: self.deed(),
            asks: self.one(&[Asks::Person, Asks::Person, Asks::Operator, Asks::Nobody]),
            brought,
            key: self.key(),
            expected: None,
        }
    }

    fn key(&mut self) -> Option<String> {
        self.chance(15).then(|| format!("key-{}", self.below(2)))
    }

    /// A call with the proof of a plan that was given out: as it should be, or bent.
    fn again(&mut self) -> Asked {
        let at = match self.chance(60) {
            true => self.model.issued.len() - 1,
            false => self.below(self.model.issued.len()),
        };
        let issued = self.model.issued[at].clone();
        let mut asked = Asked {
            seat: Seat {
                caller: issued.caller,
                shop: issued.shop,
                confirm: if issued.is_handle {
                    Confirm::Handle
                } else {
                    Confirm::Elicit
                },
                low: false,
            },
            deed: issued.deed.clone(),
            asks: if issued.is_handle {
                Asks::Nobody
            } else {
                Asks::Person
            },
            brought: match issued.is_handle {
                true => Brought::Handle(issued.text.clone()),
                false => Brought::Typed {
                    state: issued.text.clone(),
                    text: issued.typed.clone(),
                },
            },
            key: None,
            expected: None,
        };
        // Two of five are honest, some are bent twice.
        let bends = [0, 0, 1, 1, 2][self.below(5)];
        for _ in 0..bends {
            self.bend(&mut asked, &issued);
        }
        asked
    }

    fn bend(&mut self, asked: &mut Asked, issued: &Issued) {
        match self.below(16) {
            0 => asked.seat.caller = 1 - asked.seat.caller,
            1 => asked.seat.shop = 1 - asked.seat.shop,
            2 => asked.seat.low = true,
            3 => asked.seat.confirm = self.one(&[Confirm::Elicit, Confirm::Handle, Confirm::Off]),
            4 => asked.asks = self.one(&[Asks::Person, Asks::Operator, Asks::Nobody]),
            5 => asked.deed = self.deed(),
            6 => {
                // The same action on something else.
                let kind = std::mem::discriminant(&issued.deed);
                while std::mem::discriminant(&asked.deed) != kind || asked.deed == issued.deed {
                    asked.deed = self.deed();
                    if issued.deed == Deed::Collect {
                        break;
                    }
                }
            }
            7 => asked.key = Some(issued.text.clone()),
            8 => asked.key = Some(format!("key-{}", self.below(2))),
            9 => asked.expected = Some(self.below(4) as u64),
            10 if self.chance(50) => asked.brought = Brought::Declined,
            10 => asked.brought = Brought::Yes,
            // The proof of one kind in the place of the other.
            11 if issued.is_handle => {
                asked.brought = Brought::Typed {
                    state: issued.text.clone(),
                    text: issued.typed.clone(),
                };
            }
            11 => asked.brought = Brought::Handle(issued.text.clone()),
            12 => {
                let other = self.below(self.model.issued.len());
                let other = self.model.issued[other].text.clone();
                match &mut asked.brought {
                    Brought::Typed { state, .. } => *state = other,
                    brought => *brought = Brought::Handle(other),
                }
            }
            13 => self.forge(&mut asked.brought),
            _ => self.mistype(&mut asked.brought, issued),
        }
    }

    fn mistype(&mut self, brought: &mut Brought, issued: &Issued) {
        let right = &issued.typed;
        let texts = [
            String::new(),
            "yes".to_owned(),
            "true".to_owned(),
            "2".to_owned(),
            "40.00".to_owned(),
            format!("{right}0"),
            format!("-{right}"),
            format!(" {} ", right.to_uppercase()),
            "notify".to_owned(),
            issued.text.clone(),
        ];
        let picked = self.below(texts.len());
        match brought {
            Brought::Typed { text, .. } => *text = texts[picked].clone(),
            Brought::Handle(handle) => *handle = handle.to_uppercase(),
            Brought::Nothing | Brought::Declined | Brought::Yes => {}
        }
    }

    /// Changes a proof where it counts, or just somewhere.
    fn forge(&mut self, brought: &mut Brought) {
        let (at, way) = (self.below(1_000), self.below(3));
        match brought {
            Brought::Typed { state, .. } => {
                let Ok(mut bytes) = BASE64_URL_SAFE_NO_PAD.decode(&state) else {
                    return;
                };
                match (way, bytes.len().checked_sub(16)) {
                    (0, Some(end)) => {
                        let tag = bytes.split_off(end);
                        // One that was cut before is no plan any more.
                        let plan = serde_json::from_slice(&bytes).ok();
                        let Some(mut plan) = plan.filter(serde_json::Value::is_object) else {
                            return;
                        };
                        let lies = [
                            ("typed", json!("yes")),
                            ("expires_at", json!(i64::MAX)),
                            ("nonce", json!("fresh")),
                            ("call", json!("0")),
                            ("digest", json!("0")),
                            ("who", json!({"principal": "noor", "shop": "0"})),
                        ];
                        let (name, lie) = &lies[at % lies.len()];
                        plan[*name] = lie.clone();
                        bytes = plan.to_string().into_bytes();
                        bytes.extend(tag);
                    }
                    (1, Some(_)) => {
                        bytes.truncate(at % bytes.len());
                    }
                    _ => {
                        let at = at % bytes.len().max(1);
                        if let Some(byte) = bytes.get_mut(at) {
                            *byte ^= 1;
                        }
                    }
                }
                *state = BASE64_URL_SAFE_NO_PAD.encode(bytes);
            }
            Brought::Handle(text) => {
                let at = at % text.len().max(1);
                let symbol = text[at..].chars().next().unwrap_or('0');
                let other = if symbol == '7' { "8" } else { "7" };
                text.replace_range(at..at + symbol.len_utf8(), other);
            }
            Brought::Nothing | Brought::Declined | Brought::Yes => {}
        }
    }

    /// Others change the shops meanwhile.
    fn meddle(&mut self) {
        let (shop, pick) = (usize::from(self.chance(15)), self.below(8));
        let (number, order) = (self.below(4), self.below(3));
        let status = self.one(&["pending", "notified", "unsubscribed"]);
        let state = self.one(&["active", "active", "released", "cancelled"]);
        let cents = self.one(&[0, 500, 4_000, 9_000]);
        self.told.push(format!(
            "meddle {shop} {pick} {number} {order} {status} {state} {cents}"
        ));
        let mut world = self.bench.served.world.lock().unwrap();
        let shop = &mut world.shops[shop];
        match pick {
            0 | 1 => {
                if let Some(signup) = shop.signups.get_mut(&number) {
                    signup.status = status;
                }
            }
            2 => {
                if let Some(signup) = shop.signups.get_mut(&number) {
                    signup.version += 1;
                }
            }
            3 => {
                shop.signups.remove(&number);
            }
            4 => shop.orders[order].state = state,
            5 => shop.orders[order].outstanding = cents,
            6 => shop.offer_version += 1,
            _ => {
                // What no consent hangs on.
                shop.orders[order].noise += 1;
                if let Some(signup) = shop.signups.get_mut(&number) {
                    signup.noise += 1;
                }
                shop.offer_name.push('!');
            }
        }
    }

    async fn turn(&mut self) {
        self.model.off = !self.model.off;
        let turn = match self.model.off {
            true => Turn::Off {
                why: None,
                by: "a person".to_owned(),
            },
            false => Turn::On,
        };
        self.told.push(format!("{turn:?}"));
        let store = self.bench.store.as_ref();
        switch::turn(store, turn, self.bench.hands.now())
            .await
            .unwrap();
    }

    async fn call(&mut self, asked: Asked) {
        let now = self.bench.hands.now();
        let before = {
            let world = self.bench.served.world.lock().unwrap();
            (world.writes.len(), world.shops[asked.seat.shop].clone())
        };
        self.told.push(format!("{asked:?}"));
        let verdict = self.model.judge(&asked, &before.1, now);
        let result = self.send(&asked).await;
        self.calls += 1;
        self.told.push(format!("  must be {verdict:?}"));
        self.held(&asked, &verdict, result, before.0, now);
        *self.met.entry(name(&verdict)).or_default() += 1;
    }

    async fn send(&mut self, asked: &Asked) -> Result<Outcome, CallError> {
        let seats = self.bench.engines.iter();
        let mut seats = seats.filter(|(seat, _)| *seat == asked.seat);
        let engine = &seats.next().unwrap().1;
        let mut call = Call::new(asked.deed.action(), asked.deed.arguments());
        call.asks = asked.asks;
        call.idempotency_key.clone_from(&asked.key);
        // A call that its arguments raise has its proof beside them alone.
        let raised = matches!(asked.deed, Deed::Collect | Deed::Rename { .. });
        let beside = raised || self.rng.random_range(0..2) == 0;
        match asked.brought.clone() {
            Brought::Nothing => {}
            Brought::Declined => call.proof = Some(Proof::Declined),
            Brought::Typed { state, text } => call.proof = Some(Proof::Typed { state, text }),
            Brought::Handle(text) if beside => call.proof = Some(Proof::Handle(text)),
            Brought::Handle(text) => {
                call.arguments.insert("confirm".to_owned(), json!(text));
            }
            Brought::Yes => {
                call.arguments.insert("confirm".to_owned(), json!(true));
            }
        }
        if let Some(expected) = asked.expected {
            call.arguments
                .insert("expected_count".to_owned(), json!(expected));
        }
        engine.call(call).await
    }

    /// Holds what came of a call against the verdict.
    fn held(
        &mut self,
        asked: &Asked,
        verdict: &Verdict,
        result: Result<Outcome, CallError>,
        before: usize,
        now: i64,
    ) {
        let world = self.bench.served.world.lock().unwrap();
        let writes = world.writes[before..].to_vec();
        drop(world);
        self.told.push(format!("  was {result:?}, {writes:?}"));
        let sent: Vec<_> = writes
            .iter()
            .map(|it| (it.shop, it.method.as_str(), it.path.clone()))
            .collect();
        let wanted = match verdict {
            Verdict::Written | Verdict::InVain => {
                let (method, path) = asked.deed.request();
                vec![(asked.seat.shop, method, path)]
            }
            _ => Vec::new(),
        };
        assert_eq!(sent, wanted, "{}", self.told.join("\n"));
        let status = result.as_ref().map(|outcome| outcome.status).ok();
        let expected = match verdict {
            Verdict::Written => Some(Status::Accepted),
            Verdict::Replayed => Some(Status::Replayed),
            Verdict::Planned(_) => Some(Status::Planned),
            Verdict::InVain | Verdict::Refused(_) => None,
        };
        assert_eq!(status, expected, "{}", self.told.join("\n"));
        let (Verdict::Planned(planned), Ok(outcome)) = (verdict, result) else {
            return;
        };
        let plan = outcome.plan.unwrap();
        let handle = plan.facts.get("confirm").and_then(|it| it.as_str());
        let handle = handle.map(str::to_owned);
        let mut issue = |issuing: &Issuing, text: String, is_handle| {
            self.model.issued.push(Issued {
                caller: asked.seat.caller,
                shop: asked.seat.shop,
                deed: asked.deed.clone(),
                facts: issuing.facts.clone(),
                typed: issuing.typed.clone(),
                at: now,
                text,
                is_handle,
            });
        };
        match (planned, plan.challenge, handle) {
            (Planned::Question(issuing), Some(challenge), None) => {
                assert_eq!(challenge.typed, issuing.typed, "{}", self.told.join("\n"));
                issue(issuing, challenge.state, false);
            }
            (Planned::Handle(issuing), None, Some(handle)) => issue(issuing, handle, true),
            (Planned::Idle, None, None) => {}
            other => panic!("{other:?}\n{}", self.told.join("\n")),
        }
    }
}

fn name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Written => "written",
        Verdict::InVain => "in vain",
        Verdict::Replayed => "replayed",
        Verdict::Planned(Planned::Question(_)) => "question",
        Verdict::Planned(Planned::Handle(_)) => "handle",
        Verdict::Planned(Planned::Idle) => "idle",
        Verdict::Refused(why) => why,
    }
}

#[test]
fn a_write_goes_out_with_a_valid_proof_and_never_without() {
    let asked = std::env::var("STOQ_MCP_SEQUENCES").unwrap_or_else(|_| FEW.to_string());
    let (from, to) = asked.split_once("..").unwrap_or(("0", &asked));
    let sequences: std::ops::Range<u64> = from.parse().unwrap()..to.parse().unwrap();
    let is_many = sequences.end - sequences.start >= FEW;
    let met: Mutex<BTreeMap<&str, u64>> = Mutex::default();
    super::on_threads(sequences.clone(), Bench::new, |bench, seed| {
        bench.store.clear();
        bench.hands.reset();
        *bench.served.world.lock().unwrap() = World::new();
        let mut sequence = Sequence {
            bench,
            rng: Pcg64::seed_from_u64(seed),
            model: Model::default(),
            met: BTreeMap::new(),
            calls: 0,
            told: vec![format!("sequence {seed}")],
        };
        bench.runtime.block_on(sequence.run());
        let mut met = met.lock().unwrap();
        *met.entry("calls").or_default() += sequence.calls;
        for (name, count) in sequence.met {
            *met.entry(name).or_default() += count;
        }
    });
    let met = met.into_inner().unwrap();
    println!("sequences {sequences:?}: {met:?}");
    let missing: Vec<_> = MET.iter().filter(|name| !met.contains_key(*name)).collect();
    assert!(!is_many || missing.is_empty(), "never met: {missing:?}");
}
