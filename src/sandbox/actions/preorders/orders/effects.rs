//! What orders leave in the journal. No mail leaves the sandbox: its entry is the record.

use serde_json::{Value, json};

use super::row::OrderRow;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// Notes something that happened to an order; `facts` is an object.
pub(super) fn note(scope: &mut Scope<'_>, kind: &str, order: &OrderRow, facts: Value) {
    let mut effect = json!({"kind": kind, "shopify_order_id": order.id});
    if let (Value::Object(effect), Value::Object(facts)) = (&mut effect, facts) {
        effect.extend(facts);
    }
    scope.effects.push(effect);
}

/// Mails the shopper; without an address there is nobody to mail.
pub(super) fn mail(scope: &mut Scope<'_>, order: &OrderRow, mail: &str) {
    if let Some(to) = &order.email {
        note(scope, "mail", order, json!({"mail": mail, "to": to}));
    }
}

/// Mails the merchant, whom the sandbox knows by the shop's domain.
pub(super) fn mail_merchant(
    scope: &mut Scope<'_>,
    order: &OrderRow,
    mail: &str,
) -> Result<(), Refusal> {
    let to: String = scope
        .db
        .prepare_cached("SELECT domain FROM shops WHERE id = ?")?
        .query_row([&scope.shop_id], |row| row.get(0))?;
    note(scope, "mail", order, json!({"mail": mail, "to": to}));
    Ok(())
}
