//! A drawing as text: a row of blocks for each row, bucket or measure.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::model::{Drawing, Item, Kind, Panel};

/// Blocks of the series of a stack, to be told apart without colours.
const BLOCKS: [char; 4] = ['█', '▒', '░', '▓'];
/// The last block of a bar of one series, by eighths.
const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
/// Colours of the terminal for the series, near to those of the other pictures; readable on dark and on
/// light.
const COLOURS: [&str; 4] = ["38;5;32", "38;5;166", "38;5;36", "38;5;133"];
/// Narrowest column of bars.
const NARROW: usize = 8;
/// Widest.
const WIDE: usize = 60;
/// Before every line.
const INDENT: &str = "  ";

/// What a text is printed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paper {
    /// Columns.
    pub columns: usize,
    /// Whether it shows colours.
    pub colours: bool,
    /// Most rows of a ranking.
    pub most: usize,
}

/// The lines of a drawing, each with its end.
pub fn terminal(drawing: &Drawing, paper: Paper) -> String {
    let mut lines = vec![format!("{}: {}", drawing.title, drawing.subtitle)];
    if drawing.subtitle.is_empty() {
        lines = vec![drawing.title.clone()];
    }
    let facts = drawing.facts.iter();
    lines.extend(facts.map(|(name, text)| format!("{name}: {text}")));
    let panels = drawing.panels.iter();
    let shown = match drawing.kind {
        Kind::Ranking => 1,
        Kind::Timeline | Kind::Figures => usize::MAX,
    };
    for panel in panels.take(shown) {
        lines.push(head(panel, paper));
        let most = match drawing.kind {
            Kind::Ranking => paper.most,
            Kind::Timeline | Kind::Figures => usize::MAX,
        };
        let items: Vec<&Item> = panel.items.iter().take(most).collect();
        let drawn = items.len();
        lines.extend(rows(panel, &items, paper));
        let drawn = u64::try_from(drawn).ok();
        if let Some((drawn, total)) = drawn.zip(drawing.total)
            && drawn < total
        {
            lines.push(format!("… the first {drawn} of {total} rows"));
        }
    }
    lines
        .iter()
        .map(|line| format!("{INDENT}{}\n", line.trim_end()))
        .collect()
}

/// The panel's title, and of a stack which block is which.
fn head(panel: &Panel, paper: Paper) -> String {
    if panel.series.len() < 2 {
        return panel.title.clone();
    }
    let legend = panel.series.iter().enumerate().map(|(place, series)| {
        let block = painted(&block(place).to_string(), place, paper);
        format!("{block} {}", series.name)
    });
    let legend: Vec<String> = legend.collect();
    format!("{}   {}", panel.title, legend.join("  "))
}

fn rows(panel: &Panel, items: &[&Item], paper: Paper) -> Vec<String> {
    let widest = |text: fn(&Item) -> &str| items.iter().map(|item| text(item).width()).max();
    let figures = widest(|item| &item.text).unwrap_or(0);
    let parts: Vec<String> = items.iter().map(|item| parts(item)).collect();
    let aside = parts.iter().map(|part| part.width()).max().unwrap_or(0);
    let free = paper
        .columns
        .saturating_sub(INDENT.len() + figures + aside + 3);
    let labels = widest(|item| &item.label).unwrap_or(0);
    let labels = labels.min((free / 2).max(NARROW));
    let cells = free.saturating_sub(labels).clamp(NARROW, WIDE);
    let lines = items.iter().zip(parts).map(|(item, parts)| {
        let label = cut(&item.label, labels);
        let pad = " ".repeat(labels.saturating_sub(label.width()));
        let (bar, length) = bar(panel, item, cells, paper);
        let fill = " ".repeat(cells.saturating_sub(length));
        let lead = " ".repeat(figures.saturating_sub(item.text.width()));
        format!("{label}{pad} {bar}{fill} {lead}{}{parts}", item.text)
    });
    lines.collect()
}

/// The figures of a stack, where the row's own is that of the whole.
fn parts(item: &Item) -> String {
    match item.bars.as_slice() {
        [] | [_] => String::new(),
        several => {
            let texts: Vec<&str> = several.iter().map(|bar| bar.text.as_str()).collect();
            format!(" = {}", texts.join(" + "))
        }
    }
}

/// The blocks of a row, and how many cells they take.
fn bar(panel: &Panel, item: &Item, cells: usize, paper: Paper) -> (String, usize) {
    let mut out = String::new();
    let mut at = 0;
    let is_stack = panel.series.len() > 1;
    for bar in &item.bars {
        let (from, to) = (eighths(bar.from, cells), eighths(bar.to, cells));
        let (first, full, rest) = match is_stack {
            true => ((from + 4) / 8, (to + 4) / 8, 0),
            // What is not nothing can be seen.
            false => {
                let to = if bar.to > bar.from {
                    to.max(from + 1)
                } else {
                    to
                };
                (from / 8, to / 8, to % 8)
            }
        };
        out.push_str(&" ".repeat(first.saturating_sub(at)));
        at = at.max(first);
        let mut blocks: String =
            std::iter::repeat_n(block(bar.series), full.saturating_sub(at)).collect();
        at = at.max(full);
        if let Some(last) = EIGHTHS.get(rest).filter(|_| rest > 0) {
            blocks.push(*last);
            at += 1;
        }
        out.push_str(&painted(&blocks, bar.series, paper));
    }
    (out, at)
}

fn block(series: usize) -> char {
    BLOCKS.iter().cycle().nth(series).copied().unwrap_or('█')
}

fn painted(text: &str, series: usize, paper: Paper) -> String {
    match COLOURS.iter().cycle().nth(series) {
        Some(colour) if paper.colours && !text.is_empty() => {
            format!("\u{1b}[{colour}m{text}\u{1b}[0m")
        }
        Some(_) | None => text.to_owned(),
    }
}

/// A part of so many cells, in eighths of one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part between 0 and 1 of the width of a terminal"
)]
fn eighths(part: f64, cells: usize) -> usize {
    let cells = u32::try_from(cells.min(WIDE)).unwrap_or_default();
    (part.clamp(0.0, 1.0) * 8.0 * f64::from(cells)).round() as usize
}

/// As much of a text as has room, with a mark where it was cut.
fn cut(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for symbol in text.chars() {
        used += symbol.width().unwrap_or(0);
        if used > room {
            break;
        }
        out.push(symbol);
    }
    format!("{}…", out.trim_end())
}
