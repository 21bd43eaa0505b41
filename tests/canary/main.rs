//! A canary in every text that the API sends reaches no output as it is, and what is personal in it
//! only as the operator has it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod upstream;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::join_all;
use rmcp::ServiceExt;
use rmcp::model::{
    ArgumentInfo, CompleteRequestParams, GetPromptRequestParams, ReadResourceRequestParams,
    Reference,
};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, RoleClient, RunningService};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use stoq_mcp::engine::{Call, Engine, Outcome, Policy, text};
use stoq_mcp::mcp::StoqServer;
use stoq_mcp::registry::Registry;
use stoq_mcp::registry::entry::Api;
use stoq_mcp::safety::caps::Caps;
use stoq_mcp::safety::personal::PersonalData;
use stoq_mcp::safety::store::Store;
use stoq_mcp::safety::store::embedded::Embedded;
use stoq_mcp::safety::{Confirm, Guards};
use stoq_mcp::surface::Kind;
use stoq_mcp::upstream::{Base, Options, PointsLimit, Upstream};
use upstream::{EMAIL, Hostile, LINK, PHONE};

const MODES: [PersonalData; 3] = [
    PersonalData::Masked,
    PersonalData::Handles,
    PersonalData::Full,
];
const KEY: &str = "stoq_api_key_CaNaRy0000";

/// A store of its own.
fn memory() -> Arc<Embedded> {
    Arc::new(Embedded::memory().unwrap())
}

fn engine(hostile: &Hostile, mode: PersonalData, shelf: &Arc<Embedded>) -> Arc<Engine> {
    let options = Options {
        shop_domain: Some("planted.myshopify.com".to_owned()),
        points: PointsLimit {
            points: 0,
            ..PointsLimit::default()
        },
        ..Options::new(Base::parse(&hostile.base).unwrap(), SecretString::from(KEY))
    };
    let upstream = Arc::new(Upstream::new(options));
    let guards = Guards {
        confirm: Confirm::Off,
        caps: Caps::CEILINGS,
        personal: mode,
        repeat_window: Duration::ZERO,
        store: Arc::clone(shelf) as Arc<dyn Store>,
        ..Guards::in_memory("canary").unwrap()
    };
    let registry = Arc::new(Registry::bundled().unwrap());
    let policy = Policy::everything();
    Arc::new(Engine::new(registry, upstream, policy, guards))
}

/// The first example of every action that the API answers.
fn examples(engine: &Engine) -> Vec<(String, Map<String, Value>)> {
    let asked = engine.registry().actions().iter();
    asked
        .filter(|action| action.entry().api != Api::Local)
        .map(|action| {
            let example = action.entry().examples.first();
            let arguments = example.map(|example| example.arguments.clone());
            (action.name().to_owned(), arguments.unwrap_or_default())
        })
        .collect()
}

/// Nothing in a text hides, is markup, or begins a line of its own.
fn is_inert(about: &str, text: &str) {
    for hidden in ["\u{202e}", "\u{e0041}", "<img", "&lt;", "&#", LINK, KEY] {
        assert!(!text.contains(hidden), "{about}: {hidden:?} in {text}");
    }
    let begins = |line: &str| line.trim_start().starts_with("IGNORE-ALL");
    assert!(!text.lines().any(begins), "{about}: {text}");
}

/// Nothing personal is left in a text.
fn is_masked(about: &str, mode: PersonalData, text: &str) {
    if mode == PersonalData::Full {
        return;
    }
    for planted in ["planted.mail", "5035550199", "Plantedname"] {
        assert!(!text.contains(planted), "{about}: {planted} in {text}");
    }
}

fn is_safe(about: &str, mode: PersonalData, text: &str) {
    is_inert(about, text);
    is_masked(about, mode, text);
}

/// Every text of a value, names too.
fn all_safe(about: &str, mode: PersonalData, value: &Value) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                is_safe(about, mode, name);
                all_safe(about, mode, inner);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| all_safe(about, mode, item)),
        Value::String(text) => is_safe(about, mode, text),
        Value::Number(number) => is_safe(about, mode, &number.to_string()),
        Value::Null | Value::Bool(_) => {}
    }
}

fn outcome_is_safe(about: &str, mode: PersonalData, outcome: Outcome) {
    is_safe(about, mode, &text(&outcome));
    is_safe(about, mode, &format!("{outcome:?}"));
    all_safe(about, mode, &Value::Object(outcome.into_structured()));
}

/// Calls every action at once; gives back the files they left and how many answered.
async fn call_all(about: &str, mode: PersonalData, engine: &Arc<Engine>) -> (Vec<String>, usize) {
    let calls = examples(engine)
        .into_iter()
        .map(|(name, arguments)| async move {
            let result = engine.call(Call::new(name.clone(), arguments)).await;
            (format!("{about} {} {name}", mode.as_str()), result)
        });
    let (mut files, mut answered) = (Vec::new(), 0);
    for (about, result) in join_all(calls).await {
        match result {
            Ok(mut outcome) => {
                answered += 1;
                files.extend(outcome.resource.take().map(|file| file.uri));
                outcome_is_safe(&about, mode, outcome);
            }
            Err(error) => is_safe(&about, mode, &format!("{error} {error:?}")),
        }
    }
    (files, answered)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_holds_the_canary() {
    let hostile = Hostile::start();
    for mode in MODES {
        let engine = engine(&hostile, mode, &memory());
        let (files, answered) = call_all("success", mode, &engine).await;
        let all = examples(&engine).len();
        assert!(answered * 10 > all * 9, "{answered} of {all}");
        assert!(files.len() > 5, "{files:?}");
        for uri in files {
            let file = engine.export_file(&uri).await.unwrap();
            is_safe(&uri, mode, &file.name);
            is_safe(&uri, mode, &file.text);
            assert!(file.text.contains("CANARY"), "{uri}: {}", file.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_refusal_and_no_broken_job_holds_the_canary() {
    let hostile = Hostile::start();
    for mode in [PersonalData::Masked, PersonalData::Full] {
        for status in [400, 401, 404, 409, 422] {
            hostile.status.store(status, Ordering::SeqCst);
            let engine = engine(&hostile, mode, &memory());
            let (_, answered) = call_all(&status.to_string(), mode, &engine).await;
            assert_eq!(answered, 0, "{status}");
        }
        hostile.status.store(0, Ordering::SeqCst);
        for end in ["failed", "cancelled"] {
            *hostile.job.lock().unwrap() = end;
            let engine = engine(&hostile, mode, &memory());
            call_all(end, mode, &engine).await;
        }
    }
}

async fn client(engine: Arc<Engine>) -> RunningService<RoleClient, ()> {
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let server = StoqServer::new(engine, Kind::Full);
    tokio::spawn(async move { server.serve(ours).await.unwrap().waiting().await });
    ().serve_with_lifecycle(theirs, ClientLifecycleMode::Initialize)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_prompt_completion_or_resource_holds_the_canary() {
    let hostile = Hostile::start();
    for mode in MODES {
        let engine = engine(&hostile, mode, &memory());
        let export = Call::new("preorders_reports_customers_export", Map::new());
        let exported = engine.call(export).await.unwrap().resource.unwrap();
        let client = client(Arc::clone(&engine)).await;
        let read = ReadResourceRequestParams::new(exported.uri);
        let read = client.read_resource(read).await.unwrap();
        all_safe("resource", mode, &serde_json::to_value(read).unwrap());
        for prompt in client.list_all_prompts().await.unwrap() {
            let mut arguments = Map::new();
            for argument in prompt.arguments.iter().flatten() {
                let about = format!("{} {}", prompt.name, argument.name);
                let info = ArgumentInfo::new(argument.name.clone(), "");
                let of = Reference::for_prompt(prompt.name.clone());
                let completed = client.complete(CompleteRequestParams::new(of, info)).await;
                let completed = completed.unwrap().completion.values;
                all_safe(&about, mode, &json!(completed));
                let value = match argument.name.as_str() {
                    "offer_id" => "0ffe0000-0000-4000-8000-000000000001",
                    name if name.contains("date") => "2026-05-01",
                    _ => "44021000000201",
                };
                arguments.insert(argument.name.clone(), json!(value));
            }
            let get = GetPromptRequestParams::new(prompt.name.clone()).with_arguments(arguments);
            let told = client.get_prompt(get).await.unwrap();
            let told = serde_json::to_value(told).unwrap();
            // The workflow is this program's text; what was read stands behind it.
            let read = told["messages"][1]["content"]["text"].as_str().unwrap();
            assert!(read.contains("CANARY"), "{}: {read}", prompt.name);
            is_safe(&prompt.name, mode, read);
        }
    }
}

#[tokio::test]
async fn a_handle_does_what_its_address_would_and_shows_it_nowhere() {
    let hostile = Hostile::start();
    let shelf = memory();
    let mode = PersonalData::Handles;
    let here = engine(&hostile, mode, &shelf);
    let Value::Object(whole) = json!({"detail": "full"}) else {
        panic!("an object");
    };
    let list = Call::new("back_in_stock_signups_list", whole);
    let shown = here.call(list).await.unwrap().data.unwrap();
    let customer = &shown["signups"][0]["customer"];
    let handle = |field: &str| customer[field].as_str().unwrap().to_owned();
    let (email, phone) = (handle("email"), handle("phone"));
    assert!(
        email.starts_with("per_") && phone.starts_with("per_"),
        "{customer}"
    );
    assert_eq!(customer["email"], shown["signups"][1]["customer"]["email"]);
    // Another replica, or this one after a restart.
    let there = engine(&hostile, mode, &shelf);
    let find = |arguments: Value| {
        let Value::Object(arguments) = arguments else {
            panic!("an object");
        };
        Call::new("back_in_stock_signups_list", arguments)
    };
    let both = json!({"email": email, "phone": phone});
    let outcome = there.call(find(both.clone())).await.unwrap();
    outcome_is_safe("list", mode, outcome);
    let sent = hostile.seen.lock().unwrap().last().unwrap().clone();
    let (line, _) = sent.split_once("\r\n").unwrap();
    assert!(line.contains(&EMAIL.replace('@', "%40")), "{line}");
    assert!(line.contains(&PHONE.replace('+', "%2B")), "{line}");
    // What is wrong with it is told without it.
    let wrong = json!({"phone": phone, "variant_id": email});
    let refused = there.call(find(wrong)).await.unwrap_err().to_string();
    is_safe("refusal", mode, &refused);
    assert!(refused.contains(&email), "{refused}");
    // A shop of another key knows nothing of it.
    let strange = engine(&hostile, mode, &memory());
    let refused = strange.call(find(both)).await.unwrap_err().to_string();
    assert_eq!(
        refused,
        "`back_in_stock_signups_list` was not called: `email` is a handle that this server does not know. Nothing was sent. Handles belong to one shop and are kept for 24 h after they were shown: read the record again and pass the handle of that answer."
    );
}
