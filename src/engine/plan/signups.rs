//! Alerts that are sent and signups that are deleted. v1's intents are the same records (vendor
//! docs: Migrating from v1), and v2 tells more of them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::reads::{Found, Kind, Reads};
use super::titles;
use super::words::{FIRST, Tally, count, fact, mark, masked, plural, shown};
use super::{Asked, Plan, Unit};
use crate::engine::CallError;

const KIND: Kind = Kind {
    reader: "back_in_stock_signups_read",
    placeholder: "id",
    list: "back_in_stock_signups_list",
    neighbours: |signup| {
        let variant = signup.pointer("/variant/shopify_variant_id")?;
        Some(("variant_id", variant.clone()))
    },
};
/// Which channels send (vendor docs: Back in Stock Settings).
const CHANNELS: &str = "back_in_stock_settings_channels_read";

/// Points kept for the titles of variants.
const TITLES: u32 = 2;
const NOTIFIED: &str = "already notified";
const NOT_FOUND: &str = "not found";

/// Whom restock alerts would reach.
pub(super) async fn alerts(
    reads: &mut Reads<'_>,
    asked: &Asked<'_>,
    mut plan: Plan,
) -> Result<Plan, CallError> {
    let resend = asked.flag("allow_resend") == Some(true);
    let channels = reads.perhaps(CHANNELS, Map::new(), None).await;
    let found = reads.look(&KIND, asked.ids(), TITLES).await?;
    let found = match asked.is_one() {
        true => found.or_refused(reads)?,
        false => found,
    };
    let mut skipped = Tally::default();
    skipped.add(NOT_FOUND, found.missing());
    let mut reached: Vec<&Value> = Vec::new();
    for signup in found.records.values() {
        match unreached(signup, resend, channels.as_ref()) {
            Some(why) => skipped.add(why, 1),
            None => reached.push(signup),
        }
    }
    plan.count = count(reached.len()) + found.unseen();
    let about = titles::of_signups(reads, &reached).await;
    let again = count(reached.iter().filter(|signup| is_notified(signup)).count());
    let again = match again {
        0 => String::new(),
        again => format!(
            " {again} of them {} notified before.",
            plural(again, "was", "were")
        ),
    };
    let hint = match skipped.has(NOTIFIED) {
        true => " `allow_resend` true notifies again.",
        false => "",
    };
    let left_out = skipped.as_skipped();
    plan.sentence = match plan.count {
        0 => format!("Nobody gets an alert{left_out}.{hint}"),
        all => format!(
            "{}{left_out}.{again}{hint}{}",
            recipients(&reached, all, &about),
            found.left_out()
        ),
    };
    plan.skipped = skipped.pairs();
    plan.undo = "A message that was sent cannot be called back.".to_owned();
    plan.first = first(&reached);
    plan.targets = targets(&found);
    plan.state = json!({"channels": channels});
    Ok(plan)
}

/// Why the API sends a signup no alert, as far as its record and the settings tell.
fn unreached(signup: &Value, resend: bool, channels: Option<&Value>) -> Option<String> {
    let status = fact(signup, "/status");
    let channel = fact(signup, "/channel").unwrap_or_default();
    let is_off = channels
        .and_then(|all| all.pointer(&format!("/{channel}/enabled")))
        .is_some_and(|on| *on == Value::Bool(false));
    let is_unconfirmed = signup.pointer("/optin/required") == Some(&Value::Bool(true))
        && signup.pointer("/optin/confirmed") != Some(&Value::Bool(true));
    // doc: the status; inferred: that the API refuses.
    if status == Some("unsubscribed") {
        return Some("unsubscribed".to_owned());
    }
    // doc: the fields; inferred, from the help center: that the API refuses.
    if is_unconfirmed {
        return Some("opt-in not confirmed".to_owned());
    }
    // doc: v1's `allow_resend`.
    if is_notified(signup) && !resend {
        return Some(NOTIFIED.to_owned());
    }
    // doc: the switch; inferred: that the alert is then held back.
    is_off.then(|| format!("{} is switched off", channel_name(channel)))
}

fn is_notified(signup: &Value) -> bool {
    fact(signup, "/status") == Some("notified") || fact(signup, "/last_notified_at").is_some()
}

fn channel_name(channel: &str) -> &str {
    match channel {
        "sms" => "SMS",
        "push" => "push",
        "email" => "email",
        _ => "another channel",
    }
}

fn recipients(reached: &[&Value], all: u64, about: &str) -> String {
    let shoppers: BTreeSet<&str> = reached
        .iter()
        .filter_map(|signup| fact(signup, "/customer/id"))
        .collect();
    let mut channels = Tally::default();
    for signup in reached {
        channels.add(
            channel_name(fact(signup, "/channel").unwrap_or_default()),
            1,
        );
    }
    let who = match count(shoppers.len()) {
        fewer if fewer > 0 && fewer < count(reached.len()) => format!(
            "{all} alerts go out, several to the same shopper ({fewer} {})",
            plural(fewer, "shopper", "shoppers")
        ),
        _ => format!(
            "{all} {} an alert",
            plural(all, "shopper gets", "shoppers get")
        ),
    };
    let unseen = all - count(reached.len());
    match (about.is_empty(), unseen) {
        (true, _) => who,
        (false, 0) => format!("{who} by {} about {about}", channels.told()),
        (false, _) => format!(
            "Up to {who}; the {} looked at by {} about {about}",
            count(reached.len()),
            channels.told()
        ),
    }
}

/// Which signups would be gone.
pub(super) async fn deleted(
    reads: &mut Reads<'_>,
    asked: &Asked<'_>,
    mut plan: Plan,
) -> Result<Plan, CallError> {
    let found = reads
        .look(&KIND, asked.ids(), TITLES)
        .await?
        .or_refused(reads)?;
    let mut skipped = Tally::default();
    // inferred from v1's "no valid intents": unknown ids beside known ones are passed over.
    skipped.add(NOT_FOUND, found.missing());
    let all: Vec<&Value> = found.records.values().collect();
    // doc, of v1: all or nothing, and a notified signup is never deleted.
    let notified = count(all.iter().filter(|signup| is_notified(signup)).count());
    let statuses = statuses(&all);
    let rows = count(all.len()) + found.unseen();
    if notified > 0 {
        skipped.add(NOTIFIED, notified);
        skipped.add(
            "kept because others of the call were notified",
            rows - notified,
        );
        plan.sentence = format!(
            "Nothing is deleted: {notified} of {rows} {} {} already notified, and the API deletes all or none.",
            Unit::Signups.noun(rows),
            plural(notified, "was", "were")
        );
    } else {
        plan.count = rows;
        let about = titles::of_signups(reads, &all).await;
        let told = match statuses.is_empty() {
            true => String::new(),
            false => format!(" ({statuses})"),
        };
        let about = match about.is_empty() {
            true => String::new(),
            false => format!(" for {about}"),
        };
        plan.sentence = format!(
            "Deletes {rows} {}{told}{about}{}. {} off the waitlist then.{}",
            Unit::Signups.noun(rows),
            skipped.as_skipped(),
            plural(rows, "The shopper is", "The shoppers are"),
            found.left_out()
        );
        let is_opt_out = |signup: &&Value| fact(signup, "/status") == Some("unsubscribed");
        if all.iter().any(is_opt_out) {
            plan.sentence
                .push_str(" The record that a shopper unsubscribed is lost with it.");
        }
        plan.first = first(&all);
    }
    plan.skipped = skipped.pairs();
    plan.undo =
        "A deleted signup cannot be restored; the customer and the send log stay.".to_owned();
    plan.targets = targets(&found);
    Ok(plan)
}

impl Found {
    /// What a sentence says of those that were not looked at.
    pub(super) fn left_out(&self) -> String {
        match self.unseen() {
            0 => String::new(),
            unseen => format!(
                " {unseen} of them {} not looked at, as that would cost too many points; whom the API leaves out among them is not known.",
                plural(unseen, "was", "were")
            ),
        }
    }
}

/// The first signups in short.
pub(super) fn first(signups: &[&Value]) -> Vec<String> {
    let short = |signup: &&Value| {
        let channel = channel_name(fact(signup, "/channel").unwrap_or_default());
        let contact = fact(signup, "/contact").map_or("***".to_owned(), masked);
        let facts = [
            format!("{channel} {contact}"),
            shown(signup, "/variant/title"),
            shown(signup, "/status"),
        ];
        let facts: Vec<String> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
        format!("{} ({})", shown(signup, "/id"), facts.join(", "))
    };
    signups.iter().take(FIRST).map(short).collect()
}

/// What the consent is bound to: every id with the state it is in.
pub(super) fn targets(found: &Found) -> Value {
    let seen = found.records.iter().map(|(id, signup)| target(id, signup));
    let rest = found
        .missing
        .iter()
        .map(|id| json!({"id": id, "missing": true}));
    let unseen = found
        .unseen
        .iter()
        .map(|id| json!({"id": id, "unseen": true}));
    seen.chain(rest).chain(unseen).collect()
}

/// A signup with its state.
pub(super) fn target(id: &str, signup: &Value) -> Value {
    json!({
        "id": id,
        "status": signup.get("status"),
        "channel": signup.get("channel"),
        "contact": fact(signup, "/contact").map(mark),
        "variant": signup.pointer("/variant/shopify_variant_id"),
        "optin": signup.get("optin"),
        "notifications_sent": signup.get("notifications_sent"),
        "updated_at": signup.get("updated_at"),
    })
}

/// The statuses of rows, for a sentence.
pub(super) fn statuses(signups: &[&Value]) -> String {
    let mut tally = Tally::default();
    for signup in signups {
        tally.add(shown(signup, "/status"), 1);
    }
    tally.counted()
}
