//! What differs from client to client.

use super::place::{Places, Root};

/// Form of a client's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// JSON as it is: the client itself stumbles over a comment.
    Json,
    /// JSON with comments and trailing commas.
    Jsonc,
    /// TOML.
    Toml,
}

/// How the shop's key reaches the server that a client starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyWay {
    /// The client puts a variable of its own environment in place of a text: what stands before and
    /// after the variable's name.
    Reference(&'static str, &'static str),
    /// The client asks once and keeps the answer in its secret store.
    Asked,
    /// The client hands on those variables of its environment that the entry names.
    HandedOn,
    /// The client hands on its whole environment.
    Inherited,
    /// The client knows nothing but the value itself.
    Inline,
}

/// How a server over HTTP is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remote {
    /// Name of the member with the address, and whether `"type": "http"` stands beside it.
    Address(&'static str, bool),
    /// Not in this file; what to do instead.
    Elsewhere(&'static str),
}

/// One client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// Name on the command line.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// The file of a user.
    pub(super) user: Places,
    /// The file of a project, below its folder.
    pub(super) project: Option<&'static str>,
    /// Form of both.
    pub form: Form,
    /// Name of the member that holds the servers.
    pub servers: &'static str,
    /// Whether `"type": "stdio"` stands in the entry of a program.
    pub(super) is_typed: bool,
    /// How the key reaches the server.
    pub key: KeyWay,
    /// How a server over HTTP is named.
    pub remote: Remote,
    /// Whether it is started from a desktop, where the path of a shell does not reach.
    pub is_desktop: bool,
    /// What a person does for the entry to count.
    pub after: &'static str,
}

/// Every client that `install` knows. Where the facts come from: the vendors' pages on MCP, as of late
/// 2026.
pub const CLIENTS: [Client; 8] = [
    Client {
        id: "claude-desktop",
        title: "Claude Desktop",
        user: Places::same(Root::Settings, "Claude/claude_desktop_config.json"),
        project: None,
        form: Form::Json,
        servers: "mcpServers",
        is_typed: false,
        key: KeyWay::Inline,
        remote: Remote::Elsewhere(
            "Claude Desktop takes a server over HTTP under Settings, Connectors, and not from its file; add the address there, or install without --url",
        ),
        is_desktop: true,
        after: "Quit Claude Desktop and start it again.",
    },
    Client {
        id: "claude-code",
        title: "Claude Code",
        user: Places::same(Root::Variable("CLAUDE_CONFIG_DIR", ""), ".claude.json"),
        project: Some(".mcp.json"),
        form: Form::Json,
        servers: "mcpServers",
        is_typed: true,
        key: KeyWay::Reference("${", "}"),
        remote: Remote::Address("url", true),
        is_desktop: false,
        after: "Start Claude Code anew; `/mcp` shows the server. It writes this file itself, so close it before you install.",
    },
    Client {
        id: "cursor",
        title: "Cursor",
        user: Places::same(Root::Home, ".cursor/mcp.json"),
        project: Some(".cursor/mcp.json"),
        form: Form::Jsonc,
        servers: "mcpServers",
        is_typed: false,
        key: KeyWay::Reference("${env:", "}"),
        remote: Remote::Address("url", false),
        is_desktop: true,
        after: "Cursor shows the server under Settings, MCP; switch it on there.",
    },
    Client {
        id: "vscode",
        title: "VS Code",
        user: Places::same(Root::Settings, "Code/User/mcp.json"),
        project: Some(".vscode/mcp.json"),
        form: Form::Jsonc,
        servers: "servers",
        is_typed: true,
        key: KeyWay::Asked,
        remote: Remote::Address("url", true),
        is_desktop: true,
        after: "Run `MCP: List Servers` in VS Code and start it.",
    },
    Client {
        id: "codex",
        title: "Codex",
        user: Places::same(Root::Variable("CODEX_HOME", ".codex"), "config.toml"),
        project: Some(".codex/config.toml"),
        form: Form::Toml,
        servers: "mcp_servers",
        is_typed: false,
        key: KeyWay::HandedOn,
        remote: Remote::Address("url", false),
        is_desktop: false,
        after: "Start Codex anew; `/mcp` shows the server.",
    },
    Client {
        id: "gemini",
        title: "Gemini CLI",
        user: Places::same(Root::Home, ".gemini/settings.json"),
        project: Some(".gemini/settings.json"),
        form: Form::Jsonc,
        servers: "mcpServers",
        is_typed: false,
        key: KeyWay::Reference("$", ""),
        remote: Remote::Address("httpUrl", false),
        is_desktop: false,
        after: "Start Gemini CLI anew; `/mcp` shows the server.",
    },
    Client {
        id: "zed",
        title: "Zed",
        user: Places {
            linux: (Root::Config, "zed/settings.json"),
            macos: (Root::Home, ".config/zed/settings.json"),
            windows: (Root::Settings, "Zed/settings.json"),
        },
        project: Some(".zed/settings.json"),
        form: Form::Jsonc,
        servers: "context_servers",
        is_typed: false,
        key: KeyWay::Inherited,
        remote: Remote::Address("url", false),
        is_desktop: true,
        after: "Zed starts the server as soon as the file is written; the agent panel's settings show it.",
    },
    Client {
        id: "windsurf",
        title: "Windsurf",
        user: Places::same(Root::Home, ".codeium/windsurf/mcp_config.json"),
        project: None,
        form: Form::Jsonc,
        servers: "mcpServers",
        is_typed: false,
        key: KeyWay::Reference("${env:", "}"),
        remote: Remote::Address("serverUrl", false),
        is_desktop: true,
        after: "Refresh the list of MCP servers in Windsurf.",
    },
];
