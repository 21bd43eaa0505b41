//! Columns over time.

use super::canvas::{Align, Canvas, width};
use super::{FAINT, GRID, INK, INNER, MARGIN, PngError, TEXT};
use crate::chart::model::{Item, Panel};

/// Height of a panel without its title.
pub(super) const HEIGHT: f64 = TOP + PLOT + BELOW;
/// Free above the axis, for the figure of the highest column.
const TOP: f64 = 36.0;
/// Height of the axis.
const PLOT: f64 = 240.0;
/// Below it, for the dates.
const BELOW: f64 = 40.0;
/// Between texts beside each other.
const APART: f64 = 14.0;
/// Part of its place that a column takes.
const COLUMN: f64 = 0.78;

pub(super) fn draw(canvas: &mut Canvas<'_>, panel: &Panel, top: f64) -> Result<(), PngError> {
    let texts = panel.ticks.iter().map(|tick| width(&tick.text, TEXT));
    let aside = texts.fold(0.0, f64::max) + APART;
    let (left, right) = (MARGIN + aside, MARGIN + INNER);
    let bottom = top + TOP + PLOT;
    let y = |part: f64| bottom - part * PLOT;
    for tick in &panel.ticks {
        let at = y(tick.at);
        canvas.fill((left, at), (right, at + 1.0), GRID)?;
        let place = (left - APART / 2.0, at + TEXT * 0.36);
        canvas.text(place, &tick.text, TEXT, FAINT, Align::Right)?;
    }
    let count = f64::from(u32::try_from(panel.items.len()).unwrap_or(u32::MAX));
    let slot = (right - left) / count;
    let middles = (0..).map(|place: u32| left + (f64::from(place) + 0.5) * slot);
    for (item, middle) in panel.items.iter().zip(middles.clone()) {
        let half = (slot * COLUMN / 2.0).max(0.5);
        for bar in &item.bars {
            if let Some(series) = panel.series.get(bar.series)
                && bar.to > bar.from
            {
                let (from, to) = ((middle - half, y(bar.to)), (middle + half, y(bar.from)));
                canvas.patterned(from, to, series.colour, bar.series)?;
            }
        }
    }
    let zero = y(panel.zero);
    canvas.fill((left, zero), (right, zero + 1.0), FAINT)?;
    let widest = |text: fn(&Item) -> &str| {
        let texts = panel.items.iter().map(|item| width(text(item), TEXT));
        texts.fold(0.0, f64::max) + APART
    };
    let highest = panel.items.iter().map(Item::end).fold(0.0, f64::max);
    let all_fit = widest(|item| &item.text) <= slot;
    let mut told = false;
    for (item, middle) in panel.items.iter().zip(middles.clone()) {
        // Where not every figure has room, the highest is told.
        if all_fit || (!told && item.end() >= highest && highest > panel.zero) {
            told = true;
            let half = width(&item.text, TEXT) / 2.0;
            let middle = middle.clamp(left + half, (right - half).max(left + half));
            let place = (middle, y(item.end().max(panel.zero)) - 8.0);
            canvas.text(place, &item.text, TEXT, INK, Align::Middle)?;
        }
    }
    dates(
        canvas,
        panel,
        middles,
        (slot, widest(|item| &item.short)),
        bottom,
    )
}

/// As many dates as have room, the first among them.
fn dates(
    canvas: &mut Canvas<'_>,
    panel: &Panel,
    middles: impl Iterator<Item = f64>,
    (slot, widest): (f64, f64),
    bottom: f64,
) -> Result<(), PngError> {
    let mut free = f64::MIN;
    for (item, middle) in panel.items.iter().zip(middles) {
        let half = (widest - APART) / 2.0;
        if middle - half < free.max(MARGIN) || middle + half > MARGIN + INNER {
            continue;
        }
        let (tick, baseline) = (bottom + 6.0, bottom + 8.0 + TEXT);
        canvas.fill((middle, bottom), (middle + 1.0, tick), FAINT)?;
        canvas.text((middle, baseline), &item.short, TEXT, FAINT, Align::Middle)?;
        free = middle + half + APART.min(slot);
    }
    Ok(())
}
