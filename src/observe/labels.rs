//! The labels of the figures: every one of a set that is known and small.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, RwLock};

use prometheus_client::encoding::EncodeLabelSet;

/// Names of actions that are told apart; what comes after them goes together. A registry has a few
/// hundred, but live registries of many shops may each add some.
const MOST_ACTIONS: usize = 4_096;
/// An action that the registry does not have, or one too many.
const OTHER: &str = "other";
/// The class of what has none.
const NO_CLASS: &str = "none";

static KNOWN: LazyLock<RwLock<HashSet<Arc<str>>>> = LazyLock::new(RwLock::default);
static NOTHING: LazyLock<Acting> = LazyLock::new(|| Acting {
    action: Arc::from(OTHER),
    class: NO_CLASS,
});

/// The action that is at work.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Acting {
    pub(super) action: Arc<str>,
    pub(super) class: &'static str,
}

impl Acting {
    /// An action of the registry, and its class.
    pub(crate) fn known(action: &str, class: &'static str) -> Self {
        kept(&KNOWN, action, MOST_ACTIONS).map_or_else(Self::other, |action| Self { action, class })
    }

    /// No action, or none that is known.
    pub(crate) fn other() -> Self {
        NOTHING.clone()
    }
}

/// The one copy of a name; `None` when there are too many.
fn kept(known: &RwLock<HashSet<Arc<str>>>, name: &str, most: usize) -> Option<Arc<str>> {
    let find = |known: &HashSet<Arc<str>>| known.get(name).map(Arc::clone);
    if let Some(found) = find(
        &known
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner),
    ) {
        return Some(found);
    }
    let mut known = known
        .write()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(found) = find(&known) {
        return Some(found);
    }
    if known.len() >= most {
        return None;
    }
    let name: Arc<str> = Arc::from(name);
    known.insert(Arc::clone(&name));
    Some(name)
}

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident { $($field:ident),+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
        pub(super) struct $name { $(pub $field: &'static str),+ }
    )+};
}

labels! {
    /// The class of what is counted.
    OfClass { class }
    /// The status code of an answer over HTTP.
    Code { code }
    /// An operation of the store, and how it ended.
    StoreUse { operation, outcome }
    /// How a thing ended.
    Ended { outcome }
    /// What was built.
    Build { version }
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct CallEnd {
    pub action: Arc<str>,
    pub class: &'static str,
    pub outcome: &'static str,
}

/// Why a call was refused, or a request repeated.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Why {
    pub action: Arc<str>,
    pub class: &'static str,
    pub reason: &'static str,
}

/// Of what kind a failure is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Failure {
    pub action: Arc<str>,
    pub class: &'static str,
    pub kind: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_once_and_only_so_many() {
        let known = RwLock::default();
        let one = kept(&known, "one", 2).unwrap();
        assert!(Arc::ptr_eq(&one, &kept(&known, "one", 2).unwrap()));
        assert_eq!(kept(&known, "two", 2).as_deref(), Some("two"));
        assert_eq!(kept(&known, "three", 2), None);
        assert_eq!(kept(&known, "one", 2).as_deref(), Some("one"));
        assert_eq!(known.read().unwrap().len(), 2);
    }
}
