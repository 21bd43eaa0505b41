"""The desktop bundles: unpacked by the public tool and started as their manifests say."""

import json
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters

from kit import ABOUT, HERE, NODE_MODULES, PROGRAM, Report, bare, ran, run
from support import Sandbox, sandbox

MCPB = NODE_MODULES / ".bin" / "mcpb"


def unpacked(report: Report, dist: Path, name: str, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Unpacks a bundle and gives its manifest."""
    bundle = dist / "files" / f"{name}-v{ABOUT.version}-linux-x64.mcpb"
    target = folder / name
    ran(report, f"{name}: unpack", [MCPB, "unpack", bundle, target])
    ran(report, f"{name}: the packed manifest is valid", [MCPB, "validate", target / "manifest.json"])
    return target, json.loads((target / "manifest.json").read_text())


def config(folder: Path, settings: dict[str, Any]) -> dict[str, Any] | None:
    """How an app starts the bundle with what a person typed."""
    done = run(["node", HERE / "unpacked.mjs", NODE_MODULES, folder, json.dumps(settings)])
    return json.loads(done.stdout)


def parameters(started: dict[str, Any], home: Path, **more: str) -> StdioServerParameters:
    """The same for a client of ours, in a home of its own."""
    environment = bare(HOME=str(home), **started["env"], **more)
    return StdioServerParameters(command=started["command"], args=started["args"], env=environment)


def manifest(report: Report, found: dict[str, Any]) -> None:
    """The key is kept as a secret and is wanted; what is listed of tools is what the server lists."""
    name = found["name"]
    report.equal(found["version"], ABOUT.version, f"{name}: version")
    report.equal(found["compatibility"]["platforms"], ["linux"], f"{name}: platforms")
    report.check(found["tools_generated"], f"{name}: other settings list other tools")
    variables = {f"${{user_config.{key}}}" for key in found.get("user_config", {})}
    report.equal(set(found["server"]["mcp_config"]["env"].values()), variables, f"{name}: every setting reaches the server")
    for key, setting in found.get("user_config", {}).items():
        secret = key == "api_key"
        kept = (setting.get("sensitive", False), setting["required"], "default" in setting)
        report.equal(kept, (secret, secret, not secret), f"{name}: {key}: secret, wanted, has a default")


async def shop(report: Report, found: dict[str, Any], folder: Path, behind: Sandbox, home: Path) -> None:
    """The shop's own bundle: settings become the server's, and the key that was typed opens the API."""
    name = found["name"]
    report.equal(config(folder, {}), None, f"{name}: is not started without a key")
    typed = {"api_key": behind.key, "allow": "write,send", "max_recipients": 7, "personal_data": "masked"}
    started = config(folder, typed)
    wanted = {"STOQ_API_KEY": behind.key, "STOQ_MCP_ALLOW": "write,send", "STOQ_MCP_MAX_RECIPIENTS": "7",
              "STOQ_MCP_PERSONAL_DATA": "masked", "STOQ_MCP_READ_ONLY": "false"}
    report.equal(started["env"], wanted, f"{name}: settings")
    api = {"STOQ_MCP_BASE_URL": behind.base_url, "STOQ_MCP_STATE": "memory"}
    async with Client(parameters(started, home, **api), mode="legacy") as client:
        report.check("run_send" in [tool.name for tool in (await client.list_tools()).tools], f"{name}: sends where it is allowed")
        read = await client.call_tool("back_in_stock_signups_list", {"limit": 3})
        report.equal((read.structured_content or {}).get("status"), "ok", f"{name}: the API takes the key that was typed")
        shown = json.dumps(read.structured_content)
        report.check("***@" in shown, f"{name}: addresses as was set", shown)
    plain = config(folder, {"api_key": behind.key})
    async with Client(parameters(plain, home, **api)) as client:
        report.equal(client.server_info.name, "stoq", f"{name}: initialize")
        listed = [tool.name for tool in (await client.list_tools()).tools]
        report.equal([tool["name"] for tool in found["tools"]], listed, f"{name}: tools")
    shut = config(folder, {**typed, "read_only": True})
    async with Client(parameters(shut, home, **api)) as client:
        listed = [tool.name for tool in (await client.list_tools()).tools]
        report.equal([tool for tool in listed if tool.startswith("run_")], ["run_read"], f"{name}: reads alone")


async def practice(report: Report, found: dict[str, Any], folder: Path, home: Path) -> None:
    """The practice shop's bundle wants nothing, lists everything and answers."""
    name = found["name"]
    started = config(folder, {})
    report.equal(started["args"], ["serve", "--sandbox"], f"{name}: arguments")
    for mode in ("auto", "legacy"):
        async with Client(parameters(started, home), mode=mode) as client:
            listed = [tool.name for tool in (await client.list_tools()).tools]
            report.equal([tool["name"] for tool in found["tools"]], listed, f"{name}, {mode}: tools")
            read = await client.call_tool("back_in_stock_reports_summary", {})
            report.equal((read.structured_content or {}).get("status"), "ok", f"{name}, {mode}: a call")


async def check(report: Report, dist: Path, folder: Path) -> None:
    """All of it."""
    home = folder / "home"
    home.mkdir()
    for name in (ABOUT.name, f"{ABOUT.name}-sandbox"):
        target, found = unpacked(report, dist, name, folder)
        manifest(report, found)
        held = target / found["server"]["entry_point"]
        report.check(held.read_bytes() == PROGRAM.read_bytes(), f"{name}: holds the program")
        report.check(bool(held.stat().st_mode & 0o111), f"{name}: which may be run")
        if name == ABOUT.name:
            with sandbox() as behind:
                await shop(report, found, target, behind, home)
        else:
            await practice(report, found, target, home)
