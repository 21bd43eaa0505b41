//! The arguments of a call.

use serde_json::Value;

use crate::engine::checked;
use crate::registry::Action;

/// Most bytes of a refusal: clients show some 2,000 characters of it.
const MOST: usize = 8_000;

/// Arguments are refused in words of bounded length, or mended into some that need no mending. The
/// bytes are the name of an action, a blank, and the arguments as JSON.
pub fn arguments(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (name, json) = text.split_once(' ').unwrap_or(("", &text));
    let Ok(Value::Object(arguments)) = serde_json::from_str(json) else {
        return;
    };
    let action = action(name);
    match checked(action, arguments.clone()) {
        Ok(mended) => {
            let again = checked(action, mended.clone());
            assert_eq!(again, Ok(mended), "{}: not the same again", action.name());
        }
        Err(error) => {
            let told = error.to_string();
            assert!(told.len() < MOST, "{} bytes: {told}", told.len());
            assert!(!told.chars().any(char::is_control), "{told:?}");
        }
    }
    // Admission, cursors and the request itself; it is not sent.
    let _ = super::engine().check(action.name(), arguments, None);
}

/// The action of that name, or any: one for each name.
fn action(name: &str) -> &'static Action {
    let registry = super::registry();
    let all = registry.actions();
    let number = name.bytes().fold(0_usize, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(usize::from(byte))
    });
    registry
        .get(name)
        .or_else(|| all.get(number % all.len()))
        .expect("there are actions")
}
