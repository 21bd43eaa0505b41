"""What every check needs: the registry, the server under test, and the count of what held."""

import contextlib
import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp import StdioServerParameters

BINARY = os.environ["INTEROP_BIN"]
ACTIONS: list[dict[str, Any]] = json.loads(Path(os.environ["INTEROP_REGISTRY"]).read_text())["actions"]
SANDBOX = ["--sandbox", "--dataset", "fixture"]


@dataclass(frozen=True)
class Profile:
    """One way to connect: how the era is negotiated, and over what."""

    mode: str
    transport: str

    @property
    def modern(self) -> bool:
        return self.mode == "auto"

    def __str__(self) -> str:
        return f"{self.mode} over {self.transport}"


PROFILES = [Profile(mode, transport) for transport in ("stdio", "http") for mode in ("auto", "legacy")]


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


@contextlib.contextmanager
def http_server() -> Iterator[str]:
    """The address of a server with a sandbox of its own."""
    folder = os.environ["INTEROP_LOG"]
    with tempfile.NamedTemporaryFile("w+", dir=folder, prefix="python-", suffix=".log", delete=False) as log:
        command = [BINARY, "serve", "--http", "127.0.0.1:0", *SANDBOX]
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
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
def target(profile: Profile) -> Iterator[StdioServerParameters | str]:
    """What a client connects to: a fresh server and a fresh sandbox for each profile."""
    if profile.transport == "http":
        with http_server() as url:
            yield url
    else:
        yield StdioServerParameters(command=BINARY, args=["serve", *SANDBOX])
