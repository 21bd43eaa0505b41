"""What is told once: the facts of Cargo.toml, and the platforms that are built for.

Everything in this folder takes version, names and addresses from here, so that none can drift.
"""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGING = ROOT / "packaging"
TITLE = "STOQ for Shopify"


@dataclass(frozen=True)
class Project:
    """The package as Cargo.toml tells it."""

    name: str
    version: str
    description: str
    license: str
    repository: str
    rust: str

    @property
    def owner(self) -> str:
        """Whose the repository is."""
        return self.repository.rsplit("/", 2)[1]

    @property
    def slug(self) -> str:
        """The repository as `owner/name`."""
        return "/".join(self.repository.rsplit("/", 2)[1:])

    @property
    def server_name(self) -> str:
        """The name in the registry of MCP servers, which asks that it begins with who owns the repository."""
        return f"io.github.{self.owner}/{self.name}"

    @property
    def downloads(self) -> str:
        """Where the files of this release lie."""
        return f"{self.repository}/releases/download/v{self.version}"


def project(root: Path = ROOT) -> Project:
    """Reads Cargo.toml."""
    package = tomllib.loads((root / "Cargo.toml").read_text())["package"]
    repository = package["repository"].rstrip("/")
    if not re.fullmatch(r"https://github\.com/[A-Za-z0-9-]+/[A-Za-z0-9._-]+", repository):
        raise SystemExit(f"Cargo.toml: `repository` is {repository!r}; it must be https://github.com/OWNER/NAME")
    return Project(
        name=package["name"],
        version=package["version"],
        description=package["description"],
        license=package["license"],
        repository=repository,
        rust=package["rust-version"],
    )


def platforms() -> list[dict[str, Any]]:
    """What is built for, in the order of platforms.json."""
    return json.loads((PACKAGING / "platforms.json").read_text())


def platform(name: str) -> dict[str, Any]:
    """One of them."""
    for found in platforms():
        if found["name"] == name:
            return found
    names = ", ".join(found["name"] for found in platforms())
    raise SystemExit(f"`{name}` is no platform of packaging/platforms.json; there are {names}")


def binaries(given: list[str]) -> dict[str, Path]:
    """The programs that a command line names as `PLATFORM=FILE`."""
    found: dict[str, Path] = {}
    for text in given:
        name, _, file = text.partition("=")
        path = Path(file).resolve()
        platform(name)
        if not path.is_file():
            raise SystemExit(f"`{text}`: there is no such file; write it as PLATFORM=FILE")
        found[name] = path
    return found


def archive(about: Project, name: str) -> str:
    """The file of a release that holds the program of one platform."""
    ending = "zip" if name.startswith("win32") else "tar.gz"
    return f"{about.name}-v{about.version}-{platform(name)['target']}.{ending}"


def checksums(folder: Path) -> dict[str, str]:
    """The checksums of a release's files by name, as packaging/archive.py writes them."""
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    return {name: checksum for checksum, name in (line.split("  ", 1) for line in lines)}


def json_text(value: Any) -> str:
    """JSON as it stands in this repository's files."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
