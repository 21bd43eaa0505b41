//! What keeps shoppers and money safe: caps, plans and proofs, the ledger, the audit trail, personal
//! data, and the store they share.
//!
//! Pure rules over the [`store::Store`]: this room knows the registry's effect classes, and nothing of
//! HTTP, MCP, the API or how a call is made. The engine is the only one that applies it, in its
//! funnel; so it holds for every transport and surface.

pub mod audit;
pub mod canonical;
pub mod caps;
pub mod clock;
pub mod confirm;
mod guards;
pub mod ledger;
pub mod money;
pub mod narrow;
pub mod personal;
pub mod store;
pub mod switch;

use serde::Deserialize;

pub use guards::Guards;

/// What counts as a person's consent to `send`, `money` and `destroy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Confirm {
    /// A person types the answer that the plan asks for; without such a client `money` and `destroy`
    /// are refused and `send` is small
    Elicit,
    /// A handle that the next call carries is enough
    Handle,
    /// Nothing is asked: for unattended jobs, within the caps
    Off,
}

impl Confirm {
    /// The name in flags, files and audit lines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Elicit => "elicit",
            Self::Handle => "handle",
            Self::Off => "off",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Confirm;

    #[test]
    fn a_way_of_confirming_has_one_name() {
        for (name, confirm) in [
            ("elicit", Confirm::Elicit),
            ("handle", Confirm::Handle),
            ("off", Confirm::Off),
        ] {
            assert_eq!(confirm.as_str(), name);
            assert_eq!(
                serde_json::from_str::<Confirm>(&format!("\"{name}\"")).unwrap(),
                confirm
            );
        }
    }
}
