//! Tests of the principals at work.

use std::sync::OnceLock;

use secrecy::SecretString;
use serde_json::Map;

use super::*;
use crate::engine::{Call, Drain, Policy};
use crate::http::TokenEntry;
use crate::registry::Registry;
use crate::surface::Kind;
use crate::upstream::{Base, Options, Upstream};

/// Opens every principal but those of one id, and counts.
#[derive(Debug, Default)]
struct Counting {
    opened: AtomicUsize,
}

const REFUSED: u8 = 255;

impl Shops for Counting {
    fn of_token(&self, _: &TokenEntry) -> Result<Who, String> {
        unreachable!("no token is read here")
    }

    fn of_key(&self, _: [u8; 32], _: &str, _: SecretString) -> Who {
        unreachable!("no key is read here")
    }

    fn open<'a>(&'a self, who: &'a Who) -> BoxFuture<'a, Result<StoqServer, OpenError>> {
        async move {
            self.opened.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            match who.id[0] {
                REFUSED => Err(OpenError::KeyRefused),
                _ => Ok(server()),
            }
        }
        .boxed()
    }
}

fn server() -> StoqServer {
    let base = Base::parse("http://127.0.0.1:1").unwrap();
    let upstream = Upstream::new(Options::new(base, SecretString::from("key")));
    static REGISTRY: OnceLock<Arc<Registry>> = OnceLock::new();
    let registry = REGISTRY.get_or_init(|| Arc::new(Registry::bundled().unwrap()));
    let engine = Engine::new(
        Arc::clone(registry),
        Arc::new(upstream),
        Policy::everything(),
        crate::safety::Guards::unattended(),
    );
    StoqServer::new(Arc::new(engine), Kind::Compact)
}

fn who(number: u8, is_vouched: bool) -> Arc<Who> {
    let mut id = [0; 32];
    id[0] = number;
    Arc::new(Who {
        principal: format!("token:{number}"),
        id,
        base: Base::parse("http://127.0.0.1:1").unwrap(),
        key: SecretString::from("key"),
        shop_domain: None,
        is_vouched,
        grant: Default::default(),
    })
}

fn form(limits: Limits) -> Form {
    Form {
        config: StreamableHttpServerConfig::default(),
        limits,
        most_sessions: 2,
        sessions: CancellationToken::new(),
    }
}

fn message(method: &str, headers: &[(&str, &str)]) -> Request {
    let body = serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"}}});
    let mut request = Request::post("/mcp")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_string())).unwrap()
}

#[tokio::test]
async fn a_principal_has_so_many_sessions_and_no_more() {
    let tenant = Tenant::new(None, server(), &form(Limits::default()), Instant::now());
    let told = async |headers: &[(&str, &str)]| {
        let answer = tenant.answer(message("initialize", headers)).await;
        (answer.status().as_u16(), answer)
    };
    let (status, first) = told(&[]).await;
    assert_eq!((status, told(&[]).await.0), (200, 200));
    let (status, refused) = told(&[]).await;
    assert_eq!((status, tenant.sessions().await), (429, 2));
    assert_eq!(refused.headers()["retry-after"], "30");
    let older = [("mcp-protocol-version", "2025-11-25")];
    assert_eq!(told(&older).await.0, 429);
    // Whoever has one goes on, and who needs none is answered.
    let id = first.headers()["mcp-session-id"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_ne!(told(&[("mcp-session-id", &id)]).await.0, 429);
    let stateless = [("mcp-protocol-version", "2026-07-28")];
    assert_ne!(told(&stateless).await.0, 429);
    assert_eq!(tenant.sessions().await, 2);
}

fn tenants() -> (Tenants, Arc<Counting>) {
    let shops = Arc::new(Counting::default());
    let tenants = Tenants::new(Arc::<Counting>::clone(&shops), form(Limits::default()));
    (tenants, shops)
}

#[tokio::test]
async fn a_principal_is_opened_once_and_kept() {
    let (tenants, shops) = tenants();
    let (one, now) = (who(1, true), Instant::now());
    let (a, b) = tokio::join!(tenants.enter(&one, now), tenants.enter(&one, now));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert!(Arc::ptr_eq(&a, &b));
    assert!(Arc::ptr_eq(&a, &tenants.enter(&one, now).await.unwrap()));
    assert_eq!(shops.opened.load(Ordering::Relaxed), 1);
    let other = tenants.enter(&who(2, true), now).await.unwrap();
    assert!(!Arc::ptr_eq(&a, &other));
    assert!(tenants.find(&one.id, now).is_some());
    assert!(tenants.find(&[9; 32], now).is_none());
}

#[tokio::test]
async fn one_whose_settings_changed_gets_another_server() {
    let (tenants, _) = tenants();
    let now = Instant::now();
    let before = tenants.enter(&who(1, true), now).await.unwrap();
    let after = tenants.enter(&who(1, true), now).await.unwrap();
    assert!(!Arc::ptr_eq(&before, &after));
    assert!(before.sessions.is_cancelled());
    assert!(!after.sessions.is_cancelled());
    // A caller's own key is the whole of its principal.
    let before = tenants.enter(&who(2, false), now).await.unwrap();
    let after = tenants.enter(&who(2, false), now).await.unwrap();
    assert!(Arc::ptr_eq(&before, &after));
}

#[tokio::test]
async fn one_that_cannot_be_opened_is_not_kept() {
    let (tenants, shops) = tenants();
    let now = Instant::now();
    for count in 1..=2 {
        let ended = tenants.enter(&who(REFUSED, false), now).await;
        assert_eq!(ended.unwrap_err(), OpenError::KeyRefused);
        assert_eq!(shops.opened.load(Ordering::Relaxed), count);
    }
    assert!(tenants.find(&who(REFUSED, false).id, now).is_none());
}

#[tokio::test]
async fn who_is_idle_is_let_go_and_who_is_at_work_is_not() {
    let (tenants, _) = tenants();
    let start = Instant::now();
    let (idle, at_work) = (who(1, true), who(2, true));
    let gone = tenants.enter(&idle, start).await.unwrap();
    let busy = tenants.enter(&at_work, start).await.unwrap();
    let visit = busy.admit(&Method::GET, start).unwrap();
    tenants.keep(start, |_| true);
    // Opening took a moment, so what is idle is reckoned from then.
    let seen = *lock(&gone.seen);
    tenants.keep(seen + IDLE - Duration::from_millis(1), |_| true);
    assert_eq!(lock(&tenants.known).len(), 2);
    let seen = seen.max(*lock(&busy.seen));
    tenants.keep(seen + IDLE, |_| true);
    assert!(gone.sessions.is_cancelled());
    assert!(!busy.sessions.is_cancelled());
    assert_eq!(lock(&tenants.known).len(), 1);
    drop(visit);
    let seen = *lock(&busy.seen);
    tenants.keep(seen + IDLE, |_| true);
    assert_eq!(lock(&tenants.known).len(), 0);
}

#[tokio::test]
async fn a_request_makes_a_principal_seen() {
    let (tenants, _) = tenants();
    let start = Instant::now();
    let one = who(1, true);
    let tenant = tenants.enter(&one, start).await.unwrap();
    let later = start + IDLE * 2;
    assert!(tenants.find(&one.id, later).is_some());
    assert_eq!(*lock(&tenant.seen), later);
    // The end of a request is a sign of life too.
    *lock(&tenant.seen) = start;
    drop(tenant.admit(&Method::GET, start).unwrap());
    assert!(*lock(&tenant.seen) > start);
}

#[tokio::test]
async fn who_is_not_to_be_kept_is_let_go_with_its_sessions() {
    let (tenants, _) = tenants();
    let now = Instant::now();
    let (one, two) = (who(1, true), who(2, true));
    let removed = tenants.enter(&one, now).await.unwrap();
    let kept = tenants.enter(&two, now).await.unwrap();
    let _visit = removed.admit(&Method::POST, now).unwrap();
    tenants.keep(now, |who| Arc::ptr_eq(who, &two));
    assert!(removed.sessions.is_cancelled());
    assert!(!kept.sessions.is_cancelled());
    assert!(tenants.find(&one.id, now).is_none());
    assert!(tenants.find(&two.id, now).is_some());
}

#[tokio::test]
async fn there_is_room_for_so_many() {
    let (tenants, _) = tenants();
    let now = Instant::now();
    let first = tenants.enter(&who(1, true), now).await.unwrap();
    let fill = |count: usize| {
        let mut known = lock(&tenants.known);
        for number in 0..count {
            let mut id = [7; 32];
            id[..8].copy_from_slice(&number.to_be_bytes());
            known.insert(id, Arc::clone(&first));
        }
    };
    fill(MOST - 2);
    assert_eq!(lock(&tenants.known).len(), MOST - 1);
    tenants.enter(&who(2, true), now).await.unwrap();
    let full = tenants.enter(&who(3, true), now).await.unwrap_err();
    assert_eq!(
        full,
        OpenError::Unavailable {
            reason: "This server has as many callers as it takes.".to_owned(),
            wait: NO_ROOM
        }
    );
    // One that is known already needs no room, and idle ones make room.
    tenants.enter(&who(2, true), now).await.unwrap();
    let later = Instant::now() + IDLE;
    tenants.enter(&who(3, true), later).await.unwrap();
    assert_eq!(lock(&tenants.known).len(), 1);
}

#[tokio::test]
async fn nobody_new_comes_while_the_server_stops() {
    let (tenants, _) = tenants();
    let now = Instant::now();
    let known = tenants.enter(&who(1, true), now).await.unwrap();
    let gone = tenants.enter(&who(2, true), now).await.unwrap();
    tenants.keep(now, |who| who.id[0] == 1);
    let none = Drain {
        reads: Duration::ZERO,
        writes: Duration::ZERO,
    };
    tenants.drain(none).await;
    let error = tenants.enter(&who(3, true), now).await.unwrap_err();
    assert_eq!(
        error,
        OpenError::Unavailable {
            reason: "This server is stopping.".to_owned(),
            wait: NO_ROOM
        }
    );
    let topic = Map::from_iter([("topic".to_owned(), "liquid".into())]);
    // Engines take no more calls, those that were let go neither.
    for tenant in [known, gone] {
        let call = Call::new("storefront_guide", topic.clone());
        let error = tenant.server.engine().call(call).await.unwrap_err();
        assert!(error.to_string().contains("stopping"), "{error}");
    }
}

#[test]
fn a_principal_has_bounds_of_its_own() {
    let limits = Limits {
        concurrent: Some(1),
        per_minute: Some(4),
    };
    let now = Instant::now();
    let tenant = || Arc::new(Tenant::new(None, server(), &form(limits), now));
    let (one, other) = (tenant(), tenant());
    let first = one.admit(&Method::POST, now).unwrap();
    let refused = one.admit(&Method::POST, now).unwrap_err();
    assert_eq!(refused, Refusal::TooMany(BUSY, NO_SLOT));
    // What listens takes no place; another principal has its own.
    let listening = one.admit(&Method::GET, now).unwrap();
    let _other = other.admit(&Method::POST, now).unwrap();
    assert_eq!(one.visits.load(Ordering::Relaxed), 2);
    drop(first);
    drop(listening);
    assert_eq!(one.visits.load(Ordering::Relaxed), 0);
    drop(one.admit(&Method::POST, now).unwrap());
    let refused = one.admit(&Method::POST, now).unwrap_err();
    assert_eq!(refused, Refusal::TooMany(FAST, Duration::from_secs(15)));
    drop(other.admit(&Method::GET, now).unwrap());
}

#[test]
fn whoever_is_on_this_machine_has_no_bounds_unless_named() {
    let now = Instant::now();
    let tenant = Arc::new(Tenant::new(None, server(), &form(Limits::default()), now));
    let all: Vec<_> = (0..2_000)
        .map(|_| tenant.admit(&Method::POST, now))
        .collect();
    assert!(all.iter().all(Result::is_ok));
}
