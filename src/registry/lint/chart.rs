//! Whether what is drawn of an answer is there to be drawn.

use serde_json::Value;

use crate::registry::entry::{Chart, ChartKind, ChartPanel, Handler, Method};
use crate::registry::transform::row_schema;
use crate::registry::{Action, Registry, schema};

/// The field of a bucket that says when it begins.
const DATE: &str = "date";

pub(super) fn chart(action: &Action, _: &Registry) -> Vec<String> {
    let Some(chart) = &action.entry().chart else {
        return Vec::new();
    };
    if action.entry().method != Method::Get || action.entry().handler != Handler::Request {
        return vec!["only a read that one request answers is drawn".to_owned()];
    }
    let concise = action.entry().concise.as_slice();
    let (root, shown) = match chart.kind {
        ChartKind::Figures => (Some(action.response_schema()), &[] as &[String]),
        ChartKind::Ranking | ChartKind::Timeline => {
            let rows = action.rows().and_then(|rows| row_schema(action, rows));
            (rows, concise)
        }
    };
    let Some(root) = root else {
        return vec!["its answer has no rows to draw".to_owned()];
    };
    let mut mistakes = labels(chart, root, shown);
    for panel in &chart.panels {
        mistakes.extend(figures(panel, root, shown));
    }
    for fact in &chart.facts {
        if unit(action.response_schema(), &fact.field).is_none() {
            mistakes.push(format!("`{}` is no figure of the answer", fact.field));
        }
    }
    mistakes
}

fn labels(chart: &Chart, root: &Value, shown: &[String]) -> Vec<String> {
    if chart.label.is_empty() == (chart.kind == ChartKind::Ranking) {
        return vec!["a ranking has a `label`, nothing else has one".to_owned()];
    }
    let date = (chart.kind == ChartKind::Timeline).then_some(DATE);
    let names = chart.label.iter().map(String::as_str).chain(date);
    names
        .filter(|name| schema::at(root, name).is_none() || !is_shown(shown, name))
        .map(|name| format!("`{name}` is no field that is shown"))
        .collect()
}

/// The mistakes in the figures of a panel: each is shown, and all have one unit.
fn figures(panel: &ChartPanel, root: &Value, shown: &[String]) -> Vec<String> {
    let title = &panel.title;
    let fields = panel.series.iter().map(|measure| &measure.field);
    let fields: Vec<&String> = fields.chain(&panel.whole).collect();
    let missing = |field: &&String| unit(root, field).is_none() || !is_shown(shown, field);
    if let Some(field) = fields.iter().copied().find(missing) {
        return vec![format!("`{field}` of `{title}` is no figure that is shown")];
    }
    let mut units = fields.iter().map(|field| unit(root, field));
    let first = units.next();
    match units.all(|unit| Some(unit) == first) {
        true => Vec::new(),
        false => vec![format!("`{title}` has figures of two units")],
    }
}

fn is_shown(shown: &[String], field: &str) -> bool {
    shown.is_empty() || shown.iter().any(|name| name == field)
}

/// Whether a figure is money; nothing when it is no figure.
fn unit(root: &Value, field: &str) -> Option<bool> {
    let piece = schema::at(root, field)?;
    match schema::scalar_type(piece)? {
        "integer" | "number" => Some(false),
        "string" if piece.get("x-decimal") == Some(&Value::Bool(true)) => Some(true),
        _ => None,
    }
}
