//! What one request lets itself do: less than the policy allows, never more.

use crate::registry::entry::Class;

/// The classes that one request keeps; what it leaves out is refused although the policy allows it.
/// Reads are always among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrow(Vec<Class>);

impl Narrow {
    /// To these classes and `read`.
    pub fn to(classes: &[Class]) -> Self {
        let kept = Class::ALL.into_iter();
        Self(
            kept.filter(|class| *class == Class::Read || classes.contains(class))
                .collect(),
        )
    }

    /// To what both keep.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        let kept = self.0.into_iter();
        Self(kept.filter(|class| other.allows(*class)).collect())
    }

    /// Whether a class is kept.
    pub fn allows(&self, class: Class) -> bool {
        self.0.contains(&class)
    }

    /// The classes that are kept, lowest first.
    pub fn classes(&self) -> &[Class] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_narrowings_keep_what_both_keep() {
        let both = Narrow::to(&[Class::Send, Class::Write]);
        assert_eq!(both.classes(), [Class::Read, Class::Write, Class::Send]);
        let one = both.and(&Narrow::to(&[Class::Destroy, Class::Write]));
        assert_eq!(one.classes(), [Class::Read, Class::Write]);
        assert!(one.allows(Class::Write));
        assert!(!one.allows(Class::Send));
        assert_eq!(one.and(&Narrow::to(&[])), Narrow(vec![Class::Read]));
    }
}
