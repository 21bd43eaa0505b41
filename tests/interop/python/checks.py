"""What must hold for a connected client of the flat surface, whichever era and transport it came by."""

import csv
import io
import re
from typing import Any

import anyio
from jsonschema import Draft202012Validator
from mcp import Client, MCPError
from mcp_types import CallToolResult, PromptReference, ResourceTemplateReference, Tool

from support import ACTIONS, Profile, Report, Sandbox

INVALID_PARAMS = -32602
ENDED_WELL = {"ok", "accepted"}
NAME = re.compile(r"^[a-z][a-z0-9_]{0,47}$")


def text_of(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if block.type == "text")


def find(action_filter: Any) -> dict[str, Any]:
    return next(action for action in ACTIONS if action_filter(action))


def first_arguments(action: dict[str, Any]) -> dict[str, Any]:
    return action["examples"][0]["arguments"]


def handshake(client: Client, profile: Profile, report: Report) -> None:
    """Both eras introduce the server alike, and promise no more than it does."""
    name = f"{profile}: handshake"
    report.equal(client.server_info and client.server_info.name, "stoq", f"{name}: name")
    report.equal(client.protocol_version >= "2026-07-28", profile.modern, f"{name}: era")
    instructions = client.instructions or ""
    report.check(0 < len(instructions) <= 2048, f"{name}: instructions", instructions)
    offered = client.server_capabilities
    report.check(offered.tools is not None and not offered.tools.list_changed, f"{name}: tools", offered)
    report.check(offered.prompts is not None and not offered.prompts.list_changed, f"{name}: prompts", offered)
    report.check(offered.completions is not None, f"{name}: completions", offered)
    report.check(offered.resources is not None and not offered.resources.subscribe, f"{name}: resources", offered)


async def tools(client: Client, profile: Profile, report: Report) -> list[Tool]:
    """The list is the registry's, whole, in its order, and says of each tool what it may do.

    At its end stands the tool for calls that an argument raises above the class of their own.
    """
    listed = await client.list_tools()
    name = f"{profile}: tools/list"
    wanted = [*(action["name"] for action in ACTIONS), "run_money"]
    report.equal([tool.name for tool in listed.tools], wanted, f"{name}: names")
    report.equal(listed.next_cursor, None, f"{name}: one page")
    again = await client.list_tools(cache_mode="bypass")
    report.equal(again.tools, listed.tools, f"{name}: the same again")
    if profile.modern:
        report.check((listed.ttl_ms or 0) > 0 and listed.cache_scope is not None, f"{name}: cache hints", listed.ttl_ms)
    for tool, action in zip(listed.tools, ACTIONS):
        hints = tool.annotations
        derived = (
            action["title"],
            action["class"] == "read",
            action["class"] in ("send", "money", "destroy"),
            action["class"] == "read" or action.get("idempotent", False),
            action["handler"] != "local",
        )
        found = hints and (
            hints.title,
            hints.read_only_hint,
            hints.destructive_hint,
            hints.idempotent_hint,
            hints.open_world_hint,
        )
        report.equal(found, derived, f"{profile}: {tool.name}: annotations")
        report.check(NAME.match(tool.name) is not None, f"{profile}: {tool.name}: name")
        report.check(0 < len(tool.description or "") <= 1024, f"{profile}: {tool.name}: description", tool.description)
        report.equal((tool.output_schema or {}).get("type"), "object", f"{profile}: {tool.name}: output schema")
    return listed.tools


async def examples(client: Client, profile: Profile, report: Report, listed: list[Tool], sandbox: Sandbox) -> None:
    """Every example of the registry runs on fresh data, and its result is what the tool promised."""
    schemas = {tool.name: tool.output_schema for tool in listed}
    job_id = None
    for action in ACTIONS:
        for example in action["examples"]:
            name = f"{profile}: {action['name']}: {example['title']}"
            arguments = dict(example["arguments"])
            if ":job_id" in action["path"]:
                # The API makes up the ids of jobs: the example's stands for one that was started.
                arguments["job_id"] = job_id
            else:
                sandbox.reset()
            try:
                result = await client.call_tool(action["name"], arguments)
                # Where nobody is asked, a call without ids says how many rows it means.
                counted = re.search(r"`expected_count`: (\d+)\.$", text_of(result))
                if counted:
                    result = await client.call_tool(action["name"], {**arguments, "expected_count": int(counted[1])})
            except Exception as error:  # any of them is a finding, and the others must still run
                report.check(False, name, repr(error))
                continue
            if not report.check(not result.is_error, name, text_of(result)):
                continue
            body = result.structured_content or {}
            job_id = body.get("job", {}).get("job_id", job_id)
            report.check(body.get("status") in ENDED_WELL, f"{name}: status", body)
            found = [error.message for error in Draft202012Validator(schemas[action["name"]]).iter_errors(body)]
            report.check(not found, f"{name}: conforms", found)
            report.check(text_of(result) != "", f"{name}: text", result.content)


async def bad_calls(client: Client, profile: Profile, report: Report) -> None:
    """A wrong argument is taught, an unknown tool is an error."""
    one = find(lambda action: action["name"] == "back_in_stock_signups_read")
    for title, arguments, must_name in [
        ("unknown key", {**first_arguments(one), "idd": "x"}, "`id`"),
        ("missing key", {}, "`id`"),
        ("wrong type", {"id": {"a": 1}}, "`id`"),
    ]:
        name = f"{profile}: {title}"
        result = await client.call_tool(one["name"], arguments)
        report.equal(result.is_error, True, f"{name}: is an error result")
        report.check(must_name in text_of(result), f"{name}: names the key", text_of(result))
        report.check(len(text_of(result)) < 2000, f"{name}: is short", len(text_of(result)))
        report.equal(result.structured_content, None, f"{name}: no structured content")
    name = f"{profile}: unknown tool"
    try:
        result = await client.call_tool("back_in_stock_signup_read", {})
        report.check(False, name, result)
    except MCPError as error:
        report.equal(error.error.code, INVALID_PARAMS, f"{name}: code")
        report.check("back_in_stock_signups_read" in error.error.message, f"{name}: nearest", error.error.message)


async def export(client: Client, profile: Profile, report: Report) -> None:
    """An export reports progress, gives its rows, and leaves a file to read."""
    action = find(lambda action: action["handler"] == "export" and action["method"] == "POST")
    name = f"{profile}: {action['name']}"
    seen: list[float] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        seen.append(progress)

    result = await client.call_tool(action["name"], {**first_arguments(action), "detail": "full"}, progress_callback=on_progress)
    report.check(bool(seen) and seen == sorted(set(seen)), f"{name}: progress rises", seen)
    rows = ((result.structured_content or {}).get("data") or {}).get("rows")
    if not report.check(bool(rows), f"{name}: rows", result.structured_content or text_of(result)):
        return
    links = [block for block in result.content if block.type == "resource_link"]
    if not report.equal(len(links), 1, f"{name}: one file"):
        return
    file = (await client.read_resource(links[0].uri)).contents[0]
    lines = list(csv.reader(io.StringIO(file.text)))
    report.equal(file.mime_type, "text/csv", f"{name}: type of the file")
    total = ((result.structured_content or {}).get("page") or {}).get("total", len(rows))
    report.equal(len(lines), total + 1, f"{name}: the file holds every row and a header")
    report.equal(lines[0], list(rows[0]), f"{name}: columns")
    try:
        await client.read_resource("stoq://exports/back_in_stock.reports/exp_0000000000000000.csv")
        report.check(False, f"{name}: unknown file", "it was read")
    except MCPError as error:
        wanted = INVALID_PARAMS if profile.modern else -32002
        report.equal(error.error.code, wanted, f"{name}: unknown file")


async def knowledge(client: Client, profile: Profile, report: Report) -> None:
    """The guide and the skills are read as listed, a prompt brings live data, arguments are completed."""
    name = f"{profile}: knowledge"
    listed = (await client.list_resources()).resources
    texts = {resource.uri: resource for resource in listed if resource.mime_type == "text/markdown"}
    report.check("stoq://storefront/liquid" in texts, f"{name}: the guide is listed", list(texts))
    report.check("skill://restock-plan/SKILL.md" in texts, f"{name}: the skills are listed", list(texts))
    for uri, resource in texts.items():
        contents = (await client.read_resource(uri)).contents[0]
        report.equal(len(contents.text.encode()), resource.size, f"{name}: {uri}: size")
    prompts = (await client.list_prompts()).prompts
    skills = {uri.split("/")[2].replace("-", "_") for uri in texts if uri.startswith("skill://")}
    report.equal({prompt.name for prompt in prompts}, skills, f"{name}: a prompt for every skill")
    prompt = await client.get_prompt("restock_plan", {"product": "8011000000103"})
    told = "\n".join(message.content.text for message in prompt.messages)
    report.check("<data>" in told and "could not be read" not in told, f"{name}: live data", told)
    try:
        await client.get_prompt("restock_plan", {"variants": "1"})
        report.check(False, f"{name}: unknown argument", "it was taken")
    except MCPError as error:
        report.equal(error.error.code, INVALID_PARAMS, f"{name}: unknown argument")
    for ref, argument, typed, wanted in [
        (PromptReference(type="ref/prompt", name="restock_plan"), "product", "jacket", "8011000000103 Canvas Field Jacket"),
        (ResourceTemplateReference(type="ref/resource", uri="stoq://storefront/{topic}"), "topic", "li", "liquid"),
    ]:
        found = (await client.complete(ref, {"name": argument, "value": typed})).completion
        report.equal((found.values, found.has_more), ([wanted], False), f"{name}: completion of {argument}")


async def cancellation(client: Client, profile: Profile, report: Report) -> None:
    """A call that is given up leaves the connection whole."""
    action = find(lambda action: action["handler"] == "export" and action["method"] == "POST")
    with anyio.move_on_after(0.05) as scope:
        await client.call_tool(action["name"], first_arguments(action))
    report.check(scope.cancelled_caught, f"{profile}: cancellation: was in time", "the export had ended before")
    summary = find(lambda action: action["name"] == "back_in_stock_settings_read")
    with anyio.move_on_after(10) as scope:
        result = await client.call_tool(summary["name"], first_arguments(summary))
        report.check(not result.is_error, f"{profile}: cancellation: goes on", text_of(result))
    report.check(not scope.cancelled_caught, f"{profile}: cancellation: answers", "no answer within 10 s")
