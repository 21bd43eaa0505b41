//! What the API sent: carried apart from everything that may be shown.

/// Something that others wrote, in whole or in part. It has no `Display` and no `Serialize`, and its
/// `Debug` tells nothing: whoever wants a reader to see it must make it fit to be shown first.
#[derive(Clone, PartialEq)]
pub struct Foreign<T>(T);

impl<T> Foreign<T> {
    /// As it came.
    pub(crate) const fn new(sent: T) -> Self {
        Self(sent)
    }

    /// A look at it as it came, to compare it, to count it, to find an id: never to show it.
    pub fn unshown(&self) -> &T {
        &self.0
    }

    /// It as it came, for who makes it fit to be shown.
    pub fn into_unshown(self) -> T {
        self.0
    }
}

impl<T> std::fmt::Debug for Foreign<T> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Foreign")
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The rooms that may look at what the API sent as it came.
    const OPENED_IN: [&str; 9] = [
        // It decides how a call goes on.
        "upstream",
        // They make it fit to be shown.
        "engine/shape",
        "engine/export.rs",
        // They compare, count and find ids.
        "engine/verify.rs",
        "engine/walk.rs",
        "engine/send.rs",
        "engine/job.rs",
        "engine/plan",
        // The API's manifest, which the registry makes safe itself.
        "cli/live.rs",
    ];

    fn opened(folder: &Path, root: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                opened(&path, root, found);
            } else if std::fs::read_to_string(&path)
                .unwrap()
                .contains("unshown()")
            {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                found.push(name.to_owned());
            }
        }
    }

    #[test]
    fn few_rooms_look_at_what_the_api_sent() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut found = Vec::new();
        opened(&root, &root, &mut found);
        found.retain(|name| !OPENED_IN.iter().any(|room| name.starts_with(room)));
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn its_debug_form_tells_nothing() {
        assert_eq!(format!("{:?}", Foreign::new("secret")), "Foreign");
        assert_eq!(Foreign::new(7).unshown(), &7);
        assert_eq!(Foreign::new(7).into_unshown(), 7);
    }
}
