//! Which proof a call needs, by the operator's choice and what its caller can give.

use crate::registry::entry::Class;
use crate::safety::Confirm;

/// Shoppers that a call may message by a handle alone, without a person being asked.
pub const HANDLE_RECIPIENTS: u64 = 25;

/// Whom a caller can ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Asks {
    /// A person, who types an answer.
    Person,
    /// Nobody now; who runs the command is the operator, and carries the handle on.
    Operator,
    /// Nobody: a client that shows its person no form.
    #[default]
    Nobody,
}

/// Which proof a call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// None.
    None,
    /// A person types the answer.
    Person,
    /// The next call carries the handle.
    Handle,
    /// None can be given by this caller.
    Refused,
}

/// Which proof a call of a class that cannot be taken back needs, when it reaches so many shoppers or
/// records.
pub fn way(confirm: Confirm, asks: Asks, class: Class, count: u64) -> Way {
    match (confirm, asks) {
        (Confirm::Off, Asks::Person | Asks::Operator | Asks::Nobody) => Way::None,
        (Confirm::Elicit | Confirm::Handle, Asks::Person) => Way::Person,
        (Confirm::Elicit | Confirm::Handle, Asks::Operator) | (Confirm::Handle, Asks::Nobody) => {
            Way::Handle
        }
        (Confirm::Elicit, Asks::Nobody) => match class {
            Class::Send if count <= HANDLE_RECIPIENTS => Way::Handle,
            Class::Read | Class::Write | Class::Send | Class::Money | Class::Destroy => {
                Way::Refused
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_no_persons_consent_unless_the_operator_says_so() {
        for class in [Class::Send, Class::Money, Class::Destroy] {
            for count in [0, 1, 25, 26, 500] {
                for asks in [Asks::Person, Asks::Operator, Asks::Nobody] {
                    assert_eq!(way(Confirm::Off, asks, class, count), Way::None);
                }
                for confirm in [Confirm::Elicit, Confirm::Handle] {
                    assert_eq!(way(confirm, Asks::Person, class, count), Way::Person);
                    assert_eq!(way(confirm, Asks::Operator, class, count), Way::Handle);
                }
                assert_eq!(
                    way(Confirm::Handle, Asks::Nobody, class, count),
                    Way::Handle
                );
                let alone = match class == Class::Send && count <= 25 {
                    true => Way::Handle,
                    false => Way::Refused,
                };
                assert_eq!(way(Confirm::Elicit, Asks::Nobody, class, count), alone);
            }
        }
    }
}
