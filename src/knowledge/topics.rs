//! The storefront guide: what a theme or a headless storefront can read and call.

/// Begins the address of every topic.
const SCHEME: &str = "stoq://storefront/";

/// The addresses of all topics, as a template.
pub(crate) const TOPIC_TEMPLATE: &str = "stoq://storefront/{topic}";

/// One text of the guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Topic {
    /// Its name in addresses and arguments.
    pub name: &'static str,
    /// Two to five words for people.
    pub title: &'static str,
    /// What is in it and when to read it.
    pub description: &'static str,
    /// The text, Markdown.
    pub text: &'static str,
}

/// The guide, in reading order.
pub(crate) const TOPICS: [Topic; 7] = [
    Topic {
        name: "metafields",
        title: "STOQ metafields",
        description: "Reference of the shop, variant and market metafields: keys, types, fields, traps.",
        text: include_str!("texts/metafields.md"),
    },
    Topic {
        name: "liquid",
        title: "Liquid recipes",
        description: "Theme code: badge and button, \"x left\", shipping text with date, deposit, translations, markets.",
        text: include_str!("texts/liquid.md"),
    },
    Topic {
        name: "graphql",
        title: "GraphQL recipes",
        description: "Queries of the Admin and the Storefront API for the metafields, and how to read the answers.",
        text: include_str!("texts/graphql.md"),
    },
    Topic {
        name: "javascript",
        title: "JavaScript API",
        description: "The theme's global object: waiting for it, notify-me forms, custom variant pickers, preorders into the cart.",
        text: include_str!("texts/javascript.md"),
    },
    Topic {
        name: "placeholders",
        title: "Placeholders in texts",
        description: "The tokens in an offer's texts: what replaces them, what each needs, which tool sets which text.",
        text: include_str!("texts/placeholders.md"),
    },
    Topic {
        name: "headless",
        title: "Headless storefronts",
        description: "The vendor's SDK for Hydrogen and other storefronts without a theme, and the way without it.",
        text: include_str!("texts/headless.md"),
    },
    Topic {
        name: "questions",
        title: "Common storefront questions",
        description: "Why there is no preorder button, how to show what is left, translate, sell out in one market.",
        text: include_str!("texts/questions.md"),
    },
];

impl Topic {
    /// Its address as a resource.
    pub(crate) fn uri(&self) -> String {
        format!("{SCHEME}{}", self.name)
    }

    /// The topic at an address.
    pub(crate) fn at(uri: &str) -> Option<&'static Self> {
        topic(uri.strip_prefix(SCHEME)?)
    }
}

/// The topic of that name.
pub(crate) fn topic(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name)
}

#[cfg(test)]
mod tests;
