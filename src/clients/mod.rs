//! The MCP clients that people use, and the entry of this server in their files.
//!
//! What differs from client to client stands in one table ([`CLIENTS`]). The rest reads a file, puts the
//! entry into its text without touching what else is there, and takes it out again. Nothing here asks
//! anybody or prints: that is the command line's.

mod entry;
mod file;
mod json;
mod masked;
mod merge;
mod place;
mod plan;
mod table;
#[cfg(test)]
mod tests;
mod toml;

pub use entry::{
    Entry, EntryError, KEY_PLACEHOLDER, Launch, TOKEN_VARIABLE, entry, is_program_name,
};
pub use file::FileError;
pub use masked::masked;
pub use merge::{MergeError, found, servers};
pub use place::{Scope, System, is_program, on_path};
pub use plan::{Change, PlanError, install, undo};
pub use table::{CLIENTS, Client, Form, KeyWay, Remote};

/// The client of a name.
pub fn client(id: &str) -> Option<&'static Client> {
    CLIENTS.iter().find(|client| client.id == id)
}

/// What `install` writes where there is no file yet, for a program that is found on the path.
///
/// # Errors
/// Never for the clients of the table; the type says so for those to come.
pub fn snippet(client: &Client) -> Result<String, PlanError> {
    let launch = Launch::Program {
        command: entry::PROGRAM.to_owned(),
        arguments: vec!["serve".to_owned()],
        needs_key: true,
    };
    let entry = entry::entry(client, entry::NAME, &launch)?;
    Ok(merge::put(client, "", entry::NAME, &entry)?)
}

/// The snippets of all clients as Markdown, for the README: where its file lies, what to do then, and a block.
///
/// # Errors
/// As [`snippet`].
pub fn readme_blocks() -> Result<String, PlanError> {
    let mut text = String::new();
    for client in &CLIENTS {
        let language = match client.form {
            Form::Json | Form::Jsonc => "json",
            Form::Toml => "toml",
        };
        text.push_str(&format!(
            "**{}**: {}. {}\n\n```{language}\n{}```\n\n",
            client.title,
            client.told_places(),
            client.after,
            snippet(client)?
        ));
    }
    Ok(text.trim_end().to_owned() + "\n")
}
