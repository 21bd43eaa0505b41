//! Texts of others, made safe to show.

use crate::text::{KEY_PREFIX, line, without_keys};

/// The longest line asked for.
const MOST: usize = 120;

/// A text that was made safe is one short line without a hidden character, and making it safe again
/// changes nothing; a text whose keys were taken out holds none.
pub fn text(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for most in [1, 16, MOST] {
        let safe = line(&text, most);
        assert!(
            safe.chars().count() <= most + 1,
            "longer than {most}: {safe:?}"
        );
        let hidden = safe.chars().find(|symbol| hides(*symbol));
        assert_eq!(hidden, None, "a hidden character is left in {safe:?}");
        assert_eq!(line(&safe, most), safe, "not the same again");
    }
    let without = without_keys(&text);
    assert!(
        !without.contains(KEY_PREFIX),
        "a key is left in {without:?}"
    );
}

/// Characters that show nothing or move what stands beside them: controls, separators of lines, and
/// what Unicode 16 lists as `Default_Ignorable_Code_Point` or `Bidi_Control`. Written down here once
/// more, so that the code is measured by the standard and not by itself.
fn hides(symbol: char) -> bool {
    symbol.is_control()
        || matches!(symbol,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}
