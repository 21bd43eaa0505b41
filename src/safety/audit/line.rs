//! One line, and the events that become lines.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::types::{
    ActionName, Amount, CallId, Confirmed, Hash, Kind, Name, Refusal, Status, Writes,
};
use crate::registry::entry::Class;

/// Most bytes of a line.
pub const MOST_BYTES: usize = 8192;

/// A line of the trail, without its code; what is absent is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// 1 for the first line of the trail, and one more for each that follows.
    pub seq: u64,
    /// When it was written, UTC.
    #[serde(with = "stamp")]
    pub at: DateTime<Utc>,
    /// What it tells of.
    pub event: Kind,
    /// Joins intent and outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
    /// Who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Name>,
    /// Which shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shop: Option<Hash>,
    /// The client, as it calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Name>,
    /// Which action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionName>,
    /// The class of this call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// Digest of the arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Hash>,
    /// How many shoppers, rows or orders it touches; of a torn line, the bytes that were cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Money that it moves, an amount for each currency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amount: Vec<Amount>,
    /// How it was confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Confirmed>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The HTTP status of the API's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_status: Option<u16>,
    /// Points that it cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<u32>,
    /// From the call's arrival to its answer, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Refusal>,
    /// What the kill switch was set to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writes: Option<Writes>,
    /// The code of the line before, in the first line of each file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Hash>,
}

/// Which call an event is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Joins intent and outcome.
    pub call: CallId,
    /// Who asks.
    pub principal: Name,
    /// The shop's tenant id; `None` where no shop is known yet.
    pub shop: Option<Hash>,
    /// The client, as it calls itself.
    pub client: Option<Name>,
    /// Which action.
    pub action: ActionName,
    /// The class of this call.
    pub class: Class,
    /// Digest of the arguments; `None` when it was refused before they were looked at.
    pub digest: Option<Hash>,
}

/// Something that becomes a line. It is made by what happened and completed by what is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event(Line);

impl Event {
    /// A call is about to be sent.
    pub fn intent(now: DateTime<Utc>, subject: &Subject) -> Self {
        Self::of(now, Kind::Intent, subject)
    }

    /// A call ended.
    pub fn outcome(now: DateTime<Utc>, subject: &Subject, status: Status) -> Self {
        let mut event = Self::of(now, Kind::Outcome, subject);
        event.0.status = Some(status);
        event
    }

    /// A call was refused.
    pub fn blocked(now: DateTime<Utc>, subject: &Subject, reason: Refusal) -> Self {
        let mut event = Self::of(now, Kind::Blocked, subject);
        event.0.reason = Some(reason);
        event
    }

    /// Somebody set the kill switch.
    pub fn switch(now: DateTime<Utc>, principal: Name, writes: Writes) -> Self {
        let mut line = bare(now, Kind::Switch);
        line.principal = Some(principal);
        line.writes = Some(writes);
        Self(line)
    }

    /// A crash left so many bytes in the middle of a line.
    pub(super) fn torn(now: DateTime<Utc>, bytes: u64) -> Self {
        Self(bare(now, Kind::Torn)).count(bytes)
    }

    fn of(now: DateTime<Utc>, kind: Kind, subject: &Subject) -> Self {
        let Subject {
            call,
            principal,
            shop,
            client,
            action,
            class,
            digest,
        } = subject.clone();
        Self(Line {
            call: Some(call),
            principal: Some(principal),
            shop,
            client,
            action: Some(action),
            class: Some(class),
            digest,
            ..bare(now, kind)
        })
    }

    /// How many shoppers, rows or orders it touches.
    pub fn count(mut self, count: u64) -> Self {
        self.0.count = Some(count);
        self
    }

    /// Money that it moves; once for each currency.
    pub fn amount(mut self, amount: Amount) -> Self {
        self.0.amount.push(amount);
        self
    }

    /// How it was confirmed.
    pub fn confirmed(mut self, confirmed: Confirmed) -> Self {
        self.0.confirmed = Some(confirmed);
        self
    }

    /// The HTTP status of the API's answer.
    pub fn upstream_status(mut self, status: u16) -> Self {
        self.0.upstream_status = Some(status);
        self
    }

    /// Points that it cost.
    pub fn points(mut self, points: u32) -> Self {
        self.0.points = Some(points);
        self
    }

    /// From the call's arrival to its answer, in milliseconds.
    pub fn took_ms(mut self, took: u64) -> Self {
        self.0.took_ms = Some(took);
        self
    }

    /// When it happened.
    pub(super) fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// The line at its place in the trail.
    pub(super) fn at_place(&self, seq: u64, previous: Option<Hash>) -> Line {
        Line {
            seq,
            previous,
            ..self.0.clone()
        }
    }
}

/// A line of which nothing is known but the kind.
fn bare(at: DateTime<Utc>, event: Kind) -> Line {
    Line {
        seq: 0,
        at,
        event,
        call: None,
        principal: None,
        shop: None,
        client: None,
        action: None,
        class: None,
        digest: None,
        count: None,
        amount: Vec::new(),
        confirmed: None,
        status: None,
        upstream_status: None,
        points: None,
        took_ms: None,
        reason: None,
        writes: None,
        previous: None,
    }
}

/// Times to the millisecond, in UTC.
mod stamp {
    use serde::de::Error as _;
    use serde::{Deserializer, Serializer};

    use super::{DateTime, Deserialize, SecondsFormat, Utc};

    pub(super) fn serialize<S: Serializer>(
        at: &DateTime<Utc>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<DateTime<Utc>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let at = DateTime::parse_from_rfc3339(&text).map_err(D::Error::custom)?;
        Ok(at.with_timezone(&Utc))
    }
}
