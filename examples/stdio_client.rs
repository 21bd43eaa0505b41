//! A Rust MCP client: starts the server as a child over the sandbox and asks who waits for what.
//!
//! `cargo build && cargo run --example stdio_client`, or name another program as the argument.

use std::path::PathBuf;

use anyhow::Context;
use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use rmcp::transport::TokioChildProcess;
use serde_json::{Value, json};
use tokio::process::Command;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut command = Command::new(program()?);
    command.args(["serve", "--sandbox"]);
    let client = ().serve(TokioChildProcess::new(command)?).await?;

    let tools = client.list_all_tools().await?;
    println!(
        "{} tools, such as {}",
        tools.len(),
        tools.first().context("no tool")?.name
    );

    let Value::Object(arguments) = json!({"limit": 3}) else {
        anyhow::bail!("arguments are an object");
    };
    let request = CallToolRequestParams::new("back_in_stock_reports_products_in_demand")
        .with_arguments(arguments);
    let result = client.call_tool(request).await?;
    let content = result.structured_content.context("no structured content")?;
    let rows = content
        .pointer("/data/product_variants")
        .and_then(Value::as_array);
    for row in rows.context("no rows")? {
        let field = |name: &str| row.get(name).cloned().unwrap_or_default();
        println!(
            "{} wait for {} / {}",
            field("pending"),
            field("product_title"),
            field("variant_title")
        );
    }
    client.cancel().await?;
    Ok(())
}

/// The program of the first argument, or the one built beside this example.
fn program() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::args_os().nth(1) {
        return Ok(path.into());
    }
    let here = std::env::current_exe()?;
    let built = here.parent().and_then(|folder| folder.parent());
    Ok(built.context("no build folder")?.join("stoq-mcp"))
}
