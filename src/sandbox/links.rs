//! Signed links to export files: HMAC-SHA256 over `<job_id>|<expires>`, the secret new per process.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// Signer and checker of links.
#[derive(Debug)]
pub struct Links {
    secret: [u8; 32],
}

impl Links {
    /// A signer with a new secret.
    pub(super) fn new() -> Self {
        let mut secret = [0; 32];
        let halves = [Uuid::new_v4(), Uuid::new_v4()];
        for (to, from) in secret
            .iter_mut()
            .zip(halves.iter().flat_map(|half| half.as_bytes()))
        {
            *to = *from;
        }
        Self { secret }
    }

    /// Path and query of the file of a job, valid before the unix second `expires`.
    pub(super) fn sign(&self, job_id: &str, expires: i64) -> String {
        let mut signature = String::with_capacity(64);
        if let Some(mac) = self.mac(job_id, expires) {
            for byte in mac.finalize().into_bytes() {
                // Writing to a string cannot fail.
                let _ = write!(signature, "{byte:02x}");
            }
        }
        format!("/sandbox/exports/{job_id}.csv?expires={expires}&signature={signature}")
    }

    /// Whether a signature belongs to the job and the end of its link.
    pub(super) fn is_genuine(&self, job_id: &str, expires: i64, signature: &str) -> bool {
        let Some(bytes) = unhex(signature) else {
            return false;
        };
        self.mac(job_id, expires)
            .is_some_and(|mac| mac.verify_slice(&bytes).is_ok())
    }

    fn mac(&self, job_id: &str, expires: i64) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).ok()?;
        mac.update(format!("{job_id}|{expires}").as_bytes());
        Some(mac)
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| {
            text.get(at..at + 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_holds_for_its_job_and_end_alone() {
        let links = Links::new();
        let link = links.sign("exp_1", 100);
        let signature = link.split("signature=").nth(1).unwrap();
        assert_eq!(signature.len(), 64);
        assert!(links.is_genuine("exp_1", 100, signature));
        assert!(!links.is_genuine("exp_1", 101, signature));
        assert!(!links.is_genuine("exp_2", 100, signature));
        assert!(!links.is_genuine("exp_1", 100, ""));
        assert!(!links.is_genuine("exp_1", 100, "zz"));
        assert!(!Links::new().is_genuine("exp_1", 100, signature));
    }
}
