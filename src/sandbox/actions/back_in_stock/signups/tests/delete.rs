//! Deleting one and many.

use serde_json::json;

use crate::sandbox::testing::{Bench, because, s};

#[test]
fn delete_removes_what_was_not_notified() {
    const DELETE: &str = "back_in_stock_signups_delete";
    let mut bench = Bench::fixture();
    assert_eq!(
        bench.ok(DELETE, json!({"id": s(12)})),
        json!({"id": s(12), "deleted": true})
    );
    assert_eq!(
        bench.effects,
        [json!({"kind": "signup_deleted", "signup_id": s(12)})]
    );
    assert_eq!(
        bench.refused(DELETE, json!({"id": s(12)})),
        because(404, "Signup not found")
    );
    assert_eq!(
        bench.refused(DELETE, json!({"id": s(2)})),
        because(
            409,
            "Signup has already been notified and cannot be deleted"
        )
    );
    bench.ok(DELETE, json!({"id": s(6)}));
    let log = bench.ok(
        "back_in_stock_notifications_list",
        json!({"status": "blocked"}),
    );
    assert_eq!(
        log["notifications"][0]["signup_id"],
        json!(s(6)),
        "log rows stay"
    );
}

#[test]
fn bulk_delete_is_all_or_nothing() {
    const DELETE: &str = "back_in_stock_signups_bulk_delete";
    let mut bench = Bench::fixture();
    assert_eq!(
        bench.refused(DELETE, json!({"signup_ids": [s(4), s(2), s(3)]})),
        (
            409,
            vec![
                format!("Signup {} has already been notified", s(2)),
                format!("Signup {} has already been notified", s(3)),
            ]
        )
    );
    let ids = json!({"signup_ids": [s(4), s(7), s(4).to_uppercase(), s(999), s(901)]});
    assert_eq!(bench.ok(DELETE, ids.clone()), json!({"deleted_count": 2}));
    assert_eq!(bench.kinds(), ["signup_deleted", "signup_deleted"]);
    assert_eq!(
        bench.refused(DELETE, ids),
        because(404, "No valid signups found")
    );
}
