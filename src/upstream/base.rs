//! The one origin of the API.

use url::{Host, Url};

use crate::registry::entry::Api;

/// A base address that is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BaseError {
    /// Not an address.
    #[error("`{0}` is not a web address: {1}; write it as https://host/path")]
    Syntax(String, String),
    /// Not https, and not this machine.
    #[error(
        "`{0}` is not https, so the shop's key would travel in the open; use https, or http with a loopback address for the sandbox"
    )]
    Insecure(String),
    /// Carries what a base must not.
    #[error("`{0}` holds {1}; a base address is scheme, host, port and path only")]
    Extra(String, &'static str),
}

/// Base address of the v2 API: https, or http on loopback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    url: Url,
    loopback: bool,
}

impl Base {
    /// The vendor's base (vendor docs: Getting Started).
    pub const LIVE: &str = "https://app.stoqapp.com/api/v2/external";

    /// Reads and checks a base address.
    ///
    /// # Errors
    /// When it is no address, not https (loopback excepted), or carries a name, query or fragment.
    pub fn parse(text: &str) -> Result<Self, BaseError> {
        // A refused address is printed without what may be a secret in it.
        let shown = match text.rsplit_once('@') {
            Some((_, host)) => format!("…@{}", before_query(host)),
            None => before_query(text).to_owned(),
        };
        let mut url = Url::parse(text)
            .map_err(|error| BaseError::Syntax(shown.clone(), error.to_string()))?;
        let loopback = match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => return Err(BaseError::Syntax(shown, "it names no host".to_owned())),
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => return Err(BaseError::Insecure(shown)),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseError::Extra(shown, "a user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseError::Extra(shown, "a query or a fragment"));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self { url, loopback })
    }

    /// Whether the API runs on this machine, as the sandbox does.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Host name, without port.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Port, when it is not the scheme's own.
    pub fn port(&self) -> Option<u16> {
        self.url.port()
    }

    /// Path of the base, without trailing slash.
    pub fn path(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }

    /// Whether an address has the base's scheme, host and port.
    pub fn same_origin(&self, other: &Url) -> bool {
        self.url.origin() == other.origin()
    }

    /// The address of a path below the base of an API; the path is already percent-encoded and
    /// starts with `/`. The bases of v1 lie beside the one of v2, at their own place of the host
    /// when that is not where the vendor has it.
    pub(super) fn join(&self, api: Api, path: &str) -> Url {
        let base = match api {
            // Nothing local is ever sent.
            Api::V2 | Api::Local => self.path().to_owned(),
            Api::V1 | Api::V1Public => {
                let root = self.path().strip_suffix(Api::V2.base_path());
                format!("{}{}", root.unwrap_or_default(), api.base_path())
            }
        };
        let mut url = self.url.clone();
        url.set_path(&format!("{base}{path}"));
        url
    }
}

fn before_query(text: &str) -> &str {
    text.split_once(['?', '#']).map_or(text, |(head, _)| head)
}

impl std::fmt::Display for Base {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_loopback_http_are_taken() {
        for good in [
            Base::LIVE,
            "https://app.stoqapp.com/api/v2/external/",
            "http://127.0.0.1:8080/api/v2/external",
            "http://[::1]:8080/api",
            "http://localhost:3000",
        ] {
            assert!(Base::parse(good).is_ok(), "{good}");
        }
        let base = Base::parse("https://app.stoqapp.com/api/v2/external/").unwrap();
        assert_eq!(base.to_string(), Base::LIVE);
        assert_eq!(
            base.join(Api::V2, "/back_in_stock/signups/a%2Fb").as_str(),
            "https://app.stoqapp.com/api/v2/external/back_in_stock/signups/a%2Fb"
        );
        // The parser takes these for `..`: paths come to it with `%` itself encoded.
        assert_eq!(
            base.join(Api::V2, "/back_in_stock/signups/%252e%252e")
                .as_str(),
            "https://app.stoqapp.com/api/v2/external/back_in_stock/signups/%252e%252e"
        );
        assert!(!base.is_loopback());
    }

    #[test]
    fn the_bases_of_v1_lie_beside_the_one_of_v2() {
        let joined = |base: &str, api| Base::parse(base).unwrap().join(api, "/x").to_string();
        assert_eq!(
            joined(Base::LIVE, Api::V1),
            "https://app.stoqapp.com/api/v1/external/x"
        );
        assert_eq!(
            joined(Base::LIVE, Api::V1Public),
            "https://app.stoqapp.com/api/v1/x"
        );
        assert_eq!(
            joined("https://proxy.example/stoq/api/v2/external", Api::V1),
            "https://proxy.example/stoq/api/v1/external/x"
        );
        assert_eq!(
            joined("http://127.0.0.1:8080/other", Api::V1Public),
            "http://127.0.0.1:8080/api/v1/x"
        );
    }

    #[test]
    fn everything_else_is_refused_with_the_reason() {
        assert!(matches!(
            Base::parse("http://app.stoqapp.com"),
            Err(BaseError::Insecure(_))
        ));
        assert!(matches!(
            Base::parse("http://localhost.evil.example"),
            Err(BaseError::Insecure(_))
        ));
        assert!(matches!(
            Base::parse("ftp://127.0.0.1"),
            Err(BaseError::Insecure(_))
        ));
        assert!(matches!(
            Base::parse("app.stoqapp.com"),
            Err(BaseError::Syntax(..))
        ));
        let error = Base::parse("https://me:hush@app.stoqapp.com").unwrap_err();
        assert!(matches!(error, BaseError::Extra(..)));
        assert!(!error.to_string().contains("hush"), "{error}");
        for secret in [
            "https://app.stoqapp.com?token=hush",
            "https://me:hush?x@app.stoqapp.com",
            "http://me:hush#x@app.stoqapp.com",
            "me:hush@app.stoqapp.com",
        ] {
            let error = Base::parse(secret).unwrap_err();
            assert!(!error.to_string().contains("hush"), "{error}");
        }
    }
}
