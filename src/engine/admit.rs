//! The operator's policy: effect classes, and what of v1 is offered.

use serde_json::{Map, Value};

use super::selection::Selection;
use super::v1::V1Use;
use super::{CallError, ErrorKind, error};
use crate::registry::Action;
use crate::registry::entry::Class;
use crate::registry::template::lookup;
use crate::safety::narrow::Narrow;

/// Which classes may be used, and who can change that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    allowed: Vec<Class>,
    /// How the operator allows what is forbidden.
    hint: String,
    v1: V1Use,
    selection: Selection,
}

impl Policy {
    /// Everything: the sandbox and tests.
    pub fn everything() -> Self {
        Self {
            allowed: Class::ALL.to_vec(),
            hint: String::new(),
            v1: V1Use::All,
            selection: Selection::default(),
        }
    }

    /// The named classes and `read`, and of v1 what v2 has no home for; `hint` says who can allow
    /// more classes, and how.
    pub fn only(allowed: &[Class], hint: impl Into<String>) -> Self {
        let allowed = Class::ALL
            .into_iter()
            .filter(|class| *class == Class::Read || allowed.contains(class))
            .collect();
        Self {
            allowed,
            hint: hint.into(),
            v1: V1Use::Needed,
            selection: Selection::default(),
        }
    }

    /// The same with a choice of v1's actions.
    #[must_use]
    pub fn with_v1(self, v1: V1Use) -> Self {
        Self { v1, ..self }
    }

    /// The same with a choice of actions.
    #[must_use]
    pub fn with_selection(self, selection: Selection) -> Self {
        Self { selection, ..self }
    }

    /// The operator's choice of actions.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Who can allow more classes, and how.
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// Whether an action may be called, by its own class.
    pub fn offers(&self, action: &Action) -> bool {
        self.v1.offers(action) && self.selection.takes(action) && self.allows(action.entry().class)
    }

    /// The error of an action that the operator's choice leaves out.
    pub fn switched_off(&self, action: &Action) -> Option<CallError> {
        self.v1
            .refusal(action)
            .or_else(|| self.selection.refusal(action))
    }

    /// Whether calls of a class may be made.
    pub fn allows(&self, class: Class) -> bool {
        self.allowed.contains(&class)
    }

    /// The classes that may be used, lowest first.
    pub fn classes(&self) -> &[Class] {
        &self.allowed
    }

    /// The class of this very call, when the policy allows it and it is the one of the tool it came
    /// through.
    pub(super) fn admit(
        &self,
        action: &Action,
        arguments: &Map<String, Value>,
        door: Option<Class>,
        narrow: Option<&Narrow>,
    ) -> Result<Class, CallError> {
        let (class, why) = class_of(action, arguments);
        if !self.allows(class) {
            return Err(self.forbidden(action, class, why));
        }
        if narrow.is_some_and(|narrow| !narrow.allows(class)) {
            return Err(narrowed(action, class, why));
        }
        match door {
            Some(door) if door != class => Err(error::other_class(action, class, why, door)),
            Some(_) | None => Ok(class),
        }
    }

    /// The refusal of a class, with who can allow it.
    pub(super) fn forbidden(&self, action: &Action, class: Class, why: Option<&str>) -> CallError {
        let because = why.map(|why| format!(" ({why})")).unwrap_or_default();
        CallError::new(
            ErrorKind::Forbidden,
            format!(
                "`{}` is of class `{}`{because}, which this server does not allow.",
                action.name(),
                class.as_str()
            ),
            format!("Nothing was sent. {}", self.hint),
        )
    }
}

/// The refusal of a class that the request itself leaves out.
fn narrowed(action: &Action, class: Class, why: Option<&str>) -> CallError {
    let because = why.map(|why| format!(" ({why})")).unwrap_or_default();
    CallError::new(
        ErrorKind::Forbidden,
        format!(
            "`{}` is of class `{}`{because}, which a header of this request leaves out.",
            action.name(),
            class.as_str()
        ),
        "Nothing was sent. Whoever sets X-Stoq-Allow or X-Stoq-Read-Only in the client can change that.",
    )
}

/// The entry's class, or the higher one that an argument rule gives this call, with the rule's reason.
pub(super) fn class_of<'a>(
    action: &'a Action,
    arguments: &Map<String, Value>,
) -> (Class, Option<&'a str>) {
    let mut found = (action.entry().class, None);
    for rule in &action.entry().raises {
        let Some(value) = lookup(arguments, &rule.argument) else {
            continue;
        };
        let holds = match &rule.equals {
            Some(wanted) => wanted == value,
            None => !value.is_null(),
        };
        if holds && rule.class > found.0 {
            found = (rule.class, Some(rule.why.as_str()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::registry::Registry;

    fn registry() -> Registry {
        let text = json!({"version": "v2", "base_path": "/", "$defs": {}, "actions": [{
            "name": "a_update", "action": "update", "title": "A", "description": "A.",
            "phrases": [], "toolset": "a", "api": "v2", "method": "PATCH", "path": "/a",
            "request_schema": {"type": "object"}, "response_schema": {"type": "object"},
            "class": "write", "handler": "request", "idempotent": true, "retry": "safe",
            "raises": [
                {"argument": "mail.now", "equals": true, "class": "send", "why": "mails at once"},
                {"argument": "price", "class": "money", "why": "moves money"},
                {"argument": "fee", "class": "money", "why": "takes a fee"}],
            "provenance": "inferred", "examples": []}]});
        Registry::parse(&text.to_string(), "test").unwrap()
    }

    #[test]
    fn an_argument_rule_raises_one_call() {
        let registry = registry();
        let action = registry.get("a_update").unwrap();
        let policy = Policy::only(&[Class::Write], "Ask the operator.");
        let Value::Object(quiet) = json!({"mail": {"now": false}}) else {
            panic!()
        };
        let Value::Object(loud) = json!({"mail": {"now": true}}) else {
            panic!()
        };
        assert_eq!(policy.admit(action, &quiet, None, None), Ok(Class::Write));
        let error = policy.admit(action, &loud, None, None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`a_update` is of class `send` (mails at once), which this server does not allow. Nothing was sent. Ask the operator."
        );
        assert_eq!(
            Policy::everything().admit(action, &loud, None, None),
            Ok(Class::Send)
        );
        let error = Policy::everything()
            .admit(action, &loud, Some(Class::Write), None)
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::OtherClass(Class::Send));
        assert_eq!(
            error.to_string(),
            "`a_update` is of class `send` (mails at once), and this tool only makes calls of class `write`. Nothing was sent."
        );
    }

    #[test]
    fn a_request_may_narrow_and_never_widen() {
        let registry = registry();
        let action = registry.get("a_update").unwrap();
        let Value::Object(loud) = json!({"mail": {"now": true}}) else {
            panic!()
        };
        let quiet = Map::new();
        let reads = Narrow::to(&[]);
        let all = Narrow::to(&Class::ALL);
        let only = Policy::only(&[Class::Write], "Ask the operator.");
        assert_eq!(
            only.admit(action, &quiet, None, Some(&all)),
            Ok(Class::Write)
        );
        let forbidden = only.admit(action, &loud, None, Some(&all)).unwrap_err();
        assert_eq!(forbidden.next, "Nothing was sent. Ask the operator.");
        for (arguments, class) in [(&quiet, "`write`"), (&loud, "`send` (mails at once)")] {
            let error = Policy::everything()
                .admit(action, arguments, None, Some(&reads))
                .unwrap_err();
            assert_eq!(error.kind, ErrorKind::Forbidden);
            assert_eq!(
                error.to_string(),
                format!(
                    "`a_update` is of class {class}, which a header of this request leaves out. Nothing was sent. Whoever sets X-Stoq-Allow or X-Stoq-Read-Only in the client can change that."
                )
            );
        }
    }

    #[test]
    fn a_rule_without_a_value_holds_for_any_but_null() {
        let registry = registry();
        let action = registry.get("a_update").unwrap();
        for (arguments, wanted) in [
            (json!({"price": null}), (Class::Write, None)),
            (json!({"price": 0}), (Class::Money, Some("moves money"))),
            (json!({"fee": 1}), (Class::Money, Some("takes a fee"))),
            // Of two rules of one class the first gives its reason.
            (
                json!({"price": 1, "fee": 1, "mail": {"now": true}}),
                (Class::Money, Some("moves money")),
            ),
        ] {
            let Value::Object(arguments) = arguments else {
                panic!()
            };
            assert_eq!(class_of(action, &arguments), wanted);
        }
    }

    #[test]
    fn a_call_through_the_door_of_its_class_is_admitted() {
        let registry = registry();
        let action = registry.get("a_update").unwrap();
        let policy = Policy::only(&[Class::Write], "Ask the operator.");
        assert_eq!(policy.hint(), "Ask the operator.");
        assert_eq!(
            policy.admit(action, &Map::new(), Some(Class::Write), None),
            Ok(Class::Write)
        );
        assert_eq!(policy.with_v1(V1Use::All).v1, V1Use::All);
    }

    #[test]
    fn a_choice_of_actions_is_kept_and_held() {
        let registry = registry();
        let action = registry.get("a_update").unwrap();
        let names = |name: &str| vec![name.to_owned()];
        let without = Selection::new(Vec::new(), Vec::new(), names("a_update"));
        let policy = Policy::everything();
        assert!(policy.offers(action));
        assert_eq!(policy.switched_off(action), None);
        let policy = policy.with_selection(without.clone());
        assert_eq!(policy.selection(), &without);
        assert!(!policy.offers(action));
        assert_eq!(
            policy.switched_off(action).map(|error| error.to_string()),
            Some("`a_update` is not offered by this server. Nothing was sent. The operator can take it out of `exclude_tools` (--exclude-tools) and restart the server.".to_owned())
        );
    }

    #[test]
    fn reading_is_always_allowed() {
        assert_eq!(Policy::only(&[], "").classes(), [Class::Read]);
    }
}
