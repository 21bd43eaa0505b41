//! What the generated shop promises of preorders.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::sandbox::seed::check::preorders::{cap, counts, state};
use crate::sandbox::seed::model::{Dataset, Offer, Preorder};
use crate::sandbox::seed::shop::shop;
use crate::sandbox::seed::{Kind, fixture};
use crate::sandbox::testing::Bench;

const NUMBERS: std::ops::RangeInclusive<u64> = 1..=5;

fn now() -> DateTime<Utc> {
    "2026-03-31T12:00:00Z".parse().unwrap()
}

/// The rows of shop A alone.
fn juniper(number: u64) -> Dataset {
    let mut data = shop(number, now());
    let own = fixture::shop_id(1);
    data.products.retain(|row| row.shop_id == own);
    data.offers.retain(|row| row.shop_id == own);
    data.preorders.retain(|row| row.shop_id == own);
    data.drifts.retain(|row| row.shop_id == own);
    data
}

/// Parts of a thousand.
fn permille(part: usize, whole: usize) -> usize {
    part * 1_000 / whole
}

fn count<T>(rows: &[T], which: impl Fn(&T) -> bool) -> usize {
    rows.iter().filter(|row| which(row)).count()
}

/// The different values of a setting.
fn values(offers: &[Offer], place: &str) -> BTreeSet<String> {
    offers
        .iter()
        .filter_map(|offer| offer.blocks.pointer(place))
        .filter(|value| !value.is_null())
        .map(|value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        })
        .collect()
}

fn set<const N: usize>(texts: [&str; N]) -> BTreeSet<String> {
    texts.map(str::to_owned).into()
}

#[test]
fn twelve_offers_of_every_kind() {
    for number in NUMBERS {
        let data = juniper(number);
        let offers = &data.offers;
        let of = |state: &str| count(offers, |offer| offer.state == state);
        assert_eq!(["enabled", "scheduled", "disabled"].map(of), [7, 2, 3]);
        assert_eq!(
            values(offers, "/pricing/type"),
            set(["no_discount", "percentage", "fixed_amount"])
        );
        assert_eq!(values(offers, "/payment/type"), set(["full", "partial"]));
        assert_eq!(
            values(offers, "/payment/deposit/type"),
            set(["percentage", "price"])
        );
        assert_eq!(
            values(offers, "/payment/remaining_balance/due_type"),
            set(["exact_time", "time_after_checkout"])
        );
        assert_eq!(
            values(offers, "/payment/remaining_balance/auto_collect"),
            set(["false", "true"])
        );
        assert_eq!(
            values(offers, "/delivery/type"),
            set(["asap", "anchor", "exact_time", "unknown"])
        );
        let source = |kind: &str| count(offers, |offer| offer.blocks["products"]["source"] == kind);
        assert_eq!(["all", "collection"].map(source), [1, 2]);
        assert_eq!(
            count(offers, |offer| offer.blocks["markets"]["enabled"] == true),
            1
        );
        let translated = |offer: &Offer| offer.blocks["translations"]["locales"] != json!({});
        assert_eq!(count(offers, translated), 2);
        let attached: usize = offers.iter().map(|offer| offer.variants.len()).sum();
        assert!(attached >= 150, "{attached}");
        let names: BTreeSet<&str> = offers.iter().map(|offer| offer.name.as_str()).collect();
        assert_eq!(names.len(), 12);
        assert!(offers.is_sorted_by_key(|offer| offer.shopify_selling_plan_id));
    }
}

#[test]
fn some_variants_are_at_their_cap_and_five_have_drifted() {
    for number in NUMBERS {
        let data = juniper(number);
        let counts = counts(&data);
        let at_cap: Vec<i64> = counts
            .iter()
            .filter(|(key, count)| cap(&data, key.0, key.1).1.is_some_and(|cap| **count >= cap))
            .map(|(key, _)| key.1)
            .collect();
        assert!((3..=8).contains(&at_cap.len()), "{number}: {at_cap:?}");
        for ((shop_id, variant), count) in &counts {
            let cap = cap(&data, *shop_id, *variant).1;
            assert!(cap.is_none_or(|cap| *count <= cap), "{variant} oversold");
        }
        let drifted: BTreeSet<i64> = data
            .drifts
            .iter()
            .map(|row| row.shopify_variant_id)
            .collect();
        assert_eq!(drifted.len(), 5, "{number}");
    }
}

#[test]
fn hundreds_of_orders_over_a_hundred_and_twenty_days() {
    for number in NUMBERS {
        let data = juniper(number);
        let orders = &data.preorders;
        assert!((900..=999).contains(&orders.len()), "{}", orders.len());
        let start = now() - TimeDelta::days(120);
        assert!(
            orders
                .iter()
                .all(|row| start <= row.created_at && row.created_at <= now())
        );
        assert!(orders.is_sorted_by_key(|row| (row.created_at, row.shopify_order_id)));
        for week in 0..17 {
            let from = start + TimeDelta::days(7 * week);
            let within = from..from + TimeDelta::days(7);
            let come = count(orders, |row| within.contains(&row.created_at));
            assert!(come >= 10, "{number}, week {week}: {come}");
        }
        let sizes: BTreeSet<usize> = orders.iter().map(|row| row.lines.len()).collect();
        assert_eq!(sizes, BTreeSet::from([1, 2, 3]));
        let several = permille(count(orders, |row| row.lines.len() > 1), orders.len());
        assert!((140..320).contains(&several), "{number}: {several}");
        let mixed = |row: &Preorder| {
            row.lines
                .iter()
                .any(|line| line.offer_id != row.lines[0].offer_id)
        };
        assert!(count(orders, mixed) >= 15, "{number}");

        // A tenth of what was sold at all makes a third of the units.
        let mut units: BTreeMap<i64, i64> = BTreeMap::new();
        for line in orders.iter().flat_map(|row| &row.lines) {
            *units.entry(line.shopify_variant_id).or_default() += line.quantity;
        }
        let mut sold: Vec<i64> = units.into_values().collect();
        sold.sort_unstable_by(|a, b| b.cmp(a));
        let all: i64 = sold.iter().sum();
        let most: i64 = sold[..sold.len() / 10].iter().sum();
        assert!(most * 3 > all, "{number}: {most} of {all}");
        assert!(sold.len() > 60, "{number}: {}", sold.len());
    }
}

#[test]
fn states_have_their_shares() {
    for number in NUMBERS {
        let data = juniper(number);
        let orders = &data.preorders;
        let share = |name: &str| permille(count(orders, |row| state(row) == name), orders.len());
        let open = [
            "placed",
            "awaiting_balance",
            "balance_collected",
            "released",
            "fulfilled",
        ];
        let shares = open.map(share);
        for (share, wanted) in shares.iter().zip([80, 270, 200, 150, 240]) {
            assert!(share.abs_diff(wanted) <= 25, "{number}: {shares:?}");
        }
        let closed = ["cancelled", "refunded"].map(share);
        assert!(closed[0] >= 30 && closed[1] >= 15, "{number}: {closed:?}");
    }
}

#[test]
fn money_is_owed_declined_and_given_back() {
    for number in NUMBERS {
        let data = juniper(number);
        let orders = &data.preorders;
        let open: Vec<&Preorder> = orders
            .iter()
            .filter(|row| row.outstanding_minor > 0)
            .collect();
        let declined = permille(count(&open, |row| row.decline_code.is_some()), open.len());
        assert!((50..=75).contains(&declined), "{number}: {declined}");
        let codes: BTreeSet<&str> = open
            .iter()
            .filter_map(|row| row.decline_code.as_deref())
            .collect();
        assert_eq!(codes.len(), 6, "{number}: {codes:?}");
        assert!(
            orders
                .iter()
                .all(|row| row.decline_code.is_none() || row.outstanding_minor > 0)
        );
        assert!(
            count(&open, |row| row.last_failure.is_some()) >= 5,
            "{number}"
        );
        let overdue = count(&open, |row| row.due_at.unwrap() < now());
        assert!(
            (20..open.len() / 2).contains(&overdue),
            "{number}: {overdue}"
        );
        let sent = count(&open, |row| row.collection_url_sent_at.is_some());
        assert!(sent >= 15, "{number}: {sent}");
        let partly = count(orders, |row| row.financial_status == "partially_refunded");
        assert!((10..60).contains(&partly), "{number}: {partly}");
        let statuses: BTreeSet<&str> = orders
            .iter()
            .map(|row| row.financial_status.as_str())
            .collect();
        let all = [
            "paid",
            "partially_paid",
            "partially_refunded",
            "pending",
            "refunded",
            "voided",
        ];
        assert_eq!(statuses, BTreeSet::from(all), "{number}");
        let held: BTreeSet<&str> = orders
            .iter()
            .map(|row| row.fulfillment_status.as_str())
            .collect();
        let all = ["fulfilled", "on_hold", "open", "scheduled", "unfulfilled"];
        assert_eq!(held, BTreeSet::from(all), "{number}");
    }
}

#[test]
fn shoppers_come_from_everywhere_known_and_as_guests() {
    for number in NUMBERS {
        let data = juniper(number);
        let orders = &data.preorders;
        let share =
            |which: &dyn Fn(&Preorder) -> bool| permille(count(orders, which), orders.len());
        let in_market = |market| share(&move |row| row.shopify_market_id == market);
        let markets = [Some(91_000_000_001), Some(91_000_000_002), None].map(in_market);
        assert!(
            markets[0] > 400 && markets[1] > 100 && markets[2] > 40,
            "{number}: {markets:?}"
        );
        let currencies = ["USD", "CAD", "EUR"].map(|name| share(&move |row| row.currency == name));
        assert!(
            currencies[0] > 700 && currencies[1] > 80 && currencies[2] > 20,
            "{number}: {currencies:?}"
        );
        let guests = share(&|row| row.customer_id.is_none());
        assert!((150..450).contains(&guests), "{number}: {guests}");
        assert!(
            orders
                .iter()
                .all(|row| row.customer_id.is_some() || row.email.is_some())
        );
        let buyers: BTreeSet<_> = orders
            .iter()
            .map(|row| (row.customer_id, &row.email))
            .collect();
        assert!(
            (500..900).contains(&buyers.len()),
            "{number}: {}",
            buyers.len()
        );
    }
}

#[test]
fn ids_leave_room_for_orders_to_come() {
    for number in NUMBERS {
        let data = juniper(number);
        for order in &data.preorders {
            assert!(order.shopify_order_id < 6_120_000_000_101, "{order:?}");
            let name: i64 = order.name.trim_start_matches('#').parse().unwrap();
            assert!((1_101..2_101).contains(&name), "{order:?}");
            assert!(order.lines.iter().all(|line| line.id < 14_120_000_000_101));
        }
    }
}

#[test]
fn the_first_request_finds_nothing_to_do_and_the_drift_alone() {
    let mut bench = Bench::of(Kind::Shop);
    bench.request(|_| Ok(Value::Null)).unwrap();
    assert_eq!(bench.effects, Vec::<Value>::new());

    let data = juniper(1);
    let (own, counts) = (fixture::shop_id(1), counts(&data));
    let mut drifted = BTreeMap::new();
    let held: BTreeSet<i64> = data
        .offers
        .iter()
        .flat_map(|offer| &offer.variants)
        .map(|row| row.shopify_variant_id)
        .collect();
    for variant in held {
        let read = bench.ok(
            "preorders_product_variants_read",
            json!({"variant_id": variant}),
        );
        if read["metafield_drift"]["detected"] == true {
            drifted.insert(variant, read["metafield_drift"]["keys"].clone());
        }
        let units = counts.get(&(own, variant)).copied().unwrap_or(0);
        assert_eq!(read["preorder_count"], units, "{variant}");
    }
    let expected: BTreeMap<i64, Value> = data
        .drifts
        .iter()
        .map(|row| (row.shopify_variant_id, json!([row.key])))
        .collect();
    assert_eq!(drifted, expected);
}
