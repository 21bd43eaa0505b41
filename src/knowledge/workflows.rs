//! The workflows: how a piece of a merchant's work is done with the actions.
//!
//! Each stands once, as a skill file. Its front matter names and describes it, its body is what the
//! prompt of the same name says before the live data.

/// Begins the address of every skill.
const SKILL_SCHEME: &str = "skill://";

/// What an argument of a workflow holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A Shopify variant id.
    Variant,
    /// A Shopify product id.
    Product,
    /// An offer's id.
    Offer,
    /// A day.
    Date,
}

/// One argument of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Argument {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Whether the workflow cannot begin without it.
    pub required: bool,
    /// What it holds.
    pub kind: Kind,
}

/// Which workflow it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// What to bring back first, and who is told.
    Restock,
    /// A week of the waitlist against the one before.
    Week,
    /// A new offer, step by step.
    Launch,
    /// The pre-flight check of an offer.
    Check,
    /// A promised date that moves.
    Late,
    /// From v1 to v2.
    Migrate,
}

/// One workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Workflow {
    /// Which it is.
    pub flow: Flow,
    /// The skill file.
    pub text: &'static str,
    /// Its arguments as a prompt.
    pub arguments: &'static [Argument],
    /// The actions its live data is read with; without them there is no such workflow.
    pub reads: &'static [&'static str],
}

const VARIANT: Argument = Argument {
    name: "variant",
    description: "Shopify variant id to look at; without it the most wanted ones.",
    required: false,
    kind: Kind::Variant,
};
const PRODUCT: Argument = Argument {
    name: "product",
    description: "Shopify product id to look at.",
    required: false,
    kind: Kind::Product,
};
const OFFER: Argument = Argument {
    name: "offer_id",
    description: "Id of the preorder offer.",
    required: true,
    kind: Kind::Offer,
};
const NEW_DATE: Argument = Argument {
    name: "new_date",
    description: "The day it ships now, YYYY-MM-DD.",
    required: true,
    kind: Kind::Date,
};

/// The workflows, in the order they are listed.
pub(crate) const WORKFLOWS: [Workflow; 6] = [
    Workflow {
        flow: Flow::Restock,
        text: include_str!("skills/restock-plan/SKILL.md"),
        arguments: &[VARIANT, PRODUCT],
        reads: &[
            "back_in_stock_reports_products_in_demand",
            "back_in_stock_signups_list",
            "back_in_stock_notifications_list",
            "back_in_stock_settings_read",
        ],
    },
    Workflow {
        flow: Flow::Week,
        text: include_str!("skills/weekly-waitlist-review/SKILL.md"),
        arguments: &[],
        reads: &[
            "back_in_stock_reports_summary",
            "back_in_stock_reports_notifications",
            "back_in_stock_reports_conversions",
            "back_in_stock_reports_products_in_demand",
            "back_in_stock_notifications_list",
        ],
    },
    Workflow {
        flow: Flow::Launch,
        text: include_str!("skills/launch-preorder/SKILL.md"),
        arguments: &[VARIANT, PRODUCT],
        reads: &[
            "back_in_stock_reports_products_in_demand",
            "preorders_offers_list",
            "preorders_product_variants_list",
        ],
    },
    Workflow {
        flow: Flow::Check,
        text: include_str!("skills/check-offer/SKILL.md"),
        arguments: &[OFFER],
        reads: &[
            "preorders_offers_read",
            "preorders_offers_products_variants_list",
            "preorders_product_variants_list",
        ],
    },
    Workflow {
        flow: Flow::Late,
        text: include_str!("skills/late-shipment-plan/SKILL.md"),
        arguments: &[OFFER, NEW_DATE],
        reads: &["preorders_offers_read", "preorders_orders_list"],
    },
    Workflow {
        flow: Flow::Migrate,
        text: include_str!("skills/migrate-from-v1/SKILL.md"),
        arguments: &[],
        reads: &["back_in_stock_signups_list", "preorders_offers_list"],
    },
];

impl Workflow {
    /// A value of the front matter; empty when it is not there, which the tests rule out.
    fn matter(&self, key: &str) -> &'static str {
        self.split()
            .0
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| *name == key)
            .map_or("", |(_, value)| value)
    }

    /// Front matter and body.
    fn split(&self) -> (&'static str, &'static str) {
        self.text
            .strip_prefix("---\n")
            .and_then(|rest| rest.split_once("\n---\n"))
            .map_or(("", self.text), |(matter, body)| (matter, body.trim()))
    }

    /// Its name as a skill.
    pub(crate) fn name(&self) -> &'static str {
        self.matter("name")
    }

    /// Its name as a prompt.
    pub(crate) fn prompt(&self) -> String {
        self.name().replace('-', "_")
    }

    /// What it does and when to use it.
    pub(crate) fn description(&self) -> &'static str {
        self.matter("description")
    }

    /// What the workflow says.
    pub(crate) fn body(&self) -> &'static str {
        self.split().1
    }

    /// Its heading.
    pub(crate) fn title(&self) -> &'static str {
        let first = self.body().lines().next().unwrap_or_default();
        first.trim_start_matches("# ")
    }

    /// Address of its directory.
    pub(crate) fn root(&self) -> String {
        format!("{SKILL_SCHEME}{}", self.name())
    }

    /// Address of its file.
    pub(crate) fn uri(&self) -> String {
        format!("{}/SKILL.md", self.root())
    }

    /// The names in code marks in its body that could be actions, each once, in order.
    pub(crate) fn named(&self) -> Vec<&'static str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.body().split('`').skip(1).step_by(2) {
            let like_one = ["back_in_stock_", "preorders_", "v1_", "storefront_"]
                .iter()
                .any(|first| name.starts_with(first));
            if like_one && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

#[cfg(test)]
mod tests;
