//! The orders' state machine against a model that only knows what was bought, paid, given back and
//! done with the goods.

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{act, buy, count, policy};
use crate::sandbox::actions::instant::print_or_null;
use crate::sandbox::actions::money;
use crate::sandbox::hooks;
use crate::sandbox::reply::Reply;
use crate::sandbox::testing::{Bench, object, v};

/// What can be bought, by the settings of the offers O2, O3 and O1.
struct Article {
    variant: usize,
    unit_price: i64,
    deposit: i64,
    sold_from: &'static str,
    sold_until: &'static str,
    cap: i64,
    due_at: fn(i64) -> Option<i64>,
    collects_itself: bool,
    goods: Goods,
    /// Units that the fixture's own orders hold.
    units: i64,
}

const ARTICLES: [Article; 3] = [
    Article {
        variant: 1,
        unit_price: 8_900,
        deposit: 8_900,
        sold_from: "2026-03-01T10:00:00Z",
        sold_until: "2100-01-01T00:00:00Z",
        cap: i64::MAX,
        due_at: |_| None,
        collects_itself: false,
        goods: Goods::OnHold,
        units: 1,
    },
    Article {
        variant: 3,
        unit_price: 6_400,
        deposit: 2_000,
        sold_from: "2026-04-10T08:00:00Z",
        sold_until: "2026-04-30T22:00:00Z",
        cap: 60,
        due_at: |placed_at| Some(placed_at + 14 * 86_400_000),
        collects_itself: false,
        goods: Goods::Unfulfilled,
        units: 0,
    },
    Article {
        variant: 5,
        unit_price: 10_620,
        deposit: 2_655,
        sold_from: "2026-02-20T09:00:00Z",
        sold_until: "2026-05-31T22:00:00Z",
        cap: 4,
        due_at: |_| Some(ms("2026-04-15T09:00:00Z")),
        collects_itself: true,
        goods: Goods::Scheduled,
        units: 2,
    },
];

/// The day of O1's goods.
const SHIPS_FROM: &str = "2026-05-10T00:00:00Z";

fn ms(text: &str) -> i64 {
    text.parse::<DateTime<Utc>>().unwrap().timestamp_millis()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goods {
    Unfulfilled,
    Scheduled,
    OnHold,
    Open,
    Fulfilled,
}

impl Goods {
    fn text(self) -> &'static str {
        match self {
            Self::Unfulfilled => "unfulfilled",
            Self::Scheduled => "scheduled",
            Self::OnHold => "on_hold",
            Self::Open => "open",
            Self::Fulfilled => "fulfilled",
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Buy {
        article: usize,
        quantity: i64,
        declines: bool,
        has_email: bool,
    },
    Do(usize, What),
    Wait(i64),
}

#[derive(Debug, Clone)]
enum What {
    Charge,
    SendLink,
    PayLink,
    /// Cents; none = all.
    Refund(Option<i64>),
    Release {
        force: bool,
    },
    Cancel {
        refund: bool,
    },
    Fulfill,
    /// Whether the card fails from now on.
    Card(bool),
}

#[derive(Debug)]
struct Order {
    id: i64,
    article: usize,
    quantity: i64,
    placed_at: i64,
    collected: i64,
    refunded: i64,
    owed: i64,
    charged_at: Option<i64>,
    was_tried: bool,
    has_failed: bool,
    declines: bool,
    has_email: bool,
    goods: Goods,
    is_cancelled: bool,
}

impl Order {
    fn total(&self) -> i64 {
        ARTICLES[self.article].unit_price * self.quantity
    }

    fn is_given_back(&self) -> bool {
        self.collected > 0 && self.refunded == self.collected
    }

    fn is_open(&self) -> bool {
        !self.is_cancelled && !self.is_given_back()
    }

    fn state(&self) -> &'static str {
        match self {
            _ if self.is_cancelled => "cancelled",
            _ if self.is_given_back() => "refunded",
            _ if self.goods == Goods::Fulfilled => "fulfilled",
            _ if self.goods == Goods::Open => "released",
            _ if self.owed == 0 => "balance_collected",
            _ if self.collected > 0 => "awaiting_balance",
            _ => "placed",
        }
    }

    fn financial(&self) -> &'static str {
        match self {
            _ if self.is_given_back() => "refunded",
            _ if self.is_cancelled && self.collected == 0 => "voided",
            _ if self.refunded > 0 => "partially_refunded",
            _ if self.collected == 0 => "pending",
            _ if self.collected < self.total() => "partially_paid",
            _ => "paid",
        }
    }

    fn collect(&mut self, at: i64) {
        self.collected += self.owed;
        self.owed = 0;
        self.charged_at = Some(at);
        self.has_failed = false;
    }

    fn charge(&mut self, at: i64) -> Result<(), u16> {
        if self.declines {
            self.has_failed = true;
            return Err(422);
        }
        self.collect(at);
        Ok(())
    }

    /// What became due up to now.
    fn settle(&mut self, now: i64) {
        let article = &ARTICLES[self.article];
        if self.goods == Goods::Scheduled && !self.is_cancelled && ms(SHIPS_FROM) <= now {
            self.goods = Goods::Unfulfilled;
        }
        let due = (article.due_at)(self.placed_at).map(|due| due.max(self.placed_at));
        if let Some(due) = due
            && article.collects_itself
            && due <= now
            && self.is_open()
            && self.owed > 0
            && !self.was_tried
        {
            self.was_tried = true;
            let _ = self.charge(due);
        }
    }

    /// Whether something may be done, and what comes of it.
    fn apply(&mut self, what: &What, now: i64) -> Result<(), u16> {
        let guard = |allowed: bool| if allowed { Ok(()) } else { Err(409_u16) };
        let is_owing = self.is_open() && self.owed > 0;
        match what {
            What::Charge => {
                guard(is_owing)?;
                self.charge(now)?;
            }
            What::SendLink => {
                guard(is_owing)?;
                if !self.has_email {
                    return Err(422);
                }
            }
            What::PayLink => {
                guard(is_owing)?;
                self.collect(now);
            }
            What::Refund(cents) => {
                let held = self.collected - self.refunded;
                guard(held > 0)?;
                let amount = cents.unwrap_or(held);
                if amount > held {
                    return Err(422);
                }
                self.refunded += amount;
                if self.is_given_back() {
                    self.owed = 0;
                }
            }
            What::Release { force } => {
                guard(self.is_open())?;
                guard(!matches!(self.goods, Goods::Open | Goods::Fulfilled))?;
                guard(self.owed == 0 || *force)?;
                self.goods = Goods::Open;
            }
            What::Cancel { refund } => {
                guard(self.is_open() && self.goods != Goods::Fulfilled)?;
                self.is_cancelled = true;
                self.owed = 0;
                if *refund {
                    self.refunded = self.collected;
                }
            }
            What::Fulfill => {
                guard(!self.is_cancelled)?;
                self.goods = Goods::Fulfilled;
            }
            What::Card(declines) => self.declines = *declines,
        }
        Ok(())
    }

    fn print(&self) -> Value {
        let deposit = ARTICLES[self.article].deposit * self.quantity;
        json!({
            "id": self.id,
            "state": self.state(),
            "financial": self.financial(),
            "total": money::print(self.total()),
            "deposit": money::print(deposit),
            "balance": money::print(self.total() - deposit),
            "outstanding": money::print(self.owed),
            "collected": money::print(self.collected),
            "refunded": money::print(self.refunded),
            "charged_at": print_or_null(self.charged_at),
            "failure": if self.has_failed { json!("card_declined") } else { Value::Null },
            "goods": self.goods.text(),
        })
    }
}

/// The same of an order as the API shows it.
fn shown(order: &Value) -> Value {
    let payments = &order["payments"];
    json!({
        "id": order["id"],
        "state": order["state"],
        "financial": order["financial_status"],
        "total": order["total_price"],
        "deposit": payments["deposit"],
        "balance": payments["balance"],
        "outstanding": payments["total_outstanding"],
        "collected": payments["collected"],
        "refunded": payments["refunded"],
        "charged_at": payments["charged_at"],
        "failure": payments["last_failure"]["code"],
        "goods": order["fulfillment"]["status"],
    })
}

/// The shop and the model of it.
struct Run {
    bench: Bench,
    orders: Vec<Order>,
}

impl Run {
    fn new() -> Self {
        let bench = Bench::fixture();
        bench.sql(&format!(
            "UPDATE offer_variants SET preorder_max_count = 4 WHERE shopify_variant_id = {}",
            v(5)
        ));
        Self {
            bench,
            orders: Vec::new(),
        }
    }

    fn now(&self) -> i64 {
        self.bench.now.timestamp_millis()
    }

    fn is_sold(&self, article: &Article) -> bool {
        (ms(article.sold_from)..ms(article.sold_until)).contains(&self.now())
    }

    fn settle(&mut self) {
        let now = self.now();
        for order in &mut self.orders {
            order.settle(now);
        }
    }

    fn step(&mut self, step: &Step) {
        self.settle();
        match step {
            Step::Wait(hours) => self.bench.now += Duration::hours(*hours),
            Step::Buy {
                article,
                quantity,
                declines,
                has_email,
            } => self.buy(*article, *quantity, *declines, *has_email),
            Step::Do(number, what) => {
                if !self.orders.is_empty() {
                    let number = number % self.orders.len();
                    self.act(number, what);
                }
            }
        }
        self.settle();
        self.compare();
    }

    fn buy(&mut self, number: usize, quantity: i64, declines: bool, has_email: bool) {
        let article = &ARTICLES[number];
        let mut body = json!({
            "shopify_customer_id": 42,
            "lines": [{"shopify_variant_id": v(article.variant), "quantity": quantity}],
        });
        if declines {
            body["decline_code"] = json!("card_declined");
        }
        if has_email {
            body["email"] = json!("ana@example.com");
        }
        let answer = buy(&mut self.bench, body).unwrap();
        if !self.is_sold(article) {
            assert_eq!(answer["preorder"], Value::Null);
            return;
        }
        let deposit = article.deposit * quantity;
        let order = Order {
            id: answer["shopify_order_id"].as_i64().unwrap(),
            article: number,
            quantity,
            placed_at: self.now(),
            collected: deposit,
            refunded: 0,
            owed: article.unit_price * quantity - deposit,
            charged_at: None,
            was_tried: false,
            has_failed: false,
            declines,
            has_email,
            goods: article.goods,
            is_cancelled: false,
        };
        assert_eq!(shown(&answer["preorder"]), order.print());
        self.orders.push(order);
    }

    fn act(&mut self, number: usize, what: &What) {
        let now = self.now();
        let order = &mut self.orders[number];
        let expected = order.apply(what, now);
        let reply = done(&mut self.bench, order.id, what);
        assert_eq!(
            reply.as_ref().map(drop).map_err(|refusal| refusal.status()),
            expected,
            "{what:?} of {order:?}: {reply:?}"
        );
        if let Ok(answer) = reply {
            assert_eq!(shown(&answer), order.print(), "{what:?}");
        }
    }

    fn compare(&mut self) {
        let args = json!({"customer_id": 42, "per_page": 200});
        let answer = act(&mut self.bench, "list", 0, args).unwrap();
        let mut found: Vec<Value> = answer["orders"]
            .as_array()
            .unwrap()
            .iter()
            .map(shown)
            .collect();
        found.sort_by_key(|order| order["id"].as_i64());
        let expected: Vec<Value> = self.orders.iter().map(Order::print).collect();
        assert_eq!(found, expected);
        for (number, article) in ARTICLES.iter().enumerate() {
            let sold: i64 = self
                .orders
                .iter()
                .filter(|order| order.article == number && order.is_open())
                .map(|order| order.quantity)
                .sum();
            let units = article.units + sold;
            let goes_on = self.is_sold(article) && units < article.cap;
            let wanted = if goes_on { "CONTINUE" } else { "DENY" };
            assert_eq!(
                (
                    count(&self.bench, article.variant),
                    policy(&self.bench, article.variant)
                ),
                (units, wanted.to_owned()),
                "V{}",
                article.variant
            );
        }
    }
}

/// The call behind a wish.
fn done(bench: &mut Bench, order: i64, what: &What) -> Reply {
    let mut call = |action: &str, args: Value| act(bench, action, order, args);
    let id = order.to_string();
    match what {
        What::Charge => call("payments_charge_balance", json!({})),
        What::SendLink => call("payments_send_payment_link", json!({})),
        What::Refund(None) => call("payments_refund", json!({})),
        What::Refund(Some(cents)) => {
            call("payments_refund", json!({"amount": money::print(*cents)}))
        }
        What::Release { force } => call("release", json!({"force": force})),
        What::Cancel { refund } => call("cancel", json!({"refund": refund})),
        What::PayLink => bench.request(|scope| hooks::pay_order(scope, &id)),
        What::Fulfill => bench.request(|scope| hooks::fulfill_order(scope, &id)),
        What::Card(declines) => {
            let code = declines.then_some("card_declined");
            let body = object(json!({"decline_code": code}));
            bench.request(|scope| hooks::patch_order(scope, &id, &body))
        }
    }
}

fn whats() -> impl Strategy<Value = What> {
    prop_oneof![
        3 => Just(What::Charge),
        1 => Just(What::SendLink),
        1 => Just(What::PayLink),
        1 => Just(What::Refund(None)),
        2 => (1_i64..12_000).prop_map(|cents| What::Refund(Some(cents))),
        2 => any::<bool>().prop_map(|force| What::Release { force }),
        2 => any::<bool>().prop_map(|refund| What::Cancel { refund }),
        1 => Just(What::Fulfill),
        1 => any::<bool>().prop_map(What::Card),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![3 => 0_i64..48, 1 => 100_i64..500];
    let buy = (0..ARTICLES.len(), 1_i64..4, any::<bool>(), any::<bool>()).prop_map(
        |(article, quantity, declines, has_email)| Step::Buy {
            article,
            quantity,
            declines,
            has_email,
        },
    );
    prop_oneof![
        3 => buy,
        5 => (0_usize..8, whats()).prop_map(|(number, what)| Step::Do(number, what)),
        2 => wait.prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn orders_follow_the_model(steps in prop::collection::vec(steps(), 1..40)) {
        let mut run = Run::new();
        for step in &steps {
            run.step(step);
        }
    }
}
