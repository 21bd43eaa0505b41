//! The kill switch: turns everything but reads off, for every server that shares the store.
//!
//! It is read before each call that is no read; a store that cannot say counts as off.

use serde::{Deserialize, Serialize};

use super::clock;
use super::store::{Space, Store, StoreError};
use crate::text::line;

/// The one key of its space.
pub(super) const KEY: &str = "writes";
/// Longest text that is kept of why and by whom, in characters.
const LONGEST: usize = 200;

/// Writes are off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Off {
    /// Since when (RFC 3339, UTC).
    pub since: String,
    /// Why, when it was said.
    pub why: Option<String>,
    /// By whom.
    pub by: String,
}

/// Where the switch is turned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Writes go on.
    On,
    /// Writes stop.
    Off {
        /// Why.
        why: Option<String>,
        /// By whom.
        by: String,
    },
}

/// What turning it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turned {
    /// Writes are off now.
    Off(Off),
    /// They were off already, and stay as they were turned off first.
    WasOff(Off),
    /// Writes are on again.
    On,
    /// They were on already.
    WasOn,
}

/// Whether writes are off.
///
/// # Errors
/// When the store fails or holds something else. Then writes must not go on.
pub async fn writes_off(store: &dyn Store) -> Result<Option<Off>, StoreError> {
    let stored = store.get(Space::Switch, KEY).await?;
    stored.as_deref().map(read).transpose()
}

/// Turns the switch.
///
/// # Errors
/// When the store fails; the switch may have been turned all the same.
pub async fn turn(store: &dyn Store, to: Turn, now: i64) -> Result<Turned, StoreError> {
    match to {
        Turn::On => turn_on(store).await,
        Turn::Off { why, by } => {
            let off = Off {
                since: clock::text(now),
                why: why.map(|why| line(&why, LONGEST)),
                by: line(&by, LONGEST),
            };
            let bytes = stored(&off)?;
            let was = store.put_new(Space::Switch, KEY, &bytes, i64::MAX).await?;
            match was {
                None => Ok(Turned::Off(off)),
                Some(was) => Ok(Turned::WasOff(read(&was)?)),
            }
        }
    }
}

/// The switch as it is stored when it is off.
pub(super) fn stored(off: &Off) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(off).map_err(|_| StoreError::new("the switch cannot be written as JSON"))
}

/// Takes away what is there, also what cannot be read.
async fn turn_on(store: &dyn Store) -> Result<Turned, StoreError> {
    let mut turned = Turned::WasOn;
    while let Some(was) = store.get(Space::Switch, KEY).await? {
        store.swap(Space::Switch, KEY, &was, None, i64::MAX).await?;
        turned = Turned::On;
    }
    Ok(turned)
}

fn read(bytes: &[u8]) -> Result<Off, StoreError> {
    serde_json::from_slice(bytes).map_err(|_| {
        StoreError::new(
            "the kill switch holds something that cannot be read, so writes stay off; turn them on with `stoq-mcp writes on`",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::clock::tests::START;
    use super::super::store::tests::manual;
    use super::*;

    fn stop(why: Option<&str>, by: &str) -> Turn {
        Turn::Off {
            why: why.map(str::to_owned),
            by: by.to_owned(),
        }
    }

    #[tokio::test]
    async fn writes_go_off_and_on() {
        let (store, at) = manual();
        assert_eq!(writes_off(&store).await, Ok(None));
        assert_eq!(turn(&store, Turn::On, START).await, Ok(Turned::WasOn));
        let off = Off {
            since: "2026-03-01T09:00:00.000Z".to_owned(),
            why: Some("wrong prices".to_owned()),
            by: "ines".to_owned(),
        };
        let told = turn(&store, stop(Some("wrong\nprices"), "i\u{200b}nes"), START).await;
        assert_eq!(told, Ok(Turned::Off(off.clone())));
        assert_eq!(writes_off(&store).await, Ok(Some(off.clone())));
        // Who comes second learns who was first.
        let told = turn(&store, stop(None, "noor"), START + 1).await;
        assert_eq!(told, Ok(Turned::WasOff(off.clone())));
        // It never goes on by itself.
        at.store(i64::MAX - 1, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(writes_off(&store).await, Ok(Some(off)));
        assert_eq!(turn(&store, Turn::On, START).await, Ok(Turned::On));
        assert_eq!(writes_off(&store).await, Ok(None));
    }

    #[tokio::test]
    async fn long_texts_are_cut() {
        let (store, _) = manual();
        let long = "é".repeat(LONGEST + 1);
        let told = turn(&store, stop(Some(&long), &long), START).await;
        let cut = format!("{}…", "é".repeat(LONGEST));
        let Ok(Turned::Off(off)) = told else {
            panic!("{told:?}")
        };
        assert_eq!((off.why, off.by), (Some(cut.clone()), cut));
    }

    #[tokio::test]
    async fn what_cannot_be_read_counts_as_off_until_it_is_turned_on() {
        let (store, _) = manual();
        let kept = [(KEY.to_owned(), b"canary".to_vec())];
        store.put(Space::Switch, &kept, i64::MAX).await.unwrap();
        let wanted = Err(StoreError::new(
            "the kill switch holds something that cannot be read, so writes stay off; turn them on with `stoq-mcp writes on`",
        ));
        assert_eq!(writes_off(&store).await.map(|_| ()), wanted);
        let told = turn(&store, stop(None, "a"), START).await;
        assert_eq!(told.map(|_| ()), wanted);
        assert_eq!(turn(&store, Turn::On, START).await, Ok(Turned::On));
        assert_eq!(writes_off(&store).await, Ok(None));
    }
}
