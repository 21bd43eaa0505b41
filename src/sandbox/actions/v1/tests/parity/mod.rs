//! The pairs of both APIs: every field of v1 against its place in v2, on the fixture and on the
//! generated shop, and writes of one read back through the other.

mod plans;
mod signups;

use serde_json::{Value, json};

use crate::sandbox::seed::Kind;
use crate::sandbox::testing::Bench;
const LARGEST: i64 = 500;

/// Both shops of a dataset.
fn each_shop(kind: Kind, mut check: impl FnMut(&mut Bench)) {
    let mut bench = Bench::of(kind);
    for shop in [1, 2] {
        check(bench.shop(shop));
    }
}

/// All rows of a list of v1.
fn of_v1(bench: &mut Bench, name: &str, key: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    for page in 1.. {
        let (status, answer) = bench.v1(name, json!({"page": page, "per_page": LARGEST}));
        assert_eq!(status, 200);
        rows.extend(answer[key].as_array().unwrap().iter().cloned());
        if answer["meta"]["total_pages"].as_i64().unwrap() <= page {
            break;
        }
    }
    rows
}

/// All rows of a list of v2.
fn of_v2(bench: &mut Bench, name: &str, args: &Value, key: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    for page in 1.. {
        let mut args = args.clone();
        args["page"] = json!(page);
        args["per_page"] = json!(200);
        let answer = bench.ok(name, args);
        rows.extend(answer[key].as_array().unwrap().iter().cloned());
        if answer["meta"]["total_pages"].as_i64().unwrap() <= page {
            break;
        }
    }
    rows
}

/// An instant of v1 in the whole seconds of v2.
fn seconds(at: &Value) -> Value {
    match at.as_str() {
        Some(text) => {
            assert_eq!((text.len(), &text[19..20]), (24, "."), "{text}");
            json!(format!("{}Z", &text[..19]))
        }
        None => Value::Null,
    }
}
