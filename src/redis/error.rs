//! What goes wrong with a Redis, told without anything that was sent to it.

use ::redis::ErrorKind;

/// A Redis that did not do what it was asked, or may not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedisError {
    /// Nothing was asked of it.
    #[error(
        "Redis at {address} cannot be reached ({why}). See that it runs and that address, name and password are right; it is tried again by itself"
    )]
    Unreachable {
        /// Where, without name and password.
        address: String,
        /// What the attempt ended with.
        why: String,
    },
    /// It was asked, and nobody knows whether it did it.
    #[error(
        "Redis at {address} gave no answer ({why}), and may have done what it was asked all the same. See that it runs and is not overloaded; it is tried again by itself"
    )]
    NoAnswer {
        /// Where, without name and password.
        address: String,
        /// What the wait ended with.
        why: String,
    },
    /// It was asked and did not do it.
    #[error("Redis at {address} refused what it was asked ({why})")]
    Refused {
        /// Where, without name and password.
        address: String,
        /// Its code, and what to do when we know it.
        why: String,
    },
}

/// Why a command failed, without the driver's text when that may repeat what was sent.
pub(super) fn why(error: &::redis::RedisError) -> String {
    match (error.kind(), error.code()) {
        (ErrorKind::Io, _) => error.to_string(),
        (_, Some(code)) => code_told(code),
        (_, None) => error.category().to_owned(),
    }
}

/// A code of Redis, with what to do about the common ones.
fn code_told(code: &str) -> String {
    let hint = match code {
        "OOM" => "its memory is full; give it more, since nothing may be thrown away",
        "READONLY" => "it is a copy; name the primary",
        "LOADING" => "it is reading its files after a start; wait",
        "MISCONF" => "it cannot write to its disk; make room",
        "NOAUTH" => "it asks for a password; put it into the address",
        "WRONGPASS" => "name or password is wrong",
        "NOPERM" => {
            "this user may not do that; allow it keys that begin with stoq-mcp: and all commands on them"
        }
        "MOVED" | "CROSSSLOT" | "CLUSTERDOWN" => "it is a cluster; name a Redis that is none",
        "MASTERDOWN" => "it is a copy that has lost its primary",
        _ => return code.to_owned(),
    };
    format!("{code}: {hint}")
}

/// Whether a command that failed so has not been done for sure: it was answered, or never left.
pub(super) fn was_answered(error: &::redis::RedisError) -> bool {
    match error.kind() {
        ErrorKind::Server(_)
        | ErrorKind::Extension
        | ErrorKind::UnexpectedReturnType
        | ErrorKind::AuthenticationFailed
        | ErrorKind::InvalidClientConfig => true,
        // The driver's kinds are not ours, and new ones may come: in doubt nobody knows.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_never_told() {
        let of = |code: &str| {
            ::redis::make_extension_error(code.to_owned(), Some("with args: canary".to_owned()))
        };
        for (code, told) in [
            ("ERR", "ERR"),
            (
                "OOM",
                "OOM: its memory is full; give it more, since nothing may be thrown away",
            ),
            ("WRONGPASS", "WRONGPASS: name or password is wrong"),
        ] {
            let error = of(code);
            assert_eq!(why(&error), told);
            assert!(was_answered(&error));
        }
        let broken = ::redis::RedisError::from(std::io::Error::other("broken pipe"));
        assert_eq!(why(&broken), "broken pipe");
        assert!(!was_answered(&broken));
    }
}
