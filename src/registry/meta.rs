//! The meta-schema of the registry file, generated from the types that read it.
//!
//! It lies beside the registry as `tools.registry.schema.json`, so that an editor checks an entry
//! while it is written.

use schemars::schema_for;
use serde_json::Value;

use super::entry::RegistryFile;

/// JSON Schema of `tools.registry.json`.
pub fn meta_schema() -> Value {
    schema_for!(RegistryFile).to_value()
}

/// The text of `tools.registry.schema.json`: indented, with a final newline.
pub fn meta_schema_text() -> String {
    format!("{:#}\n", meta_schema())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::BUNDLED;

    #[test]
    fn the_file_beside_the_registry_is_current() {
        assert!(
            include_str!("../../tools.registry.schema.json") == meta_schema_text(),
            "tools.registry.schema.json is not what the types say; refresh it with `cargo run -- docs`"
        );
    }

    #[test]
    fn the_bundled_registry_has_that_form() {
        let registry: Value = serde_json::from_str(BUNDLED).unwrap();
        let validator = jsonschema::validator_for(&meta_schema()).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&registry)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new());
        assert_eq!(registry["$schema"], "./tools.registry.schema.json");
    }

    #[test]
    fn an_unknown_key_breaks_the_form() {
        let validator = jsonschema::validator_for(&meta_schema()).unwrap();
        let mut registry: Value = serde_json::from_str(BUNDLED).unwrap();
        registry["actions"][0]["colour"] = Value::from("red");
        assert!(!validator.is_valid(&registry));
    }
}
