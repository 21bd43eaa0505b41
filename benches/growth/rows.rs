//! Rows of a list: what reading, masking and shaping one more costs.

use serde_json::json;

use super::kit::pipes::Client;
use super::kit::plot::Panel;
use super::kit::process;
use super::{Cost, Shop, cost, line, number, panel, server};

const SIZES: [usize; 3] = [50, 100, 200];
const CALLS: u32 = 500;
const LIST: &str = "back_in_stock_signups_list";

struct Seen {
    rows: usize,
    shown: u64,
    memory: f64,
    cost: Cost,
}

/// The table, and the panels of memory and of a call's cost.
pub fn run(shop: &Shop) -> (String, [Panel; 2]) {
    let seen: Vec<Seen> = SIZES.into_iter().map(|rows| look(shop, rows)).collect();
    let points = |of: fn(&Seen) -> f64| {
        let seen = seen.iter();
        seen.map(|seen| (number(seen.rows), of(seen))).collect()
    };
    let memory = line("server", points(|seen| seen.memory));
    let cpu = line("list", points(|seen| seen.cost.cpu));
    let panels = [
        panel(
            "Memory by rows",
            "rows of a list",
            "resident MB",
            vec![memory],
        ),
        panel(
            "Cost of a list by rows",
            "rows of a list",
            "CPU µs a call",
            vec![cpu],
        ),
    ];
    (table(&seen), panels)
}

fn look(shop: &Shop, rows: usize) -> Seen {
    let mut client = Client::start(server(&shop.stub(rows), "full", &[]));
    let pid = client.child.id();
    let arguments = json!({"limit": rows});
    let call = json!({"name": LIST, "arguments": arguments});
    let answer = client.ask("tools/call", call);
    // An answer has a bound of its own, which the longest lists meet.
    let shown = &answer["result"]["structuredContent"]["page"]["shown"];
    let shown = shown.as_u64().unwrap_or_else(|| panic!("{answer}"));
    let cost = cost(pid, CALLS, || client.time(LIST, &arguments));
    eprintln!("{rows} rows: {:.1} µs a call", cost.cpu);
    Seen {
        rows,
        shown,
        memory: process::memory(pid),
        cost,
    }
}

fn table(seen: &[Seen]) -> String {
    let head = "| rows asked for | shown | memory | CPU a call | CPU a row asked for | p50 |\n|---|---|---|---|---|---|\n";
    let rows = seen.iter().map(|seen| {
        format!(
            "| {} | {} | {:.1} MB | {:.1} µs | {:.2} µs | {:.3} ms |\n",
            seen.rows,
            seen.shown,
            seen.memory,
            seen.cost.cpu,
            seen.cost.cpu / number(seen.rows),
            seen.cost.p50
        )
    });
    head.to_owned() + &rows.collect::<String>()
}
