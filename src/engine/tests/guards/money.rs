//! Money: read before it moves where a day has a bound, booked before it is sent, and taken off again
//! when it has not moved. The actions are the program's own, for only their orders tell an amount.

use super::*;

const REFUND: &str = "preorders_orders_payments_refund";
const CHARGE: &str = "preorders_orders_payments_charge_balance";
/// An order of which the shop holds 60.
const SIXTY: (&str, &str) = (
    "200 OK",
    r##"{"id": 7, "name": "#7", "currency": "USD", "payments": {"collected": "60.00", "refunded": "0.00", "total_outstanding": "0.00"}}"##,
);
/// The same after 20 were given back.
const FORTY: (&str, &str) = (
    "200 OK",
    r##"{"id": 7, "name": "#7", "currency": "USD", "payments": {"collected": "60.00", "refunded": "20.00", "total_outstanding": "0.00"}}"##,
);

async fn shop(guards: Guards, answers: &[(&'static str, &'static str)]) -> Arc<Engine> {
    engine_within(Registry::bundled().unwrap(), guards, answers).await
}

fn refund() -> Call {
    call(REFUND, json!({"id": 7}))
}

/// Guards of a day that may move 100.
fn bound() -> Guards {
    let (mut guards, _) = guards(Confirm::Off);
    guards.caps.money_per_day = Some(100);
    guards
}

fn over(what: &str) -> Result<String, (ErrorKind, String)> {
    refused(
        ErrorKind::Forbidden,
        format!(
            "`{REFUND}` was not done: {what}, and a day (UTC) may move 100 of each currency. Nothing was sent. The operator can set how much: --money-per-day."
        ),
    )
}

#[tokio::test]
async fn money_of_which_nobody_knows_how_much_moves_only_without_a_bound() {
    let (mut guards, _) = guards(Confirm::Off);
    let unbound = engine(guards.clone(), &[OK]).await;
    assert_eq!(ended(&unbound, call("g_pay", ids(1))).await, done());
    guards.caps.money_per_day = Some(500);
    let bound = engine(guards, &[OK]).await;
    assert_eq!(
        ended(&bound, call("g_pay", ids(1))).await,
        refused(
            ErrorKind::Forbidden,
            "`g_pay` was not done: how much money it moves cannot be read, and a day (UTC) may move 500 of each currency. Nothing was sent. The operator can set how much: --money-per-day."
        )
    );
    // What moves none has no bound.
    assert_eq!(ended(&bound, call("g_purge", ids(1))).await, done());
}

#[tokio::test]
async fn money_that_moved_counts_against_its_day() {
    let engine = shop(bound(), &[SIXTY, OK, SIXTY, FORTY, OK]).await;
    assert_eq!(ended(&engine, keyed(refund())).await, done());
    assert_eq!(
        ended(&engine, refund()).await,
        over("it moves 60 USD, and 60 USD moved today already")
    );
    assert_eq!(ended(&engine, refund()).await, done());
    let kept = &receipts(&engine).await[0];
    assert_eq!(
        (kept.count, kept.amount.as_deref()),
        (Some(1), Some("60.00 USD"))
    );
}

#[tokio::test]
async fn money_that_the_api_did_not_move_is_free_again() {
    let engine = shop(bound(), &[SIXTY, REFUSED, SIXTY, OK]).await;
    let (kind, _) = ended(&engine, refund()).await.unwrap_err();
    assert_eq!(kind, ErrorKind::Refused);
    assert_eq!(ended(&engine, refund()).await, done());
}

#[tokio::test]
async fn money_of_which_nobody_knows_whether_it_moved_stays_booked() {
    let engine = shop(bound(), &[SIXTY, BROKEN, SIXTY]).await;
    let lost = ended(&engine, refund()).await;
    assert_eq!(lost, Ok("outcome_unknown".to_owned()));
    assert_eq!(
        ended(&engine, refund()).await,
        over("it moves 60 USD, and 60 USD moved today already")
    );
}

#[tokio::test]
async fn money_of_a_call_that_could_not_be_sent_is_free_again() {
    let whole = bound();
    for step in [Step::PutNew, Step::Swap] {
        let broken = breaking(whole.clone(), Space::Ledger, Some(step));
        let broken = shop(broken, &[SIXTY, OK]).await;
        let lost = ended(&broken, keyed(refund())).await;
        assert_eq!(lost, stateless(REFUND), "{step:?}");
    }
    let engine = shop(whole, &[SIXTY, OK]).await;
    assert_eq!(ended(&engine, refund()).await, done());
}

#[tokio::test]
async fn what_nobody_asks_about_and_no_bound_is_on_is_sent_unread() {
    let (off, _) = guards(Confirm::Off);
    let unbound = shop(off, &[OK]).await;
    assert_eq!(ended(&unbound, keyed(refund())).await, done());
    let kept = &receipts(&unbound).await[0];
    assert_eq!((kept.count, kept.amount.as_deref()), (Some(1), None));
    // A bound on money is none on what moves none.
    let bound = shop(bound(), &[OK]).await;
    let release = call("preorders_orders_release", json!({"id": 7}));
    assert_eq!(ended(&bound, release).await, done());
}

#[tokio::test]
async fn a_plan_that_has_changed_since_is_shown_as_it_is_now() {
    let (handles, _) = guards(Confirm::Handle);
    let engine = shop(handles, &[SIXTY, FORTY, FORTY, OK]).await;
    let plan = made(&engine, refund()).await.unwrap();
    let usd = |amount: &str| json!([{"currency": "USD", "amount": amount}]);
    assert_eq!(plan["plan"]["amounts"], usd("60.00"));
    let first = plan["plan"]["confirm"].as_str().unwrap();
    let agreed = |handle: &str| call(REFUND, with(json!({"id": 7}), handle));
    let changed = made(&engine, agreed(first)).await.unwrap();
    assert_eq!(changed["plan"]["amounts"], usd("40.00"));
    let second = changed["plan"]["confirm"].as_str().unwrap();
    assert_eq!(
        changed["note"],
        format!(
            "Nothing was sent. What it touches has changed since the plan that was agreed to: this is the plan as it is now. Show the plan to the merchant. When they agree, make the same call again with `confirm` \"{second}\", within 10 minutes."
        )
    );
    assert_eq!(ended(&engine, agreed(second)).await, done());
}

#[tokio::test]
async fn where_nothing_would_happen_nobody_is_asked() {
    let (handles, _) = guards(Confirm::Handle);
    let engine = shop(handles, &[SIXTY]).await;
    let shown = made(&engine, call(CHARGE, json!({"id": 7}))).await.unwrap();
    assert_eq!(shown["status"], "planned");
    assert_eq!(
        shown["note"],
        "Nothing was sent. There is nothing to agree to: the API would leave everything out."
    );
    assert_eq!(shown["plan"]["count"], 0);
    assert_eq!(
        shown["plan"]["sentence"],
        "Nothing is charged; 1 skipped: nothing is owed."
    );
    assert_eq!(shown["plan"].get("confirm"), None);
}
