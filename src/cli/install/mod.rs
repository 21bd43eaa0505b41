//! `install`: this server's entry into a client's file, and out of it again.

mod ask;
mod list;

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::settings::ClassName;
use super::{Failure, Outcome, failed, misused, print};
use crate::clients::{
    self, CLIENTS, Change, Client, Entry, KEY_PLACEHOLDER, KeyWay, Launch, PlanError, Scope,
    System, TOKEN_VARIABLE,
};
use crate::config::KEY_VARIABLE;
use crate::upstream::Base;

/// Flags of `install`.
#[derive(Debug, Args)]
pub(super) struct Flags {
    /// The client whose file gets the entry
    #[arg(long, value_name = "CLIENT", value_parser = client_parser(), required_unless_present = "list")]
    client: Option<&'static Client>,
    /// Let the server work on the embedded sandbox shop; no key is needed
    #[arg(long, conflicts_with = "url")]
    sandbox: bool,
    /// Effect classes to allow beside the default ones
    #[arg(
        long,
        value_name = "CLASSES",
        value_delimiter = ',',
        conflicts_with = "url"
    )]
    allow: Vec<ClassName>,
    /// Name of the entry
    #[arg(long, default_value = "stoq")]
    name: String,
    /// Whose file: this user's, or that of the project in this folder
    #[arg(long, value_enum, default_value_t = Scope::User)]
    scope: Scope,
    /// Name a server that runs elsewhere, by the address of its /mcp, instead of a program to start
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Show the change and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write without asking
    #[arg(long, short = 'y')]
    yes: bool,
    /// Take the entry out again, and put back what was there before it
    #[arg(long, conflicts_with_all = ["sandbox", "allow", "url", "print"])]
    undo: bool,
    /// Print what an empty file would hold, for a client set up by hand
    #[arg(long, conflicts_with_all = ["sandbox", "allow", "url", "name", "scope", "dry_run", "yes"])]
    print: bool,
    /// List the clients, their files, and where the entry stands
    #[arg(long, conflicts_with_all = ["client", "undo", "print"])]
    list: bool,
}

fn client_parser() -> impl TypedValueParser<Value = &'static Client> {
    let names = CLIENTS.iter().map(|client| client.id);
    PossibleValuesParser::new(names).try_map(|name| {
        clients::client(&name).ok_or_else(|| format!("there is no client called {name}"))
    })
}

pub(super) fn run(flags: Flags) -> Outcome {
    let Some(client) = flags.client else {
        return list::run(&flags.name);
    };
    if flags.print {
        return print(&clients::snippet(client).map_err(misused)?);
    }
    let path = file(client, flags.scope)?;
    if flags.undo {
        let change = clients::undo(client, &path, &flags.name).map_err(told)?;
        return undo(&change, &flags);
    }
    let launch = launch(client, &flags)?;
    let entry = clients::entry(client, &flags.name, &launch).map_err(misused)?;
    let change = clients::install(client, &path, &flags.name, &entry).map_err(told)?;
    install(client, &change, &entry, &flags)
}

/// A file that is not as it should be is the user's to mend; one that cannot be written is a failure.
fn told(error: PlanError) -> Failure {
    match error {
        PlanError::File(_) | PlanError::Meanwhile { .. } => failed(error),
        PlanError::Entry(_)
        | PlanError::Merge(_)
        | PlanError::In { .. }
        | PlanError::NothingToUndo { .. }
        | PlanError::NotOurs { .. } => misused(error),
    }
}

/// The client's file.
fn file(client: &Client, scope: Scope) -> Result<PathBuf, Failure> {
    if scope == Scope::Project && !client.has_project() {
        return Err(misused(anyhow::anyhow!(
            "{} has no file for one project; leave --scope out",
            client.title
        )));
    }
    let folder = std::env::current_dir().map_err(failed)?;
    client
        .file(scope, System::here(), &folder, |name| std::env::var_os(name))
        .ok_or_else(|| {
            misused(anyhow::anyhow!(
                "this user has no home folder, where {} keeps its file; set HOME, or name the project's with --scope project",
                client.title
            ))
        })
}

fn launch(client: &Client, flags: &Flags) -> Result<Launch, Failure> {
    if let Some(url) = &flags.url {
        let base = Base::parse(url)
            .map_err(|error| misused(anyhow::Error::new(error).context("`--url`")))?;
        return Ok(Launch::Address {
            url: url.clone(),
            // Whoever is on this machine needs none, unless its operator says so.
            needs_token: !base.is_loopback(),
        });
    }
    let program = std::env::current_exe().map_err(failed)?;
    let mut arguments = vec!["serve".to_owned()];
    if flags.sandbox {
        arguments.push("--sandbox".to_owned());
    }
    if !flags.allow.is_empty() {
        let names: Vec<&str> = flags
            .allow
            .iter()
            .map(|name| name.class().as_str())
            .collect();
        arguments.extend(["--allow".to_owned(), names.join(",")]);
    }
    Ok(Launch::Program {
        command: client.command(&program, System::here(), std::env::var_os("PATH")),
        arguments,
        needs_key: !flags.sandbox,
    })
}

fn install(client: &Client, change: &Change, entry: &Entry, flags: &Flags) -> Outcome {
    let path = change.path.display();
    if change.is_none() {
        return print(&format!(
            "{path} has this very entry already; nothing was changed.\n"
        ));
    }
    let mut shown = ask::diff(change);
    if change.replaced.is_some() {
        shown.push_str(&format!(
            "\nThere is another entry `{}` in this file, which this one takes the place of.\n",
            flags.name
        ));
    }
    print(&shown)?;
    if !ask::may_write(flags.dry_run, flags.yes)? {
        return Ok(());
    }
    change.apply().map_err(told)?;
    let mut told = format!("Wrote {path}.\n");
    if change.writes_backup() {
        told.push_str(&format!(
            "What was there before lies in {}.\n",
            change.backup.display()
        ));
    }
    for sentence in notes(client, change, entry, flags) {
        told.push_str(&format!("{sentence}\n"));
    }
    print(&told)
}

/// What is left for the person to do.
fn notes(client: &Client, change: &Change, entry: &Entry, flags: &Flags) -> Vec<String> {
    let title = client.title;
    let path = change.path.display();
    let text = entry.server.to_string();
    let variable = match (
        &flags.url,
        text.contains("headers") || text.contains("bearer_token"),
    ) {
        (None, _) if !flags.sandbox => Some((KEY_VARIABLE, "the shop's key")),
        (Some(_), true) => Some((TOKEN_VARIABLE, "the bearer token of the server")),
        (None | Some(_), _) => None,
    };
    let mut notes = Vec::new();
    if let Some((variable, what)) = variable {
        notes.push(match client.key {
            KeyWay::Asked => format!("{title} asks for {what} once and keeps it in its secret store."),
            KeyWay::Reference(_, _) | KeyWay::HandedOn => by_variable(title, variable, what),
            KeyWay::Inherited if flags.url.is_none() => by_variable(title, variable, what),
            KeyWay::Inherited | KeyWay::Inline if flags.url.is_some() => format!(
                "{title} can refer to no variable here: write {what} in place of the words that stand for it in {path}, and keep that file to yourself (chmod 600)."
            ),
            KeyWay::Inherited | KeyWay::Inline => format!(
                "{title} can refer to no variable: write {what} in place of `{KEY_PLACEHOLDER}` in {path}, and keep that file to yourself (chmod 600). The desktop bundle (.mcpb) keeps the key in the system's keychain instead."
            ),
        });
    }
    notes.push(client.after.to_owned());
    notes.push("`stoq-mcp doctor` checks the rest.".to_owned());
    notes
}

fn by_variable(title: &str, variable: &str, what: &str) -> String {
    let is_set = std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    let here = match is_set {
        true => "",
        false => "; it is not set here",
    };
    format!(
        "{title} takes {what} from the environment variable {variable}: set it where {title} is started{here}."
    )
}

fn undo(change: &Change, flags: &Flags) -> Outcome {
    print(&ask::diff(change))?;
    if !ask::may_write(flags.dry_run, flags.yes)? {
        return Ok(());
    }
    change.apply().map_err(told)?;
    let path = change.path.display();
    print(&match change.after {
        Some(_) => format!(
            "Wrote {path}: the entry `{}` is gone from it.\n",
            flags.name
        ),
        None => format!("Removed {path}, which held nothing but the entry.\n"),
    })
}
