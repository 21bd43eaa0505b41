//! One call has one effect, whichever operation of the store breaks or kills the process, whatever
//! becomes of the request, and however often the client asks again.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use stoq_mcp::safety::audit::Audit;

use super::anew::Case;
use super::deed::Deed;
use super::house::PATIENCE;
use super::life::{Agrees, Lab, Life, Told};
use super::memory::Break;
use super::world::{Done, Trouble};

/// More operations than any call has.
const MOST: usize = 16;

/// Every class, and every way to agree.
fn calls() -> Vec<(Deed, Agrees)> {
    vec![
        (
            Deed::Notify {
                signup: 0,
                resend: false,
            },
            Agrees::Typed,
        ),
        (
            Deed::Notify {
                signup: 0,
                resend: false,
            },
            Agrees::Handle,
        ),
        (
            Deed::Notify {
                signup: 0,
                resend: false,
            },
            Agrees::Key,
        ),
        (
            Deed::Refund {
                order: 0,
                cents: Some(1_000),
            },
            Agrees::Typed,
        ),
        (
            Deed::Release {
                order: 0,
                force: true,
            },
            Agrees::Handle,
        ),
        (Deed::Rename { to: 1 }, Agrees::Key),
    ]
}

#[test]
fn a_crash_at_any_step_leaves_one_effect_or_none_and_says_which_or_that_nobody_knows() {
    let troubles = [
        None,
        Some(Trouble::Dropped(Done::Yes)),
        Some(Trouble::Dropped(Done::No)),
        Some(Trouble::Deadly(Done::Yes)),
        Some(Trouble::Deadly(Done::No)),
    ];
    let mut cases = Vec::new();
    for (deed, agrees) in calls() {
        for trouble in troubles {
            let case = |store| Case {
                deed: deed.clone(),
                agrees,
                store,
                trouble,
                hasty: 1,
            };
            cases.push(case(None));
            let breaks = Break::ALL.into_iter();
            cases.extend(
                breaks
                    .flat_map(|how| (0..MOST).map(move |at| (at, how)))
                    .map(|at| case(Some(at))),
            );
        }
    }
    let met: Mutex<BTreeMap<String, usize>> = Mutex::default();
    // Each step of some call is among every seventh; all steps of all calls take minutes.
    if std::env::var_os("STOQ_MCP_CRASHES").is_none() {
        cases = cases.into_iter().step_by(7).collect();
    }
    super::on_threads(
        0..cases.len() as u64,
        || Lab::new(PATIENCE),
        |lab, number| {
            let case = &cases[number as usize];
            let story = case.play(lab);
            let last = case.store.is_some_and(|(at, _)| at + 1 == MOST);
            assert!(
                !(last && story.broke),
                "a call has more operations: {case:?}"
            );
            let told = format!(
                "{} then {}",
                story.told[0],
                story.told[story.told.len() - 1]
            );
            *met.lock().unwrap().entry(told).or_default() += 1;
        },
    );
    println!("{} cases: {:?}", cases.len(), met.into_inner().unwrap());
}

/// A folder that is gone when the test ends.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("stoq-mcp-hostile-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Whatever happened to the trail, a call that nobody can write down is not sent, and one that was sent
/// is told as it was.
#[test]
fn a_trail_that_breaks_at_any_step_keeps_the_call_back_or_comes_too_late() {
    let mut lab = Lab::new(PATIENCE);
    let deed = Deed::Refund {
        order: 0,
        cents: Some(1_000),
    };
    let mut told = Vec::new();
    for at in 0..MOST {
        let folder = Folder::new();
        lab.reset(true);
        lab.audit = Audit::none();
        let planned = Life::new(&lab, Agrees::Typed).call(&deed, None);
        let Told::Planned { proof, .. } = planned else {
            panic!("{planned:?}")
        };
        lab.audit = Audit::lazy(&folder.0, 1 << 20, None);
        lab.store.spoil(at, &folder.0);
        let first = Life::new(&lab, Agrees::Typed).call(&deed, proof.clone());
        let (writes, effects) = (lab.writes(), lab.effects());
        match first {
            Told::Done => assert_eq!((writes, effects), (1, 1)),
            Told::Nothing => assert_eq!((writes, effects), (0, 0)),
            _ => panic!("{at}: {first:?}"),
        }
        // When the trail is mended the same consent is still good, or the receipt is there.
        lab.audit = Audit::none();
        let again = Life::new(&lab, Agrees::Typed).call(&deed, proof);
        assert_eq!((again, lab.effects()), (Told::Done, 1), "{at}");
        told.push(first.word());
    }
    let kept_back = told
        .iter()
        .take_while(|told| **told == "nothing done")
        .count();
    // Switch, two keys asked for, the money of the day and the two keys taken come before the intent.
    assert_eq!(kept_back, 6, "{told:?}");
    assert!(
        told[kept_back..].iter().all(|told| *told == "done"),
        "{told:?}"
    );
}
