"""Follows CONTRIBUTING.md in a copy of the project: puts in what its blocks say, runs its commands, compares what they print.

A block is followed when a comment `<!-- test: … -->` stands right above it:
  action after NAME               an entry of the registry, after the one of that name
  lines of FILE after TEXT        lines of a file, after the first line that holds the text; `before TEXT` likewise
  run                             commands, run one after the other
  prints                          what the commands before it print

Usage: follow.py FOLDER   (the copy)
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1])
BLOCK = re.compile(r"^<!-- test: (.*?) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEW = "back_in_stock_notifications_blocked"

passed = 0
failed = 0


def check(holds: bool, name: str, detail: str = "") -> None:
    global passed, failed
    if holds:
        passed += 1
        print(f"ok {name}", flush=True)
    else:
        failed += 1
        print(f"not ok {name}\n{detail}", flush=True)


def put_entry(name: str, text: str) -> None:
    """After an entry of the registry, whose entries end at the same depth."""
    path = FOLDER / "tools.registry.json"
    registry = path.read_text()
    end = registry.index("\n    }", registry.index(f'"name": "{name}"')) + len("\n    }")
    path.write_text(f"{registry[:end]},\n{text.rstrip()}{registry[end:]}")
    check(json.loads(text)["name"] in path.read_text(), f"the entry stands after {name}")


def put_lines(place: str, text: str) -> None:
    file, side, mark = re.fullmatch(r"(\S+) (after|before) (.*)", place).groups()
    path = FOLDER / file
    lines = path.read_text().splitlines(keepends=True)
    at = next((number for number, line in enumerate(lines) if mark in line), None)
    check(at is not None, f"{file} has a line with {mark}")
    if at is not None:
        lines.insert(at + (side == "after"), text)
        path.write_text("".join(lines))


def run(commands: str) -> str:
    """The commands of a block, as a shell runs them that stops at the first failure."""
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=FOLDER, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    check(done.returncode == 0, commands.strip().replace("\n", "; "), done.stdout + done.stderr)
    return done.stdout


def afterwards() -> None:
    """What the last step leaves: the documents and the golden files of the new action, and nothing of the others changed."""
    changed = subprocess.run(["git", "diff", "--name-only"], cwd=FOLDER, capture_output=True, text=True, check=True).stdout.split()
    golden = [name for name in changed if name.endswith(".snap")]
    check("README.md" in changed, "the README's tables are written", str(changed))
    check(any("notifications" in name for name in golden), "the golden files of the toolset are written", str(changed))
    difference = subprocess.run(["git", "diff", "--unified=0", "--", *golden], cwd=FOLDER, capture_output=True, text=True, check=True)
    lines = [line for line in difference.stdout.splitlines() if not line.startswith(("---", "+++"))]
    # A line that counts the actions is there again with another number.
    again = {re.sub(r"\d+", "N", line[1:]) for line in lines if line.startswith("+")}
    lost = [line for line in lines if line.startswith("-") and re.sub(r"\d+", "N", line[1:]) not in again]
    check(not lost, "of the other actions nothing changes in the golden files but counts", "\n".join(lost))
    check(NEW in (FOLDER / "README.md").read_text(), "the README tells of the action")
    current = subprocess.run(["cargo", "run", "--quiet", "--", "docs", "--check"], cwd=FOLDER, capture_output=True, text=True, check=False)
    check(current.returncode == 0, "the generated files are current", current.stdout + current.stderr)


def main() -> None:
    printed = ""
    steps = BLOCK.findall((FOLDER / "CONTRIBUTING.md").read_text())
    for what, text in steps:
        if what == "run":
            printed = run(text)
        elif what == "prints":
            check(printed == text, f"it prints what the page shows: {text.splitlines()[0]} …", printed)
        elif what.startswith("action after "):
            put_entry(what.removeprefix("action after "), text)
        else:
            put_lines(what.removeprefix("lines of "), text)
    kinds = {what.split()[0] for what, _ in steps}
    check(kinds == {"run", "prints", "action", "lines"}, "the page has steps of every kind", str(kinds))
    afterwards()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    os.environ.update({"STOQ_MCP_CONFIG": "", "CARGO_TERM_COLOR": "never"})
    main()
