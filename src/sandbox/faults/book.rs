//! The rules in force: which of them fire on a request.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Fault, Place, Rule};
use crate::sandbox::scope::Ids;

/// All rules, in the order they were made.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Book {
    rules: Vec<Laid>,
    last_number: u64,
}

#[derive(Debug)]
struct Laid {
    id: String,
    rule: Rule,
    /// Matching requests so far that were let pass by `skip`.
    passed: u32,
    hits: u32,
}

/// A request as the rules see it.
#[derive(Debug, Clone, Copy)]
pub(in crate::sandbox) struct Seen<'a> {
    /// Verb.
    pub(in crate::sandbox) method: &'a str,
    /// Absolute path as sent.
    pub(in crate::sandbox) path: &'a str,
    /// Domain of the shop, once the key names one.
    pub(in crate::sandbox) shop: Option<&'a str>,
    /// Whether it gets past key and points.
    pub(in crate::sandbox) admitted: bool,
    /// Whether it submits a job.
    pub(in crate::sandbox) submits_job: bool,
    /// Whether it fetches an export file.
    pub(in crate::sandbox) fetches_file: bool,
}

/// What fires on a request.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Fired {
    /// Real time the answer waits.
    pub(in crate::sandbox) delay: Duration,
    /// The fault beside the waiting.
    pub(in crate::sandbox) fault: Option<Fault>,
    names: Vec<&'static str>,
}

impl Fired {
    /// Names of the faults, for the journal.
    pub(in crate::sandbox) fn names(&self) -> Option<String> {
        (!self.names.is_empty()).then(|| self.names.join("+"))
    }

    /// The fault, when it strikes at that place.
    pub(in crate::sandbox) fn at(&self, place: Place) -> Option<&Fault> {
        self.fault.as_ref().filter(|fault| fault.place() == place)
    }
}

impl Book {
    /// Adds a rule and gives its id.
    pub(in crate::sandbox) fn add(&mut self, rule: Rule) -> String {
        self.last_number += 1;
        let id = format!("flt_{}", self.last_number);
        self.rules.push(Laid {
            id: id.clone(),
            rule,
            passed: 0,
            hits: 0,
        });
        id
    }

    /// Takes a rule away; false when there is none of that id.
    pub(in crate::sandbox) fn remove(&mut self, id: &str) -> bool {
        let before = self.rules.len();
        self.rules.retain(|laid| laid.id != id);
        self.rules.len() < before
    }

    /// Takes all rules away.
    pub(in crate::sandbox) fn clear(&mut self) {
        self.rules.clear();
    }

    /// The rules with their hits.
    pub(in crate::sandbox) fn list(&self) -> serde_json::Result<Vec<Value>> {
        self.rules
            .iter()
            .map(|laid| {
                let mut value = serde_json::to_value(&laid.rule)?;
                if let Value::Object(map) = &mut value {
                    map.shift_insert(0, "id".into(), json!(laid.id));
                    map.insert("hits".into(), json!(laid.hits));
                }
                Ok(value)
            })
            .collect()
    }

    /// Tries the rules: every latency that matches, and the first other one.
    pub(in crate::sandbox) fn fire(&mut self, seen: &Seen<'_>, ids: &mut Ids) -> Fired {
        let mut fired = Fired::default();
        for laid in &mut self.rules {
            let waits = matches!(laid.rule.fault, Fault::Latency { .. });
            if !waits && fired.fault.is_some() {
                continue;
            }
            if !laid.matches(seen) || !laid.is_due(ids) {
                continue;
            }
            laid.hits += 1;
            fired.names.push(laid.rule.fault.name());
            if let Fault::Latency { ms, jitter_ms } = laid.rule.fault {
                let jitter = f64::from(jitter_ms) * ids.fraction();
                fired.delay += Duration::from_millis(u64::from(ms))
                    + Duration::from_secs_f64(jitter / 1_000.0);
            } else {
                fired.fault = Some(laid.rule.fault.clone());
            }
        }
        fired
    }
}

impl Laid {
    fn matches(&self, seen: &Seen<'_>) -> bool {
        let fault = &self.rule.fault;
        let target = &self.rule.target;
        let reached = seen.admitted || fault.place() == Place::Early;
        let apt = match fault {
            Fault::Job(_) => seen.submits_job,
            Fault::Download { .. } => seen.fetches_file,
            Fault::Latency { .. }
            | Fault::Hang { .. }
            | Fault::Status { .. }
            | Fault::RateLimit { .. }
            | Fault::Drop { .. }
            | Fault::MalformedJson { .. }
            | Fault::WrongShape { .. }
            | Fault::Oversize { .. }
            | Fault::SlowBody { .. } => true,
        };
        reached
            && apt
            && (target.method == "*" || target.method.eq_ignore_ascii_case(seen.method))
            && (target.shop.is_none() || target.shop.as_deref() == seen.shop)
            && glob(&target.path, seen.path)
    }

    /// Counts a matching request and says whether the rule fires on it.
    fn is_due(&mut self, ids: &mut Ids) -> bool {
        if self.rule.times.is_some_and(|times| self.hits >= times) {
            return false;
        }
        if self.passed < self.rule.skip {
            self.passed += 1;
            return false;
        }
        self.rule.probability >= 1.0 || ids.fraction() < self.rule.probability
    }
}

/// Whether a path fits a pattern: `*` stands for one segment, `**` for any number of them.
fn glob(pattern: &str, path: &str) -> bool {
    let wanted: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    let given: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    fits(&wanted, &given)
}

fn fits(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some((&"**", rest)), None) => fits(rest, path),
        (Some((&"**", rest)), Some((_, tail))) => fits(rest, path) || fits(pattern, tail),
        (Some(_), None) => false,
        (Some((&wanted, rest)), Some((&given, tail))) => {
            (wanted == "*" || wanted == given) && fits(rest, tail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(value: Value) -> Rule {
        Rule::parse(value.as_object().unwrap()).unwrap()
    }

    const SEEN: Seen<'static> = Seen {
        method: "POST",
        path: "/api/v2/external/back_in_stock/signups",
        shop: Some("a.example"),
        admitted: true,
        submits_job: false,
        fetches_file: false,
    };

    fn names(book: &mut Book, seen: &Seen<'_>) -> Option<String> {
        book.fire(seen, &mut Ids::new(1)).names()
    }

    #[test]
    fn globs() {
        assert!(glob("**", "/a/b"));
        assert!(glob("/a/*/c", "/a/b/c"));
        assert!(glob("/a/**", "/a/b/c"));
        assert!(glob("/**/c", "/a/b/c"));
        assert!(!glob("/a/*", "/a/b/c"));
        assert!(!glob("/a/*", "/a"));
    }

    #[test]
    fn skips_fires_and_stops() {
        let mut book = Book::default();
        let value = json!({"skip": 1, "times": 2, "fault": {"kind": "status", "status": 500}});
        assert_eq!(book.add(rule(value)), "flt_1");
        let fired: Vec<_> = (0..4).map(|_| names(&mut book, &SEEN)).collect();
        let hit = Some("status".to_owned());
        assert_eq!(fired, [None, hit.clone(), hit, None]);
        assert_eq!(
            book.list().unwrap(),
            [
                json!({"id": "flt_1", "match": {"method": "*", "path": "**"}, "skip": 1, "times": 2,
                "probability": 1.0,
                "fault": {"kind": "status", "status": 500, "phase": "before"}, "hits": 2})
            ]
        );
        assert!(book.remove("flt_1"));
        assert!(!book.remove("flt_1"));
    }

    #[test]
    fn latencies_add_up_and_the_first_other_fault_wins() {
        let mut book = Book::default();
        for fault in [
            json!({"kind": "latency", "ms": 20}),
            json!({"kind": "oversize", "bytes": 10}),
            json!({"kind": "drop", "phase": "after"}),
            json!({"kind": "latency", "ms": 5}),
        ] {
            book.add(rule(json!({"fault": fault})));
        }
        let fired = book.fire(&SEEN, &mut Ids::new(1));
        assert_eq!(fired.delay, Duration::from_millis(25));
        assert_eq!(fired.fault, Some(Fault::Oversize { bytes: 10 }));
        assert_eq!(fired.names(), Some("latency+oversize+latency".to_owned()));
    }

    #[test]
    fn a_rule_names_its_requests() {
        let fault = json!({"kind": "status", "status": 503});
        let cases = [
            (json!({"method": "get"}), false),
            (json!({"method": "post", "path": "/api/**"}), true),
            (json!({"shop": "a.example"}), true),
            (json!({"shop": "b.example"}), false),
        ];
        for (target, fires) in cases {
            let mut book = Book::default();
            book.add(rule(json!({"match": target, "fault": fault})));
            assert_eq!(names(&mut book, &SEEN).is_some(), fires, "{target}");
        }
        let mut book = Book::default();
        book.add(rule(json!({"fault": fault})));
        book.add(rule(json!({"fault": {"kind": "rate_limit"}})));
        let rejected = Seen {
            admitted: false,
            ..SEEN
        };
        assert_eq!(names(&mut book, &rejected), Some("rate_limit".to_owned()));
        assert_eq!(names(&mut book, &rejected), None);
        assert_eq!(names(&mut book, &SEEN), Some("status".to_owned()));
    }

    #[test]
    fn job_and_download_faults_wait_for_their_requests() {
        let mut book = Book::default();
        book.add(rule(json!({"fault": {"kind": "job", "outcome": "stuck"}})));
        book.add(rule(
            json!({"fault": {"kind": "download", "outcome": "403"}}),
        ));
        assert_eq!(names(&mut book, &SEEN), None);
        let submit = Seen {
            submits_job: true,
            ..SEEN
        };
        assert_eq!(names(&mut book, &submit), Some("job".to_owned()));
        let fetch = Seen {
            fetches_file: true,
            ..SEEN
        };
        assert_eq!(names(&mut book, &fetch), Some("download".to_owned()));
    }

    #[test]
    fn a_chance_is_drawn_from_the_generator() {
        let mut book = Book::default();
        let value = json!({"times": null, "probability": 0.25,
            "fault": {"kind": "status", "status": 500}});
        book.add(rule(value));
        let mut ids = Ids::new(1);
        let hits = (0..1_000)
            .filter(|_| book.fire(&SEEN, &mut ids).fault.is_some())
            .count();
        assert!((200..300).contains(&hits), "{hits}");
    }

    #[test]
    fn a_wrong_rule_is_refused() {
        let refused = |value: Value| Rule::parse(value.as_object().unwrap()).unwrap_err();
        assert!(refused(json!({"fault": {"kind": "fire"}})).contains("unknown variant `fire`"));
        assert!(refused(json!({})).contains("missing field `fault`"));
        assert!(refused(json!({"fault": {"kind": "drop"}})).contains("missing field `phase`"));
        assert_eq!(
            refused(json!({"fault": {"kind": "status", "status": 200}})),
            "fault.status must be between 400 and 599"
        );
        assert_eq!(
            refused(json!({"probability": 2, "fault": {"kind": "hang", "ms": 1}})),
            "probability must be between 0 and 1"
        );
    }
}
