//! An offer as the tables hold it: its state, its times and the settings of its capabilities.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, Type, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use serde_json::Value;

use crate::sandbox::actions::shop::is_on;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// Columns in the order [`OfferRow::of`] reads them, of the table as `o`.
pub(super) const SELECT: &str = "SELECT o.id, o.name, o.internal_name, o.state, o.starts_at,
  o.ends_at, o.shopify_selling_plan_id, o.shopify_selling_plan_group_id, o.blocks,
  o.auto_collect_since, o.deleted_at, o.created_at, o.updated_at FROM offers o";

/// Whether shoppers can preorder through an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox::actions) enum OfferState {
    /// Not on the storefront.
    Disabled,
    /// Not yet on the storefront; the clock enables it.
    Scheduled,
    /// Live.
    Enabled,
}

impl OfferState {
    /// The API's word.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Scheduled => "scheduled",
            Self::Enabled => "enabled",
        }
    }
}

impl FromSql for OfferState {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        [Self::Disabled, Self::Scheduled, Self::Enabled]
            .into_iter()
            .find(|state| state.text() == text)
            .ok_or(FromSqlError::InvalidType)
    }
}

impl ToSql for OfferState {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(self.text().into())
    }
}

/// One offer. Instants are unix milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sandbox::actions) struct OfferRow {
    /// Own id, a UUID in lower case.
    pub(in crate::sandbox::actions) id: String,
    /// Name that shoppers see.
    pub(in crate::sandbox::actions) name: String,
    /// The merchant's label.
    pub(in crate::sandbox::actions) internal_name: Option<String>,
    /// Present state; the clock moves it too.
    pub(in crate::sandbox::actions) state: OfferState,
    /// When it starts, or started, by itself.
    pub(in crate::sandbox::actions) starts_at: Option<i64>,
    /// When it ends, or ended, by itself.
    pub(in crate::sandbox::actions) ends_at: Option<i64>,
    /// Shopify selling plan.
    pub(in crate::sandbox::actions) selling_plan_id: i64,
    /// Shopify selling plan group.
    pub(in crate::sandbox::actions) selling_plan_group_id: i64,
    /// The writable fields of the twelve capabilities, defaults filled in: money as decimal strings,
    /// percentages as numbers, instants as ISO texts.
    pub(in crate::sandbox::actions) blocks: Value,
    /// When automatic charges were switched on; none while they are off.
    pub(in crate::sandbox::actions) auto_collect_since: Option<i64>,
    /// When it was deleted.
    pub(in crate::sandbox::actions) deleted_at: Option<i64>,
    /// Creation.
    pub(in crate::sandbox::actions) created_at: i64,
    /// Latest change.
    pub(in crate::sandbox::actions) updated_at: i64,
}

impl OfferRow {
    /// Reads the columns of [`SELECT`].
    pub(super) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let blocks: String = row.get(8)?;
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            internal_name: row.get(2)?,
            state: row.get(3)?,
            starts_at: row.get(4)?,
            ends_at: row.get(5)?,
            selling_plan_id: row.get(6)?,
            selling_plan_group_id: row.get(7)?,
            blocks: serde_json::from_str(&blocks).map_err(|error| {
                rusqlite::Error::FromSqlConversionFailure(8, Type::Text, Box::new(error))
            })?,
            auto_collect_since: row.get(9)?,
            deleted_at: row.get(10)?,
            created_at: row.get(11)?,
            updated_at: row.get(12)?,
        })
    }

    /// The offer of an id, when the shop has it and it was not deleted.
    pub(in crate::sandbox::actions) fn find(
        scope: &Scope<'_>,
        id: &str,
    ) -> Result<Option<Self>, Refusal> {
        Ok(Self::find_any(scope, id)?.filter(|offer| offer.deleted_at.is_none()))
    }

    /// The offer of an id, deleted ones too: orders and reports outlive them.
    pub(super) fn find_any(scope: &Scope<'_>, id: &str) -> Result<Option<Self>, Refusal> {
        Ok(scope
            .db
            .prepare_cached(&format!("{SELECT} WHERE o.shop_id = ? AND o.id = ?"))?
            .query_row(params![scope.shop_id, id], Self::of)
            .optional()?)
    }

    /// All enabled offers of a shop, newest first.
    pub(super) fn enabled(db: &Connection, shop_id: &str) -> Result<Vec<Self>, Refusal> {
        Ok(db
            .prepare_cached(&format!(
                "{SELECT} WHERE o.shop_id = ? AND o.state = 'enabled' AND o.deleted_at IS NULL
                 ORDER BY o.created_at DESC, o.id DESC"
            ))?
            .query_map([shop_id], Self::of)?
            .collect::<rusqlite::Result<_>>()?)
    }

    /// All offers of the shop that were not deleted, newest first.
    pub(in crate::sandbox::actions) fn live(scope: &Scope<'_>) -> Result<Vec<Self>, Refusal> {
        Ok(scope
            .db
            .prepare_cached(&format!(
                "{SELECT} WHERE o.shop_id = ? AND o.deleted_at IS NULL
                 ORDER BY o.created_at DESC, o.id DESC"
            ))?
            .query_map([&scope.shop_id], Self::of)?
            .collect::<rusqlite::Result<_>>()?)
    }

    /// Writes what can change about it.
    pub(super) fn save(&self, scope: &Scope<'_>) -> Result<(), Refusal> {
        scope
            .db
            .prepare_cached(
                "UPDATE offers SET name = ?, internal_name = ?, state = ?, starts_at = ?, ends_at = ?,
                 blocks = ?, auto_collect_since = ?, deleted_at = ?, updated_at = ? WHERE id = ?",
            )?
            .execute(params![
                self.name,
                self.internal_name,
                self.state,
                self.starts_at,
                self.ends_at,
                self.blocks.to_string(),
                self.auto_collect_since,
                self.deleted_at,
                self.updated_at,
                self.id
            ])?;
        Ok(())
    }

    /// A text of the settings, by its pointer.
    pub(in crate::sandbox::actions) fn text(&self, pointer: &str) -> Option<&str> {
        self.blocks.pointer(pointer).and_then(Value::as_str)
    }

    /// An integer of the settings, by its pointer.
    pub(in crate::sandbox::actions) fn number(&self, pointer: &str) -> Option<i64> {
        self.blocks.pointer(pointer).and_then(Value::as_i64)
    }

    /// A switch of the settings, by its pointer.
    pub(in crate::sandbox::actions) fn flag(&self, pointer: &str) -> bool {
        is_on(&self.blocks, pointer)
    }

    /// Shopify ids of its variants, ascending.
    pub(in crate::sandbox::actions) fn variants(
        &self,
        scope: &Scope<'_>,
    ) -> Result<Vec<i64>, Refusal> {
        variants(scope.db, &self.id)
    }
}

/// Shopify ids of an offer's variants, ascending.
pub(super) fn variants(db: &Connection, offer_id: &str) -> Result<Vec<i64>, Refusal> {
    Ok(db
        .prepare_cached(
            "SELECT shopify_variant_id FROM offer_variants WHERE offer_id = ?
             ORDER BY shopify_variant_id",
        )?
        .query_map([offer_id], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}
