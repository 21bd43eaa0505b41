"""A whole release out of one program: what is packed, its checksums, the formula and the registry's entry."""

import hashlib
import json
import shutil
import tarfile
import zipfile
from pathlib import Path

from files import registry
from kit import ABOUT, HERE, NODE_MODULES, PROGRAM, ROOT, VERSION_LINE, Report, bare, ran
from project import archive, platforms


HERE_IS = "linux-x64"


def programs(folder: Path) -> dict[str, bytes]:
    """Lays out what the workflow's builds give: the program for this machine, and a few bytes for each other."""
    held = {}
    for each in platforms():
        name = each["name"]
        held[name] = PROGRAM.read_bytes() if name == HERE_IS else f"the program of {name}".encode()
        target = folder / f"program-{name}"
        target.mkdir(parents=True)
        (target / each["program"]).write_bytes(held[name])
        (target / each["program"]).chmod(0o755)
    return held


def pack(report: Report, folder: Path) -> tuple[Path, dict[str, bytes]]:
    """Packs a release as the workflow does."""
    held = programs(folder / "programs")
    # No tool makes one program of two that are not of macOS; the first stands for both.
    merge = folder / "merge"
    merge.write_text('#!/bin/sh\n# -create -output FILE FIRST SECOND\ntest "$#" = 5 && cp "$4" "$3"\n')
    merge.chmod(0o755)
    dist = folder / "dist"
    environment = bare(LIPO=str(merge), MCPB=str(NODE_MODULES / ".bin" / "mcpb"))
    ran(report, "a release is packed", [ROOT / "packaging/release.sh", folder / "programs", dist], env=environment)
    return dist, held


def contents(report: Report, dist: Path, programs: dict[str, bytes]) -> None:
    """Every archive and bundle is there, sealed by its checksum, and holds the program."""
    version = f"v{ABOUT.version}"
    bundles = [f"{name}-{version}-{where}.mcpb" for name in (ABOUT.name, f"{ABOUT.name}-sandbox")
               for where in ("darwin", "win32", "linux-x64", "linux-arm64")]
    archives = {archive(ABOUT, name): program for name, program in programs.items()}
    found = sorted(path.name for path in (dist / "files").iterdir())
    report.equal(found, sorted([*bundles, *archives, "SHA256SUMS"]), "files of the release")
    sums = (dist / "files/SHA256SUMS").read_text()
    wanted = "".join(f"{hashlib.sha256((dist / 'files' / name).read_bytes()).hexdigest()}  {name}\n"
                     for name in found if name != "SHA256SUMS")
    report.equal(sums, wanted, "checksums")
    for name, program in archives.items():
        path = dist / "files" / name
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as zipped:
                held = zipped.read("stoq-mcp.exe")
        else:
            with tarfile.open(path) as tar:
                held = tar.extractfile("stoq-mcp").read()
        report.check(held == program, f"{name} holds the program")
    packed = sorted(path.name for path in (dist / "npm").iterdir())
    report.equal(packed, sorted(f"stoq-mcp-{part}{ABOUT.version}.tgz" for part in ["", *(f"{each['name']}-" for each in platforms())]),
                 "npm packages")


def entry(report: Report, dist: Path) -> None:
    """The registry's entry names every bundle with the checksum it has."""
    text = (dist / "registry/server.json").read_text()
    registry(report, text, "server.json of a release")
    sums = dict(reversed(line.split("  ")) for line in (dist / "files/SHA256SUMS").read_text().splitlines())
    named = {package["identifier"].rsplit("/", 1)[1]: package["fileSha256"]
             for package in json.loads(text)["packages"] if package["registryType"] == "mcpb"}
    wanted = {name: checksum for name, checksum in sums.items() if name.startswith(f"{ABOUT.name}-v") and name.endswith(".mcpb")}
    report.equal(named, wanted, "server.json of a release: bundles")


def formula(report: Report, dist: Path, folder: Path) -> None:
    """The formula is Ruby, names every archive by its checksum, and installs and tests what the archive holds."""
    path = dist / "homebrew/stoq-mcp.rb"
    ran(report, "formula: ruby -c", ["ruby", "-c", path])
    unpacked = folder / "formula"
    unpacked.mkdir()
    here = archive(ABOUT, HERE_IS)
    with tarfile.open(dist / "files" / here) as tar:
        tar.extractall(unpacked, filter="data")
    told = json.loads(ran(report, "formula: installs and tests", ["ruby", HERE / "formula.rb", path, unpacked, folder / "cellar"]) or "{}")
    report.equal(told.get("version"), ABOUT.version, "formula: version")
    report.equal(told.get("tests"), 2, "formula: its tests ran")
    sums = dict(reversed(line.split("  ")) for line in (dist / "files/SHA256SUMS").read_text().splitlines())
    wanted = {f"{system}/{processor}": {"url": f"{ABOUT.downloads}/{archive(ABOUT, name)}", "sha256": sums[archive(ABOUT, name)]}
              for system, processor, name in [("macos", "arm", "darwin-arm64"), ("macos", "intel", "darwin-x64"),
                                              ("linux", "arm", "linux-arm64"), ("linux", "intel", "linux-x64")]}
    report.equal(told.get("sources"), wanted, "formula: archives")
    installed = folder / "cellar/bin/stoq-mcp"
    report.equal(ran(report, "formula: the program runs", [installed, "--version"]).strip(), VERSION_LINE, "formula: version of the program")
    shutil.rmtree(unpacked)


def check(report: Report, folder: Path) -> Path:
    """All of it; gives the folder with what was packed."""
    dist, held = pack(report, folder)
    contents(report, dist, held)
    entry(report, dist)
    formula(report, dist, folder)
    return dist
