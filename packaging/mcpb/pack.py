#!/usr/bin/env python3
"""Makes a desktop bundle (.mcpb) out of a finished program.

    python3 packaging/mcpb/pack.py --platform darwin --program PATH --out FOLDER [--sandbox]

The committed manifest is the form; what it lists of tools is asked of the program itself. `--sandbox` makes
the bundle of a practice shop, which wants no key. Packing and validating are the public tool's
(`npx @anthropic-ai/mcpb`, or the one that MCPB names).
"""

import argparse
import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from project import PACKAGING, ROOT, json_text, project  # noqa: E402

TOOL = "npx -y @anthropic-ai/mcpb@2.1.2"


def tools(program: Path, flags: list[str]) -> list[dict[str, str]]:
    """The tools that a server with these flags lists, and the first sentence of each."""
    command = [str(program), "tools", "--json", *flags]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("STOQ_")}
    printed = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    return [
        {"name": tool["name"], "description": tool["description"].split(". ")[0].removesuffix(".") + "."}
        for tool in json.loads(printed)["tools"]
    ]


def practice(manifest: dict[str, Any]) -> None:
    """Turns the manifest into that of the practice shop."""
    manifest["name"] += "-sandbox"
    manifest["display_name"] = "STOQ practice shop"
    manifest["description"] = "A lifelike practice shop with waitlists and preorders: no key, nothing is real"
    manifest["long_description"] = (
        "The same tools as STOQ for Shopify, over a shop that is made up on this computer. Nothing leaves it, "
        "no shopper gets a message and no money moves. What would be dangerous in a real shop is allowed here, and asks first."
    )
    manifest["server"]["mcp_config"]["args"] = ["serve", "--sandbox"]
    manifest["server"]["mcp_config"]["env"] = {}
    del manifest["user_config"]


def staged(folder: Path, program: Path, platform: str, lister: Path, sandbox: bool) -> dict[str, Any]:
    """Lays out the bundle in a folder and gives its manifest."""
    manifest = json.loads((PACKAGING / "mcpb" / "manifest.json").read_text())
    if sandbox:
        practice(manifest)
    name = "stoq-mcp.exe" if platform == "win32" else "stoq-mcp"
    manifest["compatibility"]["platforms"] = [platform]
    manifest["server"]["entry_point"] = f"server/{name}"
    manifest["server"]["mcp_config"]["command"] = f"${{__dirname}}/server/{name}"
    manifest["tools"] = tools(lister, ["--sandbox"] if sandbox else [])
    (folder / "server").mkdir()
    target = folder / "server" / name
    shutil.copyfile(program, target)
    target.chmod(target.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")
    (folder / "manifest.json").write_text(json_text(manifest))
    return manifest


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes a desktop bundle out of a finished program.")
    parser.add_argument("--platform", required=True, choices=["darwin", "win32", "linux"])
    parser.add_argument("--arch", help="told in the file's name, where a bundle holds one processor's program")
    parser.add_argument("--program", required=True, type=Path)
    parser.add_argument("--lister", type=Path, help="a program that runs here and lists the tools [default: --program]")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--sandbox", action="store_true", help="the practice shop")
    given = parser.parse_args()
    tool = shlex.split(os.environ.get("MCPB", TOOL))
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        manifest = staged(folder, given.program, given.platform, (given.lister or given.program).resolve(), given.sandbox)
        where = "-".join(filter(None, [given.platform, given.arch]))
        bundle = given.out.resolve() / f"{manifest['name']}-v{project().version}-{where}.mcpb"
        for arguments in (["validate", str(folder / "manifest.json")], ["pack", str(folder), str(bundle)]):
            subprocess.run([*tool, *arguments], check=True, stdout=sys.stderr)
    print(bundle)
    return 0


if __name__ == "__main__":
    sys.exit(main())
