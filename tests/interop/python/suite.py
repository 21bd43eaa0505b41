"""Runs the Python SDK against the server: both eras, both transports, every surface, and two clients at once."""

import sys

import anyio
import anyio.to_thread
from mcp import Client

import agreeing
import checks
import small
from support import ACTIONS, FLAT, SMALL, Profile, Report, http_server, sandbox, target


async def flat(profile: Profile, report: Report) -> None:
    with target(profile) as (server, behind):
        async with Client(server, mode=profile.mode, read_timeout_seconds=60) as client:
            checks.handshake(client, profile, report)
            listed = await checks.tools(client, profile, report)
            await checks.bad_calls(client, profile, report)
            await checks.knowledge(client, profile, report)
            await checks.export(client, profile, report)
            await checks.cancellation(client, profile, report)
            await checks.examples(client, profile, report, listed, behind)
    print(f"{profile}: done", flush=True)


async def house(profile: Profile, report: Report) -> None:
    with target(profile) as (server, _):
        async with Client(server, mode=profile.mode, read_timeout_seconds=60) as client:
            checks.handshake(client, profile, report)
            listed = await small.tools(client, profile, report)
            await small.from_words_to_a_call(client, profile, report, listed)
            await small.wrong_class(client, profile, report)
    print(f"{profile}: done", flush=True)


async def asking(profile: Profile, report: Report) -> None:
    with target(profile, asks=True) as (server, behind):
        await agreeing.agreement(server, profile, behind, report)
        await agreeing.no_form(server, profile, behind, report)
    print(f"{profile}, asking: done", flush=True)


async def in_a_terminal(report: Report) -> None:
    with sandbox(asks=True) as behind:
        await anyio.to_thread.run_sync(agreeing.terminal, behind, report)


async def in_parallel(report: Report) -> None:
    """Two clients of different eras on one server do not see each other."""
    reads = [action for action in ACTIONS if action["class"] == "read" and action["handler"] == "request"]
    answers: dict[str, list[object]] = {}

    async def read_all(url: str, mode: str) -> None:
        async with Client(url, mode=mode) as client:
            found: list[object] = []
            for action in reads:
                result = await client.call_tool(action["name"], checks.first_arguments(action))
                found.append(result.structured_content)
            answers[mode] = found

    with sandbox() as behind, http_server(behind) as url:
        async with anyio.create_task_group() as group:
            for mode in ("auto", "legacy"):
                group.start_soon(read_all, url, mode)
    report.check(None not in answers["auto"], "in parallel: every read answers", answers["auto"])
    report.equal(answers["auto"], answers["legacy"], "in parallel: both get the same")


async def main() -> int:
    report = Report()
    async with anyio.create_task_group() as group:
        for profile in FLAT:
            group.start_soon(guarded, str(profile), flat, profile, report)
        for profile in SMALL:
            group.start_soon(guarded, str(profile), house, profile, report)
        for profile in [*FLAT, *SMALL]:
            group.start_soon(guarded, f"{profile}, asking", asking, profile, report)
    await guarded("at a terminal", in_a_terminal, report)
    await guarded("in parallel", in_parallel, report)
    print(f"{report.passed} passed, {len(report.failures)} failed")
    return 0 if report.passed and not report.failures else 1


async def guarded(name: str, run, *arguments) -> None:
    """A profile that breaks is a failure, and the others still run."""
    try:
        await run(*arguments)
    except Exception as error:
        arguments[-1].check(False, f"{name}: broke off", repr(error))


if __name__ == "__main__":
    sys.exit(anyio.run(main))
