//! The settings of an offer that nobody has set yet.

use serde_json::{Value, json};

/// Every writable field of the twelve capabilities with its default, in the order the API shows them.
pub(in crate::sandbox) fn defaults() -> Value {
    json!({
        "widget": {
            "badge": {"enabled": true, "text": "Preorder", "text_color": "#FFFFFF", "background_color": "#000000"},
            "button": {"text": "Preorder now", "colors_enabled": false, "text_color": "#FFFFFF",
                "background_color": "#000000"},
            "billing_widget": {"enabled": true, "title": null, "description": null},
            "disclaimer": {"text": null, "text_color": "#000000", "background_color": "#FFFFFF", "border_radius": 8,
                "show_quantity_limit": false, "quantity_limit_suffix": null, "show_shipping": true,
                "shipping_text_prefix": null},
        },
        "products": {"source": "custom", "collection_id": null},
        "pricing": {"type": "no_discount", "percentage": null, "amount": null, "discount_text": null,
            "discounted_price": {"enabled": false}},
        "payment": {
            "type": "full",
            "deposit": {"type": "percentage", "percentage": null, "amount": null},
            "remaining_balance": {"due_type": null, "due_at": null, "due_after_days": null, "auto_collect": false},
        },
        "delivery": {"type": "asap", "date": null, "after_days": null, "applies_to_all_products": true,
            "shipping_text": null, "preorder_shipping_text": null, "line_item_property": {"enabled": false}},
        "fulfillment": {
            "hold_all": {"enabled": false, "note": null},
            "split_fulfillment": {"enabled": false},
            "split_order": {"enabled": false, "hold": false},
        },
        "inventory": {"provider": "stoq", "reserve_type": "on_sale"},
        "limits": {
            "total": {"display": "none", "text": null},
            "per_order": {"min": null, "max": null},
            "terms": {"enabled": false, "text": null, "required": false},
        },
        "markets": {"enabled": false, "market_ids": []},
        "translations": {"locales": {}},
        "tagging": {"order_tags": []},
        "checkout": {"purchase_option": {"enabled": true}, "mixed_cart": {"allowed": true}, "b2b": {"enabled": true},
            "pos": {"enabled": false}, "bundles": {"enabled": false}},
    })
}
