//! Lines chosen and printed.

use super::super::export::{COLUMNS, Filter, Form, Printer, unverified};
use super::super::types::{Amount, Confirmed, Kind, Refusal, Writes};
use super::super::verify::walk;
use super::super::{Event, Line};
use super::*;

fn lines(folder: &Folder) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut take = |line: &Line| {
        lines.push(line.clone());
        Ok(())
    };
    walk(&folder.0, None, Wanted::default(), &mut take).unwrap();
    lines
}

fn printed(lines: &[Line], form: Form) -> String {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, form).unwrap();
    for line in lines {
        printer.print(line).unwrap();
    }
    printer.end().unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn each_form_has_its_frame() {
    let (folder, _) = trail(2, 1);
    let lines = lines(&folder);
    let objects: Vec<String> = lines
        .iter()
        .map(|line| serde_json::to_string(line).unwrap())
        .collect();
    let (one, two) = (&objects[0], &objects[1]);
    assert_eq!(printed(&lines, Form::JsonLines), format!("{one}\n{two}\n"));
    assert_eq!(
        printed(&lines, Form::Json),
        format!("[\n{one},\n{two}\n]\n")
    );
    assert_eq!(printed(&[], Form::JsonLines), "");
    assert_eq!(printed(&[], Form::Json), "[\n]\n");
    assert_eq!(printed(&[], Form::Csv), format!("{}\n", COLUMNS.join(",")));
}

#[test]
fn a_table_has_every_member_and_no_cell_that_runs() {
    let folder = Folder::new();
    let hostile = Subject {
        principal: Name::new("=HYPERLINK(1)"),
        client: Some(Name::of_client("@a, \"b\"", "1")),
        ..subject(1)
    };
    let mut event = Event::blocked(now(), &hostile, Refusal::Cap)
        .count(3)
        .amount(Amount::new("-1.5", "EUR").unwrap())
        .amount(Amount::new("2", "USD").unwrap())
        .confirmed(Confirmed::Terminal)
        .upstream_status(422)
        .points(2)
        .took_ms(7);
    folder.writer(1).write(&event).unwrap();
    for sign in ["+1", "-1"] {
        event = Event::switch(now(), Name::new(sign), Writes::On);
        folder.writer(1).write(&event).unwrap();
    }
    let text = printed(&lines(&folder), Form::Csv);
    let rows: Vec<&str> = text.lines().skip(1).collect();
    let zeros = "0".repeat(64);
    assert_eq!(
        rows[0],
        format!(
            "1,2026-03-01T09:30:00.250Z,blocked,00000000-0000-0000-0000-000000000001,'=HYPERLINK(1),{},\"'@a, \"\"b\"\"/1\",preorders_offers_disable,write,{},3,\"'-1.5 EUR, 2 USD\",terminal,,422,2,7,cap,,{zeros}",
            "01".repeat(16),
            "02".repeat(32)
        )
    );
    let begins =
        |row: &str, name: &str| row.contains(&format!(",switch,,'{name},,,,,,,,,,,,,,on,"));
    assert!(begins(rows[1], "+1") && begins(rows[2], "-1"), "{rows:?}");
    // Every member has a column: a line with all of them has no others.
    let mut all = lines(&folder)[0].clone();
    all.status = Some(Status::Done);
    all.writes = Some(Writes::Off);
    let object = serde_json::to_value(&all).unwrap();
    let members: Vec<&str> = object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(members, COLUMNS);
}

#[test]
fn a_filter_takes_what_fits_all_that_is_asked() {
    let folder = Folder::new();
    folder.writer(1).write(&event(0)).unwrap();
    let line = lines(&folder).remove(0);
    let at = now();
    let second = chrono::Duration::seconds(1);
    let all = Filter::default();
    let text = |text: &str| Some(text.to_owned());
    for (filter, takes) in [
        (all.clone(), true),
        (
            Filter {
                since: Some(at),
                ..all.clone()
            },
            true,
        ),
        (
            Filter {
                since: Some(at + second),
                ..all.clone()
            },
            false,
        ),
        (
            Filter {
                before: Some(at),
                ..all.clone()
            },
            false,
        ),
        (
            Filter {
                before: Some(at + second),
                ..all.clone()
            },
            true,
        ),
        (
            Filter {
                principal: text("local"),
                ..all.clone()
            },
            true,
        ),
        (
            Filter {
                principal: text("other"),
                ..all.clone()
            },
            false,
        ),
        (
            Filter {
                shop: text(&"01".repeat(16)),
                ..all.clone()
            },
            true,
        ),
        (
            Filter {
                shop: text(""),
                ..all.clone()
            },
            false,
        ),
        (
            Filter {
                action: text("preorders_offers_disable"),
                ..all.clone()
            },
            true,
        ),
        (
            Filter {
                action: text("preorders"),
                ..all.clone()
            },
            false,
        ),
        (
            Filter {
                event: Some(Kind::Intent),
                ..all.clone()
            },
            true,
        ),
        (
            Filter {
                event: Some(Kind::Outcome),
                ..all.clone()
            },
            false,
        ),
        (
            Filter {
                action: text("none"),
                event: Some(Kind::Intent),
                ..all
            },
            false,
        ),
    ] {
        assert_eq!(filter.takes(&line), takes, "{filter:?}");
    }
    let bare = Line {
        principal: None,
        ..line
    };
    assert!(
        !Filter {
            principal: text(""),
            ..Filter::default()
        }
        .takes(&bare)
    );
}

#[test]
fn a_broken_trail_can_be_read_as_far_as_its_lines_can() {
    let (folder, states) = trail(4, 900);
    let mut contents = states[4].clone();
    let first = contents.get_mut("audit-000001.jsonl").unwrap();
    let edited = String::from_utf8(first.clone())
        .unwrap()
        .replacen("intent", "whatever", 1);
    *first = edited.into_bytes();
    first.extend(b"\xff\n\n{}\n{\"mac\":1}\n");
    contents.remove("head.json");
    contents.remove("audit.key");
    folder.put(&contents);
    let mut seqs = Vec::new();
    let mut take = |line: &Line| {
        seqs.push(line.seq);
        Ok(())
    };
    assert_eq!(unverified(&folder.0, &mut take).unwrap(), 5);
    assert_eq!(seqs, [2, 3, 4]);
}
