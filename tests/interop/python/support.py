"""What every check needs: the registry, the server under test, and the count of what held."""

import contextlib
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp import StdioServerParameters

BINARY = os.environ["INTEROP_BIN"]
ACTIONS: list[dict[str, Any]] = json.loads(Path(os.environ["INTEROP_REGISTRY"]).read_text())["actions"]
SHOP = "juniper-supply.myshopify.com"
EVERYTHING = ["--allow", "write,send,money,destroy", "--v1", "all", "--shop-domain", SHOP]
# What is called is done as it is called for, as often as it is, and seen as it is.
UNATTENDED = {
    "STOQ_MCP_CONFIRM": "off",
    "STOQ_MCP_REPEAT_WINDOW_SECONDS": "0",
    "STOQ_MCP_PERSONAL_DATA": "full",
}


@dataclass(frozen=True)
class Profile:
    """One way to connect: how the era is negotiated, over what, and which tools are listed."""

    mode: str
    transport: str
    surface: str = "full"

    @property
    def modern(self) -> bool:
        return self.mode == "auto"

    def __str__(self) -> str:
        return f"{self.mode} over {self.transport}, {self.surface}"


FLAT = [Profile(mode, transport) for transport in ("stdio", "http") for mode in ("auto", "legacy")]
SMALL = [Profile("legacy", "stdio", "core"), Profile("auto", "http", "compact")]


def printed(surface: str) -> dict[str, Any]:
    """What `tools --json` prints for a surface of a server as the checks start it."""
    command = [BINARY, "tools", "--json", "--sandbox", "--v1", "all", "--confirm", "off", "--surface", surface]
    return json.loads(subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout)


@dataclass
class Report:
    """Counts checks and names those that failed."""

    passed: int = 0
    failures: list[str] = field(default_factory=list)

    def check(self, holds: bool, name: str, detail: Any = "") -> bool:
        if holds:
            self.passed += 1
        else:
            self.failures.append(name)
            print(f"FAILED {name}: {str(detail)[:1500]}", flush=True)
        return holds

    def equal(self, found: Any, wanted: Any, name: str) -> bool:
        return self.check(found == wanted, name, f"found {found!r}, wanted {wanted!r}")


@dataclass(frozen=True)
class Sandbox:
    """The API that is called, in a process of its own: examples change it, so it can begin anew."""

    base_url: str
    key: str
    surface: str
    asks: bool

    @property
    def command(self) -> list[str]:
        return [BINARY, "serve", "--base-url", self.base_url, *EVERYTHING]

    @property
    def environment(self) -> dict[str, str]:
        settings = {"STOQ_API_KEY": self.key, "STOQ_MCP_POINTS_LIMIT": "0", "STOQ_MCP_SURFACE": self.surface}
        settings["STOQ_MCP_STATE"] = "memory"
        return settings if self.asks else {**settings, **UNATTENDED}

    def control(self, method: str, path: str, body: dict[str, Any]) -> None:
        origin = self.base_url.split("/api/")[0]
        request = urllib.request.Request(f"{origin}/sandbox{path}", json.dumps(body).encode(), method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()

    def effects(self, kind: str) -> int:
        """How many effects of a kind there were since the last reset."""
        origin = self.base_url.split("/api/")[0]
        with urllib.request.urlopen(f"{origin}/sandbox/journal", timeout=30) as answer:
            entries = json.load(answer)["entries"]
        return sum(effect["kind"] == kind for entry in entries for effect in entry["effects"])

    def reset(self) -> None:
        self.control("POST", "/reset", {"dataset": "fixture"})


@contextlib.contextmanager
def sandbox(surface: str = "full", asks: bool = False) -> Iterator[Sandbox]:
    """A sandbox whose budget is not what is tested; servers over it list a surface, and ask a person or nobody."""
    command = [BINARY, "sandbox", "--listen", "127.0.0.1:0", "--dataset", "fixture"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip().removeprefix("sandbox listening on ")
        made = Sandbox(base_url, process.stdout.readline().split()[-1], surface, asks)
        made.control("PATCH", "/config", {"rate_limit": 1_000_000})
        yield made
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextlib.contextmanager
def http_server(sandbox: Sandbox) -> Iterator[str]:
    """The address of a server over a sandbox."""
    folder = os.environ["INTEROP_LOG"]
    with tempfile.NamedTemporaryFile("w+", dir=folder, prefix="python-", suffix=".log", delete=False) as log:
        command = [*sandbox.command, "--http", "127.0.0.1:0"]
        environment = {**os.environ, **sandbox.environment}
        server = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log
        )
        try:
            yield wait_for_address(server, Path(log.name))
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_for_address(server: subprocess.Popen[Any], log: Path) -> str:
    for _ in range(100):
        found = re.search(r"^stoq-mcp listening on (http://\S+)$", log.read_text(), re.MULTILINE)
        if found:
            return found.group(1)
        if server.poll() is not None:
            break
        time.sleep(0.2)
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")


@contextlib.contextmanager
def target(profile: Profile, asks: bool = False) -> Iterator[tuple[StdioServerParameters | str, Sandbox]]:
    """What a client connects to, and the sandbox behind it: fresh ones for each profile."""
    with sandbox(profile.surface, asks) as behind:
        if profile.transport == "http":
            with http_server(behind) as url:
                yield url, behind
        else:
            command, *arguments = behind.command
            yield StdioServerParameters(command=command, args=arguments, env=behind.environment), behind
