//! The orders' state machine against a model that only knows what was bought, paid, given back and
//! done with the goods.

mod model;

use chrono::Duration;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{act, buy, count, policy};
use crate::sandbox::actions::money;
use crate::sandbox::hooks;
use crate::sandbox::reply::Reply;
use crate::sandbox::testing::{Bench, object, v};
use model::{ARTICLES, Article, Order, What, ms};

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
