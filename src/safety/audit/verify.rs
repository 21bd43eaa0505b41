//! Looks whether a trail is whole: every line in its place, and the end where the head has it.
//!
//! It holds one line at a time. Writers wait only while it looks at the head and the lengths of the
//! files; what they add later is the next look's business.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::chain::{Key, Mac, Seal};
use super::head::{self, Found, Head};
use super::line::{Line, MOST_BYTES};
use super::types::{Hash, Kind};
use super::{AuditError, place};

/// A line that somebody kept elsewhere: its number and its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The line's number.
    pub seq: u64,
    /// Its code.
    pub mac: Mac,
}

impl std::str::FromStr for Expected {
    type Err = &'static str;

    /// Reads `SEQ:MAC`, as `audit head` prints it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (seq, mac) = text.trim().split_once(':')?;
            Some(Self {
                seq: seq.parse().ok()?,
                mac: Mac::from_hex(mac)?,
            })
        };
        parse().ok_or("it is not of the form SEQ:MAC that `stoq-mcp audit head` prints")
    }
}

/// What is asked of a trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The line it begins with: 1, unless older files were moved away.
    pub from: u64,
    /// A line that must be in it.
    pub expected: Option<Expected>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            from: 1,
            expected: None,
        }
    }
}

/// A whole trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// How many lines.
    pub lines: u64,
    /// The first line's number.
    pub first: u64,
    /// The last line's number; one below `first` when there are no lines.
    pub last: u64,
    /// How many files.
    pub files: u64,
    /// Lines that tell of a crash in the middle of a line.
    pub torn: u64,
    /// Bytes after the last line, of one that a crash cut; the next write turns them into a torn line.
    pub unfinished: u64,
}

/// What is wrong with a trail, at the first place where something is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {what}", .line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub struct Finding {
    /// Name of the file.
    pub file: String,
    /// Line in the file, 1-based.
    pub line: Option<u64>,
    /// Number of the line that should stand there.
    pub seq: Option<u64>,
    /// What it is.
    pub what: What,
}

/// A kind of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum What {
    /// No head.
    #[error(
        "the head is not there. Either nothing was ever recorded in this folder, or the trail or its head was taken away"
    )]
    NoHead,
    /// The head's seal does not fit.
    #[error("the head was changed, or the trail was written under another key")]
    Head,
    /// A file is not there.
    #[error(
        "the file is missing. If the oldest files were moved away on purpose, verify with --from and the number of the first line that is left"
    )]
    NoFile,
    /// The trail begins with another line.
    #[error(
        "the trail begins with line {seq} and not with line {from}. If older files were moved away on purpose, verify with --from {seq}"
    )]
    Begins {
        /// The line asked for.
        from: u64,
        /// The line it begins with.
        seq: u64,
    },
    /// No line, or one that is cut.
    #[error("this is no whole line of the trail")]
    NoLine,
    /// The code does not fit.
    #[error(
        "the line does not follow the one before it: it was changed, moved, or written under another key, or lines before it are missing"
    )]
    Chain,
    /// A whole line in another place than it was written to.
    #[error("the line was written to another place")]
    Place,
    /// The head names another line.
    #[error("the head names another code or place for this line")]
    NotTheHead,
    /// The trail ends before its head.
    #[error("the trail ends with line {last}, and its head is line {head}: lines are missing")]
    Lost {
        /// The last line there is.
        last: u64,
        /// The head's line.
        head: u64,
    },
    /// The trail goes on beyond its head.
    #[error("the trail goes on beyond its head, line {head}: an older head was put back")]
    Beyond {
        /// The head's line.
        head: u64,
    },
    /// The line kept elsewhere has another code here.
    #[error("line {seq} is not the one expected: another trail, or an older one that went on anew")]
    NotExpected {
        /// The expected line.
        seq: u64,
    },
    /// The line kept elsewhere is not here.
    #[error(
        "line {seq} was expected, and the lines here are {first} to {last}: an older trail was put back, or the files with that line were moved away"
    )]
    NoExpected {
        /// The expected line.
        seq: u64,
        /// The first line there is.
        first: u64,
        /// The last line there is.
        last: u64,
    },
}

/// Why a trail could not be found whole.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It could not be read.
    #[error(transparent)]
    Unread(#[from] AuditError),
    /// It is not whole.
    #[error("the audit trail is not whole. {0}")]
    Found(Finding),
    /// Who was given the lines did not take one.
    #[error("{0}")]
    NotTaken(io::Error),
}

// Not a source: its text is part of the error's, and would be printed twice.
impl From<Finding> for VerifyError {
    fn from(found: Finding) -> Self {
        Self::Found(found)
    }
}

/// Looks whether the trail of a folder is whole.
///
/// # Errors
/// With the first thing that is wrong.
pub fn verify(folder: &Path, key: Option<Key>, wanted: Wanted) -> Result<Verified, VerifyError> {
    walk(folder, key, wanted, &mut |_| Ok(()))
}

/// The same, and gives each line once it was found to be in its place.
///
/// # Errors
/// As [`verify`], and when a line is not taken.
pub fn walk(
    folder: &Path,
    key: Option<Key>,
    wanted: Wanted,
    take: &mut dyn FnMut(&Line) -> io::Result<()>,
) -> Result<Verified, VerifyError> {
    if place::length(folder, head::NAME)?.is_none() {
        return Err(of_head(What::NoHead).into());
    }
    let key = place::key(folder, key)?;
    let (head, files) = look(folder, &key.head_seal())?;
    let mut walk = Walk {
        seal: key.line_seal(),
        head,
        wanted,
        previous: None,
        next: wanted.from,
        torn: 0,
        unfinished: 0,
        is_expected: wanted.expected.is_none(),
    };
    walk.check_files(&files)?;
    for (index, file) in files.iter().enumerate() {
        // A crash may have begun the next file and put nothing into it.
        let mut later = files.iter().skip(index + 1);
        let is_last = later.all(|(_, length)| *length == 0);
        walk.file(folder, *file, is_last, take)?;
    }
    walk.end(&files)
}

/// A file's number and length.
type Length = (u64, u64);

/// The head and the files at one moment between two writes.
fn look(folder: &Path, seal: &Seal) -> Result<(Head, Vec<Length>), VerifyError> {
    let _lock = place::lock_to_read(folder)?;
    let head = match Head::read(folder, seal)? {
        Found::Head(head) => head,
        Found::None => return Err(of_head(What::NoHead).into()),
        Found::Foreign => return Err(of_head(What::Head).into()),
    };
    let mut files = Vec::new();
    for number in place::file_numbers(folder)? {
        let length = place::length(folder, &place::file_name(number))?;
        files.push((number, length.unwrap_or(0)));
    }
    Ok((head, files))
}

struct Walk {
    seal: Seal,
    head: Head,
    wanted: Wanted,
    /// Code of the line before; `None` before the first of a trail whose beginning was moved away.
    previous: Option<Mac>,
    /// Number of the line that comes next.
    next: u64,
    torn: u64,
    unfinished: u64,
    is_expected: bool,
}

impl Walk {
    /// No file between the first and the head's is missing, and none but the next follows it.
    fn check_files(&mut self, files: &[Length]) -> Result<(), Finding> {
        let begins_at_start = self.wanted.from == 1;
        if begins_at_start {
            self.previous = Some(Mac::START);
        }
        if begins_at_start && self.head == Head::START && files.is_empty() {
            return Ok(());
        }
        let first = match files.first() {
            Some((first, _)) if !begins_at_start => *first,
            Some(_) | None => 1,
        };
        let mut expected = first;
        for (number, _) in files {
            if *number != expected {
                return Err(of_file(expected, What::NoFile));
            }
            expected += 1;
        }
        if expected <= self.head.file {
            return Err(of_file(expected, What::NoFile));
        }
        if expected > self.head.file + 2 {
            return Err(of_file(
                expected - 1,
                What::Beyond {
                    head: self.head.seq,
                },
            ));
        }
        Ok(())
    }

    fn file(
        &mut self,
        folder: &Path,
        (number, length): Length,
        is_last: bool,
        take: &mut dyn FnMut(&Line) -> io::Result<()>,
    ) -> Result<(), VerifyError> {
        let name = place::file_name(number);
        let file = File::open(folder.join(&name)).map_err(place::unusable(folder, &name))?;
        let mut reader = BufReader::new(file.take(length));
        let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
        let (mut line, mut at, mut bytes) = (1, 0, Vec::new());
        loop {
            bytes.clear();
            let read = reader
                .by_ref()
                .take(most)
                .read_until(b'\n', &mut bytes)
                .map_err(place::unusable(folder, &name))?;
            let found = |seq, what| Finding {
                file: name.clone(),
                line: Some(line),
                seq: Some(seq),
                what,
            };
            if read == 0 {
                return Ok(());
            }
            if bytes.last() != Some(&b'\n') {
                // Only a crash leaves this, and only at the very end.
                if !is_last || self.next <= self.head.seq || u64::try_from(read) == Ok(most) {
                    return Err(found(self.next, What::NoLine).into());
                }
                self.unfinished = length - at;
                return Ok(());
            }
            at += u64::try_from(read).unwrap_or(u64::MAX);
            let seq = self.next;
            let (read, code) = self
                .line(&bytes, line == 1)
                .map_err(|what| found(seq, what))?;
            self.compare(seq, code, number, at)
                .map_err(|what| found(seq, what))?;
            take(&read).map_err(VerifyError::NotTaken)?;
            line += 1;
        }
    }

    /// A line that follows the one before it.
    fn line(&mut self, bytes: &[u8], is_first: bool) -> Result<(Line, Mac), What> {
        let text = std::str::from_utf8(bytes).map_err(|_| What::NoLine)?;
        let (object, code) = self.seal.split(text).ok_or(What::NoLine)?;
        let line: Line = serde_json::from_str(&object).map_err(|_| What::NoLine)?;
        let linked = line.previous.as_ref().map(Hash::as_str);
        let previous = match self.previous {
            Some(previous) => previous,
            // The first line of a file brings the code of the one before, and seals it.
            None => linked.and_then(Mac::from_hex).ok_or(What::Place)?,
        };
        if !self.seal.fits(previous, &object, code) {
            return Err(What::Chain);
        }
        if line.seq != self.next {
            return Err(What::Begins {
                from: self.wanted.from,
                seq: line.seq,
            });
        }
        if linked.is_some() != is_first {
            return Err(What::Place);
        }
        if self.previous.is_none() {
            self.expect(self.next.saturating_sub(1), previous)?;
        }
        self.torn += u64::from(line.event == Kind::Torn);
        self.previous = Some(code);
        self.next += 1;
        Ok((line, code))
    }

    /// Compares a line with the head and with what is expected.
    fn compare(&mut self, seq: u64, code: Mac, file: u64, end: u64) -> Result<(), What> {
        let is_head = code == self.head.mac && file == self.head.file && end == self.head.bytes;
        if seq == self.head.seq && !is_head {
            return Err(What::NotTheHead);
        }
        if seq > self.head.seq + 1 {
            return Err(What::Beyond {
                head: self.head.seq,
            });
        }
        self.expect(seq, code)
    }

    fn expect(&mut self, seq: u64, code: Mac) -> Result<(), What> {
        match self.wanted.expected {
            Some(expected) if expected.seq == seq => {
                self.is_expected = expected.mac == code;
                if self.is_expected {
                    Ok(())
                } else {
                    Err(What::NotExpected { seq })
                }
            }
            Some(_) | None => Ok(()),
        }
    }

    /// What holds of the trail once all its lines were seen.
    fn end(self, files: &[Length]) -> Result<Verified, VerifyError> {
        let first = self.wanted.from;
        // A beginning that was moved away leaves a first line; without one nothing was compared.
        let last = match self.previous {
            Some(_) => self.next.saturating_sub(1),
            None => 0,
        };
        if last < self.head.seq || self.previous.is_none() {
            let what = What::Lost {
                last,
                head: self.head.seq,
            };
            return Err(of_file(self.head.file, what).into());
        }
        if !self.is_expected
            && let Some(Expected { seq, .. }) = self.wanted.expected
        {
            return Err(of_head(What::NoExpected { seq, first, last }).into());
        }
        Ok(Verified {
            lines: self.next - self.wanted.from,
            first,
            last,
            files: u64::try_from(files.len()).unwrap_or(u64::MAX),
            torn: self.torn,
            unfinished: self.unfinished,
        })
    }
}

fn of_head(what: What) -> Finding {
    Finding {
        file: head::NAME.to_owned(),
        line: None,
        seq: None,
        what,
    }
}

fn of_file(number: u64, what: What) -> Finding {
    Finding {
        file: place::file_name(number),
        line: None,
        seq: None,
        what,
    }
}
