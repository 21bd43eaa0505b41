//! Plots: panels of lines side by side and one below the other, as an SVG file beside the page of results.

use std::ops::Range;
use std::path::Path;

use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::prelude::*;

/// Width and height of a panel in pixels.
const PANEL: (u32, u32) = (440, 320);
/// Colours that differ in lightness too, for readers who do not tell hues apart.
const COLORS: [RGBColor; 4] = [
    RGBColor(0, 90, 181),
    RGBColor(220, 50, 32),
    RGBColor(0, 128, 96),
    RGBColor(120, 94, 240),
];

/// A line with its name in the legend.
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// Lines over the same two axes.
pub struct Panel {
    pub title: String,
    pub x: String,
    pub y: String,
    /// Both axes by powers of ten; else from nothing up.
    pub is_log: bool,
    pub lines: Vec<Line>,
}

/// Draws the panels, so many in a row, to `benches/plots/NAME.svg`.
pub fn draw(name: &str, in_a_row: usize, panels: &[Panel]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/plots");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}.svg"));
    let rows = panels.len().div_ceil(in_a_row);
    let count = |number: usize| u32::try_from(number).unwrap();
    let size = (PANEL.0 * count(in_a_row), PANEL.1 * count(rows));
    let root = SVGBackend::new(&path, size).into_drawing_area();
    root.fill(&WHITE).unwrap();
    for (area, panel) in root.split_evenly((rows, in_a_row)).iter().zip(panels) {
        draw_panel(area, panel);
    }
    root.present().unwrap();
    eprintln!("drawn to {}", path.display());
}

fn draw_panel(area: &DrawingArea<SVGBackend<'_>, Shift>, panel: &Panel) {
    let mut builder = ChartBuilder::on(area);
    builder
        .caption(&panel.title, ("sans-serif", 16))
        .margin(12)
        .margin_right(24)
        .x_label_area_size(40)
        .y_label_area_size(62);
    let points = || panel.lines.iter().flat_map(|line| &line.points);
    let x = bounds(points().map(|point| point.0), panel.is_log);
    let y = bounds(points().map(|point| point.1), panel.is_log);
    if panel.is_log {
        let chart = builder.build_cartesian_2d(x.log_scale(), y.log_scale());
        fill(&mut chart.unwrap(), panel);
    } else {
        fill(&mut builder.build_cartesian_2d(x, y).unwrap(), panel);
    }
}

fn fill<'a, X, Y>(chart: &mut ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>, panel: &Panel)
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let number = |value: &f64| label(*value);
    chart
        .configure_mesh()
        .x_desc(&panel.x)
        .y_desc(&panel.y)
        .x_label_formatter(&number)
        .y_label_formatter(&number)
        .light_line_style(WHITE)
        .label_style(("sans-serif", 12))
        .axis_desc_style(("sans-serif", 13))
        .draw()
        .unwrap();
    for (line, color) in panel.lines.iter().zip(COLORS.iter().cycle()) {
        let series = LineSeries::new(line.points.iter().copied(), color.stroke_width(2));
        chart
            .draw_series(series)
            .unwrap()
            .label(&line.name)
            .legend(|(x, y)| PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2)));
        // A minute of samples needs no dots; a handful of sizes does.
        if panel.is_log {
            let dots = line.points.iter();
            chart
                .draw_series(dots.map(|point| Circle::new(*point, 3, color.filled())))
                .unwrap();
        }
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.85))
        .label_font(("sans-serif", 12))
        .draw()
        .unwrap();
}

/// Whole powers of ten around the values, or nothing up to a little above the highest.
fn bounds(values: impl Iterator<Item = f64>, is_log: bool) -> Range<f64> {
    let (low, high) = values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if is_log {
        return 10_f64.powf(low.log10().floor())..10_f64.powf((high * 1.2).log10().ceil());
    }
    0.0..high.max(f64::MIN_POSITIVE) * 1.35
}

/// A number of an axis, as short as it can be told.
fn label(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
