"""The examples that people copy do their work on a sandbox shop, with a scripted model; what counts is the shop afterwards."""

import re
import sys
import traceback

import action
import agents
import scripts
from support import EXAMPLES, Report


def lines_of_dependencies(report: Report) -> None:
    """What an example asks for in its first lines is what is installed here."""
    lock = (EXAMPLES / "requirements.txt").read_text().splitlines()
    pinned = {line.split("==")[0].lower(): line.split("==")[1] for line in lock if "==" in line}
    for name in ("merchant_assistant.py", "preorder_agent.py"):
        head = re.search(r'^# dependencies = \["([^"]*)"\]$', (EXAMPLES / name).read_text(), re.MULTILINE)
        package, version = re.sub(r"\[.*\]", "", head[1]).split("==") if head else ("", "")
        report.equal(version, pinned.get(package), f"{name}: the version it names is the one that is tested")
        report.check(head and f'pip install' in (EXAMPLES / name).read_text(), f"{name}: says how to install it")


def main() -> None:
    report = Report()
    lines_of_dependencies(report)
    for check in (*agents.CHECKS, *scripts.CHECKS, *action.CHECKS):
        try:
            check(report)
        except Exception:
            report.check(False, check.__name__, traceback.format_exc())
    print(f"{report.passed} passed, {report.failed} failed")
    sys.exit(1 if report.failed else 0)


if __name__ == "__main__":
    main()
