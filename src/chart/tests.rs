//! The drawing of answers, and what the renderers make of it.

use serde_json::{Value, json};

use super::*;
use crate::registry::{Action, Registry};

fn with<T>(name: &str, then: impl FnOnce(&Action) -> T) -> T {
    let registry = Registry::bundled().unwrap();
    then(registry.get(name).unwrap())
}

fn drawn(name: &str, data: &Value, total: Option<u64>) -> Drawing {
    with(name, |action| draw(action, data, total).unwrap())
}

fn undrawn(name: &str, data: &Value) -> String {
    with(name, |action| {
        draw(action, data, None).unwrap_err().to_string()
    })
}

fn revenue() -> Value {
    json!({"window": {"from": "2026-03-01", "to": "2026-03-03"}, "currency": "EUR", "granularity": "day",
        "totals": {"orders": 3, "deposits": "30.00", "balances": "70.50", "revenue": "100.50"},
        "series": [
            {"date": "2026-03-01", "orders": 2, "deposits": "30.00", "balances": "50.00", "revenue": "80.00"},
            {"date": "2026-03-02", "orders": 0, "deposits": "0.00", "balances": "0.00", "revenue": "0.00"},
            {"date": "2026-03-03", "orders": 1, "deposits": "0.00", "balances": "20.50", "revenue": "20.50"}]})
}

fn demand(rows: &[(&str, &str, u64)]) -> Value {
    let rows = rows.iter().map(|(product, variant, pending)| {
        json!({"product_title": product, "variant_title": variant, "pending": pending, "total": pending + 1})
    });
    json!({"window": {"from": "2026-03-01", "to": "2026-03-30"},
        "product_variants": rows.collect::<Vec<_>>()})
}

const DEMAND: &str = "back_in_stock_reports_products_in_demand";

#[test]
fn a_stack_is_laid_out_on_its_axis() {
    let whole = serde_json::to_value(drawn("preorders_reports_revenue", &revenue(), Some(3)));
    let bar =
        |series, text, from, to| json!({"series": series, "text": text, "from": from, "to": to});
    let item = |day: &str, text: &str, bars: Vec<Value>| {
        json!({"label": format!("2026-{day}"),
        "short": day, "text": text, "bars": bars})
    };
    let tick = |at, text| json!({"at": at, "text": text});
    assert_eq!(
        whole.unwrap(),
        json!({
            "title": "Preorder revenue over time", "subtitle": "2026-03-01 to 2026-03-03, by day",
            "facts": [["revenue", "100.50 EUR"], ["orders", "3"]], "kind": "timeline", "total": 3,
            "panels": [
                {"title": "Revenue (EUR)",
                    "series": [{"name": "deposits", "colour": "#0072B2"}, {"name": "balances", "colour": "#D55E00"}],
                    "ticks": [tick(0.0, "0"), tick(0.25, "20"), tick(0.5, "40"), tick(0.75, "60"), tick(1.0, "80")],
                    "zero": 0.0,
                    "items": [
                        item("03-01", "80.00", vec![bar(0, "30.00", 0.0, 0.375), bar(1, "50.00", 0.375, 1.0)]),
                        item("03-02", "0.00", vec![bar(0, "0.00", 0.0, 0.0), bar(1, "0.00", 0.0, 0.0)]),
                        item("03-03", "20.50", vec![bar(0, "0.00", 0.0, 0.0), bar(1, "20.50", 0.0, 0.25625)])]},
                {"title": "Orders", "series": [{"name": "orders", "colour": "#0072B2"}],
                    "ticks": [tick(0.0, "0"), tick(0.5, "1"), tick(1.0, "2")], "zero": 0.0,
                    "items": [
                        item("03-01", "2", vec![bar(0, "2", 0.0, 1.0)]),
                        item("03-02", "0", vec![bar(0, "0", 0.0, 0.0)]),
                        item("03-03", "1", vec![bar(0, "1", 0.0, 0.5)])]}]})
    );
}

#[test]
fn what_is_below_nothing_hangs_from_the_zero_line() {
    let mut answer = revenue();
    answer["series"][0]["deposits"] = json!("-20.00");
    answer["series"][0]["balances"] = json!("60.00");
    let drawing = drawn("preorders_reports_revenue", &answer, Some(3));
    let panel = &drawing.panels[0];
    let marks: Vec<&str> = panel.ticks.iter().map(|tick| tick.text.as_str()).collect();
    assert_eq!(
        (panel.zero, marks),
        (0.25, vec!["-20", "0", "20", "40", "60"])
    );
    let ends = panel.items[0].bars.iter().map(|bar| (bar.from, bar.to));
    assert_eq!(ends.collect::<Vec<_>>(), [(0.0, 0.25), (0.25, 1.0)]);
}

#[test]
fn a_row_is_called_by_its_cleaned_texts() {
    let long = "é".repeat(200);
    let answer = demand(&[
        ("<script>alert(1)</script>Mug", "\u{202e}Red\u{1b}[31m", 3),
        ("", "", 2),
        (&long, "", 1),
    ]);
    let drawing = drawn(DEMAND, &answer, Some(3));
    let labels = drawing.panels[0]
        .items
        .iter()
        .map(|item| item.label.as_str());
    let cut = format!("{}…", "é".repeat(80));
    assert_eq!(
        labels.collect::<Vec<_>>(),
        ["alert(1)Mug / Red[31m", "(none)", &cut]
    );
}

#[test]
fn money_is_told_as_it_is_and_never_beside_counts() {
    // An answer whose figures are not what the registry says has no picture of them.
    let mut answer = revenue();
    answer["series"][1]["balances"] = json!(7);
    let drawing = drawn("preorders_reports_revenue", &answer, Some(3));
    let titles: Vec<&str> = drawing
        .panels
        .iter()
        .map(|panel| panel.title.as_str())
        .collect();
    assert_eq!(titles, ["Orders"]);
    // Without a currency nobody guesses one.
    let mut answer = revenue();
    answer["currency"] = Value::Null;
    let drawing = drawn("preorders_reports_revenue", &answer, Some(3));
    assert_eq!(drawing.panels[0].title, "Revenue");
    assert_eq!(
        drawing.facts[0],
        ("revenue".to_owned(), "100.50".to_owned())
    );
}

#[test]
fn who_gets_no_picture_is_told_why() {
    assert_eq!(
        undrawn("back_in_stock_signups_list", &json!({"signups": []})),
        "This action has no picture."
    );
    assert_eq!(
        undrawn(DEMAND, &demand(&[])),
        "There is no picture, as there is nothing to draw."
    );
    assert_eq!(
        undrawn(DEMAND, &json!({"product_variants": [{"sku": "A"}]})),
        "There is no picture, as the rows lack what it draws; name these in `fields` too, or leave it out: `product_title`, `variant_title`, `pending`."
    );
}

#[test]
fn a_terminal_shows_a_ranking() {
    let answer = demand(&[
        ("Trail Shell", "Ink", 100),
        ("漆の椀", "Ash", 51),
        ("Wick", "L", 1),
        ("Last", "M", 0),
    ]);
    let drawing = drawn(DEMAND, &answer, Some(9));
    let paper = |columns, most| Paper {
        columns,
        colours: false,
        most,
    };
    assert_eq!(
        terminal(&drawing, paper(60, 4)),
        "  Demand ranking of variants: 2026-03-01 to 2026-03-30
  Shoppers who wait
  Trail Shell / Ink ███████████████████████████████████ 100
  漆の椀 / Ash      █████████████████▉                   51
  Wick / L          ▍                                     1
  Last / M                                                0
  … the first 4 of 9 rows
"
    );
    assert_eq!(
        terminal(&drawing, paper(30, 2)),
        "  Demand ranking of variants: 2026-03-01 to 2026-03-30
  Shoppers who wait
  Trail Shel… ███████████ 100
  漆の椀 / A… █████▋       51
  … the first 2 of 9 rows
"
    );
}

#[test]
fn a_terminal_tells_a_stack_with_and_without_colours() {
    let drawing = drawn("preorders_reports_revenue", &revenue(), Some(3));
    let paper = |colours| Paper {
        columns: 60,
        colours,
        most: 9,
    };
    let plain = terminal(&drawing, paper(false));
    assert_eq!(
        plain,
        "  Preorder revenue over time: 2026-03-01 to 2026-03-03, by day
  revenue: 100.50 EUR
  orders: 3
  Revenue (EUR)   █ deposits  ▒ balances
  2026-03-01 █████████▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒ 80.00 = 30.00 + 50.00
  2026-03-02                           0.00 = 0.00 + 0.00
  2026-03-03 ▒▒▒▒▒▒                   20.50 = 0.00 + 20.50
  Orders
  2026-03-01 ████████████████████████████████████████████ 2
  2026-03-02                                              0
  2026-03-03 ██████████████████████                       1
"
    );
    let coloured = terminal(&drawing, paper(true));
    assert!(coloured.contains("\u{1b}[38;5;32m█"), "{coloured}");
    let mut bare = coloured;
    for code in ["38;5;32", "38;5;166", "0"] {
        bare = bare.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(bare, plain);
}

/// The pixels of a PNG, line by line.
fn pixels(png: &[u8]) -> (usize, Vec<[u8; 3]>) {
    let mut decoder = ::png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(::png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    let pixels = bytes.chunks(3).map(|it| [it[0], it[1], it[2]]);
    (usize::try_from(info.width).unwrap(), pixels.collect())
}

/// Longest run of a colour along the lines of a picture, each line's own.
fn runs(width: usize, pixels: &[[u8; 3]], colour: [u8; 3]) -> Vec<usize> {
    let run = |line: &[[u8; 3]]| line.iter().filter(|pixel| **pixel == colour).count();
    pixels
        .chunks(width)
        .map(run)
        .filter(|run| *run > 0)
        .collect()
}

#[test]
fn the_bars_of_a_png_are_as_long_as_the_drawing_says() {
    let answer = demand(&[
        ("Full", "A", 100),
        ("Half", "B", 50),
        ("Bit", "C", 1),
        ("None", "D", 0),
    ]);
    let png = png(&drawn(DEMAND, &answer, Some(4))).unwrap();
    assert!(png.len() < 30_000, "{} bytes", png.len());
    let (width, pixels) = pixels(&png);
    assert_eq!(width, 800);
    let mut runs = runs(width, &pixels, [0x00, 0x72, 0xB2]);
    runs.dedup();
    // The zero line covers the first pixels of each.
    let [full, half, bit] = runs[..] else {
        panic!("{runs:?}");
    };
    assert!(full > 600, "{full}");
    assert!((half * 2).abs_diff(full) <= 4, "{half} of {full}");
    assert!((bit * 100).abs_diff(full) <= 500, "{bit} of {full}");
}

#[test]
fn a_png_is_made_of_every_text() {
    // Letters that the font lacks, none at all, and more than there is room for.
    for text in ["漆の椀 \u{1F600}", "", &"W".repeat(500)] {
        let png = png(&drawn(
            DEMAND,
            &demand(&[(text, text, u64::MAX / 2)]),
            Some(1),
        ))
        .unwrap();
        let (_, pixels) = pixels(&png);
        assert!(pixels.contains(&[0x1A, 0x1A, 0x1A]), "{text}");
    }
}

#[test]
fn a_long_series_has_room() {
    let rows: Vec<Value> = (0..500)
        .map(|day| json!({"date": format!("2025-{day:05}"), "pending": day, "notified": 1, "signups": day + 1}))
        .collect();
    let drawing = drawn(
        "back_in_stock_reports_signups",
        &json!({"series": rows}),
        Some(500),
    );
    assert_eq!(drawing.panels[0].items.len(), 500);
    let (width, pixels) = pixels(&png(&drawing).unwrap());
    // Every column is there: its lowest pixel has the colour of the first series.
    let widest = runs(width, &pixels, [0x00, 0x72, 0xB2])
        .into_iter()
        .max()
        .unwrap();
    assert!(widest > 495, "{widest}");
}
