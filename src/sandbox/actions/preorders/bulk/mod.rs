//! Bulk actions over many orders or variants (vendor docs: Bulk & Async Jobs): each submits a job
//! whose items are the single action. Here too is reading such a job.

#[cfg(test)]
mod tests;

use serde_json::json;

use crate::sandbox::jobs::{self, Bulk, Item};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

/// What a bulk action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resource {
    Orders,
    Variants,
}

impl Resource {
    const ALL: [Self; 2] = [Self::Orders, Self::Variants];

    /// Its part of action names.
    const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Variants => "product_variants",
        }
    }

    /// Path below the base.
    const fn path(self) -> &'static str {
        match self {
            Self::Orders => "/preorders/orders",
            Self::Variants => "/preorders/product_variants",
        }
    }

    /// The parameter with the records.
    const fn ids(self) -> &'static str {
        match self {
            Self::Orders => "order_ids",
            Self::Variants => "variant_ids",
        }
    }

    /// The single action's parameter for one record.
    const fn id(self) -> &'static str {
        match self {
            Self::Orders => "id",
            Self::Variants => "variant_id",
        }
    }

    /// Their number in the handle.
    const fn count_key(self) -> &'static str {
        match self {
            Self::Orders => "order_count",
            Self::Variants => "variant_count",
        }
    }

    /// What ids of its jobs begin with.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Orders => "bulk_orders",
            Self::Variants => "bulk",
        }
    }
}

/// A bulk action.
struct Verb {
    /// What the API calls it, without its `bulk_`; part of the job's id.
    name: &'static str,
    /// The single action's tool, below `preorders_`.
    single: &'static str,
}

impl Verb {
    /// The action of a tool, below the resource.
    fn of(resource: Resource, tool: &str) -> Option<Self> {
        let (name, single) = match (resource, tool) {
            (Resource::Orders, "bulk_release") => ("release", "orders_release"),
            (Resource::Orders, "bulk_cancel") => ("cancel", "orders_cancel"),
            (Resource::Orders, "bulk_set_tags") => ("set_tags", "orders_tags_set_tags"),
            (Resource::Orders, "bulk_send_payment_links") => (
                "send_payment_collection_url",
                "orders_payments_send_payment_link",
            ),
            (Resource::Variants, "bulk_recalc_counts") => (
                "recalculate_preorder_counts",
                "product_variants_recalculate_count",
            ),
            (Resource::Variants, "bulk_reset_metafields") => {
                ("reset_metafields", "product_variants_reset_metafields")
            }
            (Resource::Variants, "bulk_sync_metafields") => {
                ("sync_metafields", "product_variants_sync_metafields")
            }
            _ => return None,
        };
        Some(Self { name, single })
    }
}

/// Runs a bulk action or the reading of its job; `None` when it is neither.
pub(super) fn run(rest: &str, scope: &mut Scope<'_>, args: &Args) -> Option<Reply> {
    let (resource, action) = Resource::ALL.into_iter().find_map(|resource| {
        let action = rest.strip_prefix(resource.name())?.strip_prefix('_')?;
        Some((resource, action))
    })?;
    if action == "jobs_read" {
        let id = args.text("job_id").unwrap_or_default();
        return Some(jobs::read(scope, resource.path(), id));
    }
    let verb = Verb::of(resource, action)?;
    Some(submit(resource, &verb, scope, args))
}

fn submit(resource: Resource, verb: &Verb, scope: &mut Scope<'_>, args: &Args) -> Reply {
    let mut arguments = args.0.clone();
    arguments.shift_remove(resource.ids());
    let bulk = Bulk {
        scope: resource.path(),
        prefix: format!("{}_{}", resource.prefix(), verb.name),
        count_key: resource.count_key(),
        action: verb.single.to_owned(),
        items: args.distinct_integers(resource.ids()),
        arguments,
    };
    jobs::submit_bulk(scope, bulk)
}

/// Runs the single action for one item of a job, with its guards.
pub(in crate::sandbox::actions) fn run_item(scope: &mut Scope<'_>, item: &Item) -> Reply {
    let resource = Resource::ALL
        .into_iter()
        .find(|resource| resource.path() == item.scope)
        .ok_or_else(|| Refusal::Broken(format!("no bulk jobs at {}", item.scope)))?;
    let mut args = item.arguments.clone();
    args.0.insert(resource.id().to_owned(), json!(item.record));
    super::run(&item.action, scope, &args)
        .unwrap_or_else(|| Err(Refusal::Broken(format!("no action {}", item.action))))
}
