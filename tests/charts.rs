//! Reports as pictures: on every surface and transport, with the figures of the table.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use stoq_mcp::registry::Registry;
use stoq_mcp::registry::entry::{Chart, ChartKind};
use support::{HttpProcess, StdioProcess, modern, program, run};

const DEMAND: &str = "back_in_stock_reports_products_in_demand";
const APP: &str = "ui://stoq/report";
const MIME: &str = "text/html;profile=mcp-app";

/// The actions that are drawn, with arguments that make an answer in the sandbox's shop.
fn reports(server: &mut StdioProcess) -> Vec<(String, Value)> {
    let registry = Registry::bundled().unwrap();
    let drawn = registry
        .actions()
        .iter()
        .filter(|action| action.entry().chart.is_some());
    let names: Vec<String> = drawn.map(|action| action.name().to_owned()).collect();
    let offers = server.structured("preorders_offers_list", json!({"limit": 50}));
    let offers: Vec<Value> = offers["data"]["offers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].clone())
        .collect();
    names
        .into_iter()
        .map(|name| match name.as_str() {
            "preorders_reports_by_variant" => (name, json!({"offer_ids": offers})),
            _ => (name, json!({})),
        })
        .collect()
}

fn surface(kind: &str, capabilities: Value) -> StdioProcess {
    let mut command = program(&["serve", "--sandbox"]);
    command.env("STOQ_MCP_SURFACE", kind);
    let mut server = StdioProcess::start(command);
    server.ask(
        "initialize",
        json!({"protocolVersion": "2025-11-25", "capabilities": capabilities,
            "clientInfo": {"name": "black-box", "version": "1"}}),
    );
    server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    server
}

fn shows_apps() -> Value {
    json!({"extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": [MIME]}}})
}

/// The blocks of a result by their type.
fn types(result: &Value) -> Vec<&str> {
    let blocks = result["content"].as_array().unwrap().iter();
    blocks
        .map(|block| block["type"].as_str().unwrap())
        .collect()
}

/// Width and height of the picture in a result, which must be one.
fn size(result: &Value) -> (u32, u32) {
    assert_eq!(types(result), ["text", "image"], "{result}");
    assert_eq!(result["content"][1]["mimeType"], json!("image/png"));
    let bytes = STANDARD
        .decode(result["content"][1]["data"].as_str().unwrap())
        .unwrap();
    assert!(bytes.len() < 60_000, "{} bytes", bytes.len());
    let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    (reader.info().width, reader.info().height)
}

#[test]
fn every_report_is_drawn_with_the_figures_of_its_table() {
    let mut server = surface("full", shows_apps());
    let registry = Registry::bundled().unwrap();
    let reports = reports(&mut server);
    assert_eq!(reports.len(), 12);
    for (name, arguments) in reports {
        let result = server.call(&name, arguments);
        let data = &result["structuredContent"]["data"];
        let drawing = &result["_meta"]["stoq/chart"];
        let action = registry.get(&name).unwrap();
        let chart = action.entry().chart.as_ref().unwrap();
        let key = action.rows().map(|rows| rows.key.as_str());
        let panels = drawing["panels"].as_array().unwrap();
        assert_eq!(panels.len(), chart.panels.len(), "{name}");
        for (at, panel) in panels.iter().enumerate() {
            let wanted = figures(chart, at, data, key);
            assert!(wanted.len() > 2, "{name}: {wanted:?}");
            assert_eq!(drawn(panel), wanted, "{name}");
            lengths(&name, panel);
        }
        assert_eq!(types(&result), ["text"], "{name}: no picture was asked for");
    }
}

/// What the table says that a panel should: of each row its name's first part, the figure of the whole
/// and those of the parts.
fn figures(
    chart: &Chart,
    panel: usize,
    data: &Value,
    key: Option<&str>,
) -> Vec<(String, Vec<String>)> {
    let panel = &chart.panels[panel];
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "(none)".to_owned(),
        other => other.to_string(),
    };
    let at = |root: &Value, path: &str| {
        text(
            root.pointer(&format!("/{}", path.replace('.', "/")))
                .unwrap(),
        )
    };
    let series = panel.series.iter();
    if chart.kind == ChartKind::Figures {
        return series
            .map(|one| (one.name.clone(), vec![at(data, &one.field); 2]))
            .collect();
    }
    let rows = data[key.unwrap()].as_array().unwrap().iter();
    rows.map(|row| {
        let label: Vec<String> = match chart.kind {
            ChartKind::Timeline => vec![at(row, "date")],
            ChartKind::Ranking | ChartKind::Figures => {
                chart.label.iter().map(|field| at(row, field)).collect()
            }
        };
        let parts: Vec<String> = panel.series.iter().map(|one| at(row, &one.field)).collect();
        let whole = panel
            .whole
            .as_ref()
            .map_or_else(|| parts[0].clone(), |field| at(row, field));
        (
            label.join(" / "),
            std::iter::once(whole).chain(parts).collect(),
        )
    })
    .collect()
}

/// What a panel says.
fn drawn(panel: &Value) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = panel["items"].as_array().unwrap().iter();
    items
        .map(|item| {
            let bars = item["bars"]
                .as_array()
                .unwrap()
                .iter()
                .map(|bar| text(&bar["text"]));
            (
                text(&item["label"]),
                std::iter::once(text(&item["text"])).chain(bars).collect(),
            )
        })
        .collect()
}

/// Every bar is as long as its figure is large, by one measure in the whole panel.
fn lengths(name: &str, panel: &Value) {
    let items = panel["items"].as_array().unwrap().iter();
    let bars = items.flat_map(|item| item["bars"].as_array().unwrap());
    let bars = bars.map(|bar| {
        let size: f64 = bar["text"].as_str().unwrap().parse().unwrap();
        (
            size,
            bar["to"].as_f64().unwrap() - bar["from"].as_f64().unwrap(),
        )
    });
    let bars: Vec<(f64, f64)> = bars.collect();
    let (most, longest) = bars
        .iter()
        .copied()
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap();
    assert!(longest > 0.0 || most == 0.0, "{name}");
    for (size, length) in bars {
        let wanted = if most == 0.0 {
            0.0
        } else {
            size / most * longest
        };
        assert!(
            (length - wanted).abs() < 1e-4,
            "{name}: {size} is {length} long, not {wanted}"
        );
    }
}

#[test]
fn a_picture_comes_when_asked_for_on_every_surface() {
    for (kind, tool) in [
        ("full", DEMAND),
        ("core", DEMAND),
        ("full", "preorders_reports_revenue"),
    ] {
        let mut server = surface(kind, json!({}));
        let result = server.call(tool, json!({"chart": true}));
        assert_eq!(size(&result).0, 800);
        assert_eq!(result.get("_meta"), None, "{kind}");
        let mut plain = server.call(tool, json!({"chart": false}));
        assert_eq!(types(&plain), ["text"]);
        // It is beside the facts, which stay as they are.
        plain["content"] = json!([plain["content"][0], result["content"][1]]);
        assert_eq!(result, plain);
    }
    let mut server = surface("compact", json!({}));
    for action in [
        DEMAND,
        "back_in_stock_reports_summary",
        "preorders_reports_by_date",
    ] {
        let result = server.call(
            "run_read",
            json!({"action": action, "arguments": {"chart": "true"}}),
        );
        assert_eq!(size(&result).0, 800);
        let plain = server.call("run_read", json!({"action": action}));
        assert_eq!(types(&plain), ["text"]);
    }
}

#[tokio::test]
async fn it_comes_over_http_too() {
    let server = HttpProcess::sandbox("shop");
    let call = async |arguments: Value| {
        let params = json!({"name": DEMAND, "arguments": arguments});
        modern::ask(&server, "tools/call", Some(DEMAND), params).await["result"].clone()
    };
    assert_eq!(size(&call(json!({"chart": true})).await).0, 800);
    assert_eq!(types(&call(json!({})).await), ["text"]);
}

#[test]
fn what_is_not_drawn_says_so() {
    let mut server = surface("full", json!({}));
    let told = server.refusal("back_in_stock_signups_list", json!({"chart": true}));
    assert!(told.contains("`chart`"), "{told}");
    let told = server.call(
        DEMAND,
        json!({"chart": true, "fields": ["sku"], "limit": 2}),
    );
    assert_eq!(types(&told), ["text"]);
    assert_eq!(
        told["structuredContent"]["note"],
        json!(
            "There is no picture, as the rows lack what it draws; name these in `fields` too, or leave it out: `product_title`, `variant_title`, `pending`."
        )
    );
    let told = server.call(
        DEMAND,
        json!({"chart": true, "from": "2020-01-01", "to": "2020-01-02"}),
    );
    assert_eq!(types(&told), ["text"]);
    let note = told["structuredContent"]["note"].as_str().unwrap();
    assert!(
        note.ends_with("There is no picture, as there is nothing to draw."),
        "{note}"
    );
    // Beside the action's arguments it is told where it belongs.
    let mut server = surface("compact", json!({}));
    let told = server.refusal("run_read", json!({"action": DEMAND, "chart": true}));
    let call = json!({"action": DEMAND, "arguments": {"chart": true}});
    assert!(
        told.ends_with(&format!("Nothing was sent. Call `run_read` with {call}.")),
        "{told}"
    );
    let told = server.refusal(
        "run_read",
        json!({"action": "back_in_stock_settings_read", "arguments": {"chart": true}}),
    );
    assert!(told.contains("`chart`"), "{told}");
}

#[test]
fn the_arguments_of_a_cursor_do_not_hang_on_the_picture() {
    let mut server = surface("full", json!({}));
    let first = server.call(DEMAND, json!({"chart": true, "limit": 2}));
    size(&first);
    let cursor = first["structuredContent"]["page"]["next_cursor"].clone();
    let next = server.call(DEMAND, json!({"limit": 2, "cursor": cursor}));
    assert_eq!(next["structuredContent"]["page"]["shown"], json!(2));
}

#[test]
fn the_app_is_offered_to_clients_that_show_apps_alone() {
    let uris = |server: &mut StdioProcess| -> Vec<String> {
        let list = server.ask("resources/list", json!({}));
        let list = list["result"]["resources"].as_array().unwrap().iter();
        list.map(|it| it["uri"].as_str().unwrap().to_owned())
            .collect()
    };
    let metas = |server: &mut StdioProcess| -> Vec<(String, Value)> {
        let list = server.ask("tools/list", json!({}));
        let list = list["result"]["tools"].as_array().unwrap().iter();
        list.filter(|tool| tool.get("_meta").is_some())
            .map(|tool| {
                (
                    tool["name"].as_str().unwrap().to_owned(),
                    tool["_meta"].clone(),
                )
            })
            .collect()
    };
    for other in [
        json!({}),
        json!({"extensions": {"io.modelcontextprotocol/ui": {}}}),
        json!({"extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html"]}}}),
    ] {
        let mut server = surface("core", other);
        assert_eq!(metas(&mut server), []);
        assert!(!uris(&mut server).contains(&APP.to_owned()));
        assert_eq!(server.call(DEMAND, json!({})).get("_meta"), None);
    }
    let mut server = surface("core", shows_apps());
    let ui = json!({"ui": {"resourceUri": APP}});
    let named = [
        DEMAND,
        "back_in_stock_reports_summary",
        "preorders_reports_summary",
    ];
    let mut metas = metas(&mut server);
    metas.sort_by_key(|it| named.iter().position(|name| *name == it.0));
    assert_eq!(metas, named.map(|name| (name.to_owned(), ui.clone())));
    assert!(uris(&mut server).contains(&APP.to_owned()));
    let page = server.ask("resources/read", json!({"uri": APP}));
    let page = &page["result"]["contents"][0];
    assert_eq!(
        (&page["uri"], &page["mimeType"]),
        (&json!(APP), &json!(MIME))
    );
    assert_eq!(
        page["_meta"]["ui"],
        json!({"csp": {"connectDomains": [], "resourceDomains": []}, "prefersBorder": true})
    );
    let text = page["text"].as_str().unwrap();
    assert!(text.starts_with("<!doctype html>") && text.contains("ui/initialize"));
    assert!(
        text.contains("default-src 'none'")
            && !text.contains("/*STYLE*/")
            && !text.contains("/*SCRIPT*/")
    );
    // The names of SVG are no address that is fetched.
    let addresses = text.replace("http://www.w3.org/2000/svg", "");
    assert!(!addresses.contains("http://") && !addresses.contains("https://"));
    // A call of an executor is no report's own.
    let result = server.call("run_read", json!({"action": DEMAND}));
    assert_eq!(result.get("_meta"), None);
}

#[test]
fn texts_of_others_are_clean_in_a_drawing() {
    let mut command = program(&["serve", "--sandbox", "--dataset", "hostile"]);
    command.env("STOQ_MCP_SURFACE", "full");
    let mut server = StdioProcess::start(command);
    server.ask(
        "initialize",
        json!({"protocolVersion": "2025-11-25", "capabilities": shows_apps(),
            "clientInfo": {"name": "black-box", "version": "1"}}),
    );
    let result = server.call(DEMAND, json!({"from": "2024-01-01", "chart": true}));
    size(&result);
    let items = result["_meta"]["stoq/chart"]["panels"][0]["items"]
        .as_array()
        .unwrap();
    assert!(!items.is_empty());
    for item in items {
        let label = item["label"].as_str().unwrap();
        let hidden = |symbol: char| {
            let turns = ('\u{200b}'..='\u{200f}').contains(&symbol);
            symbol.is_control() || turns || ('\u{202a}'..='\u{202e}').contains(&symbol)
        };
        assert!(
            !label.contains(hidden) && !label.contains("<script"),
            "{label:?}"
        );
        assert!(label.chars().count() <= 81, "{label:?}");
    }
}

#[test]
fn a_call_at_a_shell_draws() {
    let call = |more: &[&str]| {
        let mut arguments = vec![
            "call",
            "back_in_stock_reports_signups",
            "--sandbox",
            "--dataset",
            "fixture",
        ];
        arguments.extend(more);
        run(&arguments)
    };
    let (code, drawn, _) = call(&["--chart"]);
    assert_eq!(code, 0);
    let (_, table, _) = call(&["--structured"]);
    let table: Value = serde_json::from_str(&table).unwrap();
    let rows = table["data"]["series"].as_array().unwrap();
    assert!(drawn.contains("█ pending  ▒ notified"), "{drawn}");
    for row in rows {
        let figures = format!(
            "{} = {} + {}",
            row["signups"], row["pending"], row["notified"]
        );
        let date = row["date"].as_str().unwrap();
        let line = drawn
            .lines()
            .find(|line| line.trim_start().starts_with(date))
            .unwrap();
        assert!(line.ends_with(&figures), "{line}");
        assert!(
            line.chars().count() <= 80 && !line.contains('\u{1b}'),
            "{line}"
        );
    }
    let (code, _, told) = run(&[
        "call",
        "back_in_stock_settings_read",
        "--sandbox",
        "--chart",
    ]);
    assert_ne!(code, 0);
    assert!(told.contains("`chart`"), "{told}");
}
