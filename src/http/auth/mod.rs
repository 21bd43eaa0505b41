//! Who calls: read from a request's headers, never from what they say of themselves.
//!
//! Two ways: bearer tokens that the operator gave out, or the shop's own key. No credential is kept,
//! compared in the open, printed or handed on.

pub(super) mod headers;
pub(super) mod shop_key;
pub(super) mod tokens;

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use http::{HeaderValue, StatusCode, header};
use secrecy::SecretString;

use super::limits::seconds;
use super::pages::errors;
use crate::mcp::StoqServer;
use crate::registry::entry::Class;
use crate::safety::Confirm;
use crate::safety::personal::PersonalData;
use crate::safety::store::Store;
use crate::upstream::Base;

pub use tokens::{TOKEN_PREFIX, TokenEntry, TokensError, TokensFile, read_tokens};

/// A principal: who calls, and which shop they call for.
#[derive(Debug)]
pub struct Who {
    /// `token:<name>` or `shop:<tenant id>`: for ledger, audit and log.
    pub principal: String,
    /// Tells principals apart where a name would be too short.
    pub id: [u8; 32],
    /// The shop's API.
    pub base: Base,
    /// The shop's key.
    pub key: SecretString,
    /// The shop's `*.myshopify.com` domain.
    pub shop_domain: Option<String>,
    /// Whether the operator vouches for the key; a caller's own is tried before it is believed.
    pub is_vouched: bool,
    /// What the operator set for this principal alone.
    pub grant: Grant,
}

/// Settings of one principal, each in place of the server's setting of that name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grant {
    /// Effect classes.
    pub allow: Option<Vec<Class>>,
    /// Shoppers that one call may message.
    pub max_recipients: Option<u64>,
    /// Rows that one call may delete or move.
    pub max_destroyed: Option<u64>,
    /// Orders that one call may release.
    pub max_released: Option<u64>,
    /// Orders whose money one call may move.
    pub max_money_orders: Option<u64>,
    /// Money that may be moved in a day (UTC), in units of each currency.
    pub money_per_day: Option<u64>,
    /// What counts as consent.
    pub confirm: Option<Confirm>,
    /// How personal data is shown.
    pub personal_data: Option<PersonalData>,
}

/// A principal that cannot be served now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The API refuses the key.
    #[error("the STOQ API refuses the key")]
    KeyRefused,
    /// The API could not be asked, or there is no room.
    #[error("{reason}")]
    Unavailable {
        /// What is in the way.
        reason: String,
        /// When to come again.
        wait: Duration,
    },
    /// What the operator set does not hold together.
    #[error("{0}")]
    Misconfigured(String),
}

/// Makes principals and their servers from the operator's settings.
pub trait Shops: Send + Sync + std::fmt::Debug {
    /// The principal of an entry of the tokens file.
    ///
    /// # Errors
    /// When the entry's settings do not hold together or its key is missing; told without a secret.
    fn of_token(&self, entry: &TokenEntry) -> Result<Who, String>;

    /// The principal of a shop's key that a caller sent.
    fn of_key(&self, id: [u8; 32], tenant: &str, key: SecretString) -> Who;

    /// The state that all servers share; `None` when nothing they may do needs it.
    fn store(&self) -> Option<Arc<dyn Store>> {
        None
    }

    /// A server for a principal. A key that nobody vouches for is tried with one read.
    fn open<'a>(&'a self, who: &'a Who) -> BoxFuture<'a, Result<StoqServer, OpenError>>;
}

/// A request that is turned away before anything is done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No credential.
    Missing(&'static str),
    /// A credential that is none.
    Invalid(&'static str),
    /// Too much of something.
    TooMany(&'static str, Duration),
    /// Not now.
    Unavailable(String, Duration),
    /// A header that means nothing.
    Malformed(&'static str),
    /// The operator's business.
    Fault,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let waits = |status: StatusCode, text: &str, wait: Duration| {
            let mut answer = errors(status, text).into_response();
            let wait = HeaderValue::from(seconds(wait));
            answer.headers_mut().insert(header::RETRY_AFTER, wait);
            answer
        };
        match self {
            Self::Missing(text) => challenged(text, "Bearer realm=\"stoq-mcp\""),
            Self::Invalid(text) => challenged(
                text,
                "Bearer realm=\"stoq-mcp\", error=\"invalid_token\"",
            ),
            Self::TooMany(text, wait) => waits(StatusCode::TOO_MANY_REQUESTS, text, wait),
            Self::Unavailable(text, wait) => waits(StatusCode::SERVICE_UNAVAILABLE, &text, wait),
            Self::Malformed(text) => errors(StatusCode::BAD_REQUEST, text).into_response(),
            Self::Fault => errors(
                StatusCode::INTERNAL_SERVER_ERROR,
                "This server's settings do not hold together, so nothing was done. The operator finds the reason in its log.",
            )
            .into_response(),
        }
    }
}

fn challenged(text: &str, challenge: &'static str) -> Response {
    let mut answer = errors(StatusCode::UNAUTHORIZED, text).into_response();
    let challenge = HeaderValue::from_static(challenge);
    answer
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, challenge);
    answer
}
