//! Colours and widths of what is printed: the one place that knows of terminals' looks.
//!
//! Texts are painted as if every reader wanted colours; the streams here take the colours out again
//! for files, pipes, `NO_COLOR` and terminals that have none, and keep them for `CLICOLOR_FORCE`.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use anstyle::{AnsiColor, Style};

use super::{Outcome, failed};
use crate::registry::entry::Class;

/// What a piece of text is to its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A heading.
    Head,
    /// Something that can be typed or called.
    Name,
    /// What stands beside the matter.
    Dim,
    /// It went well.
    Good,
    /// To be looked at.
    Warn,
    /// It went wrong, or cannot be taken back.
    Bad,
}

impl Role {
    const fn style(self) -> Style {
        match self {
            Self::Head => Style::new().bold(),
            Self::Name => AnsiColor::Cyan.on_default(),
            Self::Dim => Style::new().dimmed(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Warn => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
        }
    }

    /// How the effects of a class look.
    pub(super) const fn of_class(class: Class) -> Self {
        match class {
            Class::Read => Self::Good,
            Class::Write => Self::Name,
            Class::Send => Self::Warn,
            Class::Money | Class::Destroy => Self::Bad,
        }
    }
}

/// A text in the looks of its role.
pub(super) fn paint(role: Role, text: impl Display) -> String {
    let style = role.style();
    format!("{style}{text}{style:#}")
}

/// A table with its first line as a heading.
pub(super) fn headed(table: &str) -> String {
    match table.split_once('\n') {
        Some((head, rest)) => format!("{}\n{rest}", paint(Role::Head, head)),
        None => paint(Role::Head, table),
    }
}

/// Writes a painted text to standard output; a closed pipe is the reader's choice.
pub(super) fn print(text: &str) -> Outcome {
    match out(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(failed(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The same, with what became of it.
pub(super) fn out(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes a painted text to standard error; nobody can be told when that fails.
pub(super) fn tell(text: &str) {
    let mut err = anstream::stderr().lock();
    let _ = err.write_all(text.as_bytes());
    let _ = err.flush();
}

/// Writes what a failure says to standard error.
pub(super) fn complain(text: &str) {
    tell(&format!("{} {text}\n", paint(Role::Bad, "stoq-mcp:")));
}

/// Columns of the terminal that standard output goes to, or those that `COLUMNS` names; `None` for a
/// file or a pipe, which has no edge.
pub(super) fn width() -> Option<u16> {
    let named = std::env::var("COLUMNS").ok();
    let named = named.and_then(|text| text.trim().parse().ok());
    let terminal = || {
        let (_, columns) = console::Term::stdout().size_checked()?;
        Some(columns)
    };
    named.or_else(terminal).filter(|columns| *columns > 0)
}

/// Whether standard output shows colours, for what is not a text in roles.
pub(super) fn is_coloured() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paint_wraps_the_text_and_ends_where_it_ends() {
        assert_eq!(paint(Role::Head, "a"), "\u{1b}[1ma\u{1b}[0m");
        assert_eq!(headed("a b\n1 2\n"), "\u{1b}[1ma b\u{1b}[0m\n1 2\n");
        assert_eq!(headed("a"), "\u{1b}[1ma\u{1b}[0m");
    }

    #[test]
    fn what_cannot_be_taken_back_stands_out() {
        let shown = Class::ALL.map(Role::of_class);
        let wanted = [Role::Good, Role::Name, Role::Warn, Role::Bad, Role::Bad];
        assert_eq!(shown, wanted);
    }
}
