//! Checks arguments before anything costs anything, and says exactly what is wrong with them.

mod change;
mod coerce;
mod explain;
mod fields;
mod fitting;
mod formats;
mod keys;
mod mistakes;

use serde_json::{Map, Value, json};

use super::{CallError, ErrorKind};
use crate::registry::Action;
use mistakes::Mistakes;

/// The arguments in the form the schema wants: harmless slips of clients mended, null left out.
///
/// # Errors
/// With every mistake, the valid keys or values, the nearest of them, and an example.
pub(super) fn validate(
    action: &Action,
    mut arguments: Map<String, Value>,
) -> Result<Map<String, Value>, CallError> {
    let root = action.input_schema();
    let none = Map::new();
    let properties = root.get("properties").and_then(Value::as_object);
    let properties = properties.unwrap_or(&none);
    let mut mistakes = Mistakes::default();
    let paging = take_paging(action, &mut arguments, &mut mistakes);
    keys::check(properties, &arguments, &mut mistakes);
    coerce::object(Some(properties), &mut arguments);
    keys::check_below(properties, &arguments, &mut mistakes);
    check(action, &arguments, &mut mistakes)?;
    formats::check(action, &arguments, &mut mistakes);
    fields::check(action, &arguments, &mut mistakes);
    change::check(action, properties, &arguments, &mut mistakes);
    if mistakes.is_empty() {
        arguments.extend(paging);
        return Ok(arguments);
    }
    Err(mistakes.refuse(action))
}

/// Takes `page` and `per_page` out: accepted from clients who know the API, though the schema shows
/// `limit` and `cursor` in their place.
fn take_paging(
    action: &Action,
    arguments: &mut Map<String, Value>,
    mistakes: &mut Mistakes,
) -> Map<String, Value> {
    let mut taken = Map::new();
    let Some(rows) = action.rows().filter(|rows| rows.paged) else {
        return taken;
    };
    for (name, max) in [("page", u64::from(u32::MAX)), ("per_page", rows.max)] {
        let Some(mut value) = arguments.shift_remove(name) else {
            continue;
        };
        coerce::value(&json!({"type": "integer"}), &mut value);
        match value.as_u64() {
            Some(number) if (1..=max).contains(&number) => {
                taken.insert(name.to_owned(), json!(number));
            }
            _ if value.is_null() => {}
            _ => mistakes.add(|| format!("`{name}` must be an integer from 1 to {max}")),
        }
    }
    taken
}

fn check(
    action: &Action,
    arguments: &Map<String, Value>,
    mistakes: &mut Mistakes,
) -> Result<(), CallError> {
    let validator = action.input_validator().ok_or_else(|| {
        CallError::new(
            ErrorKind::Internal,
            format!("The schema of `{}` cannot be used.", action.name()),
            "Nothing was sent. Run `stoq-mcp registry lint` on the registry in use.",
        )
    })?;
    let instance = Value::Object(arguments.clone());
    if !validator.is_valid(&instance) {
        let mut before = None;
        let errors = validator.iter_errors(&instance);
        for error in errors.filter(|error| !explain::is_told_elsewhere(error)) {
            if !explain::repeats(&error, before.as_ref()) {
                mistakes.add(|| explain::mistake(action, &error));
            }
            before = Some(error);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    fn mistakes(action: &str, arguments: Value) -> String {
        let registry = Registry::bundled().unwrap();
        let Value::Object(arguments) = arguments else {
            panic!("an object");
        };
        validate(registry.get(action).unwrap(), arguments)
            .unwrap_err()
            .what
    }

    #[test]
    fn a_slip_below_the_root_is_never_lost() {
        assert_eq!(
            mistakes(
                "back_in_stock_settings_delivery_update",
                json!({"batching": {"enabeld": true, "x": 1}, "stock_threshold": 2}),
            ),
            "`back_in_stock_settings_delivery_update` was not called: \
             there is no argument `batching.enabeld`, did you mean `batching.enabled`? \
             (valid: batching.enabled, batching.batch_size, batching.interval_minutes); \
             there is no argument `batching.x`."
        );
    }

    #[test]
    fn a_path_for_a_key_is_shown_as_objects() {
        let told = mistakes(
            "preorders_offers_payment_update",
            json!({"id": "0ffe0000-0000-4000-8000-000000000001", "remaining_balance.auto_collect": true}),
        );
        assert_eq!(
            told,
            "`preorders_offers_payment_update` was not called: there is no argument \
             `remaining_balance.auto_collect`: a dot means nesting, so pass \
             {\"remaining_balance\": {\"auto_collect\": …}} \
             (valid: id, type, deposit, remaining_balance, clear)."
        );
        let told = mistakes("preorders_orders_read", json!({"id": 1, "id.x": 2}));
        assert!(!told.contains("nesting"), "{told}");
    }

    #[test]
    fn a_global_id_is_shown_its_number() {
        let told = |id: &str| mistakes("back_in_stock_signups_list", json!({"variant_id": id}));
        assert_eq!(
            told("gid://shopify/ProductVariant/44021000000301"),
            "`back_in_stock_signups_list` was not called: `variant_id` must be an integer, not \
             \"gid://shopify/ProductVariant/44021000000…\": pass the number at its end \
             (e.g. 44021000000301)."
        );
        assert!(!told("gid://shopify/ProductVariant/x").contains("its end"));
    }

    #[test]
    fn a_key_at_the_wrong_level_is_shown_its_place() {
        let told = |arguments: Value| {
            let told = mistakes("back_in_stock_settings_update", arguments);
            told.split_once(" (valid").unwrap().0.to_owned()
        };
        let no = "`back_in_stock_settings_update` was not called: there is no argument";
        // The only key of that name.
        assert_eq!(
            told(json!({"batch_size": 50})),
            format!("{no} `batch_size`, did you mean `delivery.batching.batch_size`?")
        );
        // One of many, but only one object that was given lacks it.
        assert_eq!(
            told(json!({"enabled": true, "channels": {"sms": {}}})),
            format!("{no} `enabled`, did you mean `channels.sms.enabled`?")
        );
        assert_eq!(
            told(json!({"enabled": true, "channels": {"sms": {}, "push": {}}})),
            format!("{no} `enabled`")
        );
    }

    #[test]
    fn a_settings_write_changes_something() {
        for nothing in [json!({}), json!({"batching": {"enabled": null}})] {
            assert_eq!(
                mistakes("back_in_stock_settings_delivery_update", nothing),
                "`back_in_stock_settings_delivery_update` was not called: there is nothing to change; \
                 pass at least one of batching, stock_threshold, shopify_location_ids, any_variant \
                 (e.g. {\"batching\":{\"enabled\":true,\"batch_size\":50,\"interval_minutes\":30}})."
            );
        }
    }

    #[test]
    fn a_flood_of_mistakes_is_counted_and_stays_short() {
        let flood: Map<String, Value> = (0..100_000)
            .map(|n| (format!("{}{n}", "key".repeat(20)), Value::Bool(true)))
            .collect();
        // Comparing names takes time that grows with their length; the caller's is cut first.
        let started = std::time::Instant::now();
        mistakes(
            "back_in_stock_signups_list",
            json!({"x".repeat(4 << 20): 1, "channel": "e".repeat(4 << 20)}),
        );
        assert!(started.elapsed() < std::time::Duration::from_secs(1));
        let text = mistakes("back_in_stock_signups_list", Value::Object(flood));
        assert!(text.ends_with("; 99995 more mistakes."), "{text}");
        let fields = vec!["nope"; 100_000];
        let more = mistakes("back_in_stock_signups_list", json!({"fields": fields}));
        assert!(text.len() < 1_500 && more.len() < 1_500, "{more}");
    }
}
