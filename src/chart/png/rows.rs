//! Bars that lie below their names: rankings and figures.

use super::canvas::{Align, Canvas, fitting, width};
use super::{GRID, INK, INNER, MARGIN, MOST_ROWS, PngError, TEXT};
use crate::chart::model::Panel;

/// Between the panel's title and the first row.
const ABOVE: f64 = 12.0;
/// From one row to the next.
const ROW: f64 = 68.0;
/// Where its bar begins and ends.
const BAR: (f64, f64) = (32.0, 56.0);
/// Between a bar and its figure.
const ASIDE: f64 = 12.0;

pub(super) fn height(panel: &Panel) -> f64 {
    let rows = panel.items.iter().take(MOST_ROWS).map(|_| ROW);
    ABOVE + rows.sum::<f64>()
}

pub(super) fn draw(canvas: &mut Canvas<'_>, panel: &Panel, top: f64) -> Result<(), PngError> {
    let items = || panel.items.iter().take(MOST_ROWS);
    let figures = items().map(|item| width(&item.text, TEXT));
    let room = INNER - ASIDE - figures.fold(0.0, f64::max);
    let x = |part: f64| MARGIN + part * room.max(INNER / 4.0);
    let mut y = top + ABOVE;
    for item in items() {
        let label = fitting(&item.label, TEXT, INNER);
        canvas.text((MARGIN, y + TEXT), &label, TEXT, INK, Align::Left)?;
        for bar in &item.bars {
            let Some(series) = panel.series.get(bar.series) else {
                continue;
            };
            let (from, to) = ((x(bar.from), y + BAR.0), (x(bar.to), y + BAR.1));
            if bar.to > bar.from {
                canvas.patterned(from, to, series.colour, bar.series)?;
            }
        }
        // What is nothing has its place on the line too.
        let zero = x(panel.zero);
        canvas.fill((zero, y + BAR.0), (zero + 1.0, y + BAR.1), GRID)?;
        let end = x(item.end().max(panel.zero)) + ASIDE;
        let room = MARGIN + INNER - end;
        let figure = fitting(&item.text, TEXT, room);
        canvas.text((end, y + BAR.1 - 3.0), &figure, TEXT, INK, Align::Left)?;
        y += ROW;
    }
    Ok(())
}
