//! Whole trails: what is written, what a crash leaves, and what is found.

mod crash;
mod damage;
mod exported;
mod lines;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::chain::Key;
use super::types::{ActionName, CallId, Hash, Name, Status};
use super::verify::{Finding, Verified, VerifyError, Wanted, What, verify};
use super::writer::Writer;
use super::{Event, Subject};
use crate::registry::entry::Class;

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("stoq-mcp-audit-{}", Uuid::new_v4())))
    }

    /// A folder with these files.
    fn with(contents: &Contents) -> Self {
        let folder = Self::new();
        folder.put(contents);
        folder
    }

    fn writer(&self, rotate_bytes: u64) -> Writer {
        Writer::new(self.0.clone(), rotate_bytes, None)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Every file but the lock.
    fn contents(&self) -> Contents {
        let mut contents = Contents::new();
        for entry in fs::read_dir(&self.0).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name != "audit.lock" {
                let bytes = fs::read(self.path(&name)).unwrap();
                contents.insert(name, bytes);
            }
        }
        contents
    }

    /// These files and no other.
    fn put(&self, contents: &Contents) {
        super::place::create_folder(&self.0).unwrap();
        for name in self.contents().keys() {
            if !contents.contains_key(name) {
                fs::remove_file(self.path(name)).unwrap();
            }
        }
        for (name, bytes) in contents {
            // Private, as they were written.
            drop(super::place::open(&self.path(name)).unwrap());
            fs::write(self.path(name), bytes).unwrap();
        }
    }

    fn verify(&self) -> Result<Verified, VerifyError> {
        verify(&self.0, None, Wanted::default())
    }

    fn whole(&self) -> Verified {
        self.verify().unwrap()
    }

    fn what(&self) -> What {
        self.found(Wanted::default()).what
    }

    fn found(&self, wanted: Wanted) -> Finding {
        match verify(&self.0, None, wanted) {
            Err(VerifyError::Found(found)) => found,
            other => panic!("{other:?}"),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Files by name.
type Contents = BTreeMap<String, Vec<u8>>;

fn now() -> DateTime<Utc> {
    "2026-03-01T09:30:00.250Z".parse().unwrap()
}

fn subject(number: u128) -> Subject {
    Subject {
        call: CallId::from(Uuid::from_u128(number)),
        principal: Name::new("local"),
        shop: Some(Hash::from([1; 16])),
        client: Some(Name::of_client("tester", "1.0")),
        action: ActionName::new("preorders_offers_disable"),
        class: Class::Write,
        digest: Some(Hash::from([2; 32])),
    }
}

/// Intents and outcomes by turns.
fn event(number: u64) -> Event {
    let subject = subject(u128::from(number / 2));
    if number.is_multiple_of(2) {
        Event::intent(now(), &subject)
    } else {
        Event::outcome(now(), &subject, Status::Done)
    }
}

/// A trail of so many lines, and its files after each write, the first before any.
fn trail(lines: u64, rotate_bytes: u64) -> (Folder, Vec<Contents>) {
    let folder = Folder::new();
    let writer = folder.writer(rotate_bytes);
    writer.prepare(now()).unwrap();
    let mut states = vec![folder.contents()];
    for number in 0..lines {
        writer.write(&event(number)).unwrap();
        states.push(folder.contents());
    }
    (folder, states)
}

/// A trail without torn lines.
fn whole(lines: u64, files: u64) -> Verified {
    Verified {
        lines,
        first: 1,
        last: lines,
        files,
        torn: 0,
        unfinished: 0,
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

/// The key of tests that hand one in.
fn given() -> Key {
    Key::new(&[7; 32])
}
