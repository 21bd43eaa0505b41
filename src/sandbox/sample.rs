//! What the unit tests of this room start from.

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};

use super::wire::Ask;
use crate::registry::Registry;

/// The registry of the program.
pub(super) fn registry() -> Registry {
    Registry::bundled().unwrap()
}

/// A request without headers and body.
pub(super) fn ask(method: Method, target: &str) -> Ask {
    let uri: Uri = target.parse().unwrap();
    Ask {
        method,
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
    }
}
