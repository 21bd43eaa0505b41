//! The field's own words as types: channel, status, and the conditions that stand for them in SQL.

/// How a shopper is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    /// Email.
    Email,
    /// Text message.
    Sms,
    /// Web push.
    Push,
}

impl Channel {
    /// Reads the API's word.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "email" => Some(Self::Email),
            "sms" => Some(Self::Sms),
            "push" => Some(Self::Push),
            _ => None,
        }
    }

    /// The API's word.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Push => "push",
        }
    }

    /// The parameter that holds the channel's contact.
    pub(super) const fn contact(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "phone",
            Self::Push => "push",
        }
    }

    /// Whether an alert counts against the plan.
    pub(super) const fn is_counted(self) -> bool {
        match self {
            Self::Email | Self::Sms => true,
            Self::Push => false,
        }
    }
}

/// State of a signup, derived on every read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// The signup or its customer opted out.
    Unsubscribed,
    /// An alert was sent.
    Notified,
    /// The latest alert was stopped.
    Blocked,
    /// Nothing happened yet.
    Pending,
}

impl Status {
    /// The API's word.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Unsubscribed => "unsubscribed",
            Self::Notified => "notified",
            Self::Blocked => "blocked",
            Self::Pending => "pending",
        }
    }

    /// The condition over signups `s` and customers `c`, for the words the list filters by.
    pub(super) fn condition(text: &str) -> Option<&'static str> {
        match text {
            "unsubscribed" => {
                Some("(s.unsubscribed_at IS NOT NULL OR c.unsubscribed_at IS NOT NULL)")
            }
            "notified" => Some(
                "s.notified_at IS NOT NULL AND s.unsubscribed_at IS NULL AND c.unsubscribed_at IS NULL",
            ),
            "pending" => Some(
                "s.notified_at IS NULL AND s.blocked_at IS NULL AND s.unsubscribed_at IS NULL
                 AND c.unsubscribed_at IS NULL",
            ),
            _ => None,
        }
    }
}

/// A signup `s` of customer `c` that still waits: `pending` or `blocked`.
pub(super) const WAITING: &str =
    "s.notified_at IS NULL AND s.unsubscribed_at IS NULL AND c.unsubscribed_at IS NULL";
