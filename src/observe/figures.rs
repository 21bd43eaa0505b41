//! The figures: what is counted while the server works, and what is read when somebody looks.
//!
//! All of a call's updates together take less than a microsecond, and none waits for anything but another
//! update of the same figure.

use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};

use super::labels::{Acting, Build, CallEnd, Code, Ended, Failure, OfClass, StoreUse, Why};
use super::process;

/// Bounds of what a call and the API take, in seconds; 10 is one attempt's limit, 45 a call's.
const CALL: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 45.0,
];
/// Bounds of a wait for points, in seconds; 5 is the longest that stays silent.
const WAIT: [f64; 6] = [0.001, 0.1, 0.5, 1.0, 2.5, 5.0];
/// Bounds of an operation of the store, in seconds.
const STORE: [f64; 9] = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0];

type Seconds = Counter<f64, AtomicU64>;
type Times = Family<OfClass, Histogram>;

/// What is counted.
pub(crate) struct Figures {
    registry: Registry,
    calls: Family<CallEnd, Counter>,
    call_seconds: Times,
    refusals: Family<Why, Counter>,
    errors: Family<Failure, Counter>,
    upstream_requests: Family<CallEnd, Counter>,
    upstream_seconds: Times,
    upstream_action_seconds: Family<Acting, Seconds>,
    retries: Family<Why, Counter>,
    points_spent: Family<Acting, Counter>,
    points_wait: Histogram,
    http_answers: Family<Code, Counter>,
    http_connections: Counter,
    store_operations: Family<StoreUse, Counter>,
    store_seconds: Histogram,
    audit_failures: Counter,
    trace_exports: Family<Ended, Counter>,
    now: Gauges,
}

/// What is read when somebody looks.
#[derive(Debug, Default)]
struct Gauges {
    calls: Gauge,
    jobs: Gauge,
    shops: Gauge,
    callers: Gauge,
    sessions: Gauge,
    points_held: Gauge,
    points_limit: Gauge,
    fullest: Gauge<f64, AtomicU64>,
    breakers_open: Gauge,
    stopping: Gauge,
    memory: Gauge,
    open_files: Gauge,
}

/// How things stand in this process now, over all of its shops.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Reading {
    /// Calls at work.
    pub calls: usize,
    /// Jobs of the API that are followed.
    pub jobs: usize,
    /// Shops that somebody works for.
    pub shops: usize,
    /// Callers that have a server.
    pub callers: usize,
    /// Sessions of the older protocol.
    pub sessions: usize,
    /// Points held, of all shops.
    pub points_held: u64,
    /// Points that may be held, of all shops.
    pub points_limit: u64,
    /// The part of its points that the fullest shop holds, 0 to 1.
    pub fullest: f64,
    /// Shops whose API is given a pause.
    pub breakers_open: usize,
    /// Whether the server is about to stop.
    pub is_stopping: bool,
}

static FIGURES: LazyLock<Figures> = LazyLock::new(Figures::new);

/// The figures of this process.
pub(crate) fn figures() -> &'static Figures {
    &FIGURES
}

fn times() -> Times {
    Family::new_with_constructor(|| Histogram::new(CALL))
}

impl Figures {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("stoq_mcp");
        let now = Gauges::register(&mut registry);
        let build = Info::new(Build {
            version: env!("CARGO_PKG_VERSION"),
        });
        registry.register("build", "What was built", build);
        let mut add = Adder(&mut registry);
        Self {
            calls: add.it("calls", "Calls that ended, by outcome", Family::default()),
            call_seconds: add.it("call_seconds", "Time of a call", times()),
            refusals: add.it(
                "refusals",
                "Calls refused here before anything was sent, by reason",
                Family::default(),
            ),
            errors: add.it("errors", "Calls that failed, by kind", Family::default()),
            upstream_requests: add.it(
                "upstream_requests",
                "Attempts at the API, by outcome",
                Family::default(),
            ),
            upstream_seconds: add.it(
                "upstream_seconds",
                "Time of an attempt at the API, to the last byte of its answer",
                times(),
            ),
            upstream_action_seconds: add.it(
                "upstream_action_seconds",
                "Time spent in attempts at the API",
                Family::default(),
            ),
            retries: add.it(
                "retries",
                "Attempts at the API that were repeated, by the fault before",
                Family::default(),
            ),
            points_spent: add.it("points_spent", "Points of attempts", Family::default()),
            points_wait: add.it(
                "points_wait_seconds",
                "Time that attempts waited for points",
                Histogram::new(WAIT),
            ),
            http_answers: add.it(
                "http_answers",
                "Answers of this server over HTTP, by status",
                Family::default(),
            ),
            http_connections: add.it(
                "http_connections",
                "Connections that were accepted",
                Counter::default(),
            ),
            store_operations: add.it(
                "store_operations",
                "Operations of the state store, by how they ended",
                Family::default(),
            ),
            store_seconds: add.it(
                "store_seconds",
                "Time of an operation of the state store",
                Histogram::new(STORE),
            ),
            audit_failures: add.it(
                "audit_failures",
                "Lines of the audit trail that could not be written",
                Counter::default(),
            ),
            trace_exports: add.it(
                "trace_exports",
                "Batches of spans, by whether they were taken",
                Family::default(),
            ),
            now,
            registry,
        }
    }

    /// A call ended in a result.
    pub(crate) fn call_ended(&self, acting: Acting, took: Duration, outcome: &'static str) {
        let Acting { action, class } = acting;
        self.time(&self.call_seconds, class, took);
        let end = CallEnd {
            action,
            class,
            outcome,
        };
        self.calls.get_or_create(&end).inc();
    }

    /// A call was refused before anything was sent.
    pub(crate) fn call_refused(&self, acting: Acting, took: Duration, reason: &'static str) {
        let Acting { action, class } = acting.clone();
        let why = Why {
            action,
            class,
            reason,
        };
        self.refusals.get_or_create(&why).inc();
        self.call_ended(acting, took, "refused");
    }

    /// A call failed.
    pub(crate) fn call_failed(&self, acting: Acting, took: Duration, kind: &'static str) {
        let Acting { action, class } = acting.clone();
        let failure = Failure {
            action,
            class,
            kind,
        };
        self.errors.get_or_create(&failure).inc();
        self.call_ended(acting, took, "failed");
    }

    /// An attempt at the API ended.
    pub(crate) fn attempted(
        &self,
        acting: Acting,
        took: Duration,
        outcome: &'static str,
        points: u32,
    ) {
        self.time(&self.upstream_seconds, acting.class, took);
        self.upstream_action_seconds
            .get_or_create(&acting)
            .inc_by(took.as_secs_f64());
        if points > 0 {
            let spent = self.points_spent.get_or_create(&acting);
            spent.inc_by(u64::from(points));
        }
        let Acting { action, class } = acting;
        let end = CallEnd {
            action,
            class,
            outcome,
        };
        self.upstream_requests.get_or_create(&end).inc();
    }

    /// An attempt is repeated.
    pub(crate) fn repeated(&self, acting: Acting, reason: &'static str) {
        let Acting { action, class } = acting;
        let why = Why {
            action,
            class,
            reason,
        };
        self.retries.get_or_create(&why).inc();
    }

    /// An attempt had its points after a wait.
    pub(crate) fn waited_for_points(&self, wait: Duration) {
        self.points_wait.observe(wait.as_secs_f64());
    }

    /// A request over HTTP was answered.
    pub(crate) fn http_answered(&self, status: u16) {
        let code = Code { code: code(status) };
        self.http_answers.get_or_create(&code).inc();
    }

    /// A connection was accepted.
    pub(crate) fn http_connected(&self) {
        self.http_connections.inc();
    }

    /// An operation of the state store ended.
    pub(crate) fn store_used(&self, operation: &'static str, took: Duration, is_well: bool) {
        let use_of = StoreUse {
            operation,
            outcome: well(is_well),
        };
        self.store_operations.get_or_create(&use_of).inc();
        self.store_seconds.observe(took.as_secs_f64());
    }

    /// A line of the audit trail was lost.
    pub(crate) fn audit_failed(&self) {
        self.audit_failures.inc();
    }

    /// A batch of spans was sent.
    pub(crate) fn spans_sent(&self, is_well: bool) {
        let ended = Ended {
            outcome: well(is_well),
        };
        self.trace_exports.get_or_create(&ended).inc();
    }

    /// All figures as OpenMetrics text, which Prometheus reads.
    pub(crate) fn text(&self, reading: &Reading) -> Result<String, fmt::Error> {
        self.now.set(reading);
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    fn time(&self, family: &Times, class: &'static str, took: Duration) {
        let of = OfClass { class };
        family.get_or_create(&of).observe(took.as_secs_f64());
    }
}

impl Gauges {
    fn register(registry: &mut Registry) -> Self {
        let mut add = Adder(registry);
        let gauges = Self {
            calls: add.it("calls_at_work", "Calls at work", Gauge::default()),
            jobs: add.it("jobs_followed", "Jobs that are followed", Gauge::default()),
            shops: add.it("shops", "Shops that somebody works for", Gauge::default()),
            callers: add.it("callers", "Callers that have a server", Gauge::default()),
            sessions: add.it("sessions", "Sessions of clients", Gauge::default()),
            points_held: add.it("points_held", "Points held, of all shops", Gauge::default()),
            points_limit: add.it(
                "points_limit",
                "Points that may be held, of all shops",
                Gauge::default(),
            ),
            fullest: add.it(
                "points_fullest_ratio",
                "The part of its points that the fullest shop holds",
                Gauge::default(),
            ),
            breakers_open: add.it(
                "breakers_open",
                "Shops whose API is given a pause",
                Gauge::default(),
            ),
            stopping: add.it(
                "stopping",
                "Whether the server is about to stop",
                Gauge::default(),
            ),
            memory: add.it("process_memory_bytes", "Memory in use", Gauge::default()),
            open_files: add.it(
                "process_open_files",
                "Files and connections that are open",
                Gauge::default(),
            ),
        };
        let started: Gauge<f64, AtomicU64> = add.it(
            "process_start_seconds",
            "When the process began to count, in seconds since 1970",
            Gauge::default(),
        );
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        started.set(since.unwrap_or_default().as_secs_f64());
        gauges
    }

    fn set(&self, reading: &Reading) {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let points = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.calls.set(count(reading.calls));
        self.jobs.set(count(reading.jobs));
        self.shops.set(count(reading.shops));
        self.callers.set(count(reading.callers));
        self.sessions.set(count(reading.sessions));
        self.points_held.set(points(reading.points_held));
        self.points_limit.set(points(reading.points_limit));
        self.fullest.set(reading.fullest);
        self.breakers_open.set(count(reading.breakers_open));
        self.stopping.set(i64::from(reading.is_stopping));
        self.memory.set(process::memory().unwrap_or_default());
        self.open_files
            .set(process::open_files().unwrap_or_default());
    }
}

/// Adds figures to a registry.
struct Adder<'a>(&'a mut Registry);

impl Adder<'_> {
    fn it<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }
}

const fn well(is_well: bool) -> &'static str {
    match is_well {
        true => "ok",
        false => "failed",
    }
}

/// The status codes that this server answers with; any other goes by its first digit.
const fn code(status: u16) -> &'static str {
    match status {
        200 => "200",
        202 => "202",
        204 => "204",
        400 => "400",
        401 => "401",
        403 => "403",
        404 => "404",
        405 => "405",
        406 => "406",
        408 => "408",
        413 => "413",
        415 => "415",
        429 => "429",
        500 => "500",
        503 => "503",
        _ => match status / 100 {
            0..=2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of one figure, without what explains it.
    fn lines(text: &str, name: &str) -> Vec<String> {
        let of_it = |line: &&str| line.starts_with(name) && !line.contains("_bucket");
        let mut lines: Vec<String> = text.lines().filter(of_it).map(str::to_owned).collect();
        lines.sort();
        lines
    }

    #[test]
    fn a_call_is_counted_by_how_it_ended_and_why() {
        let figures = Figures::new();
        let acting = || Acting::known("signups_list", "read");
        let took = Duration::from_millis(250);
        figures.call_ended(acting(), took, "ok");
        figures.call_refused(acting(), took, "arguments");
        figures.call_failed(Acting::other(), took, "unavailable");
        let text = figures.text(&Reading::default()).unwrap();
        assert_eq!(
            lines(&text, "stoq_mcp_calls_total"),
            [
                r#"stoq_mcp_calls_total{action="other",class="none",outcome="failed"} 1"#,
                r#"stoq_mcp_calls_total{action="signups_list",class="read",outcome="ok"} 1"#,
                r#"stoq_mcp_calls_total{action="signups_list",class="read",outcome="refused"} 1"#,
            ]
        );
        assert_eq!(
            lines(&text, "stoq_mcp_refusals_total"),
            [r#"stoq_mcp_refusals_total{action="signups_list",class="read",reason="arguments"} 1"#]
        );
        assert_eq!(
            lines(&text, "stoq_mcp_errors_total"),
            [r#"stoq_mcp_errors_total{action="other",class="none",kind="unavailable"} 1"#]
        );
        assert_eq!(
            lines(&text, "stoq_mcp_call_seconds"),
            [
                r#"stoq_mcp_call_seconds_count{class="none"} 1"#,
                r#"stoq_mcp_call_seconds_count{class="read"} 2"#,
                r#"stoq_mcp_call_seconds_sum{class="none"} 0.25"#,
                r#"stoq_mcp_call_seconds_sum{class="read"} 0.5"#,
            ]
        );
    }

    #[test]
    fn an_attempt_is_counted_with_its_time_and_its_points() {
        let figures = Figures::new();
        let acting = || Acting::known("signups_list", "read");
        figures.attempted(acting(), Duration::from_millis(500), "ok", 2);
        figures.attempted(acting(), Duration::from_millis(250), "not_sent", 0);
        figures.repeated(acting(), "not_sent");
        figures.waited_for_points(Duration::from_secs(2));
        let text = figures.text(&Reading::default()).unwrap();
        assert_eq!(
            lines(&text, "stoq_mcp_upstream"),
            [
                r#"stoq_mcp_upstream_action_seconds_total{action="signups_list",class="read"} 0.75"#,
                r#"stoq_mcp_upstream_requests_total{action="signups_list",class="read",outcome="not_sent"} 1"#,
                r#"stoq_mcp_upstream_requests_total{action="signups_list",class="read",outcome="ok"} 1"#,
                r#"stoq_mcp_upstream_seconds_count{class="read"} 2"#,
                r#"stoq_mcp_upstream_seconds_sum{class="read"} 0.75"#,
            ]
        );
        assert_eq!(
            lines(&text, "stoq_mcp_points_spent"),
            [r#"stoq_mcp_points_spent_total{action="signups_list",class="read"} 2"#]
        );
        assert_eq!(
            lines(&text, "stoq_mcp_retries"),
            [r#"stoq_mcp_retries_total{action="signups_list",class="read",reason="not_sent"} 1"#]
        );
        assert_eq!(
            lines(&text, "stoq_mcp_points_wait"),
            [
                "stoq_mcp_points_wait_seconds_count 1",
                "stoq_mcp_points_wait_seconds_sum 2.0",
            ]
        );
    }

    #[test]
    fn what_is_read_is_told_as_it_stands_now() {
        let figures = Figures::new();
        let reading = Reading {
            calls: 1,
            jobs: 2,
            shops: 3,
            callers: 4,
            sessions: 5,
            points_held: 6,
            points_limit: 7,
            fullest: 0.75,
            breakers_open: 8,
            is_stopping: true,
        };
        figures.text(&Reading::default()).unwrap();
        let text = figures.text(&reading).unwrap();
        for line in [
            "stoq_mcp_calls_at_work 1",
            "stoq_mcp_jobs_followed 2",
            "stoq_mcp_shops 3",
            "stoq_mcp_callers 4",
            "stoq_mcp_sessions 5",
            "stoq_mcp_points_held 6",
            "stoq_mcp_points_limit 7",
            "stoq_mcp_points_fullest_ratio 0.75",
            "stoq_mcp_breakers_open 8",
            "stoq_mcp_stopping 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn a_status_that_is_not_known_goes_by_its_first_digit() {
        for (status, wanted) in [
            (200, "200"),
            (206, "2xx"),
            (304, "3xx"),
            (418, "4xx"),
            (429, "429"),
            (599, "5xx"),
            (999, "5xx"),
        ] {
            assert_eq!(code(status), wanted);
        }
    }
}
