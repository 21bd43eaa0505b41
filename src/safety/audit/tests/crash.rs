//! What a crash leaves at any moment, and what none leaves.

use super::super::types::Kind;
use super::super::verify::walk;
use super::super::{AuditError, line};
use super::*;

const FIRST: &str = "audit-000001.jsonl";
const SECOND: &str = "audit-000002.jsonl";

/// The kinds and counts of a folder's lines.
fn kinds(folder: &Folder) -> Vec<(Kind, Option<u64>)> {
    let mut kinds = Vec::new();
    let mut take = |line: &super::super::Line| {
        kinds.push((line.event, line.count));
        Ok(())
    };
    walk(&folder.0, None, Wanted::default(), &mut take).unwrap();
    kinds
}

fn broken(folder: &Folder) -> &'static str {
    match folder.writer(1 << 20).write(&event(9)) {
        Err(AuditError::Broken { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

/// A trail of two lines whose second write was cut after so many bytes of its line.
fn cut(states: &[Contents], file: &str, bytes: usize) -> Contents {
    let (before, after) = (&states[1], &states[2]);
    let start = before.get(file).map_or(0, Vec::len);
    let mut contents = before.clone();
    contents.insert(file.to_owned(), after[file][..start + bytes].to_vec());
    contents
}

#[test]
fn a_write_cut_at_any_byte_is_told_of_and_the_chain_goes_on() {
    // In the same file, and in one that the write began.
    for (rotate, file, files) in [(1 << 20, FIRST, 1), (1, SECOND, 2)] {
        let (folder, states) = trail(2, rotate);
        let start = states[1].get(file).map_or(0, Vec::len);
        let size = states[2][file].len() - start;
        for bytes in 0..=size {
            // Each byte near the ends, and some between.
            if bytes > 3 && bytes + 3 < size && bytes % 29 != 0 {
                continue;
            }
            folder.put(&cut(&states, file, bytes));
            let is_whole = bytes == size;
            let cut = u64::try_from(bytes % size).unwrap();
            let lines = 1 + u64::from(is_whole);
            let checked = Verified {
                unfinished: cut,
                ..whole(lines, files)
            };
            assert_eq!(folder.whole(), checked, "{bytes}");
            folder.writer(1 << 20).write(&event(1)).unwrap();
            let mut expected = vec![(Kind::Intent, None)];
            if is_whole {
                expected.push((Kind::Outcome, None));
            }
            if cut > 0 {
                expected.push((Kind::Torn, Some(cut)));
            }
            expected.push((Kind::Outcome, None));
            assert_eq!(kinds(&folder), expected, "{bytes}");
            let checked = folder.whole();
            assert_eq!((checked.torn, checked.unfinished), (u64::from(cut > 0), 0));
        }
    }
}

#[test]
fn opening_repairs_what_a_crash_left_and_adds_nothing_else() {
    let (folder, states) = trail(2, 1 << 20);
    folder.put(&cut(&states, FIRST, 10));
    folder.writer(1).prepare(now()).unwrap();
    let repaired = folder.contents();
    assert_eq!(
        kinds(&folder),
        [(Kind::Intent, None), (Kind::Torn, Some(10))]
    );
    folder.writer(1).prepare(now()).unwrap();
    assert_eq!(folder.contents(), repaired);
    // A line beyond the head is taken up.
    let size = states[2][FIRST].len() - states[1][FIRST].len();
    folder.put(&cut(&states, FIRST, size));
    folder.writer(1).prepare(now()).unwrap();
    assert_eq!(folder.contents(), states[2]);
}

#[test]
fn a_crash_in_the_repair_loses_nothing() {
    let (folder, states) = trail(2, 1 << 20);
    // The part is longer than the line about it: that line stands, and the rest behind it.
    let size = states[2][FIRST].len() - states[1][FIRST].len();
    let torn = cut(&states, FIRST, size - 1);
    folder.put(&torn);
    folder.writer(1).prepare(now()).unwrap();
    let repaired = folder.contents();
    let kept = repaired[FIRST].len();
    let mut halfway = torn.clone();
    let mut bytes = repaired[FIRST].clone();
    bytes.extend(&torn[FIRST][kept..]);
    halfway.insert(FIRST.to_owned(), bytes);
    folder.put(&halfway);
    let rest = u64::try_from(torn[FIRST].len() - kept).unwrap();
    assert!(rest > 0);
    assert_eq!(folder.whole().unfinished, rest);
    folder.writer(1 << 20).write(&event(1)).unwrap();
    let all = u64::try_from(size - 1).unwrap();
    assert_eq!(
        kinds(&folder),
        [
            (Kind::Intent, None),
            (Kind::Torn, Some(all)),
            (Kind::Torn, Some(rest)),
            (Kind::Outcome, None)
        ]
    );
}

#[test]
fn an_empty_next_file_is_from_a_crash() {
    let (folder, states) = trail(2, 1 << 20);
    let mut contents = states[1].clone();
    contents.insert(SECOND.to_owned(), Vec::new());
    folder.put(&contents);
    assert_eq!(folder.whole(), whole(1, 2));
    // The line fits into the first after all; a part of one may follow it there.
    folder.writer(1 << 20).write(&event(1)).unwrap();
    assert_eq!(folder.whole(), whole(2, 2));
    let mut contents = folder.contents();
    contents.get_mut(FIRST).unwrap().extend(b"{\"se");
    folder.put(&contents);
    let unfinished = Verified {
        unfinished: 4,
        ..whole(2, 2)
    };
    assert_eq!(folder.whole(), unfinished);
    folder.writer(1).write(&event(2)).unwrap();
    assert_eq!(
        folder.whole(),
        Verified {
            torn: 1,
            ..whole(4, 2)
        }
    );
}

#[test]
fn what_no_crash_leaves_is_not_built_upon() {
    let (folder, states) = trail(4, 1 << 20);
    let last = &states[4];
    let with = |name: &str, bytes: &[u8]| {
        let mut contents = last.clone();
        contents.insert(name.to_owned(), bytes.to_vec());
        contents
    };
    let cut = &last[FIRST][..last[FIRST].len() - 1];
    folder.put(&with(FIRST, cut));
    assert_eq!(broken(&folder), "lines are missing");
    let mut older = last.clone();
    older.insert("head.json".to_owned(), states[2]["head.json"].clone());
    folder.put(&older);
    assert_eq!(
        broken(&folder),
        "more than one line's worth stands beyond it"
    );
    let mut more = last[FIRST].clone();
    more.extend(&last[FIRST]);
    more.truncate(last[FIRST].len() + states[1][FIRST].len());
    folder.put(&with(FIRST, &more));
    assert_eq!(
        broken(&folder),
        "what stands beyond it is no line of this trail"
    );
    // The line that follows, under a code that is not its own.
    let mut forged = states[1].clone();
    let mut line = states[2][FIRST].clone();
    let at = line.len() - 4;
    line[at] = if line[at] == b'0' { b'1' } else { b'0' };
    forged.insert(FIRST.to_owned(), line);
    folder.put(&forged);
    assert_eq!(
        broken(&folder),
        "what stands beyond it is no line of this trail"
    );
    folder.put(&with(SECOND, b"x\n"));
    assert_eq!(
        broken(&folder),
        "what stands beyond it is no line of this trail"
    );
    let mut both = with(SECOND, b"x");
    both.get_mut(FIRST).unwrap().push(b'x');
    folder.put(&both);
    assert_eq!(broken(&folder), "two files go on beyond it");
    let without = |name: &str| {
        let mut contents = last.clone();
        contents.remove(name);
        contents
    };
    folder.put(&without(FIRST));
    assert_eq!(broken(&folder), "its file is gone");
    folder.put(&without("head.json"));
    assert_eq!(broken(&folder), "the head is gone");
    folder.put(&with("head.json", b"{}"));
    assert_eq!(
        broken(&folder),
        "the head was changed, or written under another key"
    );
    // A key is made for a new trail alone.
    for gone in [
        without("audit.key"),
        with("audit.key", b"00\n"),
        with("audit.key", &[b'0'; 64]),
    ] {
        folder.put(&gone);
        let error = folder.writer(1).write(&event(1)).unwrap_err();
        assert!(matches!(error, AuditError::Key { .. }), "{error}");
        assert_eq!(folder.contents(), gone);
    }
    let mut headless = without("audit.key");
    headless.remove("head.json");
    folder.put(&headless);
    assert!(matches!(
        folder.writer(1).write(&event(1)),
        Err(AuditError::Key { .. })
    ));
    // Nothing of this was changed by trying.
    folder.put(last);
    assert_eq!(folder.whole(), whole(4, 1));
}

#[test]
fn a_part_of_a_line_is_shorter_than_any_line() {
    let (folder, states) = trail(1, 1 << 20);
    for (bytes, is_part) in [(line::MOST_BYTES - 1, true), (line::MOST_BYTES, false)] {
        let mut contents = states[1].clone();
        contents
            .get_mut(FIRST)
            .unwrap()
            .resize(states[1][FIRST].len() + bytes, b'x');
        folder.put(&contents);
        assert_eq!(folder.verify().is_ok(), is_part);
        let written = folder.writer(1 << 20).write(&event(1));
        assert_eq!(written.is_ok(), is_part, "{written:?}");
    }
}

#[test]
fn a_part_is_from_a_crash_only_beyond_the_head_and_at_the_very_end() {
    let (folder, states) = trail(2, 1 << 20);
    // The head knows the line of which a part is left.
    let mut cut = states[2].clone();
    let length = cut[FIRST].len();
    cut.get_mut(FIRST).unwrap().truncate(length - 3);
    folder.put(&cut);
    let found = folder.found(Wanted::default());
    assert_eq!((found.seq, found.what), (Some(2), What::NoLine));
    // The head does not know it, and another file goes on after it.
    let mut amid = states[1].clone();
    amid.get_mut(FIRST).unwrap().extend(b"x");
    folder.put(&amid);
    assert!(folder.verify().is_ok());
    amid.insert(SECOND.to_owned(), b"x".to_vec());
    folder.put(&amid);
    let found = folder.found(Wanted::default());
    assert_eq!((found.seq, found.what), (Some(2), What::NoLine));
}

#[test]
fn a_part_that_follows_a_whole_line_is_as_short() {
    let (folder, states) = trail(2, 1 << 20);
    for (bytes, is_part) in [(line::MOST_BYTES - 1, true), (line::MOST_BYTES, false)] {
        // The second line reached the disk, its head did not.
        let mut contents = states[1].clone();
        let mut file = states[2][FIRST].clone();
        file.resize(file.len() + bytes, b'x');
        contents.insert(FIRST.to_owned(), file);
        folder.put(&contents);
        let written = folder.writer(1 << 20).write(&event(2));
        assert_eq!(written.is_ok(), is_part, "{written:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_the_trail_stays_whole() {
    let (folder, states) = trail(1, 1);
    std::os::unix::fs::symlink("/dev/full", folder.path(SECOND)).unwrap();
    let error = folder.writer(1).write(&event(1)).unwrap_err().to_string();
    assert!(
        error.contains("audit-000002.jsonl: No space left on device"),
        "{error}"
    );
    fs::remove_file(folder.path(SECOND)).unwrap();
    assert_eq!(folder.contents(), states[1]);
    folder.writer(1).write(&event(1)).unwrap();
    assert_eq!(folder.whole(), whole(2, 2));
}
