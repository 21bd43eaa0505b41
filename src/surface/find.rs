//! One found action, as a line for people and models.

use crate::registry::Action;

/// `name (class, executor): title. Required: a, b`, the executor being the tool that runs actions of
/// the class; without the last part when nothing is required.
pub fn line(action: &Action) -> String {
    let entry = action.entry();
    let class = entry.class.as_str();
    let required: Vec<&str> = action
        .input_schema()
        .get("required")
        .and_then(|required| required.as_array())
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str())
        .collect();
    let required = match required.as_slice() {
        [] => String::new(),
        names => format!(" Required: {}", names.join(", ")),
    };
    format!(
        "{} ({class}, run_{class}): {}.{required}",
        entry.name, entry.title
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    #[test]
    fn a_line_names_class_executor_and_what_is_required() {
        let registry = Registry::bundled().unwrap();
        let lines = [
            "preorders_offers_list",
            "preorders_orders_cancel",
            "back_in_stock_signups_transfer",
        ]
        .map(|name| line(registry.get(name).unwrap()));
        assert_eq!(
            lines,
            [
                "preorders_offers_list (read, run_read): List preorder offers.",
                "preorders_orders_cancel (money, run_money): Cancel a preorder order. Required: id",
                "back_in_stock_signups_transfer (destroy, run_destroy): Move signups to another variant. Required: from_shopify_variant_id, from_shopify_product_id, to_shopify_variant_id, to_shopify_product_id",
            ]
        );
    }
}
