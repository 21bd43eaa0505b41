"""What must hold for a client whose person is asked: a plan is agreed to by typing, and happens once."""

import os
import pty
import re
import subprocess
from typing import Any

from mcp import Client
from mcp_types import ElicitResult

from checks import text_of
from support import Profile, Report, Sandbox

NOTIFY = "back_in_stock_signups_bulk_notify"
DELETE = "back_in_stock_signups_delete"
WANTED = re.compile(r"^Type (\S+) to go ahead\.$", re.MULTILINE)


def signup(number: int) -> str:
    return f"51900000-0000-4000-8000-{number:012}"


def call(profile: Profile, name: str, arguments: dict[str, Any], effect: str) -> tuple[str, dict[str, Any]]:
    """The tool that runs an action on the surface of a profile, and what it is given."""
    if profile.surface == "full":
        return name, arguments
    return f"run_{effect}", {"action": name, "arguments": arguments}


class Person:
    """Answers the questions of a server as told, and keeps them."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.agrees = True

    async def __call__(self, context: Any, params: Any) -> ElicitResult:
        self.asked.append(params.message)
        if not self.agrees:
            return ElicitResult(action="decline")
        typed = WANTED.search(params.message)
        return ElicitResult(action="accept", content={"answer": typed.group(1) if typed else ""})


async def agreement(server: Any, profile: Profile, behind: Sandbox, report: Report) -> None:
    """A no sends nothing, a yes sends once, and the client's own loop carries the question either way."""
    name = f"{profile}: agreement"
    person = Person()
    alerts = {"signup_ids": [signup(1), signup(4)]}
    tool, arguments = call(profile, NOTIFY, alerts, "send")
    async with Client(server, mode=profile.mode, read_timeout_seconds=60, elicitation_callback=person) as client:
        person.agrees = False
        result = await client.call_tool(tool, arguments)
        report.check(result.is_error is True and "the person asked said no" in text_of(result), f"{name}: no", text_of(result))
        report.equal(behind.effects("send"), 0, f"{name}: nothing was sent")
        person.agrees = True
        result = await client.call_tool(tool, arguments)
        body = result.structured_content or {}
        report.equal(body.get("status"), "accepted", f"{name}: yes: {text_of(result)}")
        report.equal(len(person.asked), 2, f"{name}: asked once for each")
        report.check(person.asked[-1].startswith("2 shoppers get an alert by email"), f"{name}: plan", person.asked)
        again = (await client.call_tool(tool, arguments)).structured_content or {}
        report.equal((again.get("status"), again.get("receipt")), ("replayed", body.get("receipt")), f"{name}: again")
        report.equal((len(person.asked), behind.effects("send")), (2, 2), f"{name}: once")


async def no_form(server: Any, profile: Profile, behind: Sandbox, report: Report) -> None:
    """A client without a form has a small send by a handle, and nothing that destroys."""
    name = f"{profile}: no form"
    async with Client(server, mode=profile.mode, read_timeout_seconds=60) as client:
        result = await client.call_tool(*call(profile, DELETE, {"id": signup(12)}, "destroy"))
        report.check("shows them no form" in text_of(result), f"{name}: refused", text_of(result))
        alerts = {"signup_ids": [signup(13)]}
        planned = (await client.call_tool(*call(profile, NOTIFY, alerts, "send"))).structured_content or {}
        report.equal(planned.get("status"), "planned", f"{name}: planned")
        agreed = {**alerts, "confirm": planned.get("plan", {}).get("confirm")}
        done = await client.call_tool(*call(profile, NOTIFY, agreed, "send"))
        report.equal((done.structured_content or {}).get("status"), "accepted", f"{name}: by its handle")


def at_a_terminal(behind: Sandbox, typed: str) -> tuple[int, str]:
    """Runs `call` at a terminal, where somebody types; gives its exit code and all that was shown there."""
    command = [behind.command[0], "call", DELETE, "--json", f'{{"id": "{signup(14)}"}}']
    command += ["--base-url", behind.base_url, "--allow", "destroy", "--state", "memory"]
    ours, theirs = pty.openpty()
    environment = {**os.environ, **behind.environment, "NO_COLOR": "1"}
    process = subprocess.Popen(command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    shown = ""
    try:
        while not shown.endswith("> "):
            shown += os.read(ours, 4096).decode()
        os.write(ours, f"{typed}\n".encode())
        while True:
            shown += os.read(ours, 4096).decode()
    except OSError:  # the other side is closed
        pass
    finally:
        os.close(ours)
    return process.wait(timeout=60), shown


def terminal(behind: Sandbox, report: Report) -> None:
    """At a terminal the plan is shown, and what is typed decides."""
    for typed, code, told in [
        ("", 4, "nobody agreed to it"),
        ("yes", 4, "what was typed is not what the plan asked for"),
        ("delete", 0, "status: accepted"),
    ]:
        before = behind.effects("signup_deleted")
        found, shown = at_a_terminal(behind, typed)
        name = f"terminal: {typed!r}"
        report.check("Type delete to go ahead." in shown, f"{name}: plan", shown)
        report.equal((found, told in shown), (code, True), f"{name}: {shown}")
        report.equal(behind.effects("signup_deleted") - before, int(code == 0), f"{name}: effects")
