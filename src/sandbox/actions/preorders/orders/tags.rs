//! The Shopify tags of an order.

use serde_json::json;

use super::effects::note;
use super::row::OrderRow;
use crate::sandbox::reply::Reply;
use crate::sandbox::scope::{Args, Scope};

/// Replaces all tags; their order is kept, each once.
pub(super) fn set_tags(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let mut order = OrderRow::need(scope, args)?;
    order.tags = json!(args.distinct("tags"));
    order.save(scope)?;
    let tags = order.tags.clone();
    note(scope, "tags_set", &order, json!({"tags": tags}));
    order.whole(scope)
}
