//! Slips of the fingers, the same in every run.

/// The ways a name is misspelt.
const WAYS: usize = 5;

/// A number that depends on nothing but a text.
fn number(text: &str) -> usize {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    usize::try_from(hash >> 33).unwrap()
}

/// A name with one slip; `seed` chooses which. Never one of the names that are `taken`.
pub fn misspelt(name: &str, seed: &str, taken: &dyn Fn(&str) -> bool) -> String {
    let start = number(&format!("{seed}/{name}"));
    (0..WAYS)
        .map(|way| slip(name, start + way))
        .find(|text| text != name && !taken(text))
        .unwrap_or_else(|| format!("{name}{}", name.chars().last().unwrap()))
}

fn slip(name: &str, way: usize) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let at = (way / WAYS) % letters.len();
    match way % WAYS {
        // A letter left out, never the only one that tells what is meant.
        0 if letters.len() > 3 => {
            letters.remove(at.max(1));
        }
        // Two letters in the wrong order.
        1 if letters.len() > 3 => {
            letters.swap(at.clamp(1, name.len() - 2), at.clamp(1, name.len() - 2) + 1)
        }
        // A letter typed twice.
        0..=2 => letters.insert(at, letters[at]),
        // Another way to join words.
        3 => return name.replace('_', "-"),
        _ => return camel(name),
    }
    letters.into_iter().collect()
}

fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (head, tail) = part.split_at(part.len().min(1));
        format!("{text}{}{tail}", head.to_uppercase())
    })
}
