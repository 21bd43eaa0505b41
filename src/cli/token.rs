//! `token`: bearer tokens for a server over HTTP. A token is told once and kept nowhere.

use std::path::PathBuf;

use clap::Subcommand;
use secrecy::ExposeSecret;

use super::settings::ClassName;
use super::{Outcome, misused, print};
use crate::http::{Grant, TokenEntry, is_token_name, new_token, read_tokens};
use crate::registry::entry::Class;

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a token: print it, once, and the lines that the tokens file needs to know it
    New {
        /// Who it is for
        name: String,
        /// Environment variable of the server that holds the shop's key [default: the server's own]
        #[arg(long, value_name = "NAME")]
        key_env: Option<String>,
        /// Effect classes that it may use beside `read` [default: the server's own]
        #[arg(long, value_name = "CLASSES", value_delimiter = ',')]
        allow: Option<Vec<ClassName>>,
    },
    /// Check a tokens file, and list who has a token and what each may do
    List {
        /// The file
        file: PathBuf,
    },
}

pub(super) fn run(command: Command) -> Outcome {
    match command {
        Command::New {
            name,
            key_env,
            allow,
        } => {
            if !is_token_name(&name) {
                return Err(misused(anyhow::anyhow!(
                    "a token's name is of 1 to 64 letters, digits, `-`, `_` and `.`"
                )));
            }
            let classes: Option<Vec<Class>> =
                allow.map(|names| names.iter().map(|name| name.class()).collect());
            let (token, hash) = new_token();
            eprintln!(
                "The token is printed this once: give it to `{name}` and keep no copy. The lines below it belong into the tokens file (mode 600)."
            );
            print(&format!(
                "{}\n\n{}",
                token.expose_secret(),
                block(&name, &hash, key_env.as_deref(), classes.as_deref())
            ))
        }
        Command::List { file } => {
            let entries = read_tokens(&file).map_err(misused)?;
            print(&list(&entries))
        }
    }
}

/// The entry of a tokens file.
fn block(name: &str, hash: &str, key_env: Option<&str>, allow: Option<&[Class]>) -> String {
    let mut text = format!("[[token]]\nname = \"{name}\"\nsha256 = \"{hash}\"\n");
    if let Some(variable) = key_env {
        text.push_str(&format!("key_env = {}\n", toml_text(variable)));
    }
    if let Some(classes) = allow {
        let names: Vec<_> = classes
            .iter()
            .map(|class| format!("\"{}\"", class.as_str()))
            .collect();
        text.push_str(&format!("allow = [{}]\n", names.join(", ")));
    }
    text
}

/// A text as TOML and JSON both write it.
fn toml_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list(entries: &[TokenEntry]) -> String {
    if entries.is_empty() {
        return "The file holds no token, so nobody may call.\n".to_owned();
    }
    let width = entries.iter().map(|entry| entry.name.len()).max();
    let width = width.unwrap_or_default();
    entries.iter().fold(String::new(), |mut text, entry| {
        let key = entry.key_env.as_deref();
        let key = key.map_or("the server's key".to_owned(), |name| {
            format!("key of {name}")
        });
        let told = told(&entry.grant());
        text.push_str(&format!("{:width$}  {key}{told}\n", entry.name));
        text
    })
}

/// What was set for one token alone.
fn told(grant: &Grant) -> String {
    let mut parts = Vec::new();
    if let Some(classes) = &grant.allow {
        let mut names = vec![Class::Read.as_str()];
        names.extend(
            classes
                .iter()
                .filter(|class| **class != Class::Read)
                .map(|class| class.as_str()),
        );
        parts.push(format!("allow {}", names.join(",")));
    }
    for (name, cap) in [
        ("max_recipients", grant.max_recipients),
        ("max_destroyed", grant.max_destroyed),
        ("max_released", grant.max_released),
        ("max_money_orders", grant.max_money_orders),
        ("money_per_day", grant.money_per_day),
    ] {
        parts.extend(cap.map(|cap| format!("{name} {cap}")));
    }
    parts.extend(grant.confirm.map(|how| format!("confirm {}", how.as_str())));
    let personal = grant.personal_data;
    parts.extend(personal.map(|how| format!("personal_data {}", how.as_str())));
    parts.iter().map(|part| format!("; {part}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::safety::Confirm;
    use crate::safety::personal::PersonalData;

    #[test]
    fn an_entry_is_written_as_the_file_takes_it() {
        assert_eq!(
            block("ops", "ab", None, None),
            "[[token]]\nname = \"ops\"\nsha256 = \"ab\"\n"
        );
        assert_eq!(
            block(
                "ops",
                "ab",
                Some("A_KEY"),
                Some(&[Class::Write, Class::Send])
            ),
            "[[token]]\nname = \"ops\"\nsha256 = \"ab\"\nkey_env = \"A_KEY\"\nallow = [\"write\", \"send\"]\n"
        );
    }

    #[test]
    fn all_that_was_set_for_a_token_is_listed() {
        assert_eq!(told(&Grant::default()), "");
        let grant = Grant {
            allow: Some(vec![Class::Read, Class::Send]),
            max_recipients: Some(1),
            max_destroyed: Some(2),
            max_released: Some(3),
            max_money_orders: Some(4),
            money_per_day: Some(5),
            confirm: Some(Confirm::Off),
            personal_data: Some(PersonalData::Full),
        };
        assert_eq!(
            told(&grant),
            "; allow read,send; max_recipients 1; max_destroyed 2; max_released 3; max_money_orders 4; money_per_day 5; confirm off; personal_data full"
        );
    }
}
