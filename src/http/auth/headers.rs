//! Credentials in a request's headers.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// The vendor's header of a shop's key (vendor docs: Getting Started).
pub(in crate::http) const SHOP_KEY: HeaderName = HeaderName::from_static("x-auth-token");
/// Longest credential that is looked at.
const LONGEST: usize = 512;

/// What a request brings.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credential<'a> {
    /// Nothing.
    None,
    /// One text.
    One(&'a str),
    /// Something that is no credential of ours, or two that differ.
    Odd,
}

/// The bearer token.
pub(super) fn bearer(headers: &HeaderMap) -> Credential<'_> {
    only(headers, &header::AUTHORIZATION, |text| {
        let (scheme, rest) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(rest)
    })
}

/// The shop's key: the vendor's header, a bearer token, or both when they are the same.
pub(super) fn shop_key(headers: &HeaderMap) -> Credential<'_> {
    match (only(headers, &SHOP_KEY, Some), bearer(headers)) {
        (one, Credential::None) | (Credential::None, one) => one,
        (Credential::One(one), Credential::One(other)) if one == other => Credential::One(one),
        (Credential::One(_) | Credential::Odd, Credential::One(_) | Credential::Odd) => {
            Credential::Odd
        }
    }
}

/// Takes the credentials out, so that nothing behind the door can print or forward them.
pub(in crate::http) fn strip(headers: &mut HeaderMap) {
    headers.remove(header::AUTHORIZATION);
    headers.remove(header::PROXY_AUTHORIZATION);
    headers.remove(header::COOKIE);
    headers.remove(SHOP_KEY);
}

fn only<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    read: impl Fn(&'a str) -> Option<&'a str>,
) -> Credential<'a> {
    let mut values = headers.get_all(name).iter();
    let text = |value: &'a HeaderValue| {
        let text = read(value.to_str().ok()?)?.trim();
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        (is_plain && !text.is_empty() && text.len() <= LONGEST).then_some(text)
    };
    match (values.next(), values.next()) {
        (None, _) => Credential::None,
        (Some(value), None) => text(value).map_or(Credential::Odd, Credential::One),
        (Some(_), Some(_)) => Credential::Odd,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, text) in pairs {
            let value = HeaderValue::from_bytes(text.as_bytes()).unwrap();
            headers.append(name.clone(), value);
        }
        headers
    }

    #[test]
    fn a_bearer_token_is_one_plain_word() {
        let read = |values: &[&str]| {
            let pairs: Vec<_> = values
                .iter()
                .map(|text| (header::AUTHORIZATION, *text))
                .collect();
            match bearer(&headers(&pairs)) {
                Credential::One(text) => text.to_owned(),
                Credential::None => "none".to_owned(),
                Credential::Odd => "odd".to_owned(),
            }
        };
        assert_eq!(read(&[]), "none");
        assert_eq!(read(&["Bearer abc"]), "abc");
        assert_eq!(read(&["bEARER  abc "]), "abc");
        assert_eq!(read(&[&format!("Bearer {}", "x".repeat(512))]).len(), 512);
        for odd in [
            "",
            "Bearer",
            "Bearer ",
            "Basic abc",
            "Bearer a b",
            "Bearer \u{e9}",
        ] {
            assert_eq!(read(&[odd]), "odd", "{odd}");
        }
        assert_eq!(read(&[&format!("Bearer {}", "x".repeat(513))]), "odd");
        assert_eq!(read(&["Bearer abc", "Bearer abc"]), "odd");
    }

    #[test]
    fn a_shops_key_comes_by_either_header_or_by_both() {
        let (key, auth) = (SHOP_KEY, header::AUTHORIZATION);
        let one = |pairs: &[(HeaderName, &str)], wanted: Credential<'_>| {
            assert_eq!(shop_key(&headers(pairs)), wanted, "{pairs:?}");
        };
        one(&[], Credential::None);
        one(&[(key.clone(), "a")], Credential::One("a"));
        one(&[(auth.clone(), "Bearer a")], Credential::One("a"));
        one(
            &[(key.clone(), "a"), (auth.clone(), "Bearer a")],
            Credential::One("a"),
        );
        for odd in [
            [(key.clone(), "a"), (auth.clone(), "Bearer b")],
            [(key.clone(), "a"), (auth.clone(), "Basic a")],
            [(key.clone(), ""), (auth.clone(), "Bearer a")],
            [(key.clone(), "a"), (key.clone(), "a")],
        ] {
            one(&odd, Credential::Odd);
        }
    }

    #[test]
    fn nothing_secret_goes_on() {
        let mut all = headers(&[
            (header::AUTHORIZATION, "a"),
            (header::PROXY_AUTHORIZATION, "a"),
            (header::COOKIE, "a"),
            (SHOP_KEY, "a"),
            (header::ACCEPT, "a"),
        ]);
        strip(&mut all);
        assert_eq!(all, headers(&[(header::ACCEPT, "a")]));
    }
}
