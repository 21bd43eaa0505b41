use super::*;
use crate::redis::Address;
use crate::safety::caps::Caps;

fn layer(text: &str) -> Layer {
    toml::from_str(text).unwrap()
}

fn local() -> Base {
    Base::parse("http://127.0.0.1:1/api").unwrap()
}

#[test]
fn the_strongest_layer_that_names_a_setting_wins() {
    let path = PathBuf::from("stoq.toml");
    let config = Config::resolve(&[
        (Source::Flag, layer("base_url = 'http://localhost:1'")),
        (Source::Environment, layer("points_limit = 100")),
        (
            Source::File(path.clone()),
            layer("points_limit = 50\nlog = 'debug'"),
        ),
    ]);
    assert_eq!(config.base_url.source, Source::Flag);
    assert_eq!(
        config.points_limit,
        Setting {
            value: 100,
            source: Source::Environment
        }
    );
    assert_eq!(
        config.log,
        Setting {
            value: "debug".to_owned(),
            source: Source::File(path)
        }
    );
    assert_eq!(config.points_window_seconds.source, Source::Default);
}

#[test]
fn a_missing_key_says_where_to_find_it() {
    let config = Config::resolve(&[]);
    for value in [None, Some("  ".to_owned())] {
        let error = config.key(|_| value.clone()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the shop's key is missing: set the environment variable STOQ_API_KEY to the API key that the STOQ app shows under Settings (API keys). To try without a key add --sandbox"
        );
    }
    let error = config.key(|_| Some("canary\u{7}x".to_owned())).unwrap_err();
    assert!(!error.to_string().contains("canary"), "{error}");
}

#[test]
fn a_key_in_the_place_of_its_name_is_not_printed() {
    let text = "api_key_env = 'stoq_api_key_canary'";
    let config = Config::resolve(&[(Source::Flag, layer(text))]);
    assert_eq!(
        config.key(|_| None).unwrap_err().to_string(),
        "`api_key_env` (from the command line): it holds a key where the name of the environment variable that holds the key belongs, such as STOQ_API_KEY"
    );
}

#[test]
fn a_shop_domain_is_one_of_shopifys() {
    let domain = |text: &str| {
        let text = format!("shop_domain = '{text}'");
        Config::resolve(&[(Source::Flag, layer(&text))]).shop_domain()
    };
    assert_eq!(
        domain(" Juniper-Supply.myshopify.com "),
        Ok(Some("juniper-supply.myshopify.com".to_owned()))
    );
    assert_eq!(Config::resolve(&[]).shop_domain(), Ok(None));
    for wrong in [
        "juniper.example",
        ".myshopify.com",
        "https://a.myshopify.com",
        "a.b.myshopify.com",
    ] {
        assert_eq!(
            domain(wrong).unwrap_err().to_string(),
            "`shop_domain` (from the command line): it is not of the form <shop>.myshopify.com; the Shopify admin shows it under Settings, Domains"
        );
    }
}

#[test]
fn a_window_without_end_is_cut() {
    let text = "points_window_seconds = 9223372036854775807";
    let config = Config::resolve(&[(Source::Flag, layer(text))]);
    let options = config.upstream(local(), SecretString::from("x"));
    assert_eq!(options.points.window, Duration::from_secs(LONGEST_WINDOW));
    // What prints the options prints no key.
    let options = config.upstream(local(), SecretString::from("canary"));
    assert!(!format!("{options:?}").contains("canary"));
}

#[test]
fn the_operator_adds_classes_to_those_of_the_transport() {
    let config = Config::resolve(&[(Source::Flag, layer("allow = ['send']"))]);
    let classes = config.policy(&[Class::Write]);
    assert_eq!(classes.classes(), [Class::Read, Class::Write, Class::Send]);
    assert_eq!(config.policy(&[]).classes(), [Class::Read, Class::Send]);
}

#[test]
fn an_api_elsewhere_says_itself_what_it_has() {
    let live = Base::parse(Base::LIVE).unwrap();
    let source = |text: &str, base: &Base| {
        Config::resolve(&[(Source::Flag, layer(text))]).registry_source(base)
    };
    assert_eq!(source("", &live), RegistrySource::Live);
    assert_eq!(source("", &local()), RegistrySource::Bundled);
    assert_eq!(source("registry = 'live'", &local()), RegistrySource::Live);
    assert_eq!(
        source("registry = 'bundled'", &live),
        RegistrySource::Bundled
    );
    assert_eq!(
        source("registry = './live'", &live),
        RegistrySource::File("./live".into())
    );
}

#[test]
fn read_only_beats_everything() {
    let config = Config::resolve(&[(
        Source::Flag,
        layer("allow = ['send', 'destroy']\nread_only = true"),
    )]);
    let policy = config.policy(&Class::ALL);
    assert_eq!(policy.classes(), [Class::Read]);
}

#[test]
fn caps_stay_below_their_ceilings() {
    let caps =
        |text: &str, sandbox: bool| Config::resolve(&[(Source::Flag, layer(text))]).caps(sandbox);
    assert_eq!(caps("", false), Ok(Caps::default()));
    assert_eq!(caps("", true), Ok(Caps::CEILINGS));
    let set = "max_recipients = 1\nmax_destroyed = 2\nmax_released = 3\nmax_money_orders = 4\nmoney_per_day = 5";
    for sandbox in [false, true] {
        assert_eq!(
            caps(set, sandbox),
            Ok(Caps {
                recipients: 1,
                destroyed: 2,
                released: 3,
                money_orders: 4,
                money_per_day: Some(5),
            })
        );
    }
    for (setting, ceiling) in [
        ("max_recipients", 500),
        ("max_destroyed", 100),
        ("max_released", 100),
        ("max_money_orders", 25),
    ] {
        assert!(caps(&format!("{setting} = {ceiling}"), false).is_ok());
        let above = ceiling + 1;
        assert_eq!(
            caps(&format!("{setting} = {above}"), false)
                .unwrap_err()
                .to_string(),
            format!(
                "`{setting}` (from the command line): {above} is above the ceiling of {ceiling}, which no setting lifts"
            )
        );
    }
}

#[test]
fn state_lies_where_it_is_set_or_in_the_users_own_folder() {
    let place = |text: &str, sandbox: bool, variables: &[(&str, &str)]| {
        let config = Config::resolve(&[(Source::Flag, layer(text))]);
        config.state_place(sandbox, |name| {
            let found = variables.iter().find(|(other, _)| *other == name)?;
            Some(found.1.into())
        })
    };
    let home = [("XDG_STATE_HOME", "/x"), ("HOME", "/h")];
    for (text, sandbox, wanted) in [
        ("", false, StatePlace::Folder("/x/stoq-mcp".into())),
        ("", true, StatePlace::Memory),
        ("state = 'memory'", false, StatePlace::Memory),
        ("state = './s'", false, StatePlace::Folder("./s".into())),
        ("state = './s'", true, StatePlace::Folder("./s".into())),
        (
            "state = 'redis://a:canary@h'",
            true,
            StatePlace::Redis(Address::new("redis://a:canary@h".to_owned())),
        ),
        // No folder is made of what may hold a password.
        (
            "state = 'reddis://a:canary@h'",
            false,
            StatePlace::Redis(Address::new("reddis://a:canary@h".to_owned())),
        ),
    ] {
        assert!(!format!("{wanted:?}").contains("canary"));
        assert_eq!(place(text, sandbox, &home), Ok(wanted), "{text}");
    }
    #[cfg(unix)]
    for variables in [
        &[("HOME", "/h")][..],
        &[("XDG_STATE_HOME", "relative"), ("HOME", "/h")],
    ] {
        let wanted = StatePlace::Folder("/h/.local/state/stoq-mcp".into());
        assert_eq!(place("", false, variables), Ok(wanted));
    }
    assert_eq!(
        place("", false, &[]).unwrap_err().to_string(),
        "`state` (built in): this user has no home folder to keep it in; name a folder with --state"
    );
}

#[test]
fn the_trail_stays_on_this_machine() {
    let trail = |place: StatePlace, variables: &[(&str, &str)]| {
        let config = Config::resolve(&[]);
        config
            .trail_place(&place, |name| {
                let found = variables.iter().find(|(its, _)| *its == name);
                found.map(|(_, value)| (*value).into())
            })
            .map_err(|error| error.to_string())
    };
    let redis = || StatePlace::Redis(Address::new("redis://a:canary@h".to_owned()));
    let folder = std::path::absolute("x").unwrap();
    let state = [("XDG_STATE_HOME", folder.to_str().unwrap())];
    assert_eq!(trail(StatePlace::Memory, &state), Ok(None));
    let own = trail(StatePlace::Folder("./s".into()), &state);
    assert_eq!(own, Ok(Some("./s".into())));
    assert_eq!(trail(redis(), &state), Ok(Some(folder.join("stoq-mcp"))));
    assert_eq!(
        trail(redis(), &[]),
        Err("`state` (built in): this user has no home folder to keep the audit trail in, which stays on this machine when the state is in Redis; set XDG_STATE_HOME to a folder that lasts".to_owned())
    );
}

#[test]
fn what_is_no_address_of_a_redis_is_not_repeated() {
    let config = Config::resolve(&[]);
    let address = Address::new("reddis://a:canary@h".to_owned());
    let told = config.redis(&address).unwrap_err().to_string();
    assert!(
        told.starts_with("`state` (built in): this is no address of a Redis."),
        "{told}"
    );
    assert!(!told.contains("canary"), "{told}");
}
