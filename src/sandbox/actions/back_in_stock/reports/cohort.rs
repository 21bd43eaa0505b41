//! The signups a report counts: created in the window, matching the filters.

use crate::sandbox::actions::filter::Filter;
use crate::sandbox::actions::window::Window;
use crate::sandbox::scope::{Args, Scope};

/// The cohort over signups `s`.
pub(super) fn cohort(scope: &Scope<'_>, window: &Window, args: &Args) -> Filter {
    let mut filter = Filter::new("s.shop_id = ?", scope.shop_id.clone());
    narrow(&mut filter, "s", scope, args);
    filter.and_span("s.created_at", &window.span());
    filter
}

/// The shared filters over a table that has a variant and a channel.
pub(super) fn narrow(filter: &mut Filter, table: &str, scope: &Scope<'_>, args: &Args) {
    let variant = format!("{table}.shopify_variant_id");
    filter.and_some(
        &format!("{table}.channel = ?"),
        args.text("channel").map(str::to_owned),
    );
    filter.and_some(&format!("{variant} = ?"), args.integer("variant_id"));
    filter.and_product(&variant, &scope.shop_id, args.integer("product_id"));
}

/// An attribution `a` that reports count.
pub(super) const COUNTED: &str = "a.confidence IN ('high', 'medium')";
