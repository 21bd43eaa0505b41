//! Tests of the tokens file.

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{HeaderValue, header};

use super::*;
use crate::http::auth::{Grant, OpenError};
use crate::mcp::StoqServer;
use crate::registry::entry::Class;
use crate::safety::Confirm;
use crate::safety::personal::PersonalData;
use crate::upstream::Base;

/// The SHA-256 of `one` and of `two`.
const ONE: &str = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
const TWO: &str = "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3";

#[derive(Debug)]
struct Plain;

impl Shops for Plain {
    fn of_token(&self, entry: &TokenEntry) -> Result<Who, String> {
        if entry.key_env.as_deref() == Some("UNSET") {
            return Err("UNSET is not set".to_owned());
        }
        let (principal, id) = principal(&entry.name);
        Ok(Who {
            principal,
            id,
            base: Base::parse("http://127.0.0.1").unwrap(),
            key: SecretString::from("key"),
            shop_domain: entry.shop_domain.clone(),
            is_vouched: true,
            grant: entry.grant(),
        })
    }

    fn of_key(&self, _: [u8; 32], _: &str, _: SecretString) -> Who {
        unreachable!("nobody brings a key here")
    }

    fn open<'a>(&'a self, _: &'a Who) -> BoxFuture<'a, Result<StoqServer, OpenError>> {
        std::future::ready(Err(OpenError::KeyRefused)).boxed()
    }
}

fn refused(text: &str) -> String {
    let error = file::parse(Path::new("t.toml"), text).unwrap_err();
    error.to_string()
}

fn token(name: &str, sha256: &str, more: &str) -> String {
    format!("[[token]]\nname = \"{name}\"\nsha256 = \"{sha256}\"\n{more}")
}

#[test]
fn an_entry_says_all_there_is() {
    let more = "key_env = \"K_1\"\nbase_url = \"http://localhost\"\nshop_domain = \"a.myshopify.com\"\n\
        allow = [\"write\", \"send\"]\nmax_recipients = 1\nmax_destroyed = 2\nmax_released = 3\n\
        max_money_orders = 4\nmoney_per_day = 5\nconfirm = \"handle\"\npersonal_data = \"handles\"\n";
    let text = format!(
        "# ours\n{}\n{}",
        token("a", ONE, more),
        token("b-_.9", &TWO.to_uppercase(), "")
    );
    let read = file::parse(Path::new("t.toml"), &text).unwrap();
    let [one, two] = read.as_slice() else {
        panic!("{read:?}")
    };
    assert_eq!((one.line, two.line), (2, 17));
    assert_eq!(one.sha256[..2], [0x76, 0x92]);
    assert_eq!(two.sha256[..2], [0x3f, 0xc4]);
    let texts = |entry: &TokenEntry| {
        [&entry.key_env, &entry.base_url, &entry.shop_domain].map(Clone::clone)
    };
    assert_eq!(
        texts(&one.entry),
        ["K_1", "http://localhost", "a.myshopify.com"].map(|text| Some(text.to_owned()))
    );
    assert_eq!(
        one.entry.grant(),
        Grant {
            allow: Some(vec![Class::Write, Class::Send]),
            max_recipients: Some(1),
            max_destroyed: Some(2),
            max_released: Some(3),
            max_money_orders: Some(4),
            money_per_day: Some(5),
            confirm: Some(Confirm::Handle),
            personal_data: Some(PersonalData::Handles),
        }
    );
    assert_eq!(texts(&two.entry), [None, None, None]);
    assert_eq!(two.entry.grant(), Grant::default());
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_never_with_its_text() {
    assert!(
        refused(&token("a", ONE, "nam = 1\n"))
            .starts_with("tokens file t.toml, line 4: unknown field `nam`")
    );
    assert!(
        refused("tokens = 1\n").starts_with("tokens file t.toml, line 1: unknown field `tokens`")
    );
    for canary in ["stoq_mcp_CaNaRy", "stoq_api_key_CaNaRy"] {
        for text in [
            token("a", canary, ""),
            format!("\n# {canary}\n{}", token("a", ONE, "")),
            format!("\n\n{canary} ="),
        ] {
            let told = refused(&text);
            assert!(
                told.starts_with(
                    "tokens file t.toml, line 3: it holds a token or a shop's key in clear text."
                ) || told.starts_with(
                    "tokens file t.toml, line 2: it holds a token or a shop's key in clear text."
                ),
                "{told}"
            );
            assert!(!told.contains("CaNaRy"), "{told}");
        }
    }
    let name =
        "tokens file t.toml, line 1: `name` is not of 1 to 64 letters, digits, `-`, `_` and `.`";
    assert_eq!(refused(&token("", ONE, "")), name);
    assert_eq!(refused(&token(&"a".repeat(65), ONE, "")), name);
    assert_eq!(refused(&token("a b", ONE, "")), name);
    assert_eq!(
        file::parse(Path::new("t"), &token(&"a".repeat(64), ONE, ""))
            .unwrap()
            .len(),
        1
    );
    let hash = "tokens file t.toml, line 1: `sha256` is not the SHA-256 of a token in 64 hexadecimal digits; `stoq-mcp token new` prints it";
    assert_eq!(refused(&token("a", &ONE[..63], "")), hash);
    assert_eq!(refused(&token("a", &ONE[..62], "")), hash);
    assert_eq!(refused(&token("a", &format!("{ONE}00"), "")), hash);
    assert_eq!(refused(&token("a", &format!("{}g", &ONE[..63]), "")), hash);
    let variable =
        "tokens file t.toml, line 1: `key_env` is not the name of an environment variable";
    assert_eq!(refused(&token("a", ONE, "key_env = \"A-B\"\n")), variable);
    assert_eq!(refused(&token("a", ONE, "key_env = \"\"\n")), variable);
}

#[test]
fn names_and_tokens_are_given_once() {
    assert_eq!(
        refused(&format!("{}{}", token("a", ONE, ""), token("a", TWO, ""))),
        "tokens file t.toml, line 4: the name `a` is taken by line 1"
    );
    assert_eq!(
        refused(&format!("{}{}", token("a", ONE, ""), token("b", ONE, ""))),
        "tokens file t.toml, line 4: it has the token of `a` (line 1); give each its own"
    );
}

#[test]
fn a_new_token_has_its_form_and_its_hash() {
    let (token, hash) = new_token();
    let token = token.expose_secret();
    assert_eq!(token.len(), TOKEN_PREFIX.len() + 43);
    assert!(token.starts_with(TOKEN_PREFIX));
    let entry = super::file::parse(Path::new("t"), &self::token("a", &hash, "")).unwrap();
    assert_eq!(entry[0].sha256, <[u8; 32]>::from(Sha256::digest(token)));
    assert_ne!(new_token().1, hash);
}

/// A tokens file that is gone when the test ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let file = format!("stoq-mcp-tokens-{}-{name}.toml", std::process::id());
        let scratch = Self(std::env::temp_dir().join(file));
        scratch.write(text, 0o600);
        scratch
    }

    /// A new file in the place of the old one, as editors do it.
    fn write(&self, text: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        let draft = self.0.with_extension("draft");
        std::fs::write(&draft, text).unwrap();
        std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(mode)).unwrap();
        std::fs::rename(&draft, &self.0).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn found(file: &TokensFile, token: &str) -> Result<Arc<Who>, Refusal> {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
    headers.insert(header::AUTHORIZATION, value);
    file.find(&headers)
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_or_change_is_refused() {
    let text = token("a", ONE, "");
    let scratch = Scratch::new("mode", &text);
    for mode in [0o400, 0o600, 0o640, 0o440] {
        scratch.write(&text, mode);
        assert_eq!(
            read_tokens(&scratch.0).map(|all| all.len()),
            Ok(1),
            "{mode:o}"
        );
    }
    for mode in [0o604, 0o602, 0o601, 0o620, 0o644] {
        scratch.write(&text, mode);
        assert_eq!(
            read_tokens(&scratch.0).unwrap_err().reason,
            format!(
                "others can read or change it (mode {mode:04o}), and it says who may act for a shop; run chmod 600 on it"
            )
        );
    }
    scratch.write(&" ".repeat((1 << 20) + 1), 0o600);
    assert_eq!(
        read_tokens(&scratch.0).unwrap_err().reason,
        "it is larger than 1048576 bytes"
    );
    scratch.write(&" ".repeat(1 << 20), 0o600);
    assert_eq!(read_tokens(&scratch.0), Ok(Vec::new()));
    let missing = read_tokens(Path::new("/nonexistent/t.toml")).unwrap_err();
    assert!(
        missing.reason.starts_with("it cannot be read: "),
        "{missing}"
    );
}

#[test]
fn a_token_is_known_by_its_hash() {
    let scratch = Scratch::new(
        "known",
        &format!("{}{}", token("a", ONE, ""), token("b", TWO, "")),
    );
    let file = TokensFile::open(scratch.0.clone(), Arc::new(Plain)).unwrap();
    assert_eq!(found(&file, "one").unwrap().principal, "token:a");
    assert_eq!(found(&file, "two").unwrap().principal, "token:b");
    assert_eq!(
        found(&file, "three").unwrap_err(),
        Refusal::Invalid(UNKNOWN)
    );
    assert_eq!(found(&file, "a b").unwrap_err(), Refusal::Invalid(UNKNOWN));
    let none = file.find(&HeaderMap::new()).unwrap_err();
    assert_eq!(none, Refusal::Missing(MISSING));
}

#[test]
fn a_file_that_changed_is_read_again_and_a_broken_one_is_not_used() {
    let both = format!("{}{}", token("a", ONE, ""), token("b", TWO, ""));
    let scratch = Scratch::new("reload", &both);
    let file = TokensFile::open(scratch.0.clone(), Arc::new(Plain)).unwrap();
    let (a, b) = (found(&file, "one").unwrap(), found(&file, "two").unwrap());
    let holds = |token: &str, who: &Arc<Who>| {
        file.refresh();
        assert!(Arc::ptr_eq(&found(&file, token).unwrap(), who));
        assert!(file.has(who));
    };
    holds("one", &a);
    // What stands as it was is the same principal; what changed is another.
    scratch.write(
        &format!(
            "{}{}",
            token("a", ONE, ""),
            token("b", TWO, "max_released = 1\n")
        ),
        0o600,
    );
    holds("one", &a);
    assert!(!file.has(&b));
    let b = found(&file, "two").unwrap();
    assert_eq!(b.grant.max_released, Some(1));
    for broken in ["[[token", &token("c", ONE, "key_env = \"UNSET\"\n")] {
        scratch.write(broken, 0o600);
        holds("one", &a);
        holds("two", &b);
    }
    scratch.write(&both, 0o644);
    holds("two", &b);
    std::fs::remove_file(&scratch.0).unwrap();
    holds("one", &a);
    // One that is removed, or has another token now, is known no more.
    scratch.write(&token("a", TWO, ""), 0o600);
    file.refresh();
    assert!(!file.has(&a));
    assert_eq!(found(&file, "one").unwrap_err(), Refusal::Invalid(UNKNOWN));
    scratch.write("", 0o600);
    file.refresh();
    assert_eq!(found(&file, "two").unwrap_err(), Refusal::Invalid(UNKNOWN));
}

#[test]
fn an_entry_that_cannot_be_served_is_told_by_its_name() {
    let text = format!("\n{}", token("a", ONE, "key_env = \"UNSET\"\n"));
    let scratch = Scratch::new("unset", &text);
    let error = TokensFile::open(scratch.0.clone(), Arc::new(Plain)).unwrap_err();
    assert_eq!(
        (error.line, error.reason.as_str()),
        (Some(2), "token `a`: UNSET is not set")
    );
}

#[test]
fn a_shop_has_one_domain() {
    let domain = |name: &str| format!("shop_domain = \"{name}.myshopify.com\"\n");
    let scratch = Scratch::new("domain", "");
    let file = TokensFile::open(scratch.0.clone(), Arc::new(Plain)).unwrap();
    let open = |second: &str| {
        let text = format!(
            "{}{}",
            token("a", ONE, &domain("x")),
            token("b", TWO, second)
        );
        scratch.write(&text, 0o600);
        TokensFile::open(file.path.clone(), Arc::new(Plain)).map(drop)
    };
    assert_eq!(open(&domain("x")), Ok(()));
    let told = "the tokens `a` and `b` have the same shop's key and not the same `shop_domain`; give both the same";
    for second in [domain("y"), String::new()] {
        assert_eq!(open(&second).unwrap_err().reason, told);
    }
}
