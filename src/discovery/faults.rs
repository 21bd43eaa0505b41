//! What becomes of a call when the upstream fails it: by the action's `retry` and what happened.
//!
//! The one table of it: the README prints it, and `tests/retries` holds the program to each row.

use crate::registry::entry::Retry;

/// What went wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No connection came about: name, address or TLS.
    NotSent,
    /// 429 with a wait that is short enough to be silent.
    RateLimitedShortly,
    /// 429 with a longer wait.
    RateLimitedLong,
    /// Another complete 4xx.
    Refused,
    /// No answer in time, a cut connection or body, or a 5xx; the API had not done it.
    LostUndone,
    /// The same, or an answer that cannot be read; the API had done it.
    LostDone,
}

/// How the call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As if nothing had happened.
    Success,
    /// A success that was read back or looked up, and says so.
    Found,
    /// An error: nothing was done.
    Error,
    /// It is not known whether it happened; the text says how to check.
    Unknown,
}

/// One cell of the table: the fault strikes the first request, and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// Requests that reach the API's door, the struck one included.
    pub sends: u64,
    /// How the call ends.
    pub ending: Ending,
    /// Effects, of a write.
    pub effects: usize,
}

impl Fault {
    /// Every one, in the order of the table.
    pub const ALL: [Self; 6] = [
        Self::NotSent,
        Self::RateLimitedShortly,
        Self::RateLimitedLong,
        Self::Refused,
        Self::LostUndone,
        Self::LostDone,
    ];

    fn told(self) -> &'static str {
        match self {
            Self::NotSent => "no connection (name, address, TLS), so nothing was sent",
            Self::RateLimitedShortly => "429, to be repeated within 5 s",
            Self::RateLimitedLong => "429, to be repeated later",
            Self::Refused => "another 4xx",
            Self::LostUndone => "time-out, cut connection or 5xx, and it was not done",
            Self::LostDone => {
                "time-out, cut connection or body, 5xx or unreadable answer, and it was done"
            }
        }
    }
}

/// The actions of each kind, for people.
const KINDS: [(Retry, &str); 4] = [
    (Retry::Safe, "`safe`: reads, polls, exports"),
    (
        Retry::ReadBack,
        "`read_back`: settings, changes and deletions of one record",
    ),
    (Retry::NaturalKey, "`natural_key`: new signups and offers"),
    (
        Retry::Once,
        "`once`: alerts, money, releases, transfers, bulk actions",
    ),
];

/// What is promised of a call.
#[must_use]
pub fn promise(retry: Retry, fault: Fault) -> Promise {
    let cell = |sends, ending, effects| Promise {
        sends,
        ending,
        effects,
    };
    match (fault, retry) {
        // The request that did not leave is not counted.
        (Fault::NotSent, _) => cell(1, Ending::Success, 1),
        (Fault::RateLimitedShortly, _)
        | (Fault::LostUndone, Retry::Safe | Retry::ReadBack)
        | (Fault::LostDone, Retry::Safe) => cell(2, Ending::Success, 1),
        (Fault::RateLimitedLong | Fault::Refused, _) => cell(1, Ending::Error, 0),
        (Fault::LostDone, Retry::ReadBack | Retry::NaturalKey) => cell(1, Ending::Found, 1),
        (Fault::LostUndone, Retry::NaturalKey | Retry::Once) => cell(1, Ending::Unknown, 0),
        (Fault::LostDone, Retry::Once) => cell(1, Ending::Unknown, 1),
    }
}

/// The table in Markdown.
#[must_use]
pub fn fault_table() -> String {
    let mut text = String::from("| what happened to the first request |");
    for (_, told) in KINDS {
        text.push_str(&format!(" {told} |"));
    }
    text.push_str("\n|---|---|---|---|---|\n");
    for fault in Fault::ALL {
        text.push_str(&format!("| {} |", fault.told()));
        for (retry, _) in KINDS {
            text.push_str(&format!(" {} |", cell(retry, fault)));
        }
        text.push('\n');
    }
    text
}

fn cell(retry: Retry, fault: Fault) -> String {
    let promise = promise(retry, fault);
    let sent = match promise.sends {
        1 => "sent once".to_owned(),
        2 => "sent twice".to_owned(),
        sends => format!("sent {sends} times"),
    };
    let ends = match promise.ending {
        Ending::Success => "succeeds",
        Ending::Found => "found to be done, succeeds",
        Ending::Error => "an error, nothing was done",
        Ending::Unknown => "`outcome_unknown`, never repeated",
    };
    format!("{sent}: {ends}")
}
