//! The fixed words of orders: states, payment and fulfilment status, why a charge fails.

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};

/// What an order is at, derived from its other fields (vendor docs: Orders).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox::actions) enum State {
    /// Nothing is collected.
    Placed,
    /// The deposit is paid, the rest is owed.
    AwaitingBalance,
    /// All is paid; waits for release.
    BalanceCollected,
    /// Holds are lifted.
    Released,
    /// Shipped.
    Fulfilled,
    /// Cancelled.
    Cancelled,
    /// Given back in full.
    Refunded,
}

impl State {
    /// The API's word.
    pub(in crate::sandbox::actions) const fn text(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::AwaitingBalance => "awaiting_balance",
            Self::BalanceCollected => "balance_collected",
            Self::Released => "released",
            Self::Fulfilled => "fulfilled",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
        }
    }
}

/// Shopify's payment status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox::actions) enum Financial {
    /// Nothing captured.
    Pending,
    /// Reserved, not captured.
    Authorized,
    /// The deposit is captured.
    PartiallyPaid,
    /// All is captured.
    Paid,
    /// Some was given back.
    PartiallyRefunded,
    /// All was given back.
    Refunded,
    /// Cancelled before anything was captured.
    Voided,
}

impl Financial {
    const ALL: [Self; 7] = [
        Self::Pending,
        Self::Authorized,
        Self::PartiallyPaid,
        Self::Paid,
        Self::PartiallyRefunded,
        Self::Refunded,
        Self::Voided,
    ];

    /// Shopify's word.
    pub(in crate::sandbox::actions) const fn text(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Authorized => "authorized",
            Self::PartiallyPaid => "partially_paid",
            Self::Paid => "paid",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
            Self::Voided => "voided",
        }
    }
}

/// How far the goods are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox::actions) enum Fulfillment {
    /// Can ship as usual.
    Unfulfilled,
    /// Held until its day.
    Scheduled,
    /// Held until released.
    OnHold,
    /// Released through STOQ.
    Open,
    /// Shipped.
    Fulfilled,
}

impl Fulfillment {
    const ALL: [Self; 5] = [
        Self::Unfulfilled,
        Self::Scheduled,
        Self::OnHold,
        Self::Open,
        Self::Fulfilled,
    ];

    /// The API's word.
    pub(in crate::sandbox::actions) const fn text(self) -> &'static str {
        match self {
            Self::Unfulfilled => "unfulfilled",
            Self::Scheduled => "scheduled",
            Self::OnHold => "on_hold",
            Self::Open => "open",
            Self::Fulfilled => "fulfilled",
        }
    }
}

/// Why a charge fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Decline {
    /// The card is out of date.
    ExpiredCard,
    /// The bank said no.
    CardDeclined,
    /// Not enough money.
    InsufficientFunds,
    /// The shopper took the card off the shop.
    PaymentMethodRemoved,
    /// The bank wants the shopper to confirm.
    AuthenticationRequired,
    /// Anything else.
    ProcessingError,
}

impl Decline {
    /// All of them.
    pub(in crate::sandbox) const ALL: [Self; 6] = [
        Self::ExpiredCard,
        Self::CardDeclined,
        Self::InsufficientFunds,
        Self::PaymentMethodRemoved,
        Self::AuthenticationRequired,
        Self::ProcessingError,
    ];

    /// The code of a word.
    pub(in crate::sandbox) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.text() == text)
    }

    /// The API's code.
    pub(in crate::sandbox) const fn text(self) -> &'static str {
        match self {
            Self::ExpiredCard => "expired_card",
            Self::CardDeclined => "card_declined",
            Self::InsufficientFunds => "insufficient_funds",
            Self::PaymentMethodRemoved => "payment_method_removed",
            Self::AuthenticationRequired => "authentication_required",
            Self::ProcessingError => "processing_error",
        }
    }

    /// What a merchant reads.
    pub(in crate::sandbox) const fn message(self) -> &'static str {
        match self {
            Self::ExpiredCard => "The card has expired.",
            Self::CardDeclined => "The card was declined.",
            Self::InsufficientFunds => "The card has insufficient funds.",
            Self::PaymentMethodRemoved => "The stored payment method was removed.",
            Self::AuthenticationRequired => "The bank asks the shopper to confirm the payment.",
            Self::ProcessingError => "The payment could not be processed.",
        }
    }
}

/// The word of a column among those there are.
fn word<T: Copy>(all: &[T], text: fn(T) -> &'static str, value: ValueRef<'_>) -> FromSqlResult<T> {
    let wanted = value.as_str()?;
    all.iter()
        .copied()
        .find(|one| text(*one) == wanted)
        .ok_or(FromSqlError::InvalidType)
}

impl FromSql for Financial {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        word(&Self::ALL, Self::text, value)
    }
}

impl FromSql for Fulfillment {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        word(&Self::ALL, Self::text, value)
    }
}

impl FromSql for Decline {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        word(&Self::ALL, Self::text, value)
    }
}

impl ToSql for Financial {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.text().into())
    }
}

impl ToSql for Fulfillment {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.text().into())
    }
}

impl ToSql for Decline {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.text().into())
    }
}
