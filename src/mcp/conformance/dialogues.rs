//! The tools that ask within their result, by rounds of `input_required`.

use serde_json::{Value, json};

use super::input::{Answers, Question, Rounds, form, roots, sampling};

/// How a tool asks, or nothing if it does not.
pub(super) fn find(name: &str) -> Option<Rounds> {
    let (rounds, sealed) = match name {
        "test_input_required_result_elicitation" | "test_streaming_elicitation" => {
            (vec![vec![user_name()]], false)
        }
        "test_input_required_result_sampling" => (vec![vec![capital()]], false),
        "test_input_required_result_list_roots" => (vec![vec![roots("client_roots")]], false),
        "test_input_required_result_request_state"
        | "test_input_required_result_tampered_state" => {
            let confirm = form("confirm", "Please confirm", "ok", "boolean");
            (vec![vec![confirm]], true)
        }
        "test_input_required_result_multiple_inputs" => {
            let greeting = sampling("greeting", "Generate a greeting", 50);
            (
                vec![vec![user_name(), greeting, roots("client_roots")]],
                true,
            )
        }
        "test_input_required_result_multi_round" => {
            let first = form("step1", "Step 1: What is your name?", "name", "string");
            let second = form(
                "step2",
                "Step 2: What is your favorite color?",
                "color",
                "string",
            );
            (vec![vec![first], vec![second]], true)
        }
        "test_input_required_result_capabilities" => (vec![vec![user_name(), capital()]], false),
        _ => return None,
    };
    let owner = name.to_owned();
    Some(Rounds {
        owner,
        rounds,
        sealed,
    })
}

fn user_name() -> Question {
    form("user_name", "What is your name?", "name", "string")
}

fn capital() -> Question {
    sampling("capital_question", "What is the capital of France?", 100)
}

/// All answers in one line; of a dialogue whose state came back whole, the line says so.
pub(super) fn summary(rounds: &Rounds, answers: &Answers) -> String {
    let text = match answers.get("user_name").and_then(|form| form.get("name")) {
        Some(Value::String(name)) => format!("Hello, {name}!"),
        Some(_) | None => format!("Answers: {}", json!(answers)),
    };
    if rounds.sealed {
        format!("state-ok. {text}")
    } else {
        text
    }
}
