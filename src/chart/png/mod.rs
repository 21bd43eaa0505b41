//! A drawing as a PNG: twice as wide as a chat shows it, so that its letters can be read there.

mod canvas;
mod columns;
mod rows;

use super::model::{Drawing, Kind, Panel};
use canvas::{Align, Canvas, fitting};

/// Width in pixels; clients show it at half of it and more.
const WIDTH: f64 = 800.0;
/// Free on every side.
const MARGIN: f64 = 28.0;
/// Width that can be drawn on.
const INNER: f64 = WIDTH - 2.0 * MARGIN;
/// Height of letters, of titles and of all else, in pixels: 15 and 12 at half the width.
const TITLE: f64 = 30.0;
const TEXT: f64 = 24.0;
/// From one line of text to the next.
const LINE: f64 = 36.0;
/// Between panels.
const GAP: f64 = 28.0;
/// Most rows of a ranking that are drawn.
const MOST_ROWS: usize = 15;

const INK: &str = "#1A1A1A";
const FAINT: &str = "#595959";
const GRID: &str = "#D9D9D9";
const PAPER: &str = "#FFFFFF";

/// Why no PNG was made; none of it is the reader's doing.
#[derive(Debug, thiserror::Error)]
#[error("the picture could not be drawn: {0}")]
pub struct PngError(String);

impl PngError {
    fn of(reason: impl std::fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

/// Draws it.
///
/// # Errors
/// When the plotting library fails, which no drawing of ours makes it do.
pub fn png(drawing: &Drawing) -> Result<Vec<u8>, PngError> {
    let panels = shown(drawing);
    let notes = notes(drawing, panels);
    let heights = panels
        .iter()
        .map(|panel| LINE + GAP + height(drawing.kind, panel));
    let lines = f64::from(u32::try_from(notes.len()).unwrap_or(u32::MAX)) + 1.0;
    let all = MARGIN * 2.0 + lines * LINE + heights.sum::<f64>();
    canvas::drawn(WIDTH, all, |canvas| {
        canvas.fill((0.0, 0.0), (WIDTH, all), PAPER)?;
        let mut y = MARGIN;
        let title = fitting(&drawing.title, TITLE, INNER);
        canvas.text((MARGIN, y + TITLE), &title, TITLE, INK, Align::Left)?;
        y += LINE;
        for note in &notes {
            let note = fitting(note, TEXT, INNER);
            canvas.text((MARGIN, y + TEXT), &note, TEXT, FAINT, Align::Left)?;
            y += LINE;
        }
        for panel in panels {
            y += GAP;
            head(canvas, panel, y)?;
            y += LINE;
            match drawing.kind {
                Kind::Ranking | Kind::Figures => rows::draw(canvas, panel, y)?,
                Kind::Timeline => columns::draw(canvas, panel, y)?,
            }
            y += height(drawing.kind, panel);
        }
        Ok(())
    })
}

/// The panels that a picture has: of a ranking that by which it ranks.
fn shown(drawing: &Drawing) -> &[Panel] {
    let all = drawing.panels.as_slice();
    match drawing.kind {
        Kind::Ranking => all.get(..1).unwrap_or(all),
        Kind::Timeline | Kind::Figures => all,
    }
}

/// What stands below the title.
fn notes(drawing: &Drawing, panels: &[Panel]) -> Vec<String> {
    let mut notes = vec![drawing.subtitle.clone()];
    notes.extend(
        drawing
            .facts
            .iter()
            .map(|(name, text)| format!("{name}: {text}")),
    );
    let rows = panels.iter().map(|panel| panel.items.len()).max();
    let drawn = match drawing.kind {
        Kind::Ranking => rows.map(|rows| rows.min(MOST_ROWS)),
        Kind::Timeline | Kind::Figures => rows,
    };
    let drawn = drawn.and_then(|drawn| u64::try_from(drawn).ok());
    if let (Some(drawn), Some(total)) = (drawn, drawing.total)
        && drawn < total
    {
        notes.push(format!("The first {drawn} of {total} rows"));
    }
    notes.retain(|note| !note.is_empty());
    notes
}

fn height(kind: Kind, panel: &Panel) -> f64 {
    match kind {
        Kind::Ranking | Kind::Figures => rows::height(panel),
        Kind::Timeline => columns::HEIGHT,
    }
}

/// The panel's title, and of a stack which colour is what, beside it.
fn head(canvas: &mut Canvas<'_>, panel: &Panel, y: f64) -> Result<(), PngError> {
    let baseline = y + TEXT;
    let title = fitting(&panel.title, TEXT, INNER);
    canvas.text((MARGIN, baseline), &title, TEXT, INK, Align::Left)?;
    if panel.series.len() < 2 {
        return Ok(());
    }
    let mut x = WIDTH - MARGIN;
    for (place, series) in panel.series.iter().enumerate().rev() {
        let name = fitting(&series.name, TEXT, INNER / 4.0);
        canvas.text((x, baseline), &name, TEXT, INK, Align::Right)?;
        x -= canvas::width(&name, TEXT) + 8.0;
        let corner = (x - 20.0, baseline - 19.0);
        canvas.patterned(corner, (x, baseline + 1.0), series.colour, place)?;
        x -= 20.0 + 20.0;
    }
    Ok(())
}
