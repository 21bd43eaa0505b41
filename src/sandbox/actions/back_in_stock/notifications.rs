//! The send log: list and read. It is written by sends alone.

use rusqlite::params_from_iter;
use serde_json::{Value, json};

use super::notification_row::{JOINS, NotificationRow, SELECT};
use crate::sandbox::actions::filter::Filter;
use crate::sandbox::actions::ids::id;
use crate::sandbox::actions::instant::span;
use crate::sandbox::actions::page::{Page, WAITLIST_ROWS};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

/// Entries of the log that match, newest first.
pub(super) fn list(scope: &Scope<'_>, args: &Args) -> Reply {
    let mut filter = Filter::new("n.shop_id = ?", scope.shop_id.clone());
    filter.and_some("n.channel = ?", args.text("channel").map(str::to_owned));
    filter.and_some("n.status = ?", args.text("status").map(str::to_owned));
    filter.and_some("n.shopify_variant_id = ?", args.integer("variant_id"));
    filter.and_some("n.shopify_product_id = ?", args.integer("product_id"));
    filter.and_span("n.created_at", &span(args)?);
    let total = filter.count(scope, "notifications n")?;
    let page = Page::of(args, WAITLIST_ROWS);
    filter.cut(page);
    let rows: Vec<Value> = scope
        .db
        .prepare_cached(&format!(
            "{SELECT} FROM notifications n {JOINS} WHERE {}
             ORDER BY n.created_at DESC, n.id DESC LIMIT ? OFFSET ?",
            filter.text()
        ))?
        .query_map(params_from_iter(filter.values()), NotificationRow::of)?
        .map(|row| row.map(|row| row.print()))
        .collect::<rusqlite::Result<_>>()?;
    Ok(json!({"notifications": rows, "meta": page.meta(total)}))
}

/// One entry of the log.
pub(super) fn read(scope: &Scope<'_>, args: &Args) -> Reply {
    NotificationRow::find(scope.db, &scope.shop_id, &id(args, "id"))?
        .map(|row| row.print())
        .ok_or_else(|| Refusal::not_found("Notification"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::sandbox::testing::{Bench, because, c, s, v};

    const LIST: &str = "back_in_stock_notifications_list";

    fn numbers(args: Value) -> Vec<String> {
        Bench::fixture().ok(LIST, args)["notifications"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].as_str().unwrap()[35..].to_owned())
            .collect()
    }

    #[test]
    fn the_example_of_the_contract_holds() {
        let mut bench = Bench::fixture();
        let fourth = json!({
            "id": "07100000-0000-4000-8000-000000000004", "signup_id": s(6),
            "status": "blocked", "blocked_reason": "plan_limit_reached", "channel": "email",
            "contact": "noor.haddad@example.com",
            "variant": {"shopify_variant_id": v(5), "shopify_product_id": 8_011_000_000_103_i64,
                "title": "Medium / Olive"},
            "customer": {"id": c(6), "email": "noor.haddad@example.com", "name": "Noor Haddad",
                "phone": "15035550106"},
            "sent_at": null, "created_at": "2026-03-15T10:30:01Z",
        });
        assert_eq!(
            bench.ok(LIST, json!({"status": "blocked"})),
            json!({
                "notifications": [fourth],
                "meta": {"total_count": 1, "page": 1, "per_page": 50, "total_pages": 1},
            })
        );
        let read = "back_in_stock_notifications_read";
        assert_eq!(bench.ok(read, json!({"id": fourth["id"]})), fourth);
        let missing = because(404, "Notification not found");
        assert_eq!(bench.refused(read, json!({"id": s(1)})), missing);
        bench.shop(2);
        assert_eq!(bench.refused(read, json!({"id": fourth["id"]})), missing);
    }

    #[test]
    fn filters_narrow_and_the_newest_come_first() {
        assert_eq!(
            numbers(json!({})),
            ["9", "7", "6", "5", "4", "3", "2", "1", "8"]
        );
        assert_eq!(numbers(json!({"channel": "push"})), ["5"]);
        assert_eq!(numbers(json!({"variant_id": v(1)})), ["9", "7", "6", "8"]);
        assert_eq!(
            numbers(json!({"product_id": 8_011_000_000_103_i64})),
            ["5", "4", "3", "2", "1"]
        );
        assert_eq!(
            numbers(json!({"from": "2026-03-15", "to": "2026-03-20"})),
            ["5", "4", "3"]
        );
        assert_eq!(numbers(json!({"per_page": 4, "page": 3})), ["8"]);
    }
}
