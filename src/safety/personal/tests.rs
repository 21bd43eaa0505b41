//! Masks, finds and handles, each guard by what it lets pass and what not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::book::{KEPT_MS, is_handle};
use super::*;
use crate::safety::store::{Added, Space, Store, StoreError, Stored};

const KEY: [u8; 32] = [7; 32];
const NOW: i64 = 1_767_225_600_000;

/// A store in memory that can be told to fail.
#[derive(Debug, Default)]
struct Shelf {
    records: Mutex<HashMap<String, (Vec<u8>, i64)>>,
    fails: Mutex<bool>,
    writes: Mutex<Vec<usize>>,
}

impl Shelf {
    fn check(&self) -> Result<(), StoreError> {
        match *self.fails.lock().unwrap() {
            true => Err(StoreError {
                reason: "down".to_owned(),
            }),
            false => Ok(()),
        }
    }
}

impl Store for Shelf {
    fn get<'a>(&'a self, space: Space, key: &'a str) -> Stored<'a, Option<Vec<u8>>> {
        assert_eq!(space, Space::Handles);
        let found = self.records.lock().unwrap().get(key).cloned();
        Box::pin(async move { self.check().map(|()| found.map(|(bytes, _)| bytes)) })
    }

    fn put<'a>(
        &'a self,
        space: Space,
        records: &'a [(String, Vec<u8>)],
        until: i64,
    ) -> Stored<'a, ()> {
        assert_eq!(space, Space::Handles);
        Box::pin(async move {
            self.check()?;
            self.writes.lock().unwrap().push(records.len());
            let mut kept = self.records.lock().unwrap();
            kept.extend(
                records
                    .iter()
                    .cloned()
                    .map(|(key, value)| (key, (value, until))),
            );
            Ok(())
        })
    }

    fn put_new<'a>(
        &'a self,
        _: Space,
        _: &'a str,
        _: &'a [u8],
        _: i64,
    ) -> Stored<'a, Option<Vec<u8>>> {
        unreachable!()
    }

    fn swap<'a>(
        &'a self,
        _: Space,
        _: &'a str,
        _: &'a [u8],
        _: Option<&'a [u8]>,
        _: i64,
    ) -> Stored<'a, bool> {
        unreachable!()
    }

    fn list<'a>(&'a self, _: Space, _: &'a str) -> Stored<'a, Vec<(String, Vec<u8>)>> {
        unreachable!()
    }

    fn add<'a>(&'a self, _: Space, _: &'a str, _: i64, _: i64, _: i64) -> Stored<'a, Added> {
        unreachable!()
    }
}

fn handles(key: [u8; 32], shelf: &Arc<Shelf>) -> Masker {
    Masker::new(
        PersonalData::Handles,
        &key,
        Arc::clone(shelf) as Arc<dyn Store>,
    )
    .unwrap()
}

async fn resolved(masker: &Masker, mut arguments: Value) -> Result<Value, Unusable> {
    let map = arguments.as_object_mut().unwrap();
    masker.resolve(map, NOW).await.map(|_| arguments)
}

#[test]
fn each_kind_keeps_what_shows_its_form() {
    for (kind, text, wanted) in [
        (Kind::Email, "rosa.lind@example.com", "r***@example.com"),
        (Kind::Email, "é@x.io", "é***@x.io"),
        (Kind::Email, "@x.io", "***@x.io"),
        (Kind::Email, "a@b@x.io", "a***@x.io"),
        (Kind::Email, "a@", "***"),
        (Kind::Email, "a@x io", "***"),
        (Kind::Email, "+15035550177", "+1***77"),
        (Kind::Email, "some-push-token", "***"),
        (Kind::Phone, "+15035550177", "+1***77"),
        (Kind::Phone, "15035550177", "+1***77"),
        (Kind::Phone, "+7 916 555-01-02", "+7***02"),
        (Kind::Phone, "0049 30 5550134", "+49***34"),
        (Kind::Phone, "+353 (1) 555/0134", "+353***34"),
        (Kind::Phone, "5550177", "***77"),
        (Kind::Phone, "1503555017", "***17"),
        (Kind::Phone, "555017", "***"),
        (Kind::Phone, "+123456789012345", "+1***45"),
        (Kind::Phone, "+1234567890123456", "***"),
        (Kind::Phone, "+1503555017x", "***"),
        (Kind::Name, "Rosa Lind", "R***"),
        (Kind::Name, " \u{5e9} ", "\u{5e9}***"),
        (Kind::Name, "=*Rosa", "R***"),
        (Kind::Name, "*", "***"),
        (Kind::Email, "'rosa@x.io", "r***@x.io"),
        (Kind::Address, "1 Main St", "***"),
        (Kind::Token, "abc", "***"),
        (Kind::Name, " ", ""),
    ] {
        assert_eq!(mask(kind, text), wanted, "{kind:?} {text}");
        assert_eq!(mask(kind, wanted), wanted, "a mask stays");
    }
}

#[test]
fn kinds_have_names_and_unknown_fields_a_kind_by_theirs() {
    for (kind, name) in Kind::ALL
        .into_iter()
        .zip(["email", "phone", "name", "address", "token"])
    {
        assert_eq!((kind.as_str(), Kind::parse(name)), (name, Some(kind)));
    }
    assert_eq!(Kind::parse("iban"), None);
    for (field, kind) in [
        ("customer_email", Some(Kind::Email)),
        ("Contact", Some(Kind::Email)),
        ("Phone Number", Some(Kind::Phone)),
        ("mobile", Some(Kind::Phone)),
        ("sms_to", Some(Kind::Phone)),
        ("whatsapp", Some(Kind::Phone)),
        ("shipping_address", Some(Kind::Address)),
        ("street", Some(Kind::Address)),
        ("City", Some(Kind::Address)),
        ("zip", Some(Kind::Address)),
        ("postcode", Some(Kind::Address)),
        ("postal_area", Some(Kind::Address)),
        ("token", Some(Kind::Token)),
        ("push_id", Some(Kind::Token)),
        ("device", Some(Kind::Token)),
        ("endpoint", Some(Kind::Token)),
        ("name", Some(Kind::Name)),
        ("customer", Some(Kind::Name)),
        ("shopper", Some(Kind::Name)),
        ("recipient", Some(Kind::Name)),
        ("buyer", Some(Kind::Name)),
        ("first_name", Some(Kind::Name)),
        ("last_requested_at", None),
        ("units", None),
    ] {
        assert_eq!(Kind::of_field(field), kind, "{field}");
    }
}

#[test]
fn masks_are_known_from_texts() {
    for text in [
        "a***@example.com",
        "***@x.io",
        "'a***@x.io",
        "R***",
        "***",
        "+1***77",
        "'+49***01",
        "***77",
        "353***77",
        " a***@x.io ",
    ] {
        assert!(is_mask(text), "{text}");
    }
    for text in [
        "",
        "a@example.com",
        "ab***@x.io",
        "a***@",
        "a***@x y",
        "ab***",
        "*** Sale ***",
        "a***b",
        "+1***7",
        "+1***777",
        "+1234***77",
        "+a***77",
        "+1***7a",
        "a**@x.io",
    ] {
        assert!(!is_mask(text), "{text}");
    }
}

#[test]
fn addresses_are_found_wherever_they_stand() {
    let masked = Masker::masked();
    for (text, wanted) in [
        ("no address", "no address"),
        (
            "`rosa.lind@example.com` is taken.",
            "`r***@example.com` is taken.",
        ),
        ("{\"email\":\"rosa@x.io\"}", "{\"email\":\"r***@x.io\"}"),
        (
            "/signups/rosa%40x.io?email=rosa@x.io",
            "/signups/r***@x.io?email=r***@x.io",
        ),
        ("a@x.io, b@y.io;c@z.io.", "a***@x.io, b***@y.io;c***@z.io."),
        ("mailto:o'hara&sons@x.io", "mailto:o***@x.io"),
        ("übung@exämple.io", "ü***@exämple.io"),
        ("=1+1@x.io", "=1***@x.io"),
        ("(rosa@x.io)", "(r***@x.io)"),
        ("user@host @ x.io", "user@host @ x.io"),
        ("@x.io a@.io", "@x.io a@.io"),
        ("call +1 (503) 555-0177 now", "call +1***77 now"),
        ("+15035550177, +4930555013", "+1***77, +49***13"),
        ("1+15035550177", "1+15035550177"),
        ("2026-03-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00"),
        ("+555017", "+555017"),
        ("+5550177", "+55***77"),
        ("+123456789012345", "+1***45"),
        ("+1234567890123456", "+1234567890123456"),
        ("+1503555   0177", "+1***55   0177"),
        ("50% off + 3 %", "50% off + 3 %"),
        ("+15035550177@x.io", "+1***77@x.io"),
    ] {
        assert_eq!(masked.text(text), wanted, "{text}");
    }
    let many = "a@".repeat(200_000);
    assert_eq!(masked.text(&many), many);
}

#[tokio::test]
async fn a_handle_leads_back_to_its_value_on_every_replica() {
    let shelf = Arc::new(Shelf::default());
    let here = handles(KEY, &shelf);
    assert_eq!(here.mode(), PersonalData::Handles);
    let handle = here.field(Kind::Email, "Rosa@Example.com").into_owned();
    assert!(is_handle(&handle) && handle.len() == 24, "{handle}");
    // One address has one handle, whatever its spelling; another kind has another.
    assert_eq!(here.field(Kind::Email, " rosa@example.com "), handle);
    assert_ne!(here.field(Kind::Name, "Rosa@Example.com"), handle);
    assert_eq!(
        here.field(Kind::Phone, "+1 503 555 0177"),
        here.field(Kind::Phone, "0015035550177")
    );
    assert_ne!(here.field(Kind::Token, "A"), here.field(Kind::Token, "a"));
    assert_eq!(here.field(Kind::Name, " "), " ");
    assert_eq!(here.text("to rosa@example.com"), format!("to {handle}"));
    // Usable at once, and elsewhere once it was written.
    let wanted = json!({"a": {"b": ["x", "Rosa@Example.com"]}, "n": 1});
    let given = json!({"a": {"b": ["x", format!(" {handle} ")]}, "n": 1});
    assert_eq!(resolved(&here, given.clone()).await, Ok(wanted.clone()));
    let there = handles(KEY, &shelf);
    let unknown = Err(Unusable::Unknown("a.b.1".to_owned()));
    assert_eq!(resolved(&there, given.clone()).await, unknown);
    here.flush(NOW).await.unwrap();
    assert_eq!(resolved(&here, given.clone()).await, Ok(wanted.clone()));
    assert_eq!(resolved(&there, given.clone()).await, Ok(wanted.clone()));
    // The store holds no word of it, and a day is all it keeps it.
    for (bytes, until) in shelf.records.lock().unwrap().values() {
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        assert!(!text.contains("rosa") && !text.contains("5550177"));
        assert_eq!(*until, NOW + KEPT_MS);
    }
    // Once known it needs no store.
    shelf.records.lock().unwrap().clear();
    assert_eq!(resolved(&there, given.clone()).await, Ok(wanted));
    assert_eq!(resolved(&handles(KEY, &shelf), given).await, unknown);
}

#[tokio::test]
async fn another_shops_server_cannot_read_a_record() {
    let shelf = Arc::new(Shelf::default());
    let (here, other) = (handles(KEY, &shelf), handles([8; 32], &shelf));
    let handle = here.field(Kind::Name, "Rosa").into_owned();
    here.flush(NOW).await.unwrap();
    let unknown = Err(Unusable::Unknown("name".to_owned()));
    assert_eq!(resolved(&other, json!({"name": handle})).await, unknown);
    assert_ne!(other.field(Kind::Name, "Rosa"), handle);
    // A record under another's handle does not open, nor does one that was cut or changed.
    let moved = here.field(Kind::Name, "Anna").into_owned();
    let bytes = shelf.records.lock().unwrap()[&handle].0.clone();
    for wrong in [bytes.clone(), bytes[..20].to_vec(), Vec::new()] {
        shelf
            .records
            .lock()
            .unwrap()
            .insert(moved.clone(), (wrong, NOW + 1));
        assert_eq!(
            resolved(&handles(KEY, &shelf), json!({"name": moved})).await,
            unknown
        );
    }
    let mut changed = bytes;
    changed[14] ^= 1;
    shelf
        .records
        .lock()
        .unwrap()
        .insert(handle.clone(), (changed, NOW + 1));
    assert_eq!(
        resolved(&handles(KEY, &shelf), json!({"name": handle})).await,
        unknown
    );
}

#[tokio::test]
async fn a_record_is_written_once_and_again_before_it_goes() {
    let shelf = Arc::new(Shelf::default());
    let here = handles(KEY, &shelf);
    let writes = || shelf.writes.lock().unwrap().clone();
    let show = async |at: i64| {
        here.field(Kind::Name, "Rosa");
        here.flush(at).await
    };
    show(NOW).await.unwrap();
    show(NOW + KEPT_MS / 2).await.unwrap();
    assert_eq!(writes(), [1]);
    show(NOW + KEPT_MS / 2 + 1).await.unwrap();
    assert_eq!(writes(), [1, 1]);
    // What could not be written holds here, and is written when it is shown next.
    *shelf.fails.lock().unwrap() = true;
    let anna = here.field(Kind::Name, "Anna").into_owned();
    assert_eq!(here.flush(NOW).await.unwrap_err().reason, "down");
    assert_eq!(
        resolved(&here, json!({"a": anna})).await,
        Ok(json!({"a": "Anna"}))
    );
    let unknown = handles(KEY, &shelf);
    let down = StoreError {
        reason: "down".to_owned(),
    };
    assert_eq!(
        resolved(&unknown, json!({"a": anna})).await,
        Err(Unusable::Store(down))
    );
    *shelf.fails.lock().unwrap() = false;
    here.field(Kind::Name, "Anna");
    here.flush(NOW).await.unwrap();
    assert_eq!(writes(), [1, 1, 1]);
    // Many are written in pieces, and memory holds no more than its share.
    let names = (0..10_001).map(|nth| format!("Name {nth}"));
    let shown: Vec<String> = names
        .map(|name| here.field(Kind::Name, &name).into_owned())
        .collect();
    here.flush(NOW).await.unwrap();
    assert_eq!(writes()[3..], [[500; 20].as_slice(), &[1]].concat());
    shelf.records.lock().unwrap().clear();
    let mut lost = 0;
    for handle in std::iter::once(anna).chain(shown) {
        lost += usize::from(resolved(&here, json!({"a": handle})).await.is_err());
    }
    // Anna, who was there before, and the first of the new ones.
    assert_eq!(lost, 2);
}

#[tokio::test]
async fn masks_and_foreign_handles_are_no_arguments() {
    for masker in [
        Masker::full(),
        Masker::masked(),
        handles(KEY, &Arc::default()),
    ] {
        let mask = resolved(&masker, json!({"to": {"email": "a***@x.io"}})).await;
        assert_eq!(mask, Err(Unusable::Mask("to.email".to_owned())));
        let none = resolved(&masker, json!({"email": format!("per_{}", "a".repeat(20))})).await;
        assert_eq!(none, Err(Unusable::Unknown("email".to_owned())));
        let plain = json!({"a": "per_", "b": format!("per_{}", "a".repeat(19)), "c": ["*** x"],
            "d": format!("per_{}", "A".repeat(20)), "e": "per_".repeat(6)});
        assert_eq!(resolved(&masker, plain.clone()).await, Ok(plain));
    }
    assert_eq!(Masker::full().mode(), PersonalData::Full);
    assert_eq!(Masker::masked().mode(), PersonalData::Masked);
    for mode in [
        PersonalData::Full,
        PersonalData::Masked,
        PersonalData::Handles,
    ] {
        let store: Arc<dyn Store> = Arc::new(Shelf::default());
        assert_eq!(Masker::new(mode, &KEY, store).unwrap().mode(), mode);
    }
}

#[test]
fn a_mode_has_one_name() {
    for (name, mode) in [
        ("masked", PersonalData::Masked),
        ("handles", PersonalData::Handles),
        ("full", PersonalData::Full),
    ] {
        assert_eq!(mode.as_str(), name);
        assert_eq!(json!(mode), json!(name));
    }
}

#[tokio::test]
async fn what_was_resolved_is_told_as_a_handle() {
    let masker = handles(KEY, &Arc::default());
    let phone = masker.field(Kind::Phone, "15035550177").into_owned();
    let short = masker.field(Kind::Name, "Al").into_owned();
    let three = masker.field(Kind::Name, "Ali").into_owned();
    let Value::Object(mut arguments) = json!({"a": phone, "b": short, "c": three}) else {
        unreachable!()
    };
    let resolved = masker.resolve(&mut arguments, NOW).await.unwrap();
    assert_eq!(
        Value::Object(arguments),
        json!({"a": "15035550177", "b": "Al", "c": "Ali"})
    );
    assert_eq!(
        masker.told(&resolved, "`15035550177` of Al, Ali"),
        format!("`{phone}` of Al, {three}")
    );
    assert_eq!(format!("{resolved:?}"), "Resolved(3)");
    let email = masker.field(Kind::Email, "b@x.io").into_owned();
    assert_eq!(masker.told(&Resolved::default(), "b@x.io"), email);
    let full = Masker::full();
    assert_eq!(full.told(&Resolved::default(), "b@x.io"), "b@x.io");
    assert_eq!(full.field(Kind::Email, "b@x.io"), "b@x.io");
    assert_eq!(Masker::masked().field(Kind::Email, "b@x.io"), "b***@x.io");
    assert_eq!(Masker::masked().field(Kind::Email, " "), " ");
    assert!(!format!("{masker:?}").contains("b@x.io"));
}

proptest! {
    #[test]
    fn a_mask_is_known_as_one_and_shows_little(kind in 0_usize..5, text in "\\PC{1,40}") {
        let kind = Kind::ALL[kind];
        let masked = mask(kind, &text);
        prop_assert!(masked.is_empty() || is_mask(&masked), "{masked}");
        prop_assert!(masked.is_empty() || masked.contains("***"));
    }

    #[test]
    fn no_address_is_left(before in "[ ,\"(=:/]?", local in "[a-z0-9.+_-]{1,9}[a-z]", domain in "[a-z]{2,9}\\.[a-z]{2,3}") {
        let text = format!("{before}{local}@{domain}");
        let shown = Masker::masked().text(&text).into_owned();
        prop_assert!(!shown.contains(&format!("{local}@")), "{shown}");
    }
}
