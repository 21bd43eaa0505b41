//! A WHERE clause that grows with the parameters a caller gives.

use rusqlite::params_from_iter;
use rusqlite::types::Value;

use super::instant::Span;
use super::page::Page;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// Conditions joined by AND, and their values in order.
#[derive(Debug)]
pub(super) struct Filter {
    text: String,
    values: Vec<Value>,
}

impl Filter {
    /// Begins with a condition.
    pub(super) fn new(condition: &str, value: impl Into<Value>) -> Self {
        Self {
            text: condition.to_owned(),
            values: vec![value.into()],
        }
    }

    /// Adds a condition without values.
    pub(super) fn and(&mut self, condition: &str) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
    }

    /// Adds a condition with one value.
    pub(super) fn and_value(&mut self, condition: &str, value: impl Into<Value>) {
        self.and(condition);
        self.values.push(value.into());
    }

    /// Adds a condition with one value when there is one.
    pub(super) fn and_some(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.and_value(condition, value);
        }
    }

    /// Adds a value for a placeholder that an earlier condition left open.
    pub(super) fn value(&mut self, value: impl Into<Value>) {
        self.values.push(value.into());
    }

    /// Keeps the rows of a product's variants.
    pub(super) fn and_product(&mut self, column: &str, shop_id: &str, product: Option<i64>) {
        if let Some(product) = product {
            self.and_value(
                &format!(
                    "{column} IN (SELECT shopify_variant_id FROM variants
                     WHERE shop_id = ? AND shopify_product_id = ?)"
                ),
                shop_id.to_owned(),
            );
            self.value(product);
        }
    }

    /// Keeps what lies inside a window.
    pub(super) fn and_span(&mut self, column: &str, span: &Span) {
        self.and_some(&format!("{column} >= ?"), span.from);
        self.and_some(&format!("{column} <= ?"), span.to);
    }

    /// How many rows of some tables match.
    pub(super) fn count(&self, scope: &Scope<'_>, tables: &str) -> Result<i64, Refusal> {
        let text = format!("SELECT count(*) FROM {tables} WHERE {}", self.text);
        let mut statement = scope.db.prepare_cached(&text)?;
        Ok(statement.query_row(params_from_iter(self.values()), |row| row.get(0))?)
    }

    /// Adds the values of the `LIMIT ? OFFSET ?` that cuts a page.
    pub(super) fn cut(&mut self, page: Page) {
        self.value(page.limit());
        self.value(page.offset());
    }

    /// The clause behind WHERE.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Its values, for `params_from_iter`.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.values.iter()
    }
}
