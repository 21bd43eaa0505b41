"""Holds the packaging to its validators, packs a release, and runs what was packed as its users would."""

import sys
import tempfile
import time
from pathlib import Path

import anyio

import kit
import bundles
import files
import npm
import release
import replicas
import wheels

# The parts that a developer may ask for alone; `release` comes first, since others run what it packed.
PARTS = ("files", "release", "bundles", "npm", "wheels", "replicas")


async def guarded(name: str, report: kit.Report, part) -> None:
    """A part that breaks is a failure, and the others still run."""
    try:
        await part()
    except Exception as error:
        report.check(False, f"{name}: broke off", repr(error))


async def main(wanted: list[str]) -> int:
    report = kit.Report()
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        print(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    wanted = wanted or list(PARTS)
    with tempfile.TemporaryDirectory(prefix="packaging-") as text:
        folder = Path(text)
        places = {name: folder / name for name in PARTS}
        for place in places.values():
            place.mkdir()
        dist = places["release"] / "dist"

        async def plain(check, *arguments) -> None:
            check(report, *arguments)

        runs = {
            "files": lambda: plain(files.check),
            "release": lambda: plain(release.check, places["release"]),
            "bundles": lambda: bundles.check(report, dist, places["bundles"]),
            "npm": lambda: npm.check(report, dist, places["npm"]),
            "wheels": lambda: wheels.check(report, places["wheels"]),
            "replicas": lambda: replicas.check(report, places["replicas"]),
        }
        packs = {"bundles", "npm"} & set(wanted)
        for name in PARTS:
            if name in wanted or (name == "release" and packs):
                before, began = report.passed, time.monotonic()
                await guarded(name, report, runs[name])
                print(f"{name}: {report.passed - before} checks hold ({time.monotonic() - began:.0f} s)", flush=True)
    print(f"{report.passed} passed, {len(report.failures)} failed")
    return 0 if report.passed and not report.failures else 1


if __name__ == "__main__":
    sys.exit(anyio.run(main, sys.argv[1:]))
