//! What the reports of both surfaces have in common: how the list names one, and the file it is exported to.

use serde_json::{Value, json};

use super::csv_file;
use super::window::Window;
use crate::sandbox::jobs::{self, Export};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::Scope;

/// One of the two halves of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Surface {
    /// Waitlists.
    BackInStock,
    /// Preorders.
    Preorders,
}

impl Surface {
    /// Path of its reports below the base.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::BackInStock => "/back_in_stock/reports",
            Self::Preorders => "/preorders/reports",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::BackInStock => "back_in_stock",
            Self::Preorders => "preorders",
        }
    }

    /// A report in the list of reports.
    pub(super) fn entry(self, report: &str, description: &str, aliases: &[&str]) -> Value {
        json!({
            "name": report,
            "description": description,
            "aliases": aliases,
            "url": format!("/api/v2/external{}/{report}", self.path()),
        })
    }

    /// Writes rows of a report into a file and answers the job that hands it out.
    pub(super) fn export(
        self,
        scope: &mut Scope<'_>,
        (report, window): (&str, &Window),
        columns: &[&str],
        rows: &[Value],
    ) -> Reply {
        let export = Export {
            scope: self.path(),
            file_name: format!("{}_{report}_{}_{}.csv", self.name(), window.from, window.to),
            csv: csv_file::write(columns, rows)?,
            rows: i64::try_from(rows.len()).map_err(|error| Refusal::Broken(error.to_string()))?,
        };
        jobs::submit_export(scope, export)
    }
}
