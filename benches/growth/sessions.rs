//! Sessions that are kept: what each needs, and what a call among them costs.

use std::time::{Duration, Instant};

use super::kit::plot::Panel;
use super::kit::process;
use super::kit::session::Line;
use super::support::HttpProcess;
use super::{Cost, READ, Shop, cost, line, number, panel, server};

const SIZES: [usize; 5] = [1, 10, 100, 1_000, 10_000];
const CALLS: u32 = 1_000;
/// Time for what a burst of greetings has left to be cleared away.
const SETTLE: Duration = Duration::from_millis(500);

struct Seen {
    sessions: usize,
    memory: f64,
    files: usize,
    cost: Cost,
}

/// The table, and the panels of memory and of a call's cost.
pub fn run(shop: &Shop) -> (String, [Panel; 2]) {
    let runtime = super::kit::runtime();
    let http = HttpProcess::start(server(&shop.base_url, "full", &["--http", "127.0.0.1:0"]));
    let pid = http.process.child.id();
    let host = http.origin.strip_prefix("http://").unwrap();
    let mut client = runtime.block_on(Line::to(host));
    let (mut kept, mut seen) = (Vec::new(), Vec::new());
    let arguments = shop.id();
    for sessions in SIZES {
        while kept.len() < sessions {
            kept.push(runtime.block_on(client.begin()));
        }
        std::thread::sleep(SETTLE);
        let memory = process::memory(pid);
        let mut turn = 0;
        let cost = cost(pid, CALLS, || {
            // A stride that meets sessions of all ages.
            turn = (turn + 7_919) % kept.len();
            let began = Instant::now();
            runtime.block_on(client.call(&kept[turn], READ, &arguments));
            began.elapsed()
        });
        eprintln!(
            "{sessions} sessions: {memory:.1} MB, {:.1} µs a call",
            cost.cpu
        );
        seen.push(Seen {
            sessions,
            memory,
            files: process::open_files(pid),
            cost,
        });
    }
    for session in kept {
        runtime.block_on(client.end(&session));
    }
    std::thread::sleep(SETTLE);
    let text = table(&seen, process::memory(pid));
    let points = |of: fn(&Seen) -> f64| {
        let seen = seen.iter();
        seen.map(|seen| (number(seen.sessions), of(seen))).collect()
    };
    let memory = line("server", points(|seen| seen.memory));
    let cpu = line("read-one", points(|seen| seen.cost.cpu));
    let panels = [
        panel(
            "Memory by sessions",
            "sessions kept",
            "resident MB",
            vec![memory],
        ),
        panel(
            "Cost of a call by sessions",
            "sessions kept",
            "CPU µs a call",
            vec![cpu],
        ),
    ];
    (text, panels)
}

fn table(seen: &[Seen], after: f64) -> String {
    let head = "| sessions | memory | a further session | open files | CPU a call | p50 |\n\
                |---|---|---|---|---|---|\n";
    let first = seen[0].memory;
    let rows = seen.iter().map(|seen| {
        // Below some hundred sessions the pages of the allocator hide what one needs.
        let each = if seen.sessions < 100 {
            "–".to_owned()
        } else {
            let kilobytes = (seen.memory - first) * 1024.0 / number(seen.sessions - 1);
            format!("{kilobytes:.1} KB")
        };
        format!(
            "| {} | {:.1} MB | {each} | {} | {:.1} µs | {:.3} ms |\n",
            seen.sessions, seen.memory, seen.files, seen.cost.cpu, seen.cost.p50
        )
    });
    let ended = format!("| 0, all ended | {after:.1} MB | – | – | – | – |\n");
    head.to_owned() + &rows.collect::<String>() + &ended
}
