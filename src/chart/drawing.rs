//! From the answer of a report to its drawing.

use serde_json::Value;

use super::axis::Axis;
use super::figure::Figure;
use super::model::{Bar, Drawing, Item, Panel, Series};
use crate::registry::Action;
use crate::registry::entry::{Chart, ChartKind, ChartPanel, Measure};
use crate::text;

/// Most characters of a row's name.
const LABEL: usize = 80;
/// Between the parts of a row's name.
const JOINT: &str = " / ";
/// The name of a row that has none.
const UNNAMED: &str = "(none)";

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undrawn {
    /// The action says of no picture.
    #[error("This action has no picture.")]
    NoChart,
    /// There is no row to draw.
    #[error("There is no picture, as there is nothing to draw.")]
    Nothing,
    /// The answer was asked for without what is drawn.
    #[error("There is no picture, as the rows lack what it draws; name these in `fields` too, or leave it out: {}.", .0.join(", "))]
    Lacking(Vec<String>),
}

/// Draws an answer as it is shown; `total` says how many rows there are beside those of the answer.
///
/// # Errors
/// When there is nothing that can be drawn.
pub fn draw(action: &Action, data: &Value, total: Option<u64>) -> Result<Drawing, Undrawn> {
    let chart = action.entry().chart.as_ref().ok_or(Undrawn::NoChart)?;
    let currency = data.get("currency").and_then(Value::as_str);
    let currency = currency.map(clean).filter(|name| !name.is_empty());
    let rows = action
        .rows()
        .and_then(|rows| data.get(&rows.key))
        .and_then(Value::as_array);
    let in_months = data.get("granularity").and_then(Value::as_str) == Some("month");
    let panels: Vec<Panel> = chart
        .panels
        .iter()
        .filter_map(|panel| {
            let items = match chart.kind {
                ChartKind::Figures => figures(panel, data),
                ChartKind::Ranking | ChartKind::Timeline => {
                    let rows = rows.map(Vec::as_slice).unwrap_or_default();
                    let items = rows.iter().map(|row| of_row(chart, panel, row, in_months));
                    items.collect::<Option<Vec<_>>>()?
                }
            };
            laid_out(chart.kind, panel, items, currency.as_deref())
        })
        .collect();
    if panels.is_empty() {
        return Err(match rows.is_some_and(|rows| !rows.is_empty()) {
            true => Undrawn::Lacking(drawn_fields(chart)),
            false => Undrawn::Nothing,
        });
    }
    Ok(Drawing {
        title: action.entry().title.clone(),
        subtitle: subtitle(data),
        facts: facts(&chart.facts, data, currency.as_deref()),
        kind: chart.kind.into(),
        total: match chart.kind {
            ChartKind::Figures => None,
            ChartKind::Ranking | ChartKind::Timeline => total,
        },
        panels,
    })
}

/// What a bar stands for, before its axis is known.
struct Measured {
    label: String,
    short: String,
    whole: Option<String>,
    figures: Vec<(usize, Figure)>,
}

/// The measures of an answer as things beside each other.
fn figures(panel: &ChartPanel, data: &Value) -> Vec<Measured> {
    let found = panel
        .series
        .iter()
        .filter_map(|measure| Some((measure, Figure::at(data, &measure.field)?)));
    found
        .map(|(measure, figure)| Measured {
            label: measure.name.clone(),
            short: measure.name.clone(),
            whole: None,
            figures: vec![(0, figure)],
        })
        .collect()
}

/// The measures of a row; nothing when it lacks its name or one of them.
fn of_row(chart: &Chart, panel: &ChartPanel, row: &Value, in_months: bool) -> Option<Measured> {
    let label = match chart.kind {
        ChartKind::Timeline => clean(row.get("date")?.as_str()?),
        ChartKind::Ranking | ChartKind::Figures => name(&chart.label, row)?,
    };
    let figures = panel
        .series
        .iter()
        .enumerate()
        .map(|(place, measure)| Some((place, Figure::at(row, &measure.field)?)));
    let whole = panel.whole.as_ref().map(|field| Figure::at(row, field));
    Some(Measured {
        short: match (chart.kind, in_months) {
            (ChartKind::Timeline, true) => label.chars().take(7).collect(),
            (ChartKind::Timeline, false) => label.chars().skip(5).collect(),
            (ChartKind::Ranking | ChartKind::Figures, _) => label.clone(),
        },
        label,
        whole: whole.flatten().map(|figure| figure.text),
        figures: figures.collect::<Option<_>>()?,
    })
}

/// The name of a row; nothing when none of its fields is there.
fn name(fields: &[String], row: &Value) -> Option<String> {
    let found: Vec<&Value> = fields.iter().filter_map(|field| row.get(field)).collect();
    if found.is_empty() {
        return None;
    }
    let parts = found.iter().filter_map(|value| match value {
        Value::String(text) => Some(clean(text)),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    });
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    Some(match parts.is_empty() {
        true => UNNAMED.to_owned(),
        false => text::line(&parts.join(JOINT), LABEL),
    })
}

/// Puts what was measured on an axis.
fn laid_out(
    kind: ChartKind,
    panel: &ChartPanel,
    measured: Vec<Measured>,
    currency: Option<&str>,
) -> Option<Panel> {
    let figures = || measured.iter().flat_map(|item| &item.figures);
    let first = figures().next()?;
    let is_money = first.1.is_money;
    if figures().any(|(_, figure)| figure.is_money != is_money) {
        return None;
    }
    let stacks = measured.iter().map(|item| stacked(&item.figures));
    let stacks: Vec<Vec<(f64, f64)>> = stacks.collect();
    let ends = || stacks.iter().flatten().flat_map(|(from, to)| [*from, *to]);
    let is_whole = figures().all(|(_, figure)| figure.size.fract() == 0.0) && !is_money;
    let axis = Axis::over(
        ends().fold(0.0, f64::min),
        ends().fold(0.0, f64::max),
        is_whole,
    );
    let items = measured.into_iter().zip(stacks);
    let items = items.map(|(item, stack)| laid(item, &stack, axis));
    let title = match currency.filter(|_| is_money) {
        Some(currency) => format!("{} ({currency})", panel.title),
        None => panel.title.clone(),
    };
    let names = panel.series.iter().enumerate();
    Some(Panel {
        title,
        series: match kind {
            // Each measure has a label of its own.
            ChartKind::Figures => vec![Series::new(&panel.title, 0)],
            ChartKind::Ranking | ChartKind::Timeline => names
                .map(|(place, measure)| Series::new(&measure.name, place))
                .collect(),
        },
        ticks: axis.ticks(),
        zero: axis.at(0.0),
        items: items.collect(),
    })
}

fn laid(item: Measured, stack: &[(f64, f64)], axis: Axis) -> Item {
    let text = match (&item.whole, item.figures.as_slice()) {
        (Some(whole), _) => whole.clone(),
        (None, [(_, only)]) => only.text.clone(),
        (None, several) => several
            .iter()
            .map(|(_, figure)| figure.text.as_str())
            .collect::<Vec<_>>()
            .join(" + "),
    };
    let bars = item.figures.into_iter().zip(stack);
    Item {
        label: item.label,
        short: item.short,
        text,
        bars: bars
            .map(|((series, figure), (from, to))| Bar {
                series,
                text: figure.text,
                from: axis.at(*from),
                to: axis.at(*to),
            })
            .collect(),
    }
}

/// Where the figures of a stack begin and end: those above nothing from it up, those below from it down.
fn stacked(figures: &[(usize, Figure)]) -> Vec<(f64, f64)> {
    let (mut up, mut down) = (0.0, 0.0);
    let ends = figures.iter().map(|(_, figure)| {
        let end = if figure.size < 0.0 {
            &mut down
        } else {
            &mut up
        };
        let from = *end;
        *end += figure.size;
        (from.min(*end), from.max(*end))
    });
    ends.collect()
}

fn subtitle(data: &Value) -> String {
    let text = |path: &str| data.pointer(path).and_then(Value::as_str).map(clean);
    let days = text("/window/from").zip(text("/window/to"));
    let days = days.map(|(from, to)| format!("{from} to {to}"));
    let by = text("/granularity").map(|bucket| format!("by {bucket}"));
    let parts: Vec<String> = days.into_iter().chain(by).collect();
    parts.join(", ")
}

fn facts(facts: &[Measure], data: &Value, currency: Option<&str>) -> Vec<(String, String)> {
    let found = facts
        .iter()
        .filter_map(|fact| Some((fact, Figure::at(data, &fact.field)?)));
    found
        .map(|(fact, figure)| {
            let text = match currency.filter(|_| figure.is_money) {
                Some(currency) => format!("{} {currency}", figure.text),
                None => figure.text,
            };
            (fact.name.clone(), text)
        })
        .collect()
}

/// The fields that the first panel needs.
fn drawn_fields(chart: &Chart) -> Vec<String> {
    let date = match chart.kind {
        ChartKind::Timeline => Some("date"),
        ChartKind::Ranking | ChartKind::Figures => None,
    };
    let label = chart.label.iter().map(String::as_str);
    let panel = chart.panels.first();
    let series = panel.into_iter().flat_map(|panel| &panel.series);
    let fields = label
        .chain(date)
        .chain(series.map(|measure| measure.field.as_str()));
    fields.map(|field| format!("`{field}`")).collect()
}

/// A text of others as one short line.
fn clean(text: &str) -> String {
    text::line(&text::clean(text), LABEL)
}
