//! How well requests in a merchant's words find their action, over five frozen sets.
//!
//! The three development sets were looked at while the index was made. `held_out.jsonl` and
//! `validation.jsonl` never were: other authors wrote them, and only their figures were read. A request is a hit when one of the actions that would
//! do stands among the first one, or five. The figures are printed by
//! `cargo test --test search -- --nocapture`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod sets;

use sets::{Case, DEV, DEV_2, DEV_3, HELD_OUT, Kind, VALIDATION, cases};
use stoq_mcp::engine::{Policy, V1Use};
use stoq_mcp::registry::Registry;

/// Whether nothing was found, and where the first action that would do stands.
type Found = (bool, Option<usize>);

/// Shares of a set, in thousandths.
#[derive(Debug)]
struct Figures {
    first: usize,
    among_five: usize,
    typos_first: usize,
    typos_among_five: usize,
    refused: usize,
}

fn figures(set: &str) -> Figures {
    let registry = Registry::bundled().unwrap();
    let policy = Policy::everything().with_v1(V1Use::Needed);
    let cases = cases(set);
    // Where the first action that would do stands; none when there is none among the answers.
    let rank = |case: &Case| {
        let found = registry.search(&case.query, None, |action| policy.offers(action));
        let rank = found
            .iter()
            .position(|action| case.any.iter().any(|name| name == action.name()));
        (found.is_empty(), rank)
    };
    let share = |kind: Kind, hit: fn(&Found) -> bool| {
        let of_kind: Vec<_> = cases
            .iter()
            .filter(|case| case.kind == kind)
            .map(rank)
            .collect();
        of_kind.iter().filter(|found| hit(found)).count() * 1000 / of_kind.len()
    };
    Figures {
        first: share(Kind::Paraphrase, |found| found.1 == Some(0)),
        among_five: share(Kind::Paraphrase, |found| found.1.is_some()),
        typos_first: share(Kind::Typo, |found| found.1 == Some(0)),
        typos_among_five: share(Kind::Typo, |found| found.1.is_some()),
        refused: share(Kind::OutOfScope, |found| found.0),
    }
}

fn check(name: &str, set: &str, floor: &Figures) {
    let reached = figures(set);
    println!("{name}, in thousandths: {reached:?}");
    let pairs = [
        (reached.first, floor.first),
        (reached.among_five, floor.among_five),
        (reached.typos_first, floor.typos_first),
        (reached.typos_among_five, floor.typos_among_five),
        (reached.refused, floor.refused),
    ];
    assert!(
        pairs.iter().all(|(reached, floor)| reached >= floor),
        "{name}: {reached:?} is below {floor:?}"
    );
}

#[test]
fn the_development_set() {
    check(
        "development set",
        DEV,
        &Figures {
            first: 850,
            among_five: 975,
            typos_first: 905,
            typos_among_five: 965,
            refused: 925,
        },
    );
}

#[test]
fn the_second_development_set() {
    check(
        "second development set",
        DEV_2,
        &Figures {
            first: 757,
            among_five: 957,
            typos_first: 900,
            typos_among_five: 980,
            refused: 930,
        },
    );
}

#[test]
fn the_third_development_set() {
    check(
        "third development set",
        DEV_3,
        &Figures {
            first: 825,
            among_five: 975,
            typos_first: 850,
            typos_among_five: 965,
            refused: 940,
        },
    );
}

#[test]
fn the_held_out_set() {
    check(
        "held-out set",
        HELD_OUT,
        &Figures {
            first: 790,
            among_five: 955,
            typos_first: 855,
            typos_among_five: 945,
            refused: 900,
        },
    );
}

#[test]
fn the_validation_set() {
    check(
        "validation set",
        VALIDATION,
        &Figures {
            first: 780,
            among_five: 952,
            typos_first: 845,
            typos_among_five: 965,
            refused: 830,
        },
    );
}
