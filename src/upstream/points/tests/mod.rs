//! The book and its waiting room; the runs in virtual time and the script stand in files of their own.

mod api;
#[cfg(feature = "redis-tests")]
mod script;
mod simulation;

use proptest::prelude::*;

use super::memory::{Book, End, STEP, Sent};
use super::*;

const LIMIT: PointsLimit = PointsLimit {
    points: 40,
    window: Duration::from_secs(60),
};
const WINDOW: u64 = 60_000;

const fn rate(remaining: u32, reset_in: u64) -> RateHeaders {
    RateHeaders {
        limit: Some(LIMIT.points),
        remaining: Some(remaining),
        reset_in: Some(Duration::from_millis(reset_in)),
    }
}

const SILENT: End = End::Answered(RateHeaders {
    limit: None,
    remaining: None,
    reset_in: None,
});

#[test]
fn points_come_back_a_window_after_the_answer() {
    let mut book = Book::new(LIMIT);
    for _ in 0..20 {
        book.take(2, Priority::Commit, 0).unwrap();
    }
    // All in flight: the soonest release is a window away.
    assert_eq!(book.take(1, Priority::Commit, 0), Err(WINDOW));
    book.end(2, Sent::default(), SILENT, 3_000);
    assert_eq!(book.take(1, Priority::Commit, 10_000), Err(53_000));
    let sent = Sent {
        at: 63_000,
        released: 2,
    };
    assert_eq!(book.take(2, Priority::Commit, 63_000), Ok(sent));
    assert_eq!(book.held(63_000), 40);
}

#[test]
fn a_lost_answer_holds_its_points_half_a_window_longer() {
    let mut book = Book::new(LIMIT);
    let sent = book.take(2, Priority::Normal, 0).unwrap();
    book.end(2, sent, End::Lost, 10_000);
    assert_eq!(book.held(99_999), 2);
    assert_eq!(book.held(100_000), 0);
}

#[test]
fn a_quarter_of_a_small_budget_is_kept_for_commits() {
    let mut book = Book::new(LIMIT);
    for _ in 0..30 {
        book.take(1, Priority::Normal, 0).unwrap();
    }
    assert_eq!(book.take(1, Priority::Normal, 0), Err(WINDOW));
    assert_eq!(book.take(1, Priority::Poll, 0), Err(WINDOW));
    assert!(book.take(2, Priority::Commit, 0).is_ok());
}

#[test]
fn others_use_is_held_until_a_newer_answer_says_less() {
    let mut book = Book::new(LIMIT);
    let first = book.take(1, Priority::Normal, 0).unwrap();
    let second = book.take(1, Priority::Normal, 0).unwrap();
    // 20 used, 2 of them ours at the most: 18 are others', and one of 20 left may be on its way.
    book.end(1, first, End::Answered(rate(20, 9_000)), 1_000);
    for _ in 0..9 {
        book.take(1, Priority::Normal, 1_000).unwrap();
    }
    assert_eq!(book.take(1, Priority::Normal, 1_000), Err(9_000));
    // After the reset an answer is on its way that will tell.
    assert_eq!(book.take(1, Priority::Normal, 10_000), Err(STEP));
    book.end(1, second, End::Answered(rate(40, 60_000)), 11_000);
    assert!(book.take(1, Priority::Normal, 11_000).is_ok());
}

#[test]
fn after_the_reset_one_request_asks_anew() {
    let mut book = Book::new(LIMIT);
    let sent = book.take(1, Priority::Normal, 0).unwrap();
    book.end(1, sent, End::Answered(rate(0, 30_000)), 1_000);
    assert_eq!(book.take(1, Priority::Commit, 1_000), Err(30_000));
    let asks = book.take(1, Priority::Normal, 31_000).unwrap();
    assert_eq!(book.take(1, Priority::Commit, 31_000), Err(STEP));
    book.end(1, asks, End::Answered(rate(39, 60_000)), 31_200);
    assert!(book.take(1, Priority::Commit, 31_200).is_ok());
}

#[test]
fn an_older_answer_that_comes_late_does_not_tell_too_much() {
    let mut book = Book::new(LIMIT);
    let early = book.take(1, Priority::Normal, 0).unwrap();
    let late = book.take(1, Priority::Normal, 100).unwrap();
    book.end(1, late, End::Answered(rate(3, 30_000)), 1_000);
    book.end(1, early, End::Answered(rate(39, 29_000)), 2_000);
    book.take(2, Priority::Commit, 2_000).unwrap();
    assert_eq!(book.take(1, Priority::Commit, 2_000), Err(29_000));
}

#[test]
fn headers_outside_all_reason_do_no_more_than_a_window() {
    let mut book = Book::new(LIMIT);
    let headers = RateHeaders {
        limit: Some(0),
        remaining: Some(0),
        reset_in: Some(Duration::MAX),
    };
    let sent = book.take(1, Priority::Commit, 0).unwrap();
    book.end(1, sent, End::Answered(headers), 0);
    assert_eq!(book.take(1, Priority::Commit, 0), Err(WINDOW));
    assert!(book.take(1, Priority::Commit, WINDOW).is_ok());
}

#[tokio::test]
async fn who_waits_with_a_higher_priority_goes_first() {
    let points = Arc::new(Points::new(LIMIT));
    let soon = Instant::now() + Duration::from_secs(45);
    let place = Queued::new(&points, Priority::Commit);
    let normal = points.take(1, Priority::Normal, soon, soon).await;
    assert_eq!(normal.map(|grant| grant.cost), Err(STEP));
    assert!(points.take(1, Priority::Commit, soon, soon).await.is_ok());
    drop(place);
    assert!(points.take(1, Priority::Normal, soon, soon).await.is_ok());
}

#[tokio::test]
async fn what_the_api_says_is_left_counts_when_it_is_less() {
    let points = Arc::new(Points::new(LIMIT));
    let deadline = Instant::now() + Duration::from_secs(45);
    let take = |cost, priority| points.acquire(cost, priority, deadline);
    let first = take(1, Priority::Normal).await.unwrap();
    first.answered(&rate(12, 30_000));
    let second = take(2, Priority::Normal).await.unwrap();
    let error = take(1, Priority::Normal).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the shop's request budget is used up; 1 points are free again in 30 s"
    );
    // The reserve stays for what cannot be taken back.
    take(2, Priority::Commit).await.unwrap().unused();
    // Nothing was sent after all: the points are free at once.
    second.unused();
    assert!(take(2, Priority::Normal).await.is_ok());
}

#[tokio::test]
async fn a_dropped_grant_stays_held() {
    let points = Arc::new(Points::new(LIMIT));
    let deadline = Instant::now() + Duration::from_secs(45);
    drop(points.acquire(2, Priority::Normal, deadline).await.unwrap());
    assert_eq!(points.held(), 2);
}

proptest! {
    /// Whatever the order and latency of answers, no 60 s window on the API's side that charges
    /// a request at any moment between sending and answer sees more than the limit.
    #[test]
    fn no_window_of_the_api_is_overdrawn(
        calls in prop::collection::vec((0_u64..4_000, 0_u64..25_000, 1_u32..=2, 0_u64..=1_000, 0_u8..10), 1..400)
    ) {
        let mut book = Book::new(LIMIT);
        let mut now = 0;
        let mut open: Vec<(u64, u32, Sent, End)> = Vec::new();
        let mut charged: Vec<(u64, u32)> = Vec::new();
        for (gap, latency, cost, moment, fate) in calls {
            now += gap;
            open.sort_by_key(|(at, ..)| *at);
            while let Some(&(at, cost, sent, end)) = open.first() && at <= now {
                book.end(cost, sent, end, at);
                open.remove(0);
            }
            if let Ok(sent) = book.take(cost, Priority::Commit, now) {
                // A lost request may be charged up to half a window after it was given up.
                let (end, latest) = match fate {
                    0 => (End::Lost, latency + WINDOW / 2),
                    _ => (SILENT, latency),
                };
                open.push((now + latency, cost, sent, end));
                charged.push((now + latest * moment / 1_000, cost));
            }
        }
        charged.sort_unstable();
        for (from, _) in &charged {
            let sum: u32 = charged.iter()
                .filter(|(at, _)| at >= from && *at < *from + WINDOW)
                .map(|(_, cost)| cost)
                .sum();
            prop_assert!(sum <= LIMIT.points, "{sum} points in a window");
        }
    }
}
