"""What every example's check needs: a shop to work on, a terminal to sit at, and the count of what held."""

import contextlib
import json
import os
import pty
import select
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = os.environ["INTEROP_BIN"]
ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples"
# Longest an example may say nothing.
PATIENCE = 120.0


@dataclass
class Report:
    """Counts checks and names those that failed."""

    passed: int = 0
    failed: int = 0

    def check(self, holds: Any, name: str, detail: Any = "") -> None:
        if holds:
            self.passed += 1
            print(f"ok {name}", flush=True)
        else:
            self.failed += 1
            print(f"not ok {name}: {str(detail)[:3000]}", flush=True)

    def equal(self, found: Any, wanted: Any, name: str) -> None:
        self.check(found == wanted, name, f"found {found!r}, wanted {wanted!r}")


@dataclass(frozen=True)
class Shop:
    """The sandbox as a process of its own, looked at afterwards."""

    base_url: str
    key: str

    def ask(self, method: str, url: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", "x-auth-token": self.key}
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=30) as answer:
            return json.load(answer)

    def read(self, path: str) -> Any:
        return self.ask("GET", self.base_url + path)

    def journal(self) -> list[dict[str, Any]]:
        return self.ask("GET", self.base_url.split("/api/")[0] + "/sandbox/journal")["entries"]

    def effects(self) -> list[dict[str, Any]]:
        """What was committed, without the jobs' own book-keeping."""
        found = [effect for entry in self.journal() for effect in entry["effects"]]
        return [effect for effect in found if not effect["kind"].startswith("job_")]

    def written(self) -> list[str]:
        """Verb and path of every request that was no read."""
        return [f"{entry['method']} {entry['path']}" for entry in self.journal() if entry["method"] not in ("GET", None)]

    def environment(self, **more: str) -> dict[str, str]:
        """Nothing of this machine's own settings, the shop's key, and no proxy on the way."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("STOQ_")}
        return {**kept, "STOQ_MCP_CONFIG": "", "STOQ_MCP_STATE": "memory", "STOQ_API_KEY": self.key,
                "no_proxy": "127.0.0.1", "PYTHONUNBUFFERED": "1", **more}

    def server(self, *flags: str) -> str:
        """The command of a server over this shop."""
        return " ".join([PROGRAM, "serve", "--base-url", self.base_url, *flags])


@contextlib.contextmanager
def shop(*flags: str) -> Iterator[Shop]:
    command = [PROGRAM, "sandbox", "--listen", "127.0.0.1:0", "--dataset", "fixture", *flags]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        base_url = process.stdout.readline().split()[-1]
        made = Shop(base_url, process.stdout.readline().split()[-1])
        # Jobs are done at their first poll.
        config = base_url.split("/api/")[0] + "/sandbox/config"
        made.ask("PATCH", config, {"job_start_ms": 0, "job_items_per_s": 0, "export_ms": 0})
        yield made
    finally:
        process.kill()
        process.wait()


def run(command: list[str], environment: dict[str, str]) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


@dataclass
class Terminal:
    """A command at a terminal, where somebody reads and types."""

    process: subprocess.Popen[bytes]
    ours: int
    shown: str = ""
    read: int = field(default=0)

    @classmethod
    def start(cls, command: list[str], environment: dict[str, str], folder: Path = ROOT) -> "Terminal":
        ours, theirs = pty.openpty()
        process = subprocess.Popen(command, env={**environment, "TERM": "dumb"}, cwd=folder, stdin=theirs, stdout=theirs,
                                   stderr=theirs, close_fds=True, start_new_session=True)
        os.close(theirs)
        return cls(process, ours)

    def more(self) -> bool:
        """Reads what is shown; false when the other side is closed."""
        ready, _, _ = select.select([self.ours], [], [], PATIENCE)
        if not ready:
            raise TimeoutError(f"nothing more was shown:\n{self.shown}")
        try:
            data = os.read(self.ours, 4096)
        except OSError:
            data = b""
        self.shown += data.decode(errors="replace")
        return bool(data)

    def until(self, prompt: str) -> None:
        """Reads on until something new ends with a prompt."""
        while prompt not in self.shown[self.read:]:
            if not self.more():
                raise EOFError(f"{prompt!r} was not shown:\n{self.shown}")
        self.read = self.shown.index(prompt, self.read) + len(prompt)

    def type(self, text: str) -> None:
        os.write(self.ours, f"{text}\n".encode())

    def leave(self) -> None:
        """Ends the input, as Ctrl-D does."""
        os.write(self.ours, b"\x04")

    def end(self) -> int:
        """Reads the rest; the exit code."""
        while self.more():
            pass
        os.close(self.ours)
        return self.process.wait(timeout=PATIENCE)


def wait_for(found: Any, what: str) -> Any:
    """What a function finds, once it finds something."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.1)
    raise TimeoutError(what)
