"""The npm packages: installed from a registry of our own, as from the real one, and run through the launcher."""

import base64
import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess
import tarfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from mcp import Client, StdioServerParameters

from kit import ABOUT, HANGS, PROGRAM, VERSION_LINE, Report, bare, ran, run

HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}}
TALK = [
    {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO},
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
]


@contextlib.contextmanager
def registry(folder: Path) -> Iterator[str]:
    """A registry of this machine that has the packed packages and no others; gives its address."""
    files = {path.name: path for path in folder.glob("*.tgz")}
    documents: dict[str, dict[str, Any]] = {}
    for path in files.values():
        with tarfile.open(path) as tar:
            package = json.load(tar.extractfile("package/package.json"))
        digest = hashlib.sha512(path.read_bytes()).digest()
        package["dist"] = {"integrity": f"sha512-{base64.b64encode(digest).decode()}", "tarball": path.name}
        documents[package["name"]] = {"name": package["name"], "dist-tags": {"latest": package["version"]},
                                      "versions": {package["version"]: package}}

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = unquote(self.path.lstrip("/"))
            if name in files:
                return self.answer(200, files[name].read_bytes())
            if name not in documents:
                return self.answer(404, b"{}")
            document = json.loads(json.dumps(documents[name]))
            for package in document["versions"].values():
                package["dist"]["tarball"] = f"{address}/{package['dist']['tarball']}"
            return self.answer(200, json.dumps(document).encode())

        def answer(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield address
    finally:
        server.shutdown()


def settings(address: str, folder: Path) -> dict[str, str]:
    """An environment in which npm knows that registry alone, and nothing of this machine's user."""
    for name in ("user.npmrc", "global.npmrc"):
        (folder / name).touch()
    return bare(npm_config_registry=address, npm_config_cache=str(folder / "cache"), npm_config_userconfig=str(folder / "user.npmrc"),
                npm_config_globalconfig=str(folder / "global.npmrc"), npm_config_audit="false", npm_config_fund="false",
                npm_config_update_notifier="false", HOME=str(folder))


def installed(report: Report, folder: Path, environment: dict[str, str]) -> Path:
    """npm installs the launcher and, of all platforms, the one that fits; gives the launcher's command."""
    project = folder / "project"
    project.mkdir()
    (project / "package.json").write_text('{"name": "shop", "private": true}')
    ran(report, "npm: install", ["npm", "install", ABOUT.name], cwd=project, env=environment)
    modules = project / "node_modules"
    report.equal(sorted(path.name for path in (modules / f"@{ABOUT.name}").iterdir()), ["linux-x64"], "npm: the one platform that fits")
    held = modules / f"@{ABOUT.name}/linux-x64/bin/stoq-mcp"
    report.check(held.read_bytes() == PROGRAM.read_bytes(), "npm: the platform's package holds the program")
    package = json.loads((modules / ABOUT.name / "package.json").read_text())
    report.equal(package["mcpName"], ABOUT.server_name, "npm: the registry of MCP servers finds its name")
    return modules / ".bin" / "stoq-mcp"


def alike(report: Report, launcher: Path) -> None:
    """What the program prints and how it ends is the same through the launcher."""
    talk = "".join(json.dumps(message) + "\n" for message in TALK)
    cases: dict[str, tuple[list[str], str]] = {
        "version": (["--version"], ""),
        "wrong flag": (["serve", "--nonsense"], ""),
        "no key": (["call", "back_in_stock_reports_summary"], ""),
        "refused call": (["call", "back_in_stock_signups_read", "--sandbox", "--json", '{"id": "no"}'], ""),
        "end of input": (["serve", "--sandbox"], ""),
        "a talk": (["serve", "--sandbox"], talk),
    }
    ended = {}
    for name, (arguments, typed) in cases.items():
        told = []
        for command in ([str(PROGRAM)], [str(launcher)]):
            done = subprocess.run([*command, *arguments], input=typed, capture_output=True, text=True, timeout=HANGS, env=bare())
            told.append((done.returncode, without_time(done.stdout), without_time(done.stderr)))
        report.equal(told[1], told[0], f"launcher: {name}")
        ended[name] = told[0][0]
    wanted = {"version": 0, "wrong flag": 2, "no key": 2, "end of input": 0, "a talk": 0}
    report.equal({name: ended[name] for name in wanted}, wanted, "launcher: exit codes")
    report.check(ended["refused call"] not in (0, 2), "launcher: exit code of a refused call", ended)


def without_time(text: str) -> str:
    """A log line begins with when it was written."""
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text)


def catches(process: int, given: int) -> bool:
    """Whether a process has said what it does at a signal."""
    caught = re.search(r"^SigCgt:\s*([0-9a-f]+)$", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    return bool(int(caught[1], 16) >> (given - 1) & 1)


def ends_by(command: list[str], given: int, to_program: bool) -> int:
    """How a command ends that serves, after a signal to it or to the program that it started."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=bare())
    try:
        process.stdout.readline()
        target = process.pid
        children = Path(f"/proc/{target}/task/{target}/children").read_text().split()
        program = int(children[0]) if children else target
        while not catches(program, signal.SIGTERM):
            time.sleep(0.01)
        os.kill(program if to_program else target, given)
        return process.wait(timeout=60)
    finally:
        process.kill()


def signals(report: Report, launcher: Path) -> None:
    """Signals reach the program, and how it ended by one is handed on."""
    serves = ["sandbox", "--listen", "127.0.0.1:0", "--dataset", "fixture"]
    for given in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        direct = ends_by([str(PROGRAM), *serves], given, to_program=False)
        report.equal(ends_by([str(launcher), *serves], given, to_program=False), direct, f"launcher: {given.name}")
    killed = ends_by([str(launcher), *serves], signal.SIGKILL, to_program=True)
    report.equal(killed, -signal.SIGKILL, "launcher: a killed program")


def without_program(report: Report, folder: Path, environment: dict[str, str]) -> None:
    """Where the platform's package was left out it says which, and takes a program that is named."""
    project = folder / "bare"
    project.mkdir()
    (project / "package.json").write_text('{"name": "shop", "private": true}')
    ran(report, "npm: install without optional packages", ["npm", "install", "--omit=optional", ABOUT.name], cwd=project, env=environment)
    launcher = project / "node_modules/.bin/stoq-mcp"
    told = run([launcher, "--version"])
    report.equal((told.returncode, told.stdout), (1, ""), "launcher without a program: fails, and says nothing on output")
    report.check(f"npm install @{ABOUT.name}/linux-x64@{ABOUT.version}" in told.stderr, "launcher without a program: says how to get it", told.stderr)
    named = run([launcher, "--version"], env=bare(STOQ_MCP_BINARY=str(PROGRAM)))
    report.equal(named.stdout.strip(), VERSION_LINE, "launcher: a program that is named")
    missing = run([launcher, "--version"], env=bare(STOQ_MCP_BINARY="/nowhere"))
    report.equal((missing.returncode, "could not be started" in missing.stderr), (1, True), f"launcher: one that is not there: {missing.stderr}")


async def check(report: Report, dist: Path, folder: Path) -> None:
    """All of it."""
    with registry(dist / "npm") as address:
        environment = settings(address, folder)
        launcher = installed(report, folder, environment)
        elsewhere = folder / "elsewhere"
        elsewhere.mkdir()
        version = ran(report, "npx -y", ["npx", "-y", ABOUT.name, "--version"], cwd=elsewhere, env=environment)
        report.equal(version.strip(), VERSION_LINE, "npx -y: version")
        npx = StdioServerParameters(command="npx", args=["-y", ABOUT.name, "serve", "--sandbox"], env=environment, cwd=str(elsewhere))
        for mode in ("auto", "legacy"):
            async with Client(npx, mode=mode) as client:
                report.equal(client.server_info.version, ABOUT.version, f"npx, {mode}: initialize")
                tools = [tool.name for tool in (await client.list_tools()).tools]
                report.check("run_read" in tools, f"npx, {mode}: tools/list", tools)
                read = await client.call_tool("back_in_stock_reports_summary", {})
                report.equal((read.structured_content or {}).get("status"), "ok", f"npx, {mode}: a call")
        without_program(report, folder, environment)
    alike(report, launcher)
    signals(report, launcher)
