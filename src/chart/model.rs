//! What a picture shows, before it is known on what: lengths are parts of an axis, texts are final.

use serde::Serialize;

use crate::registry::entry::ChartKind;

/// Colours that readers who do not tell hues apart still tell from each other (Okabe and Ito), those of
/// them that stand out on white; by place of the series.
const COLOURS: [&str; 4] = ["#0072B2", "#D55E00", "#009E73", "#8F4E82"];

/// A report, drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drawing {
    /// What it shows.
    pub title: String,
    /// The days it covers.
    pub subtitle: String,
    /// Figures told beside the picture: name and text.
    pub facts: Vec<(String, String)>,
    /// What stands along the axis.
    pub kind: Kind,
    /// Rows there are in all, drawn or not; nothing when that is not known, or there are no rows.
    pub total: Option<u64>,
    /// Its parts, one below the other.
    pub panels: Vec<Panel>,
}

/// What stands along the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Rows, the first at the top; only the first panel is shown at once.
    Ranking,
    /// Buckets of time, the oldest first.
    Timeline,
    /// Measures.
    Figures,
}

impl From<ChartKind> for Kind {
    fn from(kind: ChartKind) -> Self {
        match kind {
            ChartKind::Ranking => Self::Ranking,
            ChartKind::Timeline => Self::Timeline,
            ChartKind::Figures => Self::Figures,
        }
    }
}

/// One axis and what stands along it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Panel {
    /// What is measured, with the currency of money.
    pub title: String,
    /// The measures, the innermost of a stack first.
    pub series: Vec<Series>,
    /// The marks of the axis, in order.
    pub ticks: Vec<Tick>,
    /// Where on the axis nothing is.
    pub zero: f64,
    /// What stands along the axis, in order.
    pub items: Vec<Item>,
}

/// A measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Its colour, as `#RRGGBB`.
    pub colour: &'static str,
}

impl Series {
    /// The series at a place.
    pub(super) fn new(name: &str, place: usize) -> Self {
        let colour = COLOURS.iter().cycle().nth(place);
        Self {
            name: name.to_owned(),
            colour: colour.copied().unwrap_or_default(),
        }
    }
}

/// A mark of an axis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tick {
    /// Where, from 0 to 1.
    pub at: f64,
    /// What it says.
    pub text: String,
}

/// One row, bucket or measure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// What it is.
    pub label: String,
    /// The same where there is little room.
    pub short: String,
    /// Its figure, or that which its bars make up, as the answer has it.
    pub text: String,
    /// Its bars, in the order of the series.
    pub bars: Vec<Bar>,
}

impl Item {
    /// Where on the axis its last bar ends.
    pub(super) fn end(&self) -> f64 {
        self.bars.iter().map(|bar| bar.to).fold(0.0, f64::max)
    }
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bar {
    /// Place of its series.
    pub series: usize,
    /// The figure, as the answer has it.
    pub text: String,
    /// Where on the axis it begins, from 0 to 1.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
}
