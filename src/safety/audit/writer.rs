//! Adds lines to a trail that other processes may add to as well.
//!
//! Every write looks at the disk anew, under the lock: nothing is remembered, so nothing can be stale.
//! The order is line, then head, each on the disk before the next step. A crash in between leaves one
//! whole line beyond the head, which the next write takes up, or a part of one, which it overwrites
//! with a line that says how many bytes were lost. Anything else is not from a crash, and then nothing
//! more is written.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::chain::{Key, Mac, Seal};
use super::head::{Found, Head, foreign};
use super::line::{Event, Line, MOST_BYTES};
use super::types::Hash;
use super::{AuditError, place};

/// Writes to one folder.
#[derive(Debug)]
pub(super) struct Writer {
    folder: PathBuf,
    rotate_bytes: u64,
    key: Option<Key>,
}

/// A trail under the lock.
struct AtWork<'a> {
    folder: &'a Path,
    lines: Seal,
    heads: Seal,
    head: Head,
    _lock: File,
}

impl Writer {
    pub(super) fn new(folder: PathBuf, rotate_bytes: u64, key: Option<Key>) -> Self {
        Self {
            folder,
            rotate_bytes,
            key,
        }
    }

    /// The folder of the trail.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the trail ready for its next line.
    pub(super) fn prepare(&self, now: DateTime<Utc>) -> Result<(), AuditError> {
        self.begin(now).map(|_| ())
    }

    /// Writes a line; it is on the disk when this returns.
    pub(super) fn write(&self, event: &Event) -> Result<(), AuditError> {
        self.begin(event.at())?.append(event, self.rotate_bytes)
    }

    fn begin(&self, now: DateTime<Utc>) -> Result<AtWork<'_>, AuditError> {
        place::create_folder(&self.folder)?;
        let lock = place::lock(&self.folder)?;
        let is_new = place::length(&self.folder, super::head::NAME)?.is_none()
            && place::file_numbers(&self.folder)?.is_empty();
        let (lines, heads) = match &self.key {
            Some(key) => (key.line_seal(), key.head_seal()),
            None => {
                let key = match place::read_key(&self.folder)? {
                    Some(key) => key,
                    None if is_new => place::create_key(&self.folder)?,
                    None => return Err(place::no_key(&self.folder)),
                };
                (key.line_seal(), key.head_seal())
            }
        };
        let head = match Head::read(&self.folder, &heads)? {
            Found::Head(head) => head,
            Found::None if is_new => {
                Head::START.write(&self.folder, &heads)?;
                Head::START
            }
            Found::None => return Err(broken(&self.folder, "the head is gone")),
            Found::Foreign => return Err(foreign(&self.folder)),
        };
        let mut at_work = AtWork {
            folder: &self.folder,
            lines,
            heads,
            head,
            _lock: lock,
        };
        at_work.recover(now)?;
        Ok(at_work)
    }
}

impl AtWork<'_> {
    /// Takes up what a crash left beyond the head.
    fn recover(&mut self, now: DateTime<Utc>) -> Result<(), AuditError> {
        let Some((file, start, end)) = self.beyond()? else {
            return Ok(());
        };
        let tail = self.read(file, start)?;
        let (line, rest) = match tail.iter().position(|byte| *byte == b'\n') {
            Some(at) => tail.split_at(at + 1),
            None => tail.split_at(0),
        };
        let longest = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
        if rest.contains(&b'\n') || end - start - size(line) >= longest {
            return Err(self.broken("more than one line's worth stands beyond it"));
        }
        let mut start = start;
        if !line.is_empty() {
            let code = self
                .successor(line)
                .ok_or_else(|| self.broken("what stands beyond it is no line of this trail"))?;
            start += size(line);
            self.advance(code, file, start)?;
        }
        if start == end {
            return Ok(());
        }
        let (text, code) = self.seal(&Event::torn(now, end - start), start == 0)?;
        // In place, so that at no moment both the part and the line about it are missing.
        let path = self.folder.join(place::file_name(file));
        let kept = start + size(text.as_bytes());
        let write = || -> io::Result<()> {
            let mut file = place::open(&path)?;
            file.seek(SeekFrom::Start(start))?;
            file.write_all(text.as_bytes())?;
            file.sync_data()?;
            file.set_len(kept)?;
            file.sync_data()
        };
        write().map_err(self.unusable(file))?;
        self.advance(code, file, kept)
    }

    /// Where bytes stand beyond the head, and where they end: in its file, or in the next.
    fn beyond(&self) -> Result<Option<(u64, u64, u64)>, AuditError> {
        let Head { file, bytes, .. } = self.head;
        let length = |file| place::length(self.folder, &place::file_name(file));
        let next = length(file + 1)?.unwrap_or(0);
        let here = match length(file)? {
            Some(here) => here,
            None if bytes == 0 => 0,
            None => return Err(self.broken("its file is gone")),
        };
        if here < bytes {
            return Err(self.broken("lines are missing"));
        }
        match (here > bytes, next > 0) {
            (false, false) => Ok(None),
            (true, false) => Ok(Some((file, bytes, here))),
            (false, true) => Ok(Some((file + 1, 0, next))),
            (true, true) => Err(self.broken("two files go on beyond it")),
        }
    }

    /// The bytes of a file from some place on: no more than a line and what may follow it.
    fn read(&self, file: u64, start: u64) -> Result<Vec<u8>, AuditError> {
        let path = self.folder.join(place::file_name(file));
        let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
        let read = || -> io::Result<Vec<u8>> {
            let mut tail = Vec::new();
            let mut file = File::open(&path)?;
            file.seek(SeekFrom::Start(start))?;
            file.take(most.saturating_mul(2)).read_to_end(&mut tail)?;
            Ok(tail)
        };
        read().map_err(self.unusable(file))
    }

    /// The code of a line when it is the one that follows the head.
    fn successor(&self, line: &[u8]) -> Option<Mac> {
        let (object, code) = self.lines.split(std::str::from_utf8(line).ok()?)?;
        let line: Line = serde_json::from_str(&object).ok()?;
        (self.lines.fits(self.head.mac, &object, code) && line.seq == self.head.seq + 1)
            .then_some(code)
    }

    /// Adds an event after the head.
    fn append(&mut self, event: &Event, rotate_bytes: u64) -> Result<(), AuditError> {
        let Head { file, bytes, .. } = self.head;
        let is_first = bytes == 0;
        let (mut text, mut code) = self.seal(event, is_first)?;
        let (mut file, mut start) = (file, bytes);
        if !is_first && start + size(text.as_bytes()) > rotate_bytes {
            (text, code) = self.seal(event, true)?;
            (file, start) = (file + 1, 0);
        }
        let path = self.folder.join(place::file_name(file));
        let write = || -> io::Result<()> {
            let mut file = place::open(&path)?;
            file.seek(SeekFrom::Start(start))?;
            let written = file
                .write_all(text.as_bytes())
                .and_then(|()| file.sync_data());
            if written.is_err() {
                // Nobody was told that it is there. What cannot be taken back counts as torn.
                let _ = file.set_len(start);
            }
            written
        };
        write().map_err(self.unusable(file))?;
        self.advance(code, file, start + size(text.as_bytes()))
    }

    /// The text of the line that follows the head; the first of a file names the code before it.
    fn seal(&self, event: &Event, is_first: bool) -> Result<(String, Mac), AuditError> {
        let previous = is_first.then(|| Hash::from(self.head.mac.bytes()));
        let line = event.at_place(self.head.seq + 1, previous);
        let object = serde_json::to_string(&line)
            .map_err(|error| place::unusable(self.folder, "a line")(error.into()))?;
        let sealed = self.lines.seal(self.head.mac, &object);
        if sealed.0.len() > MOST_BYTES {
            return Err(AuditError::TooLong);
        }
        Ok(sealed)
    }

    /// Moves the head on by one line.
    fn advance(&mut self, mac: Mac, file: u64, bytes: u64) -> Result<(), AuditError> {
        self.head = Head {
            seq: self.head.seq + 1,
            mac,
            file,
            bytes,
        };
        self.head.write(self.folder, &self.heads)
    }

    fn broken(&self, reason: &'static str) -> AuditError {
        broken(self.folder, reason)
    }

    fn unusable(&self, file: u64) -> impl FnOnce(io::Error) -> AuditError + use<> {
        place::unusable(self.folder, &place::file_name(file))
    }
}

fn broken(folder: &Path, reason: &'static str) -> AuditError {
    AuditError::Broken {
        folder: folder.to_owned(),
        reason,
    }
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
