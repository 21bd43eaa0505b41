//! The API's own list of its actions.

use crate::registry::entry::Api;
use crate::registry::live::{Published, merge};

/// A manifest, whatever it says, gives a registry that loads; an action known before keeps its place
/// and its class, and every text of others is one visible line.
pub fn manifest(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(published) = Published::parse(&text) else {
        return;
    };
    for listed in &published.actions {
        let texts = [Some(&listed.description), listed.notes.as_ref()];
        for text in texts.into_iter().flatten().chain(&listed.aliases) {
            assert!(!text.chars().any(char::is_control), "{text:?}");
        }
        assert!(leads_below(&listed.path), "{}", listed.path);
    }
    let bundled = super::registry();
    let merged = merge(bundled, &published).expect("the parts fit together");
    for action in merged.registry.actions() {
        let entry = action.entry();
        assert!(
            entry.api == Api::Local || leads_below(&entry.path),
            "{}",
            entry.path
        );
        if let Some(known) = bundled.get(&entry.name) {
            let known = known.entry();
            assert!(entry.class >= known.class, "{} was lowered", entry.name);
            assert_eq!(
                (entry.api, entry.method),
                (known.api, known.method),
                "{}",
                entry.name
            );
        }
    }
    let remarks = merged.report.to_string();
    assert!(
        remarks
            .chars()
            .all(|symbol| symbol == '\n' || !symbol.is_control()),
        "{remarks:?}"
    );
}

fn leads_below(path: &str) -> bool {
    path.starts_with('/')
        && !path.contains(['%', '\\', '?', '#', '@'])
        && path
            .split('/')
            .skip(1)
            .all(|segment| !segment.is_empty() && segment.chars().any(|symbol| symbol != '.'))
}
