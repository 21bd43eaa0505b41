//! Addresses that lead astray, made from a seed.

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_pcg::Pcg64;

use crate::world::{PATH, Ports};

const SCHEMES: [&str; 26] = [
    "http://",
    "http://",
    "http://",
    "https://",
    "https://",
    "HTTP://",
    "hTTps://",
    "http:/",
    "http:",
    "http:///",
    "http:\\\\",
    "https:/\\",
    "//",
    "//",
    "///",
    "\\\\",
    "/\\",
    "ftp://",
    "file://",
    "ws://",
    "data:text/csv,",
    "javascript:",
    "gopher://",
    "blob:http://",
    "",
    "\thttp://",
];
const NAMES: [&str; 12] = [
    "",
    "",
    "",
    "",
    "",
    "@",
    "user@",
    "user:pass@",
    "127.0.0.1@",
    "app.stoqapp.com@",
    "%40@",
    "s3.amazonaws.com:443@",
];
const HOSTS: [&str; 34] = [
    "127.0.0.1",
    "127.0.0.1",
    "127.0.0.1",
    "127.0.0.1",
    "localhost",
    "localhost",
    "LOCALHOST",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "localhost.",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "127。0。0。1",
    "①②⑦.0.0.1",
    "127%2e0%2e0%2e1",
    "127.0.0.1%00.amazonaws.com",
    "ⓛocalhost",
    "lo\u{ad}calhost",
    "127.0.0.1\\.amazonaws.com",
    "127.0.0.1#.amazonaws.com",
    "127.0.0.1?.amazonaws.com",
    "127.0.0.1/.amazonaws.com",
    "127.0.0.1 .amazonaws.com",
    "[::1%25lo]",
    "127.0.0.1,amazonaws.com",
    "0",
];
const MIDDLES: [&str; 24] = [
    "",
    "",
    "",
    "/jobs",
    "/back_in_stock/reports/jobs",
    "/..",
    "/../..",
    "/../../../admin",
    "/./.",
    "/%2e%2e/%2e%2e",
    "/%2E./admin",
    "/..%2f..%2fadmin",
    "/..;/admin",
    "/..\\..\\admin",
    "\\..\\admin",
    "//",
    "/\u{ff0e}\u{ff0e}/admin",
    "/%252e%252e/admin",
    "/\r\nx-auth-token: y\r\n",
    "/%0d%0aHost:%20evil",
    "/\0",
    "/a b",
    "?next=",
    "#",
];
const JUNK: [&str; 16] = [
    "\0", "\t", "\n", "\r\n", " ", "\\", "/", "@", ":", "#", "?", "%", "..", "\u{202e}",
    "\u{200b}", "é",
];

/// One address: mostly next door, else on the API's own host outside or below the base. Its last
/// segment is mostly `last`, so that a check that only looks there is passed.
pub fn address(rng: &mut Pcg64, ports: Ports, last: &str) -> String {
    let mut text = match rng.random_range(0..10) {
        // A path, as an honest API gives it, then led astray.
        0..3 => {
            let prefix = [
                PATH,
                PATH,
                "",
                "/",
                "/admin",
                "/api/v2/external@h",
                "/api/v2/externalx",
                "/api/v1/external",
            ];
            format!("{}{}", pick(rng, &prefix), middles(rng))
        }
        _ => {
            let port = match rng.random_range(0..8) {
                0..5 => format!(":{}", ports.elsewhere),
                5 => format!(":{}", ports.api),
                6 => format!(":0{}", ports.elsewhere),
                _ => String::new(),
            };
            let (scheme, name, host) = (pick(rng, &SCHEMES), pick(rng, &NAMES), pick(rng, &HOSTS));
            // Without a port only a dead one: nobody of this machine is to be bothered.
            let port = if port.is_empty() {
                format!(":{}", ports.elsewhere)
            } else {
                port
            };
            let path = pick(rng, &[PATH, PATH, "", "/sandbox/exports"]);
            format!("{scheme}{name}{host}{port}{path}{}", middles(rng))
        }
    };
    if rng.random_range(0..50) == 0 {
        text.push_str(&"/a".repeat(rng.random_range(100..4_000)));
    }
    if rng.random_range(0..8) > 0 {
        text.push('/');
        text.push_str(last);
    }
    if rng.random_range(0..5) == 0 {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        if let Some(at) = places.choose(rng) {
            text.insert_str(*at, pick(rng, &JUNK));
        }
    }
    text
}

fn middles(rng: &mut Pcg64) -> String {
    let count = rng.random_range(0..3);
    (0..count).map(|_| pick(rng, &MIDDLES)).collect()
}

fn pick<'a>(rng: &mut Pcg64, from: &[&'a str]) -> &'a str {
    from.choose(rng).unwrap()
}

/// Whether a target, as it stood on the wire, lies below the API's base however it is read.
pub fn is_below(target: &str) -> bool {
    let step = |segment: &str| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == ".." || plain == "."
    };
    target
        .strip_prefix(PATH)
        .and_then(|rest| rest.strip_prefix('/'))
        .is_some_and(|rest| {
            !rest.split(['/', '\\']).any(step) && !rest.to_ascii_lowercase().contains("%2f")
        })
}
