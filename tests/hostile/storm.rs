//! Many writes with faults picked at random, and the table of what is told after which fault.
//!
//! `STOQ_MCP_STORM` says how many writes.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use super::anew::Case;
use super::deed::Deed;
use super::house::PATIENCE;
use super::life::{Agrees, Lab, Life, Told};
use super::memory::Break;
use super::world::{Done, Trouble};

/// Writes in a plain run of the tests.
const FEW: u64 = 400;

const DEEDS: [Deed; 9] = [
    Deed::Notify {
        signup: 0,
        resend: false,
    },
    Deed::Notify {
        signup: 3,
        resend: true,
    },
    Deed::Transfer { back: false },
    Deed::Delete { signup: 1 },
    Deed::Release {
        order: 0,
        force: true,
    },
    Deed::Cancel {
        order: 1,
        keep: false,
    },
    Deed::Refund {
        order: 2,
        cents: None,
    },
    Deed::Charge { order: 0 },
    Deed::Rename { to: 2 },
];

const TROUBLES: [(&str, Option<Trouble>); 13] = [
    ("none", None),
    ("refused with 422", Some(Trouble::Status(422, Done::No))),
    ("refused with 401", Some(Trouble::Status(401, Done::No))),
    ("over the rate, 429", Some(Trouble::Status(429, Done::No))),
    ("500 before it", Some(Trouble::Status(500, Done::No))),
    ("500 after it", Some(Trouble::Status(500, Done::Yes))),
    ("dropped before it", Some(Trouble::Dropped(Done::No))),
    ("dropped after it", Some(Trouble::Dropped(Done::Yes))),
    ("answer cut", Some(Trouble::Cut)),
    ("answer no JSON", Some(Trouble::Garbage)),
    ("process dies before it", Some(Trouble::Deadly(Done::No))),
    ("process dies after it", Some(Trouble::Deadly(Done::Yes))),
    ("no answer", Some(Trouble::Silent(Done::Yes))),
];

fn case(seed: u64) -> Case {
    let mut rng = Pcg64::seed_from_u64(seed);
    let mut below = |end: usize| rng.random_range(0..end);
    let deed = DEEDS[below(DEEDS.len())].clone();
    let agrees = [Agrees::Typed, Agrees::Handle, Agrees::Key][below(3)];
    let agrees = match deed {
        Deed::Rename { .. } => Agrees::Key,
        _ => agrees,
    };
    let store = (below(2) == 0).then(|| (below(16), Break::ALL[below(4)]));
    // Who waits for an answer that never comes costs time: one of twenty does.
    let most = TROUBLES.len() - usize::from(below(20) > 0);
    Case {
        deed,
        agrees,
        store,
        trouble: TROUBLES[below(most)].1,
        hasty: below(3),
    }
}

#[test]
fn no_write_is_done_twice_whatever_befalls_it() {
    let asked = std::env::var("STOQ_MCP_STORM").ok();
    let writes = asked.map_or(FEW, |text| text.parse().unwrap());
    let met: Mutex<BTreeMap<&str, usize>> = Mutex::default();
    super::on_threads(
        0..writes,
        || Lab::new(Duration::from_millis(300)),
        |lab, seed| {
            let story = case(seed).play(lab);
            let mut met = met.lock().unwrap();
            for told in story.told {
                *met.entry(told).or_default() += 1;
            }
            *met.entry("effects").or_default() += lab.effects();
        },
    );
    let met = met.into_inner().unwrap();
    println!("{writes} writes: {met:?}");
    for told in [
        "done",
        "unknown",
        "nothing done",
        "in progress",
        "planned in doubt",
        "killed",
    ] {
        assert!(met.contains_key(told), "never told: {told}");
    }
}

/// What the client is told after each fault, by the class of the action.
const TABLE: &str = r"none
  write, read back: done, again: done; sent 1, done 1
  send, once: done, again: done; sent 1, done 1
  money, once: done, again: done; sent 1, done 1
  destroy, once: done, again: done; sent 1, done 1
  destroy, read back: done, again: done; sent 1, done 1
refused with 422
  write, read back: nothing done, again: done; sent 2, done 1
  send, once: nothing done, again: nothing done; sent 1, done 0
  money, once: nothing done, again: nothing done; sent 1, done 0
  destroy, once: nothing done, again: nothing done; sent 1, done 0
  destroy, read back: nothing done, again: nothing done; sent 1, done 0
refused with 401
  write, read back: nothing done, again: done; sent 2, done 1
  send, once: nothing done, again: nothing done; sent 1, done 0
  money, once: nothing done, again: nothing done; sent 1, done 0
  destroy, once: nothing done, again: nothing done; sent 1, done 0
  destroy, read back: nothing done, again: nothing done; sent 1, done 0
over the rate, 429
  write, read back: done, again: done; sent 2, done 1
  send, once: done, again: done; sent 2, done 1
  money, once: done, again: done; sent 2, done 1
  destroy, once: done, again: done; sent 2, done 1
  destroy, read back: done, again: done; sent 2, done 1
500 before it
  write, read back: done, again: done; sent 2, done 1
  send, once: unknown, again: unknown; sent 1, done 0
  money, once: unknown, again: unknown; sent 1, done 0
  destroy, once: unknown, again: unknown; sent 1, done 0
  destroy, read back: done, again: done; sent 2, done 1
500 after it
  write, read back: done, again: done; sent 1, done 1
  send, once: unknown, again: unknown; sent 1, done 1
  money, once: unknown, again: unknown; sent 1, done 1
  destroy, once: unknown, again: unknown; sent 1, done 1
  destroy, read back: done, again: done; sent 1, done 1
dropped before it
  write, read back: done, again: done; sent 2, done 1
  send, once: unknown, again: unknown; sent 1, done 0
  money, once: unknown, again: unknown; sent 1, done 0
  destroy, once: unknown, again: unknown; sent 1, done 0
  destroy, read back: done, again: done; sent 2, done 1
dropped after it
  write, read back: done, again: done; sent 1, done 1
  send, once: unknown, again: unknown; sent 1, done 1
  money, once: unknown, again: unknown; sent 1, done 1
  destroy, once: unknown, again: unknown; sent 1, done 1
  destroy, read back: done, again: done; sent 1, done 1
answer cut
  write, read back: done, again: done; sent 1, done 1
  send, once: unknown, again: unknown; sent 1, done 1
  money, once: unknown, again: unknown; sent 1, done 1
  destroy, once: unknown, again: unknown; sent 1, done 1
  destroy, read back: done, again: done; sent 1, done 1
answer no JSON
  write, read back: done, again: done; sent 1, done 1
  send, once: unknown, again: unknown; sent 1, done 1
  money, once: unknown, again: unknown; sent 1, done 1
  destroy, once: unknown, again: unknown; sent 1, done 1
  destroy, read back: done, again: done; sent 1, done 1
process dies before it
  write, read back: killed, again: unknown; sent 1, done 0
  send, once: killed, again: unknown; sent 1, done 0
  money, once: killed, again: unknown; sent 1, done 0
  destroy, once: killed, again: unknown; sent 1, done 0
  destroy, read back: killed, again: unknown; sent 1, done 0
process dies after it
  write, read back: killed, again: unknown; sent 1, done 1
  send, once: killed, again: unknown; sent 1, done 1
  money, once: killed, again: unknown; sent 1, done 1
  destroy, once: killed, again: unknown; sent 1, done 1
  destroy, read back: killed, again: unknown; sent 1, done 1
";

#[test]
fn every_outcome_that_is_open_is_told_as_such() {
    let lab = Lab::new(PATIENCE);
    let columns = [
        ("write, read back", Deed::Rename { to: 1 }, Agrees::Key),
        (
            "send, once",
            Deed::Notify {
                signup: 0,
                resend: false,
            },
            Agrees::Handle,
        ),
        (
            "money, once",
            Deed::Refund {
                order: 0,
                cents: Some(1_000),
            },
            Agrees::Typed,
        ),
        (
            "destroy, once",
            Deed::Release {
                order: 0,
                force: true,
            },
            Agrees::Typed,
        ),
        (
            "destroy, read back",
            Deed::Delete { signup: 0 },
            Agrees::Typed,
        ),
    ];
    let mut table = String::new();
    for (name, trouble) in &TROUBLES[..12] {
        table.push_str(&format!("{name}\n"));
        for (column, deed, agrees) in &columns {
            lab.reset(false);
            let life = Life::new(&lab, *agrees);
            let proof = match agrees {
                Agrees::Key => None,
                Agrees::Typed | Agrees::Handle => match life.call(deed, None) {
                    Told::Planned { proof, .. } => proof,
                    other => panic!("{other:?}"),
                },
            };
            lab.served.world.lock().unwrap().troubles.extend(*trouble);
            let first = life.call(deed, proof.clone());
            drop(life);
            lab.hands.pass(95_000);
            let again = Life::new(&lab, *agrees).call(deed, proof);
            table.push_str(&format!(
                "  {column}: {}, again: {}; sent {}, done {}\n",
                first.word(),
                again.word(),
                lab.writes(),
                lab.effects()
            ));
        }
    }
    assert_eq!(table, TABLE, "\n{table}");
}
