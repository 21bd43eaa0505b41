"""What every part of the suite needs: where things lie, commands that must end as they should, free ports."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
sys.path[:0] = [str(HERE.parent / "python"), str(ROOT / "packaging")]

from project import Project, project  # noqa: E402
from support import Report  # noqa: E402

PROGRAM = Path(os.environ["INTEROP_BIN"]).resolve()
NODE_MODULES = Path(os.environ["PACKAGING_NODE"]) / "node_modules"
TOOLS = Path(sys.executable).parent
LOG = Path(os.environ["INTEROP_LOG"])
ABOUT: Project = project()
VERSION_LINE = f"{ABOUT.name} {ABOUT.version}"
# Seconds after which a command hangs for certain; a slow machine is no failure.
HANGS = 1800

__all__ = ["ABOUT", "HANGS", "HERE", "LOG", "NODE_MODULES", "PROGRAM", "ROOT", "Report", "TOOLS", "VERSION_LINE"]
__all__ += ["bare", "free_port", "hosts_named", "ran", "run"]


def bare(**more: str) -> dict[str, str]:
    """The environment without anything that this project or npm would read from it."""
    kept = {key: value for key, value in os.environ.items() if not re.match(r"(?i)STOQ_|npm_|INTEROP_|PACKAGING_", key)}
    return {**kept, **more}


def run(command: list[Any], **more: Any) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, whatever that is, and keeps what it said."""
    more = {"env": bare(), "stdin": subprocess.DEVNULL, "timeout": HANGS, **more}
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, **more)


def ran(report: Report, name: str, command: list[Any], **more: Any) -> str:
    """Checks that a command ends well, and gives what it printed."""
    done = run(command, **more)
    report.check(done.returncode == 0, name, f"exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def free_port() -> int:
    """A port of this machine that nothing listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


# Package registries, spelled so that this list does not name one itself.
REGISTRIES = [".".join(parts) for parts in [
    ("registry", "npmjs", "org"), ("npmjs", "com"), ("pypi", "org"), ("pythonhosted", "org"), ("crates", "io"),
    ("deb", "debian", "org"), ("proxy", "golang", "org"),
]]


def hosts_named(text: str) -> list[str]:
    """The package registries that a text names: tools know their own."""
    return [host for host in REGISTRIES if host in text]
