//! `tools`: what a client is shown, and what it costs in context.

use std::sync::Arc;

use comfy_table::{CellAlignment, Table};
use serde_json::json;

use super::settings::{self, ApiFlags, GlobalFlags, PlaceFlags, SurfaceFlags};
use super::{Failure, Outcome, misused, print, source};
use crate::config::Layer;
use crate::engine::Policy;
use crate::mcp;
use crate::registry::Registry;
use crate::registry::entry::Class;
use crate::safety::Confirm;
use crate::surface::{self, Kind, Tool};
use crate::tokens::of_definitions as tokens;
use crate::upstream::Base;

/// Flags of `tools`.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Print what each surface costs in context, then each tool of the chosen one
    #[arg(long)]
    tokens: bool,
    /// Print the tools as MCP lists them, with the instructions
    #[arg(long, conflicts_with = "tokens")]
    json: bool,
    /// As a server with --sandbox lists them: everything is allowed
    #[arg(long)]
    sandbox: bool,
    #[command(flatten)]
    surface: SurfaceFlags,
    #[command(flatten)]
    api: ApiFlags,
    /// What counts as consent to send, money and destroy, which their tools tell [default: elicit]
    #[arg(long, value_name = "HOW")]
    confirm: Option<Confirm>,
}

/// What decides the list.
struct Scene {
    registry: Arc<Registry>,
    policy: Policy,
    confirm: Confirm,
    local: bool,
}

pub(super) fn run(global: GlobalFlags, flags: Flags) -> Outcome {
    let layer = Layer {
        confirm: flags.confirm,
        ..flags.api.layer(PlaceFlags::default().layer())
    };
    let config = settings::resolve(&global, flags.surface.layer(layer))?;
    let kind = config.surface.value;
    let scene = scene(&config, flags.sandbox)?;
    let tools = scene.tools(kind);
    let text = if flags.json {
        let listed: Vec<_> = tools.iter().map(mcp::tool).collect();
        let all = json!({"instructions": scene.instructions(kind), "tools": listed});
        format!("{all:#}\n")
    } else if flags.tokens {
        format!("{}\n{}", costs(&scene), each(kind, &tools))
    } else {
        list(&tools)
    };
    print(&text)
}

fn scene(config: &crate::config::Config, sandbox: bool) -> Result<Scene, Failure> {
    let registry = Arc::new(source::load(config.registry_file())?);
    let base = match sandbox {
        true => Base::parse("http://127.0.0.1/").map_err(misused)?,
        false => config.base().map_err(misused)?,
    };
    let classes: &[Class] = match sandbox {
        true => &Class::ALL,
        false => &[Class::Write],
    };
    let policy = config.policy(classes);
    let selection = config.selection(&[&registry]).map_err(misused)?;
    Ok(Scene {
        policy: policy.with_selection(selection),
        registry,
        confirm: config.confirm.value,
        local: base.is_loopback(),
    })
}

impl Scene {
    fn tools(&self, kind: Kind) -> Vec<Tool> {
        surface::tools(kind, &self.registry, &self.policy, self.confirm)
    }

    fn instructions(&self, kind: Kind) -> String {
        surface::instructions(kind, &self.registry, &self.policy, self.confirm, self.local)
    }
}

fn list(tools: &[Tool]) -> String {
    let width = tools.iter().map(|tool| tool.name.len()).max();
    let width = width.unwrap_or_default();
    tools.iter().fold(String::new(), |mut text, tool| {
        let class = tool.class.as_str();
        text.push_str(&format!(
            "{:width$}  {class:7}  {}\n",
            tool.name, tool.title
        ));
        text
    })
}

/// What a model is shown of a tool: name, description and input schema.
fn shown(tool: &Tool) -> usize {
    tokens(
        &json!({"name": tool.name, "description": tool.description, "inputSchema": *tool.input})
            .to_string(),
    )
}

fn output(tool: &Tool) -> usize {
    tokens(&serde_json::Value::Object(tool.output.as_ref().clone()).to_string())
}

/// One line a surface.
fn costs(scene: &Scene) -> String {
    let mut table = table(&[
        "surface",
        "tools",
        "tokens",
        "mean",
        "instructions",
        "in all",
        "output schemas",
    ]);
    for kind in Kind::ALL {
        let tools = scene.tools(kind);
        let sum: usize = tools.iter().map(shown).sum();
        let told = tokens(&scene.instructions(kind));
        let outputs: usize = tools.iter().map(output).sum();
        let mean = sum.checked_div(tools.len()).unwrap_or_default();
        let numbers = [tools.len(), sum, mean, told, sum + told, outputs];
        let cells = std::iter::once(kind.as_str().to_owned());
        table.add_row(cells.chain(numbers.iter().map(usize::to_string)));
    }
    finished(table)
}

/// One line a tool of a surface.
fn each(kind: Kind, tools: &[Tool]) -> String {
    let mut table = table(&[kind.as_str(), "tokens", "output schema"]);
    for tool in tools {
        table.add_row([
            tool.name.clone(),
            shown(tool).to_string(),
            output(tool).to_string(),
        ]);
    }
    format!(
        "{}\nTokens of o200k, about; of a tool: name, description and input schema, what a model is shown.\n",
        finished(table)
    )
}

fn table(heads: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(heads.iter().copied());
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn finished(table: Table) -> String {
    table.lines().fold(String::new(), |mut text, line| {
        text.push_str(line.trim_end());
        text.push('\n');
        text
    })
}
