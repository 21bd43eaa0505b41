//! Where a client's file lies, and where a program is found.

use std::env::consts::OS;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::table::Client;

/// Folders that every program of a desktop searches too.
const SYSTEM_FOLDERS: [&str; 4] = ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"];

/// Whose file is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Scope {
    /// This user's, for every project
    User,
    /// That of the project in the folder one is in; it is shared with whoever has the project
    Project,
}

impl Scope {
    /// Name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Project => "project",
        }
    }
}

/// An operating system, as far as places depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Linux and whatever else follows its customs.
    Linux,
    /// macOS.
    Macos,
    /// Windows.
    Windows,
}

impl System {
    /// The one this program runs on.
    pub fn here() -> Self {
        match OS {
            "macos" => Self::Macos,
            "windows" => Self::Windows,
            _ => Self::Linux,
        }
    }
}

/// What a place lies below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    /// The home folder.
    Home,
    /// Settings of desktop programs: `~/.config`, `~/Library/Application Support`, `%APPDATA%`.
    Settings,
    /// `$XDG_CONFIG_HOME`, else `~/.config`.
    Config,
    /// What a variable names, else a folder below the home folder.
    Variable(&'static str, &'static str),
}

/// A file on each system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Places {
    pub linux: (Root, &'static str),
    pub macos: (Root, &'static str),
    pub windows: (Root, &'static str),
}

impl Places {
    /// The same place on each.
    pub(super) const fn same(root: Root, path: &'static str) -> Self {
        Self {
            linux: (root, path),
            macos: (root, path),
            windows: (root, path),
        }
    }

    const fn on(self, system: System) -> (Root, &'static str) {
        match system {
            System::Linux => self.linux,
            System::Macos => self.macos,
            System::Windows => self.windows,
        }
    }
}

impl Root {
    fn folder(self, system: System, lookup: &impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
        let named = |name: &str| {
            let path = PathBuf::from(lookup(name)?);
            (!path.as_os_str().is_empty()).then_some(path)
        };
        let home = || match system {
            System::Windows => named("USERPROFILE").or_else(|| named("HOME")),
            System::Linux | System::Macos => named("HOME"),
        };
        match (self, system) {
            (Self::Home, _) => home(),
            (Self::Variable(name, below), _) => named(name).or_else(|| Some(home()?.join(below))),
            (Self::Settings | Self::Config, System::Windows) => {
                named("APPDATA").or_else(|| Some(home()?.join("AppData").join("Roaming")))
            }
            (Self::Settings, System::Macos) => {
                Some(home()?.join("Library").join("Application Support"))
            }
            (Self::Settings | Self::Config, System::Linux) | (Self::Config, System::Macos) => {
                named("XDG_CONFIG_HOME").or_else(|| Some(home()?.join(".config")))
            }
        }
    }

    /// As a reader of a document knows it.
    fn told(self, system: System) -> &'static str {
        match (self, system) {
            (Self::Settings, System::Macos) => "~/Library/Application Support",
            (Self::Settings | Self::Config, System::Windows) => "%APPDATA%",
            (Self::Settings, System::Linux) | (Self::Config, System::Linux | System::Macos) => {
                "~/.config"
            }
            (Self::Variable(_, ".codex"), _) => "~/.codex",
            (Self::Home | Self::Variable(..), _) => "~",
        }
    }
}

impl Client {
    /// The client's file; `folder` is that of the project. `None` when it has none of that scope, or the
    /// user no home.
    pub fn file(
        &self,
        scope: Scope,
        system: System,
        folder: &Path,
        lookup: impl Fn(&str) -> Option<OsString>,
    ) -> Option<PathBuf> {
        match scope {
            Scope::User => {
                let (root, path) = self.user.on(system);
                Some(root.folder(system, &lookup)?.join(path))
            }
            Scope::Project => Some(folder.join(self.project?)),
        }
    }

    /// Its files: the user's and that of the project in `folder`, unless they are one.
    pub fn files(
        &self,
        system: System,
        folder: &Path,
        lookup: impl Fn(&str) -> Option<OsString>,
    ) -> Vec<(Scope, PathBuf)> {
        let of = |scope| self.file(scope, system, folder, &lookup);
        let user = of(Scope::User);
        let project = of(Scope::Project).filter(|path| user.as_ref() != Some(path));
        let user = user.map(|path| (Scope::User, path));
        let project = project.map(|path| (Scope::Project, path));
        user.into_iter().chain(project).collect()
    }

    /// Whether it has a file for one project.
    pub fn has_project(&self) -> bool {
        self.project.is_some()
    }

    /// Its files in a document.
    pub(super) fn told_places(&self) -> String {
        let on = |system| {
            let (root, path) = self.user.on(system);
            format!("`{}/{path}`", root.told(system))
        };
        let [linux, macos, windows] = [System::Linux, System::Macos, System::Windows].map(on);
        let user = if linux == macos && macos == windows {
            linux
        } else if linux == macos {
            format!("{linux}, on Windows {windows}")
        } else {
            format!("macOS {macos}, Windows {windows}, Linux {linux}")
        };
        match self.project {
            Some(project) => format!("{user} or, for one project, `{project}`"),
            None => user,
        }
    }
}

/// The file that a bare command means, by the folders of a `PATH`.
pub fn on_path(command: &str, path: Option<OsString>) -> Option<PathBuf> {
    let path = path?;
    let names = match cfg!(windows) {
        true => vec![command.to_owned(), format!("{command}.exe")],
        false => vec![command.to_owned()],
    };
    std::env::split_paths(&path)
        .flat_map(|folder| {
            names
                .iter()
                .map(move |name| folder.join(name))
                .collect::<Vec<_>>()
        })
        .find(|file| is_program(file))
}

/// Whether a file can be started.
pub fn is_program(path: &Path) -> bool {
    let Ok(about) = path.metadata() else {
        return false;
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        about.is_file() && about.permissions().mode() & 0o111 != 0
    }
    #[cfg(not(unix))]
    {
        about.is_file()
    }
}

impl Client {
    /// How the client's entry names this program: bare when the client finds that very file so, else by
    /// its whole path. Desktop programs of macOS do not see the path of a shell.
    pub fn command(&self, program: &Path, system: System, path: Option<OsString>) -> String {
        let name = super::entry::PROGRAM;
        let bare = on_path(name, path).filter(|found| {
            let is_same = match (found.canonicalize(), program.canonicalize()) {
                (Ok(found), Ok(program)) => found == program,
                _ => false,
            };
            let folder = found.parent().and_then(Path::to_str).unwrap_or_default();
            let is_seen =
                !(self.is_desktop && system == System::Macos) || SYSTEM_FOLDERS.contains(&folder);
            is_same && is_seen
        });
        match bare {
            Some(_) => name.to_owned(),
            None => program.to_string_lossy().into_owned(),
        }
    }
}
