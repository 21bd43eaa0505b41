//! Tools that become tasks, for clients that declared the tasks extension.

use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ContentBlock,
    CreateTaskResult,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::task_manager::{TaskContext, TaskExit, TaskFuture, TaskOptions};
use serde_json::Value;

use super::Fixtures;
use super::content::line;
use super::input::{self, Question, Rounds, Step, task_question};

/// How often a client should look.
const POLL_MS: u64 = 200;
/// Longest `slow_compute`.
const MAX_SECONDS: u64 = 120;
/// How long the failing jobs pretend to work.
const WORK: Duration = Duration::from_millis(500);

/// Whether a fixture becomes a task.
pub(super) fn has(name: &str) -> bool {
    matches!(
        name,
        "slow_compute"
            | "failing_job"
            | "protocol_error_job"
            | "confirm_delete"
            | "multi_input"
            | "test_tool_with_task"
    )
}

/// Starts the task; `slow_compute` runs at once for a client without tasks, the others refuse it.
pub(super) async fn call(
    fixtures: &Fixtures,
    request: CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let client = context.client_capabilities().unwrap_or_default();
    let arguments = request.arguments.unwrap_or_default();
    let seconds = arguments
        .get("seconds")
        .and_then(Value::as_u64)
        .unwrap_or(0);
    let seconds = seconds.min(MAX_SECONDS);
    if !client.supports_tasks() {
        if request.name != "slow_compute" {
            let tasks = ClientCapabilities::builder().enable_tasks().build();
            return Err(ErrorData::missing_required_client_capability(tasks));
        }
        return Ok(tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds)) => computed(seconds).into(),
            () = context.ct.cancelled() => {
                CallToolResult::error(vec![ContentBlock::text("Cancelled.")]).into()
            }
        });
    }
    let filename = arguments.get("filename").and_then(Value::as_str);
    let filename = filename.unwrap_or("nothing").to_owned();
    let work: Box<dyn FnOnce(TaskContext) -> TaskFuture + Send> = match request.name.as_ref() {
        "slow_compute" => Box::new(move |task| Box::pin(slow_compute(task, seconds))),
        "failing_job" => Box::new(|task| Box::pin(failing_job(task))),
        "protocol_error_job" => Box::new(|task| Box::pin(protocol_error_job(task))),
        "confirm_delete" => Box::new(|task| Box::pin(confirm_delete(task, filename))),
        "multi_input" => Box::new(|task| Box::pin(multi_input(task))),
        _ => {
            let state = request.request_state.as_deref();
            let rounds = name_rounds();
            match rounds.step(&fixtures.seal, &client, state, request.input_responses)? {
                Step::Ask(asked) => return Ok((*asked).into()),
                Step::Done(answers) => Box::new(move |task| Box::pin(greet_later(task, answers))),
            }
        }
    };
    let options = TaskOptions::new().with_poll_interval_ms(POLL_MS);
    let task = fixtures.tasks.spawn(options, work);
    Ok(CreateTaskResult::new(task).into())
}

fn computed(seconds: u64) -> CallToolResult {
    line(format!("Computed for {seconds} s."))
}

/// Waits, unless the task is cancelled.
async fn work_for(task: &TaskContext, time: Duration) -> Result<(), TaskExit> {
    tokio::select! {
        () = tokio::time::sleep(time) => Ok(()),
        () = task.cancelled() => Err(TaskExit::Cancelled),
    }
}

async fn slow_compute(task: TaskContext, seconds: u64) -> Result<CallToolResult, TaskExit> {
    work_for(&task, Duration::from_secs(seconds)).await?;
    Ok(computed(seconds))
}

async fn failing_job(task: TaskContext) -> Result<CallToolResult, TaskExit> {
    work_for(&task, WORK).await?;
    let text = "This job ends with an error result.";
    Ok(CallToolResult::error(vec![ContentBlock::text(text)]))
}

async fn protocol_error_job(task: TaskContext) -> Result<CallToolResult, TaskExit> {
    work_for(&task, WORK).await?;
    Err(TaskExit::Error(ErrorData::internal_error(
        "This job breaks.",
        None,
    )))
}

async fn question(task: &TaskContext, question: Question) -> Result<Value, TaskExit> {
    let (key, request) = task_question(question)?;
    task.request_input(key, request).await
}

async fn confirm_delete(task: TaskContext, filename: String) -> Result<CallToolResult, TaskExit> {
    let message = format!("Delete {filename}?");
    let answer = question(
        &task,
        input::form("confirm", &message, "confirm", "boolean"),
    )
    .await?;
    let confirmed = answer.pointer("/content/confirm") == Some(&Value::Bool(true));
    Ok(line(if confirmed {
        format!("Deleted {filename}.")
    } else {
        format!("Kept {filename}.")
    }))
}

async fn multi_input(task: TaskContext) -> Result<CallToolResult, TaskExit> {
    let (first, second) = tokio::join!(
        question(
            &task,
            input::form("input-a", "First name?", "name", "string")
        ),
        question(
            &task,
            input::form("input-b", "Second name?", "name", "string")
        ),
    );
    let (first, second) = (first?, second?);
    let name = |answer: &Value| {
        let name = answer.pointer("/content/name").and_then(Value::as_str);
        name.unwrap_or("nobody").to_owned()
    };
    Ok(line(format!("{} and {}.", name(&first), name(&second))))
}

/// The one question that `test_tool_with_task` asks before it becomes a task.
fn name_rounds() -> Rounds {
    Rounds {
        owner: "test_tool_with_task".to_owned(),
        rounds: vec![vec![input::form(
            "user_name",
            "What is your name?",
            "name",
            "string",
        )]],
        sealed: true,
    }
}

async fn greet_later(
    task: TaskContext,
    answers: input::Answers,
) -> Result<CallToolResult, TaskExit> {
    work_for(&task, WORK).await?;
    let name = answers.get("user_name").and_then(|form| form.get("name"));
    let name = name.and_then(Value::as_str).unwrap_or("nobody");
    Ok(line(format!("Hello, {name}!")))
}
