//! Where a Redis is, and who asks it: the part that is secret, and the part that may be told.

use ::redis::{ConnectionInfo, IntoConnectionInfo};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// Ways to reach a Redis.
const SCHEMES: [&str; 4] = ["redis", "rediss", "unix", "redis+unix"];

/// An address as it was given, with name and password; never shown.
#[derive(Clone)]
pub struct Address(SecretString);

impl Address {
    /// An address from its text, which is looked at when a connection is wanted.
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// Whether it holds a password.
    pub fn has_password(&self) -> bool {
        self.url().is_ok_and(|url| {
            url.password().is_some() || url.query_pairs().any(|(name, _)| name == "pass")
        })
    }

    /// The address without name and password.
    ///
    /// # Errors
    /// When it is no address of a Redis.
    pub fn shown(&self) -> Result<String, NoAddress> {
        let url = self.url()?;
        let place = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => String::new(),
        };
        Ok(format!("{}://{place}{}", url.scheme(), url.path()))
    }

    /// What the driver connects to.
    pub(super) fn info(&self) -> Result<ConnectionInfo, NoAddress> {
        self.url()?.into_connection_info().map_err(|_| NoAddress)
    }

    fn url(&self) -> Result<Url, NoAddress> {
        let url = Url::parse(self.0.expose_secret()).map_err(|_| NoAddress)?;
        // The driver takes `#insecure` for TLS without a check of whom it speaks to.
        if !SCHEMES.contains(&url.scheme()) || url.fragment().is_some() {
            return Err(NoAddress);
        }
        Ok(url)
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for Address {}

impl std::fmt::Debug for Address {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Address")
    }
}

/// A text that is no address of a Redis. It is not repeated, since it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no address of a Redis. Write redis://host:port/number, rediss://host:port/number for TLS, or unix:///path/of/socket, with name:password@ before the host when it asks for them; the text is not repeated here, since it may hold a password"
)]
pub struct NoAddress;

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::new(text.to_owned())
    }

    #[test]
    fn an_address_is_shown_without_name_and_password() {
        for (text, shown, has_password) in [
            ("redis://h", "redis://h", false),
            ("redis://h:7/2", "redis://h:7/2", false),
            ("redis://ines:canary@h:7/2", "redis://h:7/2", true),
            ("rediss://:canary@h/", "rediss://h/", true),
            ("redis://ines@[::1]:7?x=canary", "redis://[::1]:7", false),
            (
                "unix:///run/r.sock?db=1&pass=canary",
                "unix:///run/r.sock",
                true,
            ),
            (
                "redis+unix:///run/r.sock",
                "redis+unix:///run/r.sock",
                false,
            ),
        ] {
            let address = address(text);
            assert_eq!(address.shown().as_deref(), Ok(shown));
            assert_eq!(address.has_password(), has_password, "{text}");
            assert!(address.info().is_ok(), "{text}");
            assert_eq!(format!("{address:?}"), "Address");
        }
    }

    #[test]
    fn what_is_no_address_is_not_repeated() {
        for text in [
            "",
            "canary",
            "reddis://:canary@h",
            "https://h/canary",
            "rediss://h/#insecure",
            "redis://h/canary",
            "redis://",
        ] {
            assert_eq!(address(text).info().map(|_| ()), Err(NoAddress), "{text}");
        }
        assert!(!NoAddress.to_string().contains("canary"));
    }

    #[test]
    fn addresses_are_equal_by_their_whole_text() {
        assert_eq!(address("redis://a:b@h"), address("redis://a:b@h"));
        assert_ne!(address("redis://a:b@h"), address("redis://a:c@h"));
    }
}
