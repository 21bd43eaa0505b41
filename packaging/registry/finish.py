#!/usr/bin/env python3
"""Writes the server.json of a release: the committed one, and the desktop bundles with their checksums.

    python3 packaging/registry/finish.py FOLDER > server.json

FOLDER holds the bundles and SHA256SUMS, as packaging/archive.py writes it.
"""

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from project import ROOT, Project, checksums, json_text, project  # noqa: E402


def bundles(about: Project, sums: dict[str, str]) -> list[dict[str, Any]]:
    """The bundles of the shop's own server, which ask for the key themselves; the practice shop's are not for the registry."""
    names = sorted(name for name in sums if name.startswith(f"{about.name}-v") and name.endswith(".mcpb"))
    return [
        {
            "registryType": "mcpb",
            "identifier": f"{about.downloads}/{name}",
            "version": about.version,
            "fileSha256": sums[name],
            "transport": {"type": "stdio"},
        }
        for name in names
    ]


def main() -> int:
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sums = checksums(Path(sys.argv[1]))
    about = project()
    value = json.loads((ROOT / "server.json").read_text())
    found = bundles(about, sums)
    if not found:
        raise SystemExit(f"SHA256SUMS names no bundle of {about.name}")
    value["packages"].extend(found)
    print(json_text(value), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
