//! One spelling for one value, and the digest of what a person agrees to.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The value in canonical JSON (RFC 8785).
pub fn canonical(value: &Value) -> String {
    value.to_string()
}

/// SHA-256, in hex, of all that a consent is bound to.
pub fn digest(
    action: &str,
    arguments: &Value,
    targets: &Value,
    count: u64,
    amounts: &[(String, String)],
    state: &Value,
) -> String {
    let whole = json!({"action": action, "arguments": arguments, "targets": targets,
        "count": count, "amounts": amounts, "state": state});
    let hash = Sha256::digest(canonical(&whole).as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
