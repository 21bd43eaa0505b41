"""The wheel: made by maturin out of the program that is there, installed by pip and run as `uvx` runs it."""

import email
import shutil
import sys
import zipfile
from pathlib import Path

from mcp import Client, StdioServerParameters

from kit import ABOUT, HERE, PROGRAM, ROOT, TOOLS, VERSION_LINE, Report, bare, ran


def built(report: Report, folder: Path) -> Path:
    """Makes the wheel; where maturin would have the program built, it is told that it was."""
    environment = bare(CARGO=str(HERE / "cargo"), REAL_CARGO=shutil.which("cargo") or "", PACKAGED_PROGRAM=str(PROGRAM))
    command = [TOOLS / "maturin", "build", "--release", "--locked", "--out", folder / "wheel"]
    ran(report, "maturin: build", command, cwd=ROOT / "packaging/python", env=environment)
    return next((folder / "wheel").glob("*.whl"))


def contents(report: Report, wheel: Path) -> None:
    """It holds the program, is of this version and for this kind of machine, and names the server."""
    with zipfile.ZipFile(wheel) as zipped:
        held = zipped.read(f"stoq_mcp-{ABOUT.version}.data/scripts/stoq-mcp")
        facts = email.message_from_bytes(zipped.read(f"stoq_mcp-{ABOUT.version}.dist-info/METADATA"))
    report.check(held == PROGRAM.read_bytes(), "wheel: holds the program")
    found = (facts["Name"], facts["Version"], facts["License-Expression"], facts["Summary"])
    report.equal(found, (ABOUT.name, ABOUT.version, ABOUT.license, ABOUT.description), "wheel: facts")
    report.check(f"mcp-name: {ABOUT.server_name}" in str(facts.get_payload()), "wheel: the registry of MCP servers finds its name")
    report.check("-py3-none-manylinux_" in wheel.name and wheel.name.endswith("_x86_64.whl"), "wheel: kind of machine", wheel.name)


async def check(report: Report, folder: Path) -> None:
    """All of it."""
    wheel = built(report, folder)
    contents(report, wheel)
    venv = folder / "venv"
    ran(report, "wheel: venv", [sys.executable, "-m", "venv", venv])
    ran(report, "wheel: pip install", [venv / "bin/pip", "install", "--quiet", "--no-index", "--no-deps", wheel])
    report.equal(ran(report, "wheel: runs", [venv / "bin/stoq-mcp", "--version"]).strip(), VERSION_LINE, "wheel: version")
    # As `uvx stoq-mcp`, with the folder of the wheel for an index.
    places = {"UV_CACHE_DIR": str(folder / "uv"), "UV_TOOL_DIR": str(folder / "uv-tools"), "HOME": str(folder)}
    environment = bare(UV_OFFLINE="1", UV_NO_INDEX="1", UV_FIND_LINKS=str(wheel.parent), UV_PYTHON=sys.executable, **places)
    uvx = [str(TOOLS / "uvx"), ABOUT.name]
    report.equal(ran(report, "uvx", [*uvx, "--version"], env=environment).strip(), VERSION_LINE, "uvx: version")
    server = StdioServerParameters(command=uvx[0], args=[*uvx[1:], "serve", "--sandbox"], env=environment)
    for mode in ("auto", "legacy"):
        async with Client(server, mode=mode) as client:
            report.equal(client.server_info.version, ABOUT.version, f"uvx, {mode}: initialize")
            tools = [tool.name for tool in (await client.list_tools()).tools]
            report.check("run_read" in tools, f"uvx, {mode}: tools/list", tools)
