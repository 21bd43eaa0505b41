//! A shopper who is put on a waitlist.

use serde_json::{Map, Value, json};

use super::reads::Reads;
use super::words::{fact, mark, masked};
use super::{Asked, Plan, titles};
use crate::engine::CallError;

const SETTINGS: &str = "back_in_stock_settings_read";

/// Who would wait, and whether that sends a message.
pub(super) async fn added(
    reads: &mut Reads<'_>,
    asked: &Asked<'_>,
    mut plan: Plan,
) -> Result<Plan, CallError> {
    let new = Newcomer::of(asked);
    let settings = reads.record(SETTINGS, Map::new()).await?;
    let titles = titles::titles(reads, &[new.variant]).await;
    let variant = titles::named(&titles, new.variant, None);
    // doc: the double opt-in asks each new signup.
    let asks = settings.pointer("/compliance/optin_required") == Some(&Value::Bool(true));
    // doc: the switch; inferred: that the API then refuses the signup.
    let is_off = settings.pointer(&format!("/channels/{}/enabled", new.channel))
        == Some(&Value::Bool(false));
    let message = match asks {
        true => "An opt-in message goes out at once, as the double opt-in is on",
        false => "No message goes out now, as the double opt-in is off",
    };
    match is_off {
        true => {
            plan.sentence = format!(
                "Nobody is put on the waitlist: the channel {} is switched off.",
                new.channel_shown()
            );
            plan.skipped = vec![("the channel is switched off".to_owned(), 1)];
        }
        false => {
            plan.count = 1;
            plan.sentence = format!(
                "Puts 1 shopper ({}) on the waitlist of {variant}. {message}.",
                new.shown()
            );
            plan.first = vec![new.shown()];
        }
    }
    plan.undo = "The signup can be deleted until it is notified; a message cannot be called back, and a new customer stays.".to_owned();
    plan.targets =
        json!([{"variant": new.variant, "channel": new.channel, "contact": new.contact.map(mark)}]);
    plan.state = json!({"optin_required": asks, "channel_off": is_off});
    Ok(plan)
}

/// The same without a read: v1's public action takes no key, so nothing is read with it.
pub(super) fn unread(asked: &Asked<'_>, mut plan: Plan) -> Plan {
    let new = Newcomer::of(asked);
    plan.count = 1;
    plan.sentence = format!(
        "Puts 1 shopper ({}) on the waitlist of variant {}. An opt-in message goes out at once when the double opt-in is on; nothing was read to tell.",
        new.shown(),
        new.variant
    );
    plan.first = vec![new.shown()];
    plan.undo = "The signup can be deleted until it is notified; a message cannot be called back, and a new customer stays.".to_owned();
    plan.targets =
        json!([{"variant": new.variant, "channel": new.channel, "contact": new.contact.map(mark)}]);
    plan
}

/// The shopper of the arguments, which v1 nests.
struct Newcomer<'a> {
    variant: u64,
    channel: &'a str,
    contact: Option<&'a str>,
}

impl<'a> Newcomer<'a> {
    fn of(asked: &'a Asked<'_>) -> Self {
        let what = asked.part("intent");
        let who = asked.part("customer");
        let variant = what.get("shopify_variant_id").and_then(Value::as_u64);
        let channel = fact(what, "/channel").unwrap_or_default();
        let contact = match channel {
            "sms" => fact(who, "/phone"),
            "email" => fact(who, "/email"),
            _ => None,
        };
        Self {
            variant: variant.unwrap_or_default(),
            channel,
            contact,
        }
    }

    fn channel_shown(&self) -> &'a str {
        match self.channel {
            "sms" => "SMS",
            other => other,
        }
    }

    fn shown(&self) -> String {
        let contact = self.contact.map_or("***".to_owned(), masked);
        format!("{} {contact}", self.channel_shown())
    }
}
