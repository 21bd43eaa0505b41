"""The nightly report: what it prints, that it only reads, and how it fails; and the units that start it."""

import subprocess
import tempfile
from pathlib import Path

from support import EXAMPLES, PROGRAM, ROOT, Report, run, shop

SCRIPT = EXAMPLES / "restock_report.sh"
UNITS = EXAMPLES / "systemd"
INSTALLED = "/usr/local/bin/restock_report.sh"
WANTED = """\
Restock report, 2026-03-02 to 2026-03-31

Waiting  Variant
      5  Stoneware Pour-Over Set / Default Title, variant 44021000000201, in a preorder offer
      2  Canvas Field Jacket / Medium / Olive, variant 44021000000302, in a preorder offer
      2  Beeswax Candle Trio / Cedar, variant 44021000000401, in a preorder offer
      2  Beeswax Candle Trio / Fig, variant 44021000000402, in a preorder offer
      1  Alder Wool Throw / Moss / Large, variant 44021000000101, in a preorder offer
      1  Canvas Field Jacket / Small / Olive, variant 44021000000301
      1  Canvas Field Jacket / Large / Olive, variant 44021000000303, in a preorder offer
      1  Alder Wool Throw / Clay / Large, variant 44021000000102, in a preorder offer

15 shoppers wait in all. Alerts brought back 3 orders, 621.00 USD.
"""


def report_of_a_shop(report: Report) -> None:
    with shop() as behind:
        environment = behind.environment(PROGRAM=PROGRAM)
        command = [str(SCRIPT), "--base-url", behind.base_url]
        report.equal(run(command, environment), (0, WANTED, ""), "restock_report.sh: the whole report")
        report.equal((behind.written(), behind.effects()), ([], []), "restock_report.sh: it only reads")
        code, out, _ = run(command, {**environment, "ROWS": "2"})
        report.equal((code, out.count(", variant ")), (0, 2), "restock_report.sh: as many rows as asked for")
        code, out, err = run(command, {**environment, "STOQ_API_KEY": "wrong"})
        report.check(code != 0 and out == "" and "refused the shop's key" in err,
                     "restock_report.sh: without the key it fails and prints no report", (code, out, err))


def report_of_a_large_shop(report: Report) -> None:
    """What is in an offer is known beyond the first page."""
    command = [str(SCRIPT), "--sandbox", "--dataset", "shop"]
    with shop() as behind:
        code, out, err = run(command, behind.environment(PROGRAM=PROGRAM, ROWS="3"))
        ranked = [line for line in out.splitlines() if ", variant " in line]
        waiting = [int(line.split()[0]) for line in ranked]
        report.equal((code, len(ranked), waiting), (0, 3, sorted(waiting, reverse=True)), f"restock_report.sh: a large shop {err}")
        flags = ["--structured", "--json", "{}", *command[1:]]
        for line in ranked:
            variant = line.split(", variant ")[1].split(",")[0]
            flags[2] = f'{{"variant_id": {variant}}}'
            there = run([PROGRAM, "call", "preorders_product_variants_read", *flags], behind.environment())[0] == 0
            report.equal(line.endswith(", in a preorder offer"), there, f"restock_report.sh: variant {variant} in an offer")


def units(report: Report) -> None:
    """systemd takes the units; the script that they start is put where this machine has one."""
    with tempfile.TemporaryDirectory() as folder:
        for unit in UNITS.iterdir():
            text = unit.read_text()
            Path(folder, unit.name).write_text(text.replace(f"ExecStart={INSTALLED}", f"ExecStart={SCRIPT}"))
        files = sorted(str(path) for path in Path(folder).iterdir())
        report.equal(len(files), 2, "systemd: a service and a timer")
        done = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
        report.equal((done.returncode, done.stderr), (0, ""), "systemd: both units are taken")
    readable = (UNITS / "restock-report.service").read_text()
    report.check(f"ExecStart={INSTALLED}\n" in readable, "systemd: the service starts the script")
    for path in (SCRIPT, *UNITS.iterdir()):
        for word in path.read_text().split():
            if word.startswith("examples/"):
                report.check((ROOT / word.rstrip(".,")).exists(), f"{path.name} names {word}, which is there")


CHECKS = (report_of_a_shop, report_of_a_large_shop, units)
