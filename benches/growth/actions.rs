//! Actions of the registry: how soon a server starts, how much it tells, and what calls cost.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::kit::pipes::Client;
use super::kit::plot::Panel;
use super::kit::{self, process};
use super::support::Scratch;
use super::{Cost, READ, Shop, cost, line, number, panel, server};

const BUNDLED: &str = include_str!("../../tools.registry.json");
/// The first is the entries of back-in-stock alone, the second the bundled registry as it is.
const SIZES: [usize; 5] = [34, 142, 500, 1_000, 2_000];
const STARTS: usize = 5;
const CALLS: u32 = 1_000;
const SEARCHES: u32 = 100;
const REQUESTS: [&str; 4] = [
    "how many people are on the waitlist",
    "change the colour of the preorder button",
    "refund a preorder",
    "tell shoppers that it is back",
];

/// What one surface shows of a registry.
struct Surface {
    /// From nothing to the whole list of tools, in milliseconds.
    start: f64,
    kilobytes: f64,
    memory: f64,
}

struct Seen {
    actions: usize,
    core: Surface,
    full: Surface,
    read: Cost,
    find: Cost,
}

/// The table, and the panels of memory and of a call's cost.
pub fn run(shop: &Shop) -> (String, [Panel; 2]) {
    let seen: Vec<Seen> = SIZES
        .into_iter()
        .map(|actions| look(shop, actions))
        .collect();
    let points = |of: fn(&Seen) -> f64| {
        let seen = seen.iter();
        seen.map(|seen| (number(seen.actions), of(seen))).collect()
    };
    let memory = vec![
        line("core", points(|seen| seen.core.memory)),
        line("full", points(|seen| seen.full.memory)),
    ];
    let cpu = vec![
        line("read-one", points(|seen| seen.read.cpu)),
        line("find_actions", points(|seen| seen.find.cpu)),
    ];
    let panels = [
        panel("Memory by actions", "actions", "resident MB", memory),
        panel("Cost of a call by actions", "actions", "CPU µs a call", cpu),
    ];
    (table(&seen), panels)
}

fn look(shop: &Shop, actions: usize) -> Seen {
    let file = Scratch::new("registry.json", &registry(actions));
    let (core, mut client) = surface(shop, "core", file.path());
    let pid = client.child.id();
    let mut turn = 0;
    let find = cost(pid, SEARCHES, || {
        turn = (turn + 1) % REQUESTS.len();
        client.time("find_actions", &json!({"query": REQUESTS[turn]}))
    });
    let (full, mut client) = surface(shop, "full", file.path());
    let arguments = shop.id();
    let read = cost(client.child.id(), CALLS, || client.time(READ, &arguments));
    eprintln!(
        "{actions} actions: {:.1} µs a read, {:.1} µs a search",
        read.cpu, find.cpu
    );
    Seen {
        actions,
        core,
        full,
        read,
        find,
    }
}

/// The middle of some starts, and the last of the servers started.
fn surface(shop: &Shop, name: &str, registry: &str) -> (Surface, Client) {
    let mut times = Vec::new();
    for _ in 1..STARTS {
        times.push(start(shop, name, registry).0);
    }
    let (took, bytes, client) = start(shop, name, registry);
    times.push(took);
    let surface = Surface {
        start: kit::median(&mut times).as_secs_f64() * 1e3,
        kilobytes: number(bytes) / 1024.0,
        memory: process::memory(client.child.id()),
    };
    (surface, client)
}

/// A server that has told its whole list of tools: when, and in how many bytes.
fn start(shop: &Shop, surface: &str, registry: &str) -> (Duration, usize, Client) {
    let began = Instant::now();
    let mut client = Client::start(server(&shop.base_url, surface, &["--registry", registry]));
    let mut pages = vec![client.ask("tools/list", json!({}))];
    while let Some(cursor) = pages.last().unwrap()["result"].get("nextCursor").cloned() {
        pages.push(client.ask("tools/list", json!({"cursor": cursor})));
    }
    let took = began.elapsed();
    let bytes = pages.iter().map(|page| page.to_string().len()).sum();
    (took, bytes, client)
}

/// A registry of so many actions: the bundled ones, then copies of them under names and paths of their own.
fn registry(actions: usize) -> String {
    let mut file: Value = serde_json::from_str(BUNDLED).unwrap();
    let bundled = file["actions"].as_array().unwrap().clone();
    let entries = (0..actions).map(|place| {
        let mut entry = bundled[place % bundled.len()].clone();
        let round = place / bundled.len();
        if round > 0 {
            rename(&mut entry, round);
        }
        entry
    });
    file["actions"] = entries.collect();
    file.to_string()
}

fn rename(entry: &mut Value, round: usize) {
    let told = |field: &Value| field.as_str().unwrap().to_owned();
    entry["name"] = json!(format!("copy{round}_{}", told(&entry["name"])));
    entry["path"] = json!(format!("/copy{round}{}", told(&entry["path"])));
    entry["title"] = json!(format!("{} {round}", told(&entry["title"])));
    entry.as_object_mut().unwrap().remove("also_known_as");
}

fn table(seen: &[Seen]) -> String {
    let head = "| actions | start, core | start, full | tools/list, core | tools/list, full | memory, core | \
                memory, full | CPU a read-one | CPU a find_actions | p50 of find_actions |\n\
                |---|---|---|---|---|---|---|---|---|---|\n";
    let rows = seen.iter().map(|seen| {
        let (core, full) = (&seen.core, &seen.full);
        format!(
            "| {} | {:.1} ms | {:.1} ms | {:.0} KB | {:.0} KB | {:.1} MB | {:.1} MB | {:.1} µs | {:.1} µs | {:.3} ms |\n",
            seen.actions,
            core.start,
            full.start,
            core.kilobytes,
            full.kilobytes,
            core.memory,
            full.memory,
            seen.read.cpu,
            seen.find.cpu,
            seen.find.p50,
        )
    });
    head.to_owned() + &rows.collect::<String>()
}
