use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::sandbox::seed::check;
use crate::sandbox::seed::model::{Shop, Signup};

const NUMBERS: std::ops::RangeInclusive<u64> = 1..=5;

fn now() -> DateTime<Utc> {
    "2026-03-31T12:00:00Z".parse().unwrap()
}

/// The rows of shop A alone.
fn juniper(number: u64) -> (Dataset, Shop) {
    let mut data = shop(number, now());
    let own = data.shops.first().cloned().unwrap();
    data.products.retain(|row| row.shop_id == own.id);
    data.customers.retain(|row| row.shop_id == own.id);
    data.signups.retain(|row| row.shop_id == own.id);
    (data, own)
}

/// Parts of a thousand.
fn permille(part: usize, whole: usize) -> usize {
    part * 1_000 / whole
}

fn count(rows: &[Signup], which: impl Fn(&Signup) -> bool) -> usize {
    rows.iter().filter(|row| which(row)).count()
}

/// Units at hand by variant.
fn stock(data: &Dataset) -> BTreeMap<i64, i64> {
    let variants = data.products.iter().flat_map(|product| &product.variants);
    variants
        .map(|row| {
            let units = row.stock.iter().map(|(_, units)| units).sum();
            (row.shopify_variant_id, units)
        })
        .collect()
}

/// Waiting signups by variant, longest list first.
fn longest(data: &Dataset) -> Vec<(usize, i64)> {
    let customers = check::by_id(data);
    let mut lists: BTreeMap<i64, usize> = BTreeMap::new();
    for row in &data.signups {
        let status = check::status(row, customers[&row.customer_id]);
        if status == "pending" || status == "blocked" {
            *lists.entry(row.shopify_variant_id).or_default() += 1;
        }
    }
    let mut lists: Vec<_> = lists.into_iter().map(|(id, count)| (count, id)).collect();
    lists.sort_unstable_by(|a, b| b.cmp(a));
    lists
}

#[test]
fn same_number_and_now_same_rows() {
    assert_eq!(shop(3, now()), shop(3, now()));
    assert_ne!(shop(3, now()).signups, shop(4, now()).signups);
}

#[test]
fn rows_hold_together_and_load_whatever_the_number_and_the_hour() {
    for number in NUMBERS {
        let data = shop(number, now());
        check::holds_together(&data);
        check::loads(&data);
    }
    for now in [
        "2026-04-01T00:00:00Z",
        "2028-02-29T23:59:59.999Z",
        "2027-01-03T00:20:11Z",
    ] {
        let data = shop(7, now.parse().unwrap());
        check::holds_together(&data);
        check::loads(&data);
    }
}

#[test]
fn the_second_shop_is_that_of_the_fixture() {
    let (plain, data) = (fixture::fixture(), shop(1, now()));
    assert_eq!(data.shops[1], plain.shops[1]);
    assert_eq!(data.products.last(), plain.products.last());
    assert_eq!(data.customers.last(), plain.customers.last());
    assert_eq!(data.signups.last(), plain.signups.last());
}

#[test]
fn the_catalogue_is_that_of_a_shop() {
    for number in NUMBERS {
        let (data, own) = juniper(number);
        assert!(data.products.len() >= 40, "{}", data.products.len());
        let variants: Vec<_> = data.products.iter().flat_map(|row| &row.variants).collect();
        assert!(variants.len() >= 120, "{}", variants.len());
        assert_eq!(variants.iter().map(|row| row.price_minor).min(), Some(800));
        assert_eq!(
            variants.iter().map(|row| row.price_minor).max(),
            Some(48_000)
        );
        let vendors: BTreeSet<_> = data.products.iter().map(|row| &row.vendor).collect();
        assert_eq!(vendors.len(), 4);
        assert_eq!((own.locations.len(), own.markets.len()), (3, 2));
        assert!(variants.iter().all(|row| row.stock.len() == 3));
        let titles: BTreeSet<_> = data.products.iter().map(|row| &row.title).collect();
        assert_eq!(titles.len(), data.products.len());

        let out = stock(&data).values().filter(|units| **units == 0).count();
        assert!(permille(out, variants.len()) < 300, "{out}");
        assert!(
            data.products[..4]
                .iter()
                .zip(fixture::fixture().products)
                .all(|(row, plain)| row.title == plain.title
                    && row.shopify_product_id == plain.shopify_product_id)
        );
    }
}

#[test]
fn shoppers_are_many_and_write_in_many_scripts() {
    for number in NUMBERS {
        let (data, _) = juniper(number);
        assert!(
            (2_150..2_260).contains(&data.customers.len()),
            "{}",
            data.customers.len()
        );
        let scripts = [
            ('À', 'ž'),
            ('А', 'я'),
            ('Α', 'ω'),
            ('ぁ', 'ヿ'),
            ('一', '龥'),
            ('가', '힣'),
            ('ء', 'ي'),
            ('א', 'ת'),
            ('अ', 'ह'),
        ];
        for (from, to) in scripts {
            let written = data
                .customers
                .iter()
                .filter_map(|row| row.name.as_deref())
                .filter(|name| name.chars().any(|letter| (from..=to).contains(&letter)));
            assert!(written.count() >= 4, "{from} to {to}");
        }
        for row in &data.customers {
            if let Some(email) = &row.email {
                let (local, host) = email.split_once('@').unwrap();
                assert!(["example.com", "example.net", "example.org"].contains(&host));
                assert!(local.bytes().all(|byte| byte.is_ascii_lowercase()
                    || byte.is_ascii_digit()
                    || b"._".contains(&byte)));
            }
            if let Some(phone) = &row.phone {
                let digits = phone.bytes().all(|byte| byte.is_ascii_digit());
                assert!(digits && phone.len() == 11, "{phone}");
                assert!(phone.starts_with('1') && &phone[4..9] == "55501", "{phone}");
            }
        }
    }
}

#[test]
fn channels_and_statuses_have_their_shares() {
    for number in NUMBERS {
        let (data, _) = juniper(number);
        let all = data.signups.len();
        assert!((3_000..3_600).contains(&all), "{all}");
        let channel = |name: &str| permille(count(&data.signups, |row| row.channel == name), all);
        let shares = [channel("email"), channel("sms"), channel("push")];
        for (share, wanted) in shares.iter().zip([800, 140, 60]) {
            assert!(share.abs_diff(wanted) <= 20, "{number}: {shares:?}");
        }

        let customers = check::by_id(&data);
        let status = |name: &str| {
            let which = |row: &Signup| check::status(row, customers[&row.customer_id]) == name;
            permille(count(&data.signups, which), all)
        };
        let shares = ["pending", "notified", "unsubscribed", "blocked"].map(status);
        for (share, (wanted, off)) in shares.iter().zip([(550, 20), (380, 20), (40, 5), (30, 6)]) {
            assert!(share.abs_diff(wanted) <= off, "{number}: {shares:?}");
        }
        let confirmed = count(&data.signups, |row| row.optin_confirmed == Some(true));
        assert!(confirmed >= 10, "{confirmed}");
        let sources: BTreeSet<_> = data.signups.iter().map(|row| row.source.as_str()).collect();
        assert_eq!(sources, BTreeSet::from(["api", "import", "storefront"]));
    }
}

#[test]
fn signups_come_in_a_rhythm_over_ninety_days() {
    for number in NUMBERS {
        let (data, _) = juniper(number);
        let start = now() - chrono::TimeDelta::days(90);
        assert!(
            data.signups
                .iter()
                .all(|row| start <= row.created_at && row.created_at <= now())
        );
        let weeks = (0..12).map(|week| {
            let from = start + chrono::TimeDelta::days(week * 7);
            let to = from + chrono::TimeDelta::days(7);
            count(&data.signups, |row| {
                from <= row.created_at && row.created_at < to
            })
        });
        let weeks: Vec<usize> = weeks.collect();
        assert!(weeks.iter().all(|week| *week >= 40), "{number}: {weeks:?}");

        let on = |days: &[usize]| {
            count(&data.signups, |row| {
                days.contains(&clock::weekday(row.created_at.timestamp()))
            })
        };
        assert!(on(&[0, 1]) > on(&[4, 5]) * 11 / 10, "{number}");
        let at = |hours: std::ops::Range<usize>| {
            count(&data.signups, |row| {
                hours.contains(&clock::hour(row.created_at.timestamp()))
            })
        };
        assert!(at(0..4) > at(8..12) * 5, "{number}");
    }
}

#[test]
fn demand_is_skewed_and_the_longest_lists_wait_for_what_is_out() {
    for number in NUMBERS {
        let (data, _) = juniper(number);
        let stock = stock(&data);
        let lists = longest(&data);
        for (waiters, variant) in lists.iter().take(3) {
            assert_eq!(stock[variant], 0, "{number}: {waiters} wait for {variant}");
        }
        let waiting: usize = lists.iter().map(|(count, _)| count).sum();
        let [first, second, third] = [lists[0].0, lists[1].0, lists[2].0];
        assert!(first > second && second > third, "{:?}", &lists[..3]);
        assert!(permille(first + second + third, waiting) > 350, "{lists:?}");
        assert!(lists.len() >= 34 && lists[30].0 * 10 < first, "{lists:?}");

        // Most sign up right after the sell-out.
        let customers = check::by_id(&data);
        let (mut fresh, mut stale) = (0, 0);
        for (_, variant) in lists.iter().take(3) {
            let times: Vec<i64> = data
                .signups
                .iter()
                .filter(|row| row.shopify_variant_id == *variant)
                .filter(|row| check::status(row, customers[&row.customer_id]) == "pending")
                .map(|row| row.created_at.timestamp())
                .collect();
            let from = times.iter().min().unwrap();
            let within = |days: std::ops::Range<i64>| {
                let days = days.start * clock::DAY..days.end * clock::DAY;
                times
                    .iter()
                    .filter(|at| days.contains(&(**at - from)))
                    .count()
            };
            fresh += within(0..4);
            stale += within(8..12);
        }
        assert!(fresh > stale * 2, "{number}: {fresh}, {stale}");
    }
}

#[test]
fn nobody_waits_for_what_is_there_but_those_held_back() {
    for number in NUMBERS {
        let (data, _) = juniper(number);
        let (stock, customers) = (stock(&data), check::by_id(&data));
        for row in &data.signups {
            if check::status(row, customers[&row.customer_id]) == "pending" {
                assert_eq!(stock[&row.shopify_variant_id], 0, "{number}: {row:?}");
            }
        }
    }
}

#[test]
fn the_log_tells_of_restock_days_resends_and_every_reason() {
    for number in NUMBERS {
        let (data, _) = juniper(number);
        let log = &data.notifications;
        assert!(log.is_sorted_by_key(|row| row.created_at));
        let days: BTreeSet<_> = log.iter().map(|row| row.created_at.date_naive()).collect();
        assert!(days.len() >= 12, "{number}: {}", days.len());

        let reasons: BTreeSet<_> = log
            .iter()
            .filter_map(|row| row.blocked_reason.as_deref())
            .collect();
        let all = [
            "channel_disabled",
            "plan_limit_reached",
            "sms_verification_pending",
            "sms_verification_rejected",
        ];
        assert_eq!(reasons, BTreeSet::from(all), "{number}");

        let mut tries: BTreeMap<_, usize> = BTreeMap::new();
        for row in log.iter().filter(|row| row.sent_at.is_some()) {
            *tries.entry(row.signup_id).or_default() += 1;
        }
        let resent = tries.values().filter(|tries| **tries > 1).count();
        assert!((10..150).contains(&resent), "{number}: {resent}");

        // Within one delivery the oldest hears first.
        let created: BTreeMap<_, _> = data
            .signups
            .iter()
            .map(|row| (row.id, row.created_at))
            .collect();
        let mut runs: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut heard = BTreeSet::new();
        for row in log.iter().filter(|row| heard.insert(row.signup_id)) {
            let run = (row.shopify_variant_id, row.created_at.date_naive());
            runs.entry(run)
                .or_default()
                .push((row.created_at, created[&row.signup_id]));
        }
        for (run, rows) in runs {
            assert!(rows.is_sorted_by_key(|row| row.1), "{number}: {run:?}");
            assert!(
                rows.windows(2).all(|pair| pair[0].0 < pair[1].0),
                "{number}: {run:?}"
            );
        }
    }
}

#[test]
fn orders_follow_some_of_the_alerts() {
    for number in NUMBERS {
        let (data, _) = juniper(number);
        let customers = check::by_id(&data);
        let notified = count(&data.signups, |row| {
            check::status(row, customers[&row.customer_id]) == "notified"
        });
        let of = |confidence: &str| {
            let rows = data.attributions.iter();
            rows.filter(|row| row.confidence == confidence).count()
        };
        let counted = permille(of("high") + of("medium"), notified);
        assert!((165..195).contains(&counted), "{number}: {counted}");
        assert!(of("high") > of("medium") && of("medium") > 50, "{number}");
        assert!((15..90).contains(&of("low")), "{number}: {}", of("low"));
        assert!(
            data.attributions
                .is_sorted_by_key(|row| (row.ordered_at, row.shopify_order_id))
        );
    }
}

#[test]
fn settings_and_plan_are_those_of_a_busy_shop() {
    let (_, own) = juniper(1);
    assert_eq!(own.plan_monthly_limit, Some(2_500));
    assert!((100..2_500).contains(&own.plan_used), "{}", own.plan_used);
    assert_eq!(own.sms_verification, "verified");
    let expected = json!({
        "channels": {"email": {"enabled": true}, "sms": {"enabled": true}, "push": {"enabled": true}},
        "delivery": {
            "batching": {"enabled": true, "batch_size": 50, "interval_minutes": 30},
            "stock_threshold": 1,
            "shopify_location_ids": [],
            "any_variant": {"enabled": false},
        },
        "compliance": {"optin_required": false},
        "tagging": {"order_tag": {"enabled": false, "value": "Back in stock"}},
        "alerts": {
            "recipient_email": "ops@juniper-supply.example",
            "waitlist_alert": {"enabled": true, "threshold": 50},
            "scheduled_reports": {"enabled": true, "daily": false, "weekly": true, "monthly": true},
        },
    });
    assert_eq!(own.settings, expected);
}
