//! Masks: what is left of personal data when only its form is to be seen.

/// What stands for the part that is not shown.
const STARS: &str = "***";
/// Digits of a phone number that is one.
pub(super) const FEWEST_DIGITS: usize = 7;
pub(super) const MOST_DIGITS: usize = 15;
/// Digits of a number that has its country code even without a `+`.
const WITH_COUNTRY: usize = 11;
/// Country codes of two digits (ITU-T E.164); 1 and 7 have one, all others three.
const TWO_DIGITS: [&str; 44] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47",
    "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65",
    "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
];

/// A kind of personal data (`x-pii` in the registry).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// E-mail address, or whatever else a contact is.
    Email,
    /// Phone number.
    Phone,
    /// Name of a person.
    Name,
    /// Where somebody lives.
    Address,
    /// A push subscription or the like.
    Token,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Email,
        Self::Phone,
        Self::Name,
        Self::Address,
        Self::Token,
    ];

    /// The name in the registry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Name => "name",
            Self::Address => "address",
            Self::Token => "token",
        }
    }

    /// The kind of a name in the registry.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What a field that no schema knows may hold, by its name: rather too much than too little.
    pub fn of_field(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        if has(&["mail", "contact"]) {
            Some(Self::Email)
        } else if has(&["phone", "mobile", "sms", "whatsapp"]) {
            Some(Self::Phone)
        } else if has(&["address", "street", "city", "zip", "postcode", "postal"]) {
            Some(Self::Address)
        } else if has(&["token", "push", "device", "endpoint"]) {
            Some(Self::Token)
        } else if has(&["name", "customer", "shopper", "recipient", "buyer"]) {
            Some(Self::Name)
        } else {
            None
        }
    }
}

/// What is shown of a value. A mask stays as it is.
pub fn mask(kind: Kind, text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || is_mask(text) {
        return text.to_owned();
    }
    match kind {
        Kind::Email => email(text),
        Kind::Phone => phone(text),
        Kind::Name => format!("{}{STARS}", initial(text)),
        Kind::Address | Kind::Token => STARS.to_owned(),
    }
}

fn email(text: &str) -> String {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return phone(text);
    };
    let is_domain = |symbol: char| symbol.is_alphanumeric() || matches!(symbol, '.' | '-');
    if domain.is_empty() || !domain.chars().all(is_domain) {
        return STARS.to_owned();
    }
    format!("{}{STARS}@{domain}", initial(local))
}

/// The first letter or digit.
fn initial(text: &str) -> String {
    let first = text.chars().find(|symbol| symbol.is_alphanumeric());
    first.map(String::from).unwrap_or_default()
}

fn phone(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_number = text
        .chars()
        .all(|symbol| symbol.is_ascii_digit() || " +-.()/".contains(symbol));
    if !is_number || !(FEWEST_DIGITS..=MOST_DIGITS).contains(&digits.len()) {
        return STARS.to_owned();
    }
    let last = digits.get(digits.len() - 2..).unwrap_or_default();
    let country = match digits.strip_prefix("00") {
        Some(rest) => country(rest),
        None if text.starts_with('+') || digits.len() >= WITH_COUNTRY => country(&digits),
        None => return format!("{STARS}{last}"),
    };
    format!("+{country}{STARS}{last}")
}

/// The country code that digits begin with, as far as it can be guessed.
fn country(digits: &str) -> &str {
    let length = if digits.starts_with(['1', '7']) {
        1
    } else if TWO_DIGITS.iter().any(|code| digits.starts_with(code)) {
        2
    } else {
        3
    };
    digits.get(..length).unwrap_or_default()
}

/// Whether a text is a mask as [`mask`] makes them, and so stands for nobody.
pub fn is_mask(text: &str) -> bool {
    // A sheet's mark for "this is text" may have come along with it.
    let text = text.trim().trim_start_matches('\'');
    let Some((before, after)) = text.split_once(STARS) else {
        return false;
    };
    let digits = |text: &str| text.chars().all(|symbol| symbol.is_ascii_digit());
    let first = before.chars().count() <= 1;
    match after.strip_prefix('@') {
        Some(domain) => first && !domain.is_empty() && !domain.contains(char::is_whitespace),
        None if after.is_empty() => first,
        None => {
            let country = before.strip_prefix('+').unwrap_or(before);
            after.len() == 2 && digits(after) && country.len() <= 3 && digits(country)
        }
    }
}
