//! Where a result goes: standard output, or a file that is known to take it before anything is done.

use std::fs::{File, OpenOptions};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::super::{Failure, Outcome, failed, misused, style};
use super::form::{Form, Printed};

/// A place that takes a result.
#[derive(Debug)]
pub(super) enum Target {
    /// Standard output.
    Shell,
    /// A file; `is_new` says that it is empty, and goes when there is nothing to write.
    File {
        file: File,
        path: PathBuf,
        is_new: bool,
    },
}

impl Target {
    /// Opens a file, or takes standard output. What the file holds stays until there is a result.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self::Shell);
        };
        let is_new = !path.exists();
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let file = file.map_err(|error| {
            misused(anyhow!(
                "--out {} cannot be written: {error}. Nothing was done",
                path.display()
            ))
        })?;
        Ok(Self::File {
            file,
            path: path.to_owned(),
            is_new,
        })
    }

    /// Writes a result.
    pub(super) fn write(self, printed: &Printed, form: Form) -> Outcome {
        style::tell(&printed.beside);
        let (mut file, path) = match self {
            Self::Shell => {
                return match form {
                    Form::Table => style::print(&printed.out),
                    Form::Text | Form::Json | Form::Csv | Form::Chart => {
                        super::super::print(&printed.out)
                    }
                };
            }
            Self::File { file, path, .. } => (file, path),
        };
        let text = anstream::adapter::strip_str(&printed.out).to_string();
        let written = file
            .rewind()
            .and_then(|()| file.set_len(0))
            .and_then(|()| file.write_all(text.as_bytes()));
        written.map_err(|error| failed(anyhow!("{}: {error}", path.display())))?;
        style::tell(&format!("wrote {}\n", path.display()));
        Ok(())
    }

    /// Takes an empty file away: there is nothing to write.
    pub(super) fn give_up(self) {
        match self {
            Self::File {
                path, is_new: true, ..
            } => {
                // It is empty; that it stays harms nobody.
                let _ = std::fs::remove_file(path);
            }
            Self::File { is_new: false, .. } | Self::Shell => {}
        }
    }
}
