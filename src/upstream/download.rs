//! Fetches an export file through its signed link: without credentials, from known hosts only.

use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::Url;

use super::attempt::{ReadError, chain, read_capped};
use super::{Foreign, Upstream, UpstreamError};

/// An export file.
#[derive(Debug)]
pub struct Download {
    /// Its name, when the answer told it.
    pub file_name: Option<String>,
    /// Its text.
    pub text: Foreign<String>,
}

impl Upstream {
    /// Fetches the file behind a signed link. The link is a secret and appears in no error.
    ///
    /// # Errors
    /// [`UpstreamError::Download`] with the reason, [`UpstreamError::FileTooLarge`] over the cap.
    pub async fn download(
        &self,
        link: &SecretString,
        deadline: Instant,
    ) -> Result<Download, UpstreamError> {
        let fail = |reason: String| UpstreamError::Download { reason };
        let url = self.allowed(link.expose_secret()).map_err(fail)?;
        let request = self
            .http()?
            .get(url)
            .timeout(deadline.saturating_duration_since(Instant::now()));
        let response = request
            .send()
            .await
            .map_err(|error| fail(chain(&error.without_url())))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(fail(format!("its host answered {status}")));
        }
        if !is_csv(&response) {
            return Err(fail("it is not a CSV file".to_owned()));
        }
        let file_name = file_name(&response);
        let cap = self.options.max_download_bytes;
        let bytes = read_capped(response, cap)
            .await
            .map_err(|error| match error {
                ReadError::TooLarge(cap) => UpstreamError::FileTooLarge { cap },
                ReadError::Broken(reason) => fail(format!("the connection broke: {reason}")),
            })?;
        let text = String::from_utf8(bytes).map_err(|_| fail("it is not UTF-8 text".to_owned()))?;
        Ok(Download {
            file_name,
            text: Foreign::new(text),
        })
    }

    fn allowed(&self, link: &str) -> Result<Url, String> {
        let url = Url::parse(link).map_err(|_| "its link is not a web address".to_owned())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("its link carries a user name".to_owned());
        }
        let base = &self.options.base;
        let host = url.host_str().unwrap_or_default();
        // The port counts as well: another one of the API's host, or of this machine, is another server.
        let own = base.same_origin(&url)
            || (host == base.host() && url.port().is_none() && !base.is_loopback());
        let known = own
            || self
                .options
                .download_hosts
                .iter()
                .any(|pattern| host_matches(pattern, host));
        if !known {
            return Err("its link leads to a host that is not allowed; add it to `download_hosts` if you trust it".to_owned());
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if base.is_loopback() && base.same_origin(&url) => Ok(url),
            _ => Err("its link is not https".to_owned()),
        }
    }
}

fn host_matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(tail) => host
            .strip_suffix(tail)
            .is_some_and(|head| head.ends_with('.') && head.len() > 1),
        None => pattern.eq_ignore_ascii_case(host),
    }
}

fn is_csv(response: &reqwest::Response) -> bool {
    header(response, http::header::CONTENT_TYPE)
        .is_none_or(|kind| !kind.contains("html") && !kind.contains("xml"))
}

fn file_name(response: &reqwest::Response) -> Option<String> {
    let header = header(response, http::header::CONTENT_DISPOSITION)?;
    let name = header.split_once("filename=")?.1;
    let name = name.split(';').next()?.trim().trim_matches('"');
    let plain = !name.is_empty()
        && name.len() <= 120
        && !name.starts_with('.')
        && name
            .chars()
            .all(|symbol| symbol.is_ascii_alphanumeric() || matches!(symbol, '.' | '_' | '-'));
    plain.then(|| name.to_owned())
}

fn header(response: &reqwest::Response, name: http::HeaderName) -> Option<&str> {
    response.headers().get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::upstream::{Base, Options};

    fn upstream(base: &str) -> Upstream {
        let base = Base::parse(base).unwrap();
        Upstream::new(Options::new(base, SecretString::from("stoq_api_key_x")))
    }

    #[test]
    fn links_of_known_https_hosts_are_fetched() {
        let live = upstream(Base::LIVE);
        for good in [
            "https://app.stoqapp.com/files/a.csv",
            "https://stoq-exports.s3.eu-west-1.amazonaws.com/a.csv?X-Amz-Signature=1",
        ] {
            assert!(live.allowed(good).is_ok(), "{good}");
        }
        for bad in [
            "http://app.stoqapp.com/files/a.csv",
            "https://evil.example/a.csv",
            "https://amazonaws.com/a.csv",
            "https://evilamazonaws.com/a.csv",
            "https://s3.amazonaws.com.evil.example/a.csv",
            "https://app.stoqapp.com@evil.example/a.csv",
            "https://me:pw@app.stoqapp.com/a.csv",
            "file:///etc/passwd",
            "http://127.0.0.1/a.csv",
            "https://app.stoqapp.com:8443/a.csv",
            "nonsense",
        ] {
            let error = live.allowed(bad).unwrap_err();
            assert!(!error.contains("csv"), "{error}");
        }
    }

    #[test]
    fn a_loopback_base_allows_its_own_http_origin_only() {
        let sandbox = upstream("http://127.0.0.1:4001/api/v2/external");
        assert!(
            sandbox
                .allowed("http://127.0.0.1:4001/sandbox/exports/a.csv")
                .is_ok()
        );
        for bad in [
            "http://127.0.0.1:4002/sandbox/exports/a.csv",
            "https://127.0.0.1:4001/sandbox/exports/a.csv",
            "https://127.0.0.1:4002/sandbox/exports/a.csv",
            "https://127.0.0.1/sandbox/exports/a.csv",
        ] {
            assert!(sandbox.allowed(bad).is_err(), "{bad}");
        }
        // An API behind another port may have its files there or at its host's usual one.
        let other = upstream("https://stoq.example:8443/api/v2/external");
        for (link, wanted) in [
            ("https://stoq.example:8443/a.csv", true),
            ("https://stoq.example/a.csv", true),
            ("https://stoq.example:9443/a.csv", false),
        ] {
            assert_eq!(other.allowed(link).is_ok(), wanted, "{link}");
        }
    }
}
