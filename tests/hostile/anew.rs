//! One call that a client means once, with all that may befall it, and what the client does then.

use stoq_mcp::engine::Proof;

use super::deed::Deed;
use super::life::{Agrees, Lab, Life, Told};
use super::memory::Break;
use super::world::Trouble;

/// Longer than any process may keep a call open.
const LEASE: i64 = 95_000;

/// What befalls the call.
#[derive(Debug, Clone)]
pub struct Case {
    pub deed: Deed,
    pub agrees: Agrees,
    /// The operation of the store that breaks, and how.
    pub store: Option<(usize, Break)>,
    pub trouble: Option<Trouble>,
    /// How often the client makes the same call again at once.
    pub hasty: usize,
}

/// How a case went.
#[derive(Debug)]
pub struct Story {
    /// What the client was told, call by call.
    pub told: Vec<&'static str>,
    /// Whether the store's trap was reached.
    pub broke: bool,
}

impl Case {
    /// Plays it, and holds every step against what must never be.
    pub fn play(&self, lab: &Lab) -> Story {
        lab.reset(true);
        let mut story = Story {
            told: Vec::new(),
            broke: false,
        };
        let proofs = match self.is_asked() {
            true => {
                let life = Life::new(lab, self.agrees);
                [self.plan(&life), self.plan(&life)].map(Some)
            }
            false => [None, None],
        };
        let [proof, spare] = proofs;
        if let Some((after, how)) = self.store {
            lab.store.arm(after, how);
        }
        lab.served
            .world
            .lock()
            .unwrap()
            .troubles
            .extend(self.trouble);
        self.step(lab, &mut story, proof.clone());
        story.broke = !lab.store.disarm();
        let mut last = Told::Killed;
        let waits = std::iter::repeat_n(1, self.hasty).chain([LEASE, LEASE, 1_000]);
        for wait in waits {
            lab.hands.pass(wait);
            last = self.step(lab, &mut story, proof.clone());
        }
        self.ends(lab, &mut story, last, spare);
        story
    }

    fn is_asked(&self) -> bool {
        self.agrees != Agrees::Key && !matches!(self.deed, Deed::Rename { .. })
    }

    fn plan(&self, life: &Life<'_>) -> Proof {
        match life.call(&self.deed, None) {
            Told::Planned {
                proof: Some(proof),
                doubt: false,
            } => proof,
            other => panic!("{self:?}: {other:?}"),
        }
    }

    /// One call in a process of its own.
    fn step(&self, lab: &Lab, story: &mut Story, proof: Option<Proof>) -> Told {
        let told = Life::new(lab, self.agrees).call(&self.deed, proof);
        story.told.push(told.word());
        let effects = lab.effects();
        assert!(effects <= 1, "done twice: {self:?} {story:?}");
        match told {
            Told::Done => assert_eq!(effects, 1, "it was not done: {self:?} {story:?}"),
            // What is deleted is not there any more.
            Told::Nothing if matches!(self.deed, Deed::Delete { .. }) => {}
            Told::Nothing => assert_eq!(effects, 0, "it was done: {self:?} {story:?}"),
            Told::Unknown | Told::InProgress | Told::Planned { .. } | Told::Killed => {}
        }
        told
    }

    /// When every process that was at work is long over, the client knows, or knows that it does not.
    fn ends(&self, lab: &Lab, story: &mut Story, last: Told, spare: Option<Proof>) {
        // What befell it has passed.
        lab.served.world.lock().unwrap().troubles.clear();
        match last {
            Told::Done => {}
            // The proof is used up, or nothing came of it: it is asked for anew.
            Told::Nothing | Told::Planned { doubt: false, .. } => self.goes_on(lab, story),
            Told::Unknown | Told::Planned { doubt: true, .. } => {
                if let Some(spare) = spare {
                    self.in_doubt(lab, story, spare);
                }
            }
            Told::InProgress | Told::Killed => panic!("nobody is told: {self:?} {story:?}"),
        }
    }

    fn goes_on(&self, lab: &Lab, story: &mut Story) {
        let mut told = self.step(lab, story, None);
        if let Told::Planned {
            proof,
            doubt: false,
        } = told
        {
            told = self.step(lab, story, proof);
        }
        assert!(
            matches!(
                told,
                Told::Done | Told::Unknown | Told::Planned { doubt: true, .. }
            ),
            "{self:?} {story:?}"
        );
    }

    /// Nobody knows whether it was done: no plan of before lets it through, and of those that name the
    /// doubt only one does, however many there are.
    fn in_doubt(&self, lab: &Lab, story: &mut Story, spare: Proof) {
        let writes = lab.writes();
        let told = self.step(lab, story, Some(spare));
        assert!(
            matches!(
                told,
                Told::Unknown | Told::Nothing | Told::Planned { doubt: true, .. }
            ),
            "{self:?} {story:?}"
        );
        if matches!(self.deed, Deed::Delete { .. }) && lab.effects() == 1 {
            return;
        }
        let mut proofs = Vec::new();
        for _ in 0..2 {
            match self.step(lab, story, None) {
                Told::Planned {
                    proof: Some(proof),
                    doubt: true,
                } => proofs.push(proof),
                other => panic!("{other:?} {self:?} {story:?}"),
            }
        }
        assert_eq!(lab.writes(), writes, "{self:?} {story:?}");
        // Who looks, and sees that it was done, goes no further.
        if lab.effects() == 1 {
            return;
        }
        for proof in proofs {
            assert_eq!(
                self.step(lab, story, Some(proof)),
                Told::Done,
                "{self:?} {story:?}"
            );
        }
        assert_eq!(lab.writes(), writes + 1, "{self:?} {story:?}");
    }
}
