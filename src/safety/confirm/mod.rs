//! Proof that somebody agreed to a plan before it is carried out.
//!
//! A plan that waits is a [`Pending`]: whose it is, which call, what it would do (as digests) and what
//! must be typed. It travels sealed with the client or lies in the store under a [`Handle`]; either way
//! [`Pending::check`] is what lets it through, and its nonce is what makes it count once.

mod handle;
mod typed;
mod way;

use serde::{Deserialize, Serialize};

pub use handle::Handle;
pub use typed::Typed;
pub use way::{Asks, HANDLE_RECIPIENTS, Way, way};

/// How long a plan waits for its proof, in milliseconds.
pub const VALID_MS: i64 = VALID_MINUTES * 60_000;
/// The same as people are told of it.
pub const VALID_MINUTES: i64 = 10;

/// Who made a call, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The caller.
    pub principal: String,
    /// The shop, as a keyed hash.
    pub shop: String,
}

/// A plan that waits for its proof. It holds digests and no values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// What makes it count once.
    pub nonce: String,
    /// Who asked for the plan.
    pub who: Who,
    /// Digest of the action and its arguments.
    pub call: String,
    /// Digest of all that the plan says.
    pub digest: String,
    /// What must be typed.
    pub typed: Typed,
    /// When it is too late, in milliseconds since 1970 (UTC).
    pub expires_at: i64,
}

/// What stands now, to hold a proof against.
#[derive(Debug, Clone, Copy)]
pub struct Now<'a> {
    /// Who commits.
    pub who: &'a Who,
    /// Digest of the action and its arguments.
    pub call: &'a str,
    /// Digest of the plan as it is now.
    pub digest: &'a str,
    /// Milliseconds since 1970 (UTC).
    pub time: i64,
}

/// What came with a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// What was typed.
    Typed(&'a str),
    /// The handle itself is the answer.
    Handle,
}

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It was made for another caller or another shop.
    NotYours,
    /// It was made for another call.
    OtherCall,
    /// Its time is over.
    Expired,
    /// Something else was typed.
    Mistyped,
    /// What the call touches has changed since.
    Changed,
}

impl Pending {
    /// Whether it lets a call through.
    ///
    /// # Errors
    /// With the first flaw, in the order of [`Flaw`].
    pub fn check(&self, now: Now<'_>, answer: Answer<'_>) -> Result<(), Flaw> {
        if self.who != *now.who {
            return Err(Flaw::NotYours);
        }
        if self.call != now.call {
            return Err(Flaw::OtherCall);
        }
        if now.time >= self.expires_at {
            return Err(Flaw::Expired);
        }
        match answer {
            Answer::Typed(text) if !self.typed.is(text) => return Err(Flaw::Mistyped),
            Answer::Typed(_) | Answer::Handle => {}
        }
        if self.digest != now.digest {
            return Err(Flaw::Changed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(principal: &str, shop: &str) -> Who {
        Who {
            principal: principal.to_owned(),
            shop: shop.to_owned(),
        }
    }

    fn pending() -> Pending {
        Pending {
            nonce: "n".to_owned(),
            who: who("p", "s"),
            call: "c".to_owned(),
            digest: "d".to_owned(),
            typed: Typed::new("412"),
            expires_at: 1_000,
        }
    }

    fn checked(
        who: &Who,
        call: &str,
        digest: &str,
        time: i64,
        answer: Answer<'_>,
    ) -> Result<(), Flaw> {
        let now = Now {
            who,
            call,
            digest,
            time,
        };
        pending().check(now, answer)
    }

    #[test]
    fn only_the_same_call_of_the_same_caller_in_time_and_typed_right_goes_through() {
        let me = who("p", "s");
        let typed = Answer::Typed("412");
        assert_eq!(checked(&me, "c", "d", 999, typed), Ok(()));
        assert_eq!(checked(&me, "c", "d", 999, Answer::Handle), Ok(()));
        for other in [who("q", "s"), who("p", "t")] {
            assert_eq!(checked(&other, "c", "d", 0, typed), Err(Flaw::NotYours));
        }
        assert_eq!(checked(&me, "x", "d", 0, typed), Err(Flaw::OtherCall));
        for late in [1_000, 1_001] {
            assert_eq!(checked(&me, "c", "d", late, typed), Err(Flaw::Expired));
            assert_eq!(
                checked(&me, "c", "d", late, Answer::Handle),
                Err(Flaw::Expired)
            );
        }
        for wrong in ["", "411", "yes", "true"] {
            let answer = Answer::Typed(wrong);
            assert_eq!(checked(&me, "c", "d", 0, answer), Err(Flaw::Mistyped));
        }
        for answer in [typed, Answer::Handle] {
            assert_eq!(checked(&me, "c", "x", 0, answer), Err(Flaw::Changed));
        }
    }

    #[test]
    fn a_plan_waits_ten_minutes() {
        assert_eq!(VALID_MS, 600_000);
    }

    #[test]
    fn it_reads_back_as_it_was_written_and_nothing_more() {
        let text = serde_json::to_string(&pending()).unwrap();
        assert_eq!(serde_json::from_str::<Pending>(&text).unwrap(), pending());
        let more = text.replace("{\"nonce\"", "{\"more\":1,\"nonce\"");
        assert!(serde_json::from_str::<Pending>(&more).is_err());
    }
}
