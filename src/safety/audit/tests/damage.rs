//! Damage of every kind, and that each is found.

use proptest::prelude::*;

use super::super::verify::{Expected, walk};
use super::super::{Head, Mac, head};
use super::*;

/// One byte of any file, changed in two ways.
#[test]
fn a_changed_byte_is_found_wherever_it_stands() {
    let (folder, states) = trail(5, 900);
    assert!(folder.whole().files > 1);
    let last = &states[5];
    for (name, bytes) in last {
        for at in 0..bytes.len() {
            for flip in [1, 0x20] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                fs::write(folder.path(name), &changed).unwrap();
                assert!(folder.verify().is_err(), "{name} {at} {flip}");
            }
        }
        fs::write(folder.path(name), bytes).unwrap();
    }
    assert!(folder.verify().is_ok());
}

#[test]
fn a_file_cut_at_any_byte_is_found() {
    let (folder, states) = trail(4, 900);
    for (name, bytes) in &states[4] {
        for length in 0..bytes.len() {
            fs::write(folder.path(name), &bytes[..length]).unwrap();
            assert!(folder.verify().is_err(), "{name} {length}");
        }
        fs::write(folder.path(name), bytes).unwrap();
    }
    assert!(folder.verify().is_ok());
}

/// What is done to the lines of a trail.
#[derive(Debug, Clone)]
enum Damage {
    Drop(usize),
    DropMany(usize, usize),
    Duplicate(usize, usize),
    Swap(usize, usize),
    /// A line of another trail, an empty one, or anything.
    Insert(usize, String),
    InsertForeign(usize, usize),
    ReplaceForeign(usize),
    /// The last line of a file to the beginning of the next, or back.
    MoveOn(usize),
    MoveBack(usize),
    RemoveFile(usize),
    SwapFiles(usize, usize),
    CopyFile(usize, usize),
    ForeignFile(usize),
    Renumber,
    ExtraFile,
    NoHead,
    NoKey,
    ForeignHead,
    ForeignKey,
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = || 0..64_usize;
    prop_oneof![
        at().prop_map(Damage::Drop),
        (at(), at()).prop_map(|(a, b)| Damage::DropMany(a, b)),
        (at(), at()).prop_map(|(a, b)| Damage::Duplicate(a, b)),
        (at(), at()).prop_map(|(a, b)| Damage::Swap(a, b)),
        (at(), "\\PC{0,80}").prop_map(|(a, text)| Damage::Insert(a, text)),
        (at(), at()).prop_map(|(a, b)| Damage::InsertForeign(a, b)),
        at().prop_map(Damage::ReplaceForeign),
        at().prop_map(Damage::MoveOn),
        at().prop_map(Damage::MoveBack),
        at().prop_map(Damage::RemoveFile),
        (at(), at()).prop_map(|(a, b)| Damage::SwapFiles(a, b)),
        (at(), at()).prop_map(|(a, b)| Damage::CopyFile(a, b)),
        at().prop_map(Damage::ForeignFile),
        Just(Damage::Renumber),
        Just(Damage::ExtraFile),
        Just(Damage::NoHead),
        Just(Damage::NoKey),
        Just(Damage::ForeignHead),
        Just(Damage::ForeignKey),
    ]
}

/// Lines of each file.
fn split(contents: &Contents) -> Vec<Vec<Vec<u8>>> {
    contents
        .iter()
        .filter(|(name, _)| name.ends_with(".jsonl"))
        .map(|(_, bytes)| {
            bytes
                .split_inclusive(|byte| *byte == b'\n')
                .map(<[u8]>::to_vec)
                .collect()
        })
        .collect()
}

/// The place of a line by its number.
fn place_of(files: &[Vec<Vec<u8>>], number: usize) -> (usize, usize) {
    let all: Vec<(usize, usize)> = files
        .iter()
        .enumerate()
        .flat_map(|(file, lines)| (0..lines.len()).map(move |line| (file, line)))
        .collect();
    all[number % all.len()]
}

fn damaged(contents: &Contents, other: &Contents, damage: &Damage) -> Contents {
    let mut files = split(contents);
    let foreign = split(other);
    let count = files.len();
    let mut rest = contents.clone();
    rest.retain(|name, _| !name.ends_with(".jsonl"));
    let mut first_number = 1;
    let mut gone = None;
    match damage {
        Damage::Drop(a) => {
            let (file, line) = place_of(&files, *a);
            files[file].remove(line);
        }
        Damage::DropMany(a, lines) => {
            let (file, line) = place_of(&files, *a);
            let end = (line + 1 + lines).min(files[file].len());
            files[file].drain(line..end);
        }
        Damage::Duplicate(a, b) => {
            let (file, line) = place_of(&files, *a);
            let copy = files[file][line].clone();
            let (file, line) = place_of(&files, *b);
            files[file].insert(line + 1, copy);
        }
        Damage::Swap(a, b) => {
            let (a, b) = (place_of(&files, *a), place_of(&files, *b));
            let copy = files[a.0][a.1].clone();
            files[a.0][a.1] = files[b.0][b.1].clone();
            files[b.0][b.1] = copy;
        }
        Damage::Insert(a, text) => {
            let (file, line) = place_of(&files, *a);
            files[file].insert(line, format!("{text}\n").into_bytes());
        }
        Damage::InsertForeign(a, b) => {
            let (file, line) = place_of(&files, *a);
            let (from, of) = place_of(&foreign, *b);
            files[file].insert(line, foreign[from][of].clone());
        }
        Damage::ReplaceForeign(a) => {
            let (file, line) = place_of(&files, *a);
            let (from, of) = place_of(&foreign, *a);
            files[file][line] = foreign[from][of].clone();
        }
        Damage::MoveOn(a) => {
            let file = a % count;
            if file + 1 < count
                && let Some(line) = files[file].pop()
            {
                files[file + 1].insert(0, line);
            }
        }
        Damage::MoveBack(a) => {
            let file = a % count;
            if file > 0 {
                let line = files[file].remove(0);
                files[file - 1].push(line);
            }
        }
        Damage::RemoveFile(a) => gone = Some(a % count),
        Damage::SwapFiles(a, b) => files.swap(a % count, b % count),
        Damage::CopyFile(a, b) => files[b % count] = files[a % count].clone(),
        Damage::ForeignFile(a) => files[a % count] = foreign[a % foreign.len()].clone(),
        Damage::Renumber => first_number = 2,
        Damage::ExtraFile => files.push(files[count - 1].clone()),
        Damage::NoHead => drop(rest.remove("head.json")),
        Damage::NoKey => drop(rest.remove("audit.key")),
        Damage::ForeignHead => drop(rest.insert("head.json".into(), other["head.json"].clone())),
        Damage::ForeignKey => drop(rest.insert("audit.key".into(), other["audit.key"].clone())),
    }
    for (index, lines) in files.iter().enumerate() {
        if Some(index) != gone {
            let name = format!("audit-{:06}.jsonl", first_number + index);
            rest.insert(name, lines.concat());
        }
    }
    rest
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_single_damage_of_any_trail_is_found(
        lines in 1..9_u64,
        rotate in 0..3000_u64,
        damages in proptest::collection::vec(damage(), 60),
    ) {
        let (folder, states) = trail(lines, rotate);
        let (_other_folder, others) = trail(lines, rotate);
        let last = states.last().unwrap();
        prop_assert!(folder.verify().is_ok());
        for damage in damages {
            let worse = damaged(last, others.last().unwrap(), &damage);
            if worse == *last {
                continue;
            }
            folder.put(&worse);
            prop_assert!(folder.verify().is_err(), "{:?}", damage);
            // Nor is it found whole from any later line on.
            let wanted = Wanted { from: 2, expected: None };
            prop_assert!(verify(&folder.0, None, wanted).is_err() || is_beginning(&damage), "{:?}", damage);
        }
        // An older copy of the lines, without its head.
        for older in states.iter().take(states.len() - 1) {
            let mut mixed = older.clone();
            mixed.insert("head.json".into(), last["head.json"].clone());
            folder.put(&mixed);
            prop_assert!(folder.verify().is_err());
        }
        folder.put(last);
        prop_assert!(folder.verify().is_ok());
    }
}

/// Whether a damage may be no more than the loss of the first file's lines.
fn is_beginning(damage: &Damage) -> bool {
    matches!(
        damage,
        Damage::RemoveFile(_) | Damage::Drop(_) | Damage::DropMany(_, _)
    )
}

fn found(folder: &Folder, wanted: Wanted) -> String {
    folder.found(wanted).to_string()
}

fn expecting(seq: u64, mac: Mac) -> Wanted {
    Wanted {
        expected: Some(Expected { seq, mac }),
        ..Wanted::default()
    }
}

#[test]
fn a_whole_folder_put_back_is_found_by_a_head_kept_elsewhere_alone() {
    let (folder, states) = trail(4, 900);
    let kept = head(&folder.0, None).unwrap().unwrap();
    let wanted = expecting(kept.seq, kept.mac);
    assert_eq!(verify(&folder.0, None, wanted).unwrap().last, 4);
    folder.put(&states[2]);
    assert_eq!(folder.whole().last, 2);
    assert_eq!(
        found(&folder, wanted),
        "head.json: line 4 was expected, and the lines here are 1 to 2: an older trail was put back, or the files with that line were moved away"
    );
    // Nor does it help to write on.
    let writer = folder.writer(900);
    for number in 0..3 {
        writer.write(&event(number + 10)).unwrap();
    }
    assert_eq!(folder.whole().last, 5);
    let told = folder.found(wanted);
    assert_eq!(
        (told.seq, told.what),
        (Some(4), What::NotExpected { seq: 4 })
    );
}

#[test]
fn an_older_head_is_found_unless_a_crash_could_have_left_it() {
    let (folder, states) = trail(4, 1 << 20);
    let with_head = |of: usize| {
        let mut contents = states[4].clone();
        contents.insert("head.json".into(), states[of]["head.json"].clone());
        contents
    };
    folder.put(&with_head(3));
    assert_eq!(folder.whole(), whole(4, 1));
    for older in [0, 1, 2] {
        folder.put(&with_head(older));
        let head = u64::try_from(older).unwrap();
        let told = folder.found(Wanted::default());
        assert_eq!(
            (told.seq, told.what),
            (Some(head + 2), What::Beyond { head })
        );
    }
}

#[test]
fn older_files_may_be_moved_away_when_it_is_said() {
    let (folder, states) = trail(6, 1);
    let mut left = states[6].clone();
    left.remove("audit-000001.jsonl");
    left.remove("audit-000002.jsonl");
    folder.put(&left);
    assert_eq!(
        found(&folder, Wanted::default()),
        "audit-000001.jsonl: the file is missing. If the oldest files were moved away on purpose, verify with --from and the number of the first line that is left"
    );
    let from = |from| Wanted {
        from,
        expected: None,
    };
    let checked = verify(&folder.0, None, from(3)).unwrap();
    let expected = Verified {
        lines: 4,
        first: 3,
        last: 6,
        files: 4,
        torn: 0,
        unfinished: 0,
    };
    assert_eq!(checked, expected);
    for other in [2, 4] {
        assert_eq!(
            found(&folder, from(other)),
            format!(
                "audit-000003.jsonl, line 1: the trail begins with line 3 and not with line {other}. If older files were moved away on purpose, verify with --from 3"
            )
        );
    }
    // The line before the first is known by its code.
    let code_of = |seq: u64| {
        let full = Folder::with(&states[usize::try_from(seq).unwrap()]);
        head(&full.0, None).unwrap().unwrap().mac
    };
    for seq in 2..=6 {
        let wanted = Wanted {
            from: 3,
            ..expecting(seq, code_of(seq))
        };
        assert_eq!(verify(&folder.0, None, wanted).unwrap(), expected);
        let wanted = Wanted {
            from: 3,
            ..expecting(seq, Mac::START)
        };
        assert_eq!(folder.found(wanted).what, What::NotExpected { seq });
    }
    for seq in [1, 7] {
        let wanted = Wanted {
            from: 3,
            ..expecting(seq, code_of(1))
        };
        let what = What::NoExpected {
            seq,
            first: 3,
            last: 6,
        };
        assert_eq!(folder.found(wanted).what, what);
    }
    // A hole is none of it; nor is a trail without lines, or one that is all gone.
    let mut hole = left.clone();
    hole.remove("audit-000004.jsonl");
    folder.put(&hole);
    let told = folder.found(from(3));
    assert_eq!(
        (told.file.as_str(), told.what),
        ("audit-000004.jsonl", What::NoFile)
    );
    let mut no_end = left;
    no_end.remove("audit-000006.jsonl");
    folder.put(&no_end);
    let told = folder.found(from(3));
    assert_eq!(
        (told.file.as_str(), told.what),
        ("audit-000006.jsonl", What::NoFile)
    );
    folder.put(&states[0]);
    assert_eq!(folder.found(from(3)).what, What::NoFile);
    assert_eq!(folder.whole(), whole(0, 0));
}

#[test]
fn each_finding_says_where_and_what() {
    let (folder, states) = trail(3, 1);
    let last = &states[3];
    let with = |name: &str, bytes: Vec<u8>| {
        let mut contents = last.clone();
        contents.insert(name.to_owned(), bytes);
        contents
    };
    let text = |name: &str| String::from_utf8(last[name].clone()).unwrap();
    let edited = text("audit-000002.jsonl").replace("done", "lost");
    folder.put(&with("audit-000002.jsonl", edited.into_bytes()));
    assert_eq!(folder.what(), What::NoLine);
    let edited = text("audit-000002.jsonl").replace("done", "failed");
    folder.put(&with("audit-000002.jsonl", edited.into_bytes()));
    assert_eq!(
        folder.found(Wanted::default()),
        Finding {
            file: "audit-000002.jsonl".into(),
            line: Some(1),
            seq: Some(2),
            what: What::Chain
        }
    );
    let cut = text("audit-000002.jsonl").trim_end().as_bytes().to_vec();
    folder.put(&with("audit-000002.jsonl", cut));
    assert_eq!(folder.what(), What::NoLine);
    let mut gone = with("audit-000003.jsonl", Vec::new());
    folder.put(&gone);
    assert_eq!(folder.what(), What::Lost { last: 2, head: 3 });
    gone.remove("audit-000003.jsonl");
    folder.put(&gone);
    assert_eq!(folder.what(), What::NoFile);
    folder.put(&with(
        "audit-000004.jsonl",
        last["audit-000003.jsonl"].clone(),
    ));
    assert_eq!(folder.what(), What::Chain);
    let mut beyond = with("audit-000004.jsonl", Vec::new());
    folder.put(&beyond);
    assert_eq!(folder.whole(), whole(3, 4));
    beyond.insert("audit-000005.jsonl".into(), Vec::new());
    folder.put(&beyond);
    let found = folder.found(Wanted::default());
    assert_eq!(found.what, What::Beyond { head: 3 });
    assert_eq!(found.file, "audit-000005.jsonl");
    // The last line and what it ends with, in another file.
    let (long, longs) = trail(3, 1 << 20);
    let mut joined = longs[3].clone();
    let bytes = joined.remove("audit-000001.jsonl").unwrap();
    joined.insert("audit-000002.jsonl".into(), bytes);
    joined.insert("audit-000001.jsonl".into(), Vec::new());
    long.put(&joined);
    assert_eq!(long.what(), What::NotTheHead);
    // A folder without a trail.
    let nothing = Folder::new();
    assert_eq!(nothing.what(), What::NoHead);
    assert_eq!(head(&nothing.0, None), Ok(None::<Head>));
}

#[test]
fn bytes_after_the_last_line_are_told() {
    let (folder, states) = trail(2, 1 << 20);
    let mut contents = states[2].clone();
    contents
        .get_mut("audit-000001.jsonl")
        .unwrap()
        .extend(b"{\"seq\":3");
    folder.put(&contents);
    let checked = Verified {
        unfinished: 8,
        ..whole(2, 1)
    };
    assert_eq!(folder.whole(), checked);
    contents.get_mut("audit-000001.jsonl").unwrap().push(b'\n');
    folder.put(&contents);
    assert_eq!(folder.what(), What::NoLine);
}

#[test]
fn lines_are_given_until_the_first_that_is_out_of_place() {
    let (folder, states) = trail(3, 1 << 20);
    let mut contents = states[3].clone();
    let at = contents["audit-000001.jsonl"].len() - 3;
    contents.get_mut("audit-000001.jsonl").unwrap()[at] ^= 1;
    folder.put(&contents);
    let mut given = Vec::new();
    let mut take = |line: &super::super::Line| {
        given.push(line.seq);
        Ok(())
    };
    assert!(walk(&folder.0, None, Wanted::default(), &mut take).is_err());
    assert_eq!(given, [1, 2]);
}

#[test]
fn an_expected_line_is_read_as_it_is_printed() {
    let mac = Mac::from_hex(&"0f".repeat(32)).unwrap();
    let text = format!(" 12:{mac}\n");
    assert_eq!(text.parse(), Ok(Expected { seq: 12, mac }));
    for bad in [
        "",
        "12",
        "12:",
        ":00",
        &format!("x:{mac}"),
        &format!("12:{mac}0"),
    ] {
        assert_eq!(
            bad.parse::<Expected>(),
            Err("it is not of the form SEQ:MAC that `stoq-mcp audit head` prints"),
            "{bad}"
        );
    }
}
