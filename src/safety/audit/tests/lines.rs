//! What is written, and where.

use super::super::place;
use super::super::types::{Amount, Confirmed, Kind, Refusal, Writes};
use super::super::{Audit, AuditError, Line, head, line};
use super::*;

#[test]
fn a_line_holds_what_the_event_says_and_its_place() {
    let folder = Folder::new();
    let writer = folder.writer(1 << 20);
    let told = Event::intent(now(), &subject(5))
        .count(412)
        .amount(Amount::new("129.90", "EUR").unwrap())
        .amount(Amount::new("-3", "USD").unwrap())
        .confirmed(Confirmed::Elicited);
    writer.write(&told).unwrap();
    let ended = Event::outcome(now(), &subject(5), Status::Unknown)
        .upstream_status(504)
        .points(2)
        .took_ms(1234);
    writer.write(&ended).unwrap();
    let bare = Subject {
        shop: None,
        client: None,
        digest: None,
        ..subject(6)
    };
    writer
        .write(&Event::blocked(now(), &bare, Refusal::WritesOff))
        .unwrap();
    writer
        .write(&Event::switch(now(), Name::new("ops"), Writes::Off))
        .unwrap();
    let text = fs::read_to_string(folder.path("audit-000001.jsonl")).unwrap();
    let without_codes: Vec<&str> = text
        .lines()
        .map(|line| line.split_once(",\"mac\":\"").unwrap().0)
        .collect();
    let zeros = "0".repeat(64);
    let digest = "02".repeat(32);
    let call = |number: u8, event: &str, more: &str, rest: &str| {
        format!(
            "\"at\":\"2026-03-01T09:30:00.250Z\",\"event\":\"{event}\",\"call\":\"00000000-0000-0000-0000-00000000000{number}\",\"principal\":\"local\",{more}\"action\":\"preorders_offers_disable\",\"class\":\"write\"{rest}"
        )
    };
    let who = "\"shop\":\"01010101010101010101010101010101\",\"client\":\"tester/1.0\",";
    assert_eq!(
        without_codes,
        [
            format!("{{\"seq\":1,{}", call(5, "intent", who, &format!(",\"digest\":\"{digest}\",\"count\":412,\"amount\":[\"129.90 EUR\",\"-3 USD\"],\"confirmed\":\"elicited\",\"previous\":\"{zeros}\""))),
            format!("{{\"seq\":2,{}", call(5, "outcome", who, &format!(",\"digest\":\"{digest}\",\"status\":\"unknown\",\"upstream_status\":504,\"points\":2,\"took_ms\":1234"))),
            format!("{{\"seq\":3,{}", call(6, "blocked", "", ",\"reason\":\"writes_off\"")),
            "{\"seq\":4,\"at\":\"2026-03-01T09:30:00.250Z\",\"event\":\"switch\",\"principal\":\"ops\",\"writes\":\"off\"".to_owned(),
        ]
    );
    assert_eq!(folder.whole(), whole(4, 1));
    let last = head(&folder.0, None).unwrap().unwrap();
    assert_eq!(last.seq, 4);
    assert!(text.ends_with(&format!(",\"mac\":\"{}\"}}\n", last.mac)));
    assert_eq!(last.bytes, length(&folder.path("audit-000001.jsonl")));
}

#[test]
fn no_field_takes_more_than_it_is_for() {
    let text = |text: &str| text.to_owned();
    let name = Name::new("a\n\u{202e}stoq_api_key_abc123 b");
    assert_eq!(name.as_str(), "a … b");
    let long = Name::of_client(&"x".repeat(80), "1");
    assert_eq!(long.as_str(), "x".repeat(64));
    assert_eq!(Name::of_client("x", &"1".repeat(62)).as_str().len(), 64);
    assert_eq!(Name::try_from(text("a b")).unwrap().as_str(), "a b");
    assert!(Name::try_from(text("a\tb")).is_err());
    assert_eq!(String::from(Name::new("a")), "a");

    let action = |text: &str| ActionName::new(text).as_str().to_owned();
    let longest = "a".repeat(48);
    assert_eq!(action("v1_intents_2"), "v1_intents_2");
    assert_eq!(action(&longest), longest);
    for bad in ["", "ann@example.com", "A", "a-b", "a b", &"a".repeat(49)] {
        assert_eq!(action(bad), "unknown", "{bad}");
        assert!(ActionName::try_from(text(bad)).is_err(), "{bad}");
    }
    assert_eq!(ActionName::try_from(text("a")).unwrap().as_str(), "a");

    let hash = |text: &str| Hash::try_from(text.to_owned()).ok().map(String::from);
    for length in [0, 15, 16, 17, 31, 32, 33] {
        let hex = "0a".repeat(length);
        let fits = matches!(length, 16 | 32);
        assert_eq!(hash(&hex), fits.then_some(hex));
    }
    assert_eq!(hash(&"0A".repeat(16)), None);

    let id = "00000000-0000-0000-0000-0000000000aa";
    assert_eq!(String::from(CallId::try_from(text(id)).unwrap()), id);
    assert!(CallId::try_from(id.to_uppercase()).is_err());
    assert!(CallId::try_from(text("ann")).is_err());
    assert_ne!(CallId::new(), CallId::new());

    let amount = |decimal: &str, currency: &str| Amount::new(decimal, currency).map(String::from);
    let most = format!("-{}.1234", "9".repeat(15));
    assert_eq!(amount(&most, "EUR"), Some(format!("{most} EUR")));
    assert_eq!(
        Amount::try_from(text("0 JPY")),
        Ok(Amount::new("0", "JPY").unwrap())
    );
    for (decimal, currency) in [
        ("", "EUR"),
        ("-", "EUR"),
        ("--1", "EUR"),
        (".5", "EUR"),
        ("5.", "EUR"),
        ("1.12345", "EUR"),
        ("1,5", "EUR"),
        ("1e3", "EUR"),
        ("1.1.1", "EUR"),
        ("1", "EU"),
        ("1", "EURO"),
        ("1", "eur"),
        ("1", ""),
        (&"9".repeat(16), "EUR"),
    ] {
        assert_eq!(amount(decimal, currency), None, "{decimal} {currency}");
        assert!(Amount::try_from(format!("{decimal} {currency}")).is_err());
    }
    assert!(Amount::try_from(text("1EUR")).is_err());
}

#[test]
fn a_file_is_closed_at_its_size_and_the_chain_goes_on() {
    let (folder, _) = trail(2, 1 << 20);
    let size = length(&folder.path("audit-000001.jsonl"));
    let (folder, _) = trail(2, size);
    assert_eq!(folder.whole(), whole(2, 1));
    let (folder, _) = trail(2, size - 1);
    assert_eq!(folder.whole(), whole(2, 2));
    let (folder, _) = trail(5, 0);
    assert_eq!(folder.whole(), whole(5, 5));
    let names: Vec<String> = folder.contents().into_keys().collect();
    assert_eq!(
        names,
        [
            "audit-000001.jsonl",
            "audit-000002.jsonl",
            "audit-000003.jsonl",
            "audit-000004.jsonl",
            "audit-000005.jsonl",
            "audit.key",
            "head.json",
        ]
    );
    // Each first line brings the code of the line before.
    let first = fs::read_to_string(folder.path("audit-000001.jsonl")).unwrap();
    let second = fs::read_to_string(folder.path("audit-000002.jsonl")).unwrap();
    let code = first
        .split("\"mac\":\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert!(second.contains(&format!("\"previous\":\"{code}\"")));
}

#[test]
fn the_names_of_files_are_numbers_of_six_digits_or_more() {
    assert_eq!(place::file_name(1), "audit-000001.jsonl");
    assert_eq!(place::file_name(1_234_567), "audit-1234567.jsonl");
    assert_eq!(place::file_number("audit-000012.jsonl"), Some(12));
    assert_eq!(place::file_number("audit-1234567.jsonl"), Some(1_234_567));
    for other in [
        "audit-1.jsonl",
        "audit-0000001.jsonl",
        "audit-.jsonl",
        "audit-000001.json",
        "x",
    ] {
        assert_eq!(place::file_number(other), None, "{other}");
    }
}

#[cfg(unix)]
#[test]
fn only_this_user_may_read_the_trail() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, _) = trail(1, 1 << 20);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.0), 0o700);
    for name in ["audit-000001.jsonl", "audit.key", "audit.lock", "head.json"] {
        assert_eq!(mode(&folder.path(name)), 0o600, "{name}");
    }
    // A key that others could read is refused, by writers and readers.
    for bits in [0o640, 0o604, 0o610] {
        let open = fs::Permissions::from_mode(bits);
        fs::set_permissions(folder.path("audit.key"), open).unwrap();
        let error = folder.writer(1).write(&event(1)).unwrap_err().to_string();
        assert!(error.contains("Run `chmod 600` on it"), "{error}");
        assert!(matches!(
            folder.verify(),
            Err(VerifyError::Unread(AuditError::Key { .. }))
        ));
    }
}

#[test]
fn a_key_that_is_handed_in_never_lies_beside_the_lines() {
    let folder = Folder::new();
    let writer = Writer::new(folder.0.clone(), 1 << 20, Some(given()));
    writer.write(&event(0)).unwrap();
    assert!(!folder.path("audit.key").exists());
    let checked = verify(&folder.0, Some(given()), Wanted::default()).unwrap();
    assert_eq!(checked, whole(1, 1));
    assert_eq!(head(&folder.0, Some(given())).unwrap().unwrap().seq, 1);
    // Without it, or with another, nothing is checked and nothing is written.
    assert!(matches!(
        folder.verify(),
        Err(VerifyError::Unread(AuditError::Key { .. }))
    ));
    assert!(matches!(
        folder.writer(1).write(&event(1)),
        Err(AuditError::Key { .. })
    ));
    assert!(!folder.path("audit.key").exists());
    let other = || Some(Key::new(&[8; 32]));
    assert!(matches!(
        verify(&folder.0, other(), Wanted::default()),
        Err(VerifyError::Found(Finding {
            what: What::Head,
            ..
        }))
    ));
    let writer = Writer::new(folder.0.clone(), 1, other());
    assert!(matches!(
        writer.write(&event(1)),
        Err(AuditError::Broken { .. })
    ));
    assert!(matches!(
        head(&folder.0, other()),
        Err(AuditError::Broken { .. })
    ));
}

#[test]
fn each_trail_has_a_key_of_its_own() {
    let (one, _) = trail(1, 1);
    let (other, _) = trail(1, 1);
    let (one, other) = (one.contents(), other.contents());
    assert_ne!(one["audit.key"], other["audit.key"]);
    assert_eq!(one["audit.key"].len(), 65);
}

#[test]
fn a_line_longer_than_any_reader_takes_is_not_written() {
    let (folder, _) = trail(1, 1 << 20);
    let before = length(&folder.path("audit-000001.jsonl"));
    let writer = folder.writer(1 << 20);
    // Each amount costs 8 bytes at the least: quotes, comma and the text.
    let costing = |bytes: usize| {
        let mut event = Event::intent(now(), &subject(1));
        for _ in 0..bytes / 8 - 1 {
            event = event.amount(Amount::new("1", "EUR").unwrap());
        }
        let last = "1".repeat(1 + bytes % 8);
        event.amount(Amount::new(&last, "EUR").unwrap())
    };
    writer.write(&costing(800)).unwrap();
    let cost = usize::try_from(length(&folder.path("audit-000001.jsonl")) - before).unwrap() - 800;
    let fits = line::MOST_BYTES - cost;
    writer.write(&costing(fits)).unwrap();
    let after = length(&folder.path("audit-000001.jsonl"));
    assert_eq!(writer.write(&costing(fits + 1)), Err(AuditError::TooLong));
    assert_eq!(length(&folder.path("audit-000001.jsonl")), after);
    assert_eq!(folder.whole(), whole(3, 1));
}

#[tokio::test]
async fn an_audit_writes_when_the_first_line_is_due_or_when_it_is_opened() {
    assert!(!Audit::none().is_kept());
    assert_eq!(Audit::none().write(event(0)).await, Ok(()));
    let folder = Folder::new();
    let audit = Audit::lazy(&folder.0, 1 << 20, None);
    assert!(audit.is_kept());
    assert!(!folder.0.exists());
    audit.clone().write(event(0)).await.unwrap();
    audit.write(event(1)).await.unwrap();
    assert_eq!(folder.whole(), whole(2, 1));

    let folder = Folder::new();
    let audit = Audit::open(&folder.0, 1 << 20, None, now()).unwrap();
    assert_eq!(folder.whole(), whole(0, 0));
    audit.write(event(0)).await.unwrap();
    assert_eq!(folder.whole(), whole(1, 1));
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_an_error_that_says_what_to_do() {
    let folder = Folder::new();
    fs::write(&folder.0, "a file stands in its place").unwrap();
    let inside = folder.0.join("audit");
    let error = Audit::open(&inside, 1, None, now()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("the audit trail in {} cannot be used: the folder: ", inside.display()))
            && text.ends_with("Free space there or make the folder writable; until then nothing is sent that would have to be recorded"),
        "{text}"
    );
    let audit = Audit::lazy(&inside, 1, None);
    assert_eq!(audit.write(event(0)).await, Err(error));
    fs::remove_file(&folder.0).unwrap();
}

#[test]
fn many_writers_keep_one_chain() {
    let folder = Folder::new();
    // Each thread has a handle of its own on half of the lines and shares one on the others.
    let shared = folder.writer(3000);
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let (shared, folder) = (&shared, &folder);
            scope.spawn(move || {
                let own = folder.writer(3000);
                for number in 0..6 {
                    let writer = if number % 2 == 0 { &own } else { shared };
                    let event = event(0).count(thread * 100 + number);
                    writer.write(&event).unwrap();
                }
            });
        }
        // A look between the writes finds nothing wrong.
        for _ in 0..40 {
            if folder.path("head.json").exists() {
                folder.whole();
            }
        }
    });
    let mut counts: Vec<Vec<u64>> = vec![Vec::new(); 4];
    let mut take = |line: &Line| {
        let count = line.count.unwrap();
        counts[usize::try_from(count / 100).unwrap()].push(count % 100);
        assert_eq!(line.event, Kind::Intent);
        Ok(())
    };
    let checked = super::super::verify::walk(&folder.0, None, Wanted::default(), &mut take);
    let checked = checked.unwrap();
    assert_eq!((checked.lines, checked.torn), (24, 0));
    assert!(checked.files > 1);
    let in_order: Vec<u64> = (0..6).collect();
    assert_eq!(counts, vec![in_order; 4]);
}
