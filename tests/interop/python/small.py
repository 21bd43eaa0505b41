"""What must hold for a connected client of a surface with house tools, whichever it is."""

import json
from typing import Any

from jsonschema import Draft202012Validator
from mcp import Client
from mcp_types import CallToolResult, Tool

from checks import find, first_arguments, text_of
from support import Profile, Report, printed


async def tools(client: Client, profile: Profile, report: Report) -> list[Tool]:
    """The list is what the command line prints for the same flags."""
    listed = (await client.list_tools()).tools
    shown = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in listed]
    wanted = printed(profile.surface)
    report.equal(shown, wanted["tools"], f"{profile}: tools/list: as printed")
    report.equal(client.instructions, wanted["instructions"], f"{profile}: instructions: as printed")
    return listed


async def from_words_to_a_call(client: Client, profile: Profile, report: Report, listed: list[Tool]) -> None:
    """A read that is no tool of its own is found, described and run, each with the result that was promised."""
    schemas = {tool.name: tool.output_schema for tool in listed}
    action = find(lambda one: one["name"] == "preorders_offers_products_variants_list")
    name = f"{profile}: {action['name']}"
    report.check(action["name"] not in schemas, f"{name}: is no tool", list(schemas))

    async def call(tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        result = await client.call_tool(tool, arguments)
        body = result.structured_content or {}
        report.check(not result.is_error, f"{name}: {tool}", text_of(result))
        report.equal(body.get("status"), "ok", f"{name}: {tool}: status")
        found = [error.message for error in Draft202012Validator(schemas[tool]).iter_errors(body)]
        report.check(not found, f"{name}: {tool}: conforms", found)
        report.check(text_of(result) != "", f"{name}: {tool}: text", result.content)
        return body.get("data") or {}

    rows = (await call("find_actions", {"query": action["title"]})).get("actions", [])
    row = next((row for row in rows if row["name"] == action["name"]), {})
    report.equal(row.get("tool"), "run_read", f"{name}: find_actions: the tool that runs it")
    described = (await call("describe_actions", {"names": [action["name"]]})).get("actions", [])
    report.equal([one["name"] for one in described], [action["name"]], f"{name}: describe_actions: names")
    arguments = described[0]["examples"][0]
    report.equal(arguments, first_arguments(action), f"{name}: describe_actions: first example")
    data = await call("run_read", {"action": action["name"], "arguments": arguments})
    report.check(bool(data), f"{name}: run_read: data")


async def wrong_class(client: Client, profile: Profile, report: Report) -> None:
    """A tool refuses an action of another class, and gives the call as it has to be."""
    action = find(lambda one: one["name"] == "preorders_offers_delete")
    given = {"action": action["name"], "arguments": first_arguments(action)}
    result: CallToolResult = await client.call_tool("run_read", given)
    name = f"{profile}: wrong class"
    report.equal(result.is_error, True, f"{name}: is an error result")
    right = f"Call `run_{action['class']}` with {json.dumps(given, separators=(',', ':'))}."
    report.check(right in text_of(result), f"{name}: names the right tool", text_of(result))
    report.equal(result.structured_content, None, f"{name}: no structured content")
