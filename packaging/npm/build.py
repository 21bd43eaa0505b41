#!/usr/bin/env python3
"""Makes the npm packages out of finished programs: one for each platform, and the launcher that picks among them.

    python3 packaging/npm/build.py --out FOLDER linux-x64=PATH darwin-arm64=PATH …

The launcher names every platform of packaging/platforms.json as an optional dependency; npm installs the
one that fits. Each package is a `.tgz` that `npm publish` takes.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from project import PACKAGING, ROOT, binaries, json_text, platform  # noqa: E402

HERE = PACKAGING / "npm"


def of_platform(launcher: dict[str, Any], name: str, program: Path, folder: Path) -> None:
    """Lays out the package that holds one platform's program."""
    about = platform(name)
    folder.mkdir(parents=True)
    (folder / "bin").mkdir()
    target = folder / "bin" / about["program"]
    shutil.copyfile(program, target)
    target.chmod(0o755)
    kept = ("version", "license", "homepage", "repository", "publishConfig")
    package = {"name": f"@{launcher['name']}/{name}", "description": f"The program of {launcher['name']} for {name}"}
    package |= {key: launcher[key] for key in kept}
    package |= {"files": ["bin"], "preferUnplugged": True, **about["npm"]}
    (folder / "package.json").write_text(json_text(package))
    (folder / "README.md").write_text(f"# {package['name']}\n\n{package['description']}. Install `{launcher['name']}`, which brings it.\n")
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")


def of_launcher(launcher: dict[str, Any], folder: Path) -> None:
    """Lays out the launcher."""
    (folder / "bin").mkdir(parents=True)
    shutil.copyfile(HERE / "bin" / "stoq-mcp.js", folder / "bin" / "stoq-mcp.js")
    (folder / "bin" / "stoq-mcp.js").chmod(0o755)
    (folder / "package.json").write_text(json_text(launcher))
    shutil.copyfile(HERE / "README.md", folder / "README.md")
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes the npm packages out of finished programs.")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("programs", nargs="+", metavar="PLATFORM=FILE")
    given = parser.parse_args()
    launcher = json.loads((HERE / "package.json").read_text())
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as text:
        folders = []
        for name, program in binaries(given.programs).items():
            folders.append(Path(text) / name)
            of_platform(launcher, name, program, folders[-1])
        folders.append(Path(text) / "launcher")
        of_launcher(launcher, folders[-1])
        for folder in folders:
            command = ["npm", "pack", "--silent", "--pack-destination", str(given.out.resolve())]
            file = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
            print(given.out / file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
