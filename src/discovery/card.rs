//! The server card: what a client reads before it connects (MCP extension "server card", SEP-2127).
//!
//! It says where and how, and nothing of what there is: that is listed over the connection.

use serde_json::{Value, json};

/// Its media type.
pub const CARD_TYPE: &str = "application/mcp-server-card+json";

/// Where the program comes from; empty when the package does not say.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// What a caller has to send to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance {
    /// Nothing: the server is for this machine.
    Open,
    /// A bearer token of the operator.
    Token,
    /// The shop's key as a bearer token.
    ShopKey,
}

/// The card of the server whose endpoint is at `url`, which speaks these versions of the protocol.
pub fn card(url: &str, entrance: Entrance, versions: &[&str]) -> Value {
    let told = match entrance {
        Entrance::Open => None,
        Entrance::Token => Some("`Bearer ` and the token that the operator gave out."),
        Entrance::ShopKey => Some("`Bearer ` and the shop's API key, which the STOQ app shows."),
    };
    let mut remote =
        json!({"type": "streamable-http", "url": url, "supportedProtocolVersions": versions});
    if let (Some(told), Value::Object(remote)) = (told, &mut remote) {
        let header = json!({"name": "Authorization", "description": told, "isRequired": true, "isSecret": true});
        remote.insert("headers".to_owned(), json!([header]));
    }
    let mut out = json!({
        "$schema": "https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json",
        "name": name(REPOSITORY),
        "title": "STOQ back in stock and preorders",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Back-in-stock waitlists and preorders of a Shopify shop on STOQ",
        "remotes": [remote],
    });
    if let (false, Value::Object(out)) = (REPOSITORY.is_empty(), &mut out) {
        out.insert("websiteUrl".to_owned(), json!(REPOSITORY));
    }
    out
}

/// The name in the form of a registry: whose repository it is, read backwards.
fn name(repository: &str) -> String {
    let program = env!("CARGO_PKG_NAME");
    let place = repository.strip_prefix("https://github.com/");
    match place.and_then(|place| place.split_once('/')) {
        Some((owner, _)) => format!("io.github.{owner}/{program}"),
        None => format!("localhost/{program}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_whose_repository_it_is() {
        assert_eq!(
            name("https://github.com/shop/tools"),
            "io.github.shop/stoq-mcp"
        );
        assert_eq!(name(""), "localhost/stoq-mcp");
    }

    #[test]
    fn who_must_show_a_secret_is_told_so() {
        let remote = |entrance| {
            let card = card("https://stoq.example/mcp", entrance, &["2026-07-28"]);
            card.pointer("/remotes/0").cloned().unwrap_or_default()
        };
        let open = json!({"type": "streamable-http", "url": "https://stoq.example/mcp",
            "supportedProtocolVersions": ["2026-07-28"]});
        assert_eq!(remote(Entrance::Open), open);
        for entrance in [Entrance::Token, Entrance::ShopKey] {
            let header = remote(entrance).pointer("/headers/0").cloned().unwrap();
            assert_eq!(header.get("isSecret"), Some(&json!(true)));
            assert_eq!(header.get("name"), Some(&json!("Authorization")));
        }
    }
}
