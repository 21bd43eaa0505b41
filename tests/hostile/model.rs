//! The oracle: for every call whether a write may go out, and else how the call must end.

use std::collections::BTreeMap;

use stoq_mcp::registry::entry::Class;
use stoq_mcp::safety::Confirm;
use stoq_mcp::safety::confirm::Asks;

use super::deed::{Deed, Foreseen};
use super::house::Seat;
use super::world::Shop;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A plan that was given out.
#[derive(Debug, Clone)]
pub struct Issued {
    pub caller: usize,
    pub shop: usize,
    pub deed: Deed,
    pub facts: String,
    pub typed: String,
    pub at: i64,
    /// The sealed plan or the handle, as the client has it.
    pub text: String,
    pub is_handle: bool,
}

/// What a call brings as proof.
#[derive(Debug, Clone)]
pub enum Brought {
    Nothing,
    Declined,
    Typed {
        state: String,
        text: String,
    },
    Handle(String),
    /// `confirm: true`.
    Yes,
}

#[derive(Debug, Clone)]
pub struct Asked {
    pub seat: Seat,
    pub deed: Deed,
    pub asks: Asks,
    pub brought: Brought,
    pub key: Option<String>,
    pub expected: Option<u64>,
}

/// How a call must end.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// A write goes out.
    Written,
    /// A write goes out, and the API refuses it.
    InVain,
    /// The receipt of an earlier call.
    Replayed,
    /// A plan, and what is to be typed.
    Planned(Planned),
    /// Refused, for a reason.
    Refused(&'static str),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Planned {
    Question(Issuing),
    Handle(Issuing),
    /// There is nothing to agree to.
    Idle,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Issuing {
    pub typed: String,
    pub facts: String,
}

/// What makes a call the same as another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Caller(usize, usize, String),
    Window(usize, usize, String),
    Proof(String),
}

#[derive(Debug, Clone, PartialEq)]
struct DoneBefore {
    deed: Deed,
    at: i64,
}

#[derive(Debug, Default)]
pub struct Model {
    pub issued: Vec<Issued>,
    pub off: bool,
    done: BTreeMap<Key, DoneBefore>,
    /// Proofs of calls that the API refused.
    spent: BTreeMap<Key, i64>,
    moved: BTreeMap<(usize, i64), i64>,
}

fn plain(text: &str) -> String {
    text.trim().to_lowercase()
}

fn is_final(deed: &Deed) -> bool {
    deed.class() != Class::Write
}

impl Model {
    /// The plan that a proof is of, if there is one.
    fn found(&self, brought: &Brought) -> Option<&Issued> {
        let (text, is_handle) = match brought {
            Brought::Typed { state, .. } => (state.clone(), false),
            Brought::Handle(text) => (plain(text), true),
            Brought::Nothing | Brought::Declined | Brought::Yes => return None,
        };
        let mut all = self.issued.iter();
        all.find(|it| it.is_handle == is_handle && it.text == text)
    }

    fn keys(&self, asked: &Asked, issued: Option<&Issued>) -> Vec<Key> {
        let (shop, caller) = (asked.seat.shop, asked.seat.caller);
        let mut keys = Vec::new();
        match &asked.key {
            Some(text) => keys.push(Key::Caller(shop, caller, text.clone())),
            None if is_final(&asked.deed) => {
                keys.push(Key::Window(shop, caller, format!("{:?}", asked.deed)));
            }
            None => {}
        }
        keys.extend(issued.map(|it| Key::Proof(it.text.clone())));
        keys
    }

    /// Whether one of the keys was used.
    fn repeated(&self, keys: &[Key], deed: &Deed, now: i64) -> Option<Verdict> {
        for key in keys {
            if self.spent.get(key).is_some_and(|at| now - at < DAY) {
                return Some(Verdict::Refused("spent"));
            }
            let Some(before) = self.done.get(key) else {
                continue;
            };
            let kept = if before.deed.class() == Class::Money {
                30 * DAY
            } else {
                DAY
            };
            let over = match key {
                Key::Window(..) => MINUTE.min(kept),
                Key::Caller(..) | Key::Proof(_) => kept,
            };
            if now - before.at >= over {
                continue;
            }
            return Some(match before.deed == *deed {
                true => Verdict::Replayed,
                false => Verdict::Refused("key of another call"),
            });
        }
        None
    }

    /// How a call must end. A write is taken note of.
    pub fn judge(&mut self, asked: &Asked, shop: &Shop, now: i64) -> Verdict {
        let issued = match self.admitted(asked, now) {
            Ok(issued) => issued,
            Err(why) => return Verdict::Refused(why),
        };
        let keys = self.keys(asked, issued.as_ref());
        if let Some(verdict) = self.repeated(&keys, &asked.deed, now) {
            return verdict;
        }
        if is_final(&asked.deed) {
            let foreseen = match foreseen(asked, shop) {
                Ok(foreseen) => foreseen,
                Err(why) => return Verdict::Refused(why),
            };
            if let Some(verdict) = agreed(asked, &foreseen, issued.as_ref(), now) {
                return verdict;
            }
            if asked.deed.class() == Class::Money {
                let most = asked.seat.caps().money_per_day.unwrap() as i64 * 100;
                let day = self.moved.entry((asked.seat.shop, now / DAY)).or_default();
                if foreseen.cents > 0 && *day + foreseen.cents > most {
                    return Verdict::Refused("money of the day");
                }
                *day += foreseen.cents;
            }
        }
        // Who is not asked is not told either that there is no such signup any more.
        let is_there = match &asked.deed {
            Deed::Notify { signup, .. } | Deed::Delete { signup } => {
                shop.signups.contains_key(signup)
            }
            _ => true,
        };
        if !is_there {
            let proofs = keys.into_iter().filter(|key| matches!(key, Key::Proof(_)));
            self.spent.extend(proofs.map(|key| (key, now)));
            return Verdict::InVain;
        }
        for key in keys {
            let deed = asked.deed.clone();
            self.done.insert(key, DoneBefore { deed, at: now });
        }
        Verdict::Written
    }

    /// The checks that need no look at the shop: the proof's plan, if there is one.
    fn admitted(&self, asked: &Asked, now: i64) -> Result<Option<Issued>, &'static str> {
        if matches!(asked.brought, Brought::Yes) {
            return Err("yes is no proof");
        }
        if asked.expected.is_some() && !matches!(asked.deed, Deed::Transfer { .. }) {
            return Err("no such argument");
        }
        if self.off {
            return Err("switched off");
        }
        if !is_final(&asked.deed) {
            return Ok(None);
        }
        match &asked.brought {
            Brought::Nothing | Brought::Yes => Ok(None),
            Brought::Declined => Err("declined"),
            Brought::Typed { .. } | Brought::Handle(_) => {
                let issued = self.found(&asked.brought).ok_or("no such plan")?;
                // The store forgets a handle after a day.
                if issued.is_handle && now - issued.at >= DAY {
                    return Err("forgotten");
                }
                if issued.caller != asked.seat.caller {
                    return Err("plan of another caller");
                }
                if issued.shop != asked.seat.shop {
                    return Err("plan of another shop");
                }
                if issued.deed != asked.deed {
                    return Err("plan of another call");
                }
                Ok(Some(issued.clone()))
            }
        }
    }
}

/// What the call would do, within the caps.
fn foreseen(asked: &Asked, shop: &Shop) -> Result<Foreseen, &'static str> {
    let unattended = asked.seat.confirm == Confirm::Off;
    let counted = match (asked.deed.named(), asked.deed.class()) {
        (Some(named), Class::Send | Class::Destroy) if unattended => Some(named),
        _ => None,
    };
    let foreseen = match counted {
        // Nothing is read for who is not asked.
        Some(count) => Foreseen {
            count,
            cents: 0,
            idle: false,
            facts: String::new(),
        },
        None => asked.deed.foresee(shop).ok_or("not there")?,
    };
    let caps = asked.seat.caps();
    let most = match asked.deed {
        Deed::Notify { .. } | Deed::BulkNotify { .. } => caps.recipients,
        Deed::Delete { .. } | Deed::BulkDelete { .. } | Deed::Transfer { .. } => caps.destroyed,
        Deed::Release { .. } => caps.released,
        _ => caps.money_orders,
    };
    if foreseen.count > most {
        return Err("cap");
    }
    match asked.expected {
        Some(expected) if expected != foreseen.count => Err("miscounted"),
        None if unattended && matches!(asked.deed, Deed::Transfer { .. }) => Err("uncounted"),
        _ => Ok(foreseen),
    }
}

/// How the call ends without a write; `None` = it was agreed to.
fn agreed(
    asked: &Asked,
    foreseen: &Foreseen,
    issued: Option<&Issued>,
    now: i64,
) -> Option<Verdict> {
    let issuing = || Issuing {
        typed: asked.deed.typed(foreseen),
        facts: foreseen.facts.clone(),
    };
    let (can_ask, can_carry) = match (asked.seat.confirm, asked.asks) {
        (Confirm::Off, _) => return None,
        (_, Asks::Person) => (true, false),
        (_, Asks::Operator) | (Confirm::Handle, Asks::Nobody) => (false, true),
        (Confirm::Elicit, Asks::Nobody) => (
            false,
            asked.deed.class() == Class::Send && foreseen.count <= 25,
        ),
    };
    if foreseen.idle {
        return Some(Verdict::Planned(Planned::Idle));
    }
    if let Some(issued) = issued.filter(|issued| !issued.is_handle || can_carry) {
        if now - issued.at >= 10 * MINUTE {
            return Some(Verdict::Refused("expired"));
        }
        if let Brought::Typed { text, .. } = &asked.brought
            && plain(text) != issued.typed
        {
            return Some(Verdict::Refused("mistyped"));
        }
        if issued.facts == foreseen.facts {
            return None;
        }
    }
    Some(match (can_ask, can_carry) {
        (true, _) => Verdict::Planned(Planned::Question(issuing())),
        (false, true) => Verdict::Planned(Planned::Handle(issuing())),
        (false, false) => Verdict::Refused("nobody to ask"),
    })
}
