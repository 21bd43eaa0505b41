//! What an agent is shown: three surfaces, narrowed by flags, the same on every transport, each within
//! the rules that clients set, and every allowed action callable from each.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../support/mod.rs"]
mod support;

mod describe;
mod hints;
mod lists;
mod routes;
mod rules;

use std::sync::Arc;

use stoq_mcp::engine::{Engine, Policy, Selection, V1Use};
use stoq_mcp::registry::Registry;
use stoq_mcp::registry::entry::Class;
use stoq_mcp::safety::{Confirm, Guards};
use stoq_mcp::surface::{Kind, Surface};
use stoq_mcp::upstream::{Base, Options, Upstream};

/// The house tools whose names are no words of their own; `job` is the eighth.
pub const HOUSE: [&str; 7] = [
    "find_actions",
    "describe_actions",
    "run_read",
    "run_write",
    "run_send",
    "run_money",
    "run_destroy",
];

/// A choice that an operator may make, by name.
pub struct Preset {
    pub name: &'static str,
    pub policy: Policy,
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|&name| name.to_owned()).collect()
}

/// The choices every surface is tried with.
pub fn presets() -> Vec<Preset> {
    let everything = Policy::everything;
    let chosen = |toolsets: &[&str], tools: &[&str], excluded: &[&str]| {
        let selection = Selection::new(names(toolsets), names(tools), names(excluded));
        everything()
            .with_v1(V1Use::Needed)
            .with_selection(selection)
    };
    let preset = |name, policy| Preset { name, policy };
    vec![
        preset("everything, v1 too", everything()),
        preset("everything", everything().with_v1(V1Use::Needed)),
        preset("without v1", everything().with_v1(V1Use::Off)),
        preset("writes", Policy::only(&[Class::Write], "Ask the operator.")),
        preset("read only", Policy::only(&[], "Ask the operator.")),
        preset(
            "messages",
            Policy::only(&[Class::Write, Class::Send], "Ask the operator."),
        ),
        preset("back in stock", chosen(&["back_in_stock"], &[], &[])),
        preset("preorders", chosen(&["preorders"], &[], &[])),
        preset(
            "signups and reports",
            chosen(&["back_in_stock.signups", "preorders.reports"], &[], &[]),
        ),
        preset(
            "two by name",
            chosen(
                &[],
                &["preorders_offers_list", "preorders_orders_release"],
                &[],
            ),
        ),
        preset(
            "a toolset and one by name",
            chosen(&["storefront"], &["back_in_stock_signups_list"], &[]),
        ),
        preset(
            "without the dangerous",
            chosen(
                &[],
                &[],
                &[
                    "preorders_orders_bulk_cancel",
                    "back_in_stock_signups_bulk_delete",
                ],
            ),
        ),
    ]
}

/// A surface whose calls would end at a port that nobody listens on.
pub fn surface(kind: Kind, policy: Policy) -> Surface {
    surface_with(kind, policy, Confirm::Elicit)
}

/// The same, by what counts as consent.
pub fn surface_with(kind: Kind, policy: Policy, confirm: Confirm) -> Surface {
    let base = Base::parse("http://127.0.0.1:9/api/v2/external").unwrap();
    let mut options = Options::new(base, "stoq_api_key_surfaces".into());
    options.shop_domain = Some("surfaces.myshopify.com".to_owned());
    let registry = Arc::new(Registry::bundled().unwrap());
    let guards = Guards {
        confirm,
        ..Guards::in_memory("test").unwrap()
    };
    let engine = Engine::new(registry, Arc::new(Upstream::new(options)), policy, guards);
    Surface::new(Arc::new(engine), kind)
}
