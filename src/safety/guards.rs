//! All guards of one caller, as the operator has set them.

use std::sync::Arc;
use std::time::Duration;

use super::Confirm;
use super::audit::Audit;
use super::caps::Caps;
use super::clock::Clock;
use super::personal::PersonalData;
use super::store::embedded::Embedded;
use super::store::{Store, StoreError};

/// What keeps shoppers and money safe from one caller.
#[derive(Debug, Clone)]
pub struct Guards {
    /// The caller: plans, receipts and audit lines carry the name.
    pub principal: String,
    /// What counts as consent.
    pub confirm: Confirm,
    /// How much one call, and one day, may touch.
    pub caps: Caps,
    /// How personal data is shown.
    pub personal: PersonalData,
    /// How long the same call again counts as a repeat; zero = never.
    pub repeat_window: Duration,
    /// The shared state.
    pub store: Arc<dyn Store>,
    /// The audit trail.
    pub audit: Audit,
    /// What time it is.
    pub clock: Clock,
}

impl Guards {
    /// Guards of a caller whose state lives in memory alone, as strict as they come.
    ///
    /// # Errors
    /// When there is no memory for the store.
    pub fn in_memory(principal: &str) -> Result<Self, StoreError> {
        Ok(Self {
            principal: principal.to_owned(),
            confirm: Confirm::Elicit,
            caps: Caps::default(),
            personal: PersonalData::Masked,
            repeat_window: Duration::from_secs(60),
            store: Arc::new(Embedded::memory()?),
            audit: Audit::none(),
            clock: Clock::system(),
        })
    }
}

#[cfg(test)]
impl Guards {
    /// Guards that ask nobody and count nothing as a repeat: for tests of other rooms.
    pub(crate) fn unattended() -> Self {
        Self {
            confirm: Confirm::Off,
            caps: Caps::CEILINGS,
            personal: PersonalData::Full,
            repeat_window: Duration::ZERO,
            ..Self::in_memory("test").expect("memory")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_set_is_strict() {
        let guards = Guards::in_memory("ines").unwrap();
        assert_eq!(guards.principal, "ines");
        assert_eq!(guards.confirm, Confirm::Elicit);
        assert_eq!(guards.caps, Caps::default());
        assert_eq!(guards.personal, PersonalData::Masked);
        assert_eq!(guards.repeat_window, Duration::from_secs(60));
    }
}
