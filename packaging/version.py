#!/usr/bin/env python3
"""Puts what Cargo.toml says into every manifest, or checks that it stands there.

    python3 packaging/version.py            writes version, names and addresses into the manifests
    python3 packaging/version.py --check    fails when one differs, and prints how
    python3 packaging/version.py --print    the version alone
    python3 packaging/version.py --release v1.2.3 OWNER/NAME
                                            fails unless a release of that tag may leave that repository
"""

import argparse
import difflib
import json
import re
import sys
import tomllib
from collections.abc import Callable

from project import ROOT, TITLE, Project, json_text, platforms, project

HOW = "python3 packaging/version.py"


def server(text: str, about: Project) -> str:
    """server.json; the bundles of a release are added when their checksums are known."""
    value = json.loads(text)
    value |= {"name": about.server_name, "title": TITLE, "version": about.version}
    value["repository"]["url"] = about.repository
    value["websiteUrl"] = about.repository
    for package in value["packages"]:
        package |= {"identifier": about.name, "version": about.version}
    return json_text(value)


def bundle(text: str, about: Project) -> str:
    """The manifest of the desktop bundle."""
    value = json.loads(text)
    value |= {"name": about.name, "version": about.version, "license": about.license}
    value["repository"]["url"] = f"{about.repository}.git"
    value["homepage"] = about.repository
    value["documentation"] = f"{about.repository}#readme"
    value["support"] = f"{about.repository}/issues"
    return json_text(value)


def launcher(text: str, about: Project) -> str:
    """The npm package that picks the platform's."""
    value = json.loads(text)
    value |= {"name": about.name, "version": about.version, "description": about.description}
    value |= {"license": about.license, "homepage": about.repository, "mcpName": about.server_name}
    value["repository"]["url"] = f"git+{about.repository}.git"
    value["optionalDependencies"] = {f"@{about.name}/{each['name']}": about.version for each in platforms()}
    return json_text(value)


def wheel(text: str, about: Project) -> str:
    """The Python package; maturin takes its version from Cargo.toml by itself."""
    text = one(text, r'^name = ".*"$', f'name = "{about.name}"')
    text = one(text, r'^description = ".*"$', f'description = "{about.description}"')
    text = one(text, r'^license = ".*"$', f'license = "{about.license}"')
    return one(text, r'^Repository = ".*"$', f'Repository = "{about.repository}"')


def wheel_readme(text: str, about: Project) -> str:
    """The page of the Python package, in which the registry of MCP servers looks for the server's name."""
    return one(text, r"^<!-- mcp-name: .* -->$", f"<!-- mcp-name: {about.server_name} -->")


def image(text: str, about: Project) -> str:
    """The Dockerfile: the oldest Rust that is promised, and where it all comes from."""
    text = one(text, r"^FROM rust:[0-9.]+-slim-bookworm", f"FROM rust:{about.rust}-slim-bookworm")
    for label, value in {
        "org.opencontainers.image.version": about.version,
        "org.opencontainers.image.source": about.repository,
        "org.opencontainers.image.licenses": about.license,
        "io.modelcontextprotocol.server.name": about.server_name,
    }.items():
        text = one(text, rf'^( +|LABEL ){re.escape(label)}="[^"]*"', rf'\g<1>{label}="{value}"')
    return text


def compose(text: str, about: Project) -> str:
    """The tag of the image that both replicas run."""
    return one(text, rf"^  image: {about.name}:.*$", f"  image: {about.name}:{about.version}")


def one(text: str, pattern: str, by: str) -> str:
    """Replaces the one place of a pattern."""
    text, count = re.subn(pattern, by, text, flags=re.MULTILINE)
    if count != 1:
        raise SystemExit(f"`{pattern}` stands {count} times where it should stand once")
    return text


FILES: dict[str, Callable[[str, Project], str]] = {
    "server.json": server,
    "packaging/mcpb/manifest.json": bundle,
    "packaging/npm/package.json": launcher,
    "packaging/python/pyproject.toml": wheel,
    "packaging/python/README.md": wheel_readme,
    "Dockerfile": image,
    "compose.yaml": compose,
}


def locked(about: Project) -> str | None:
    """What is wrong with the version in Cargo.lock."""
    packages = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    found = next(package["version"] for package in packages if package["name"] == about.name)
    return None if found == about.version else f"Cargo.lock has {about.name} {found}; run `cargo check`"


def drift(about: Project) -> list[str]:
    """The differences between what stands in the manifests and what should."""
    found = []
    for name, put in FILES.items():
        old = (ROOT / name).read_text()
        new = put(old, about)
        lines = difflib.unified_diff(old.splitlines(), new.splitlines(), name, f"{name} by Cargo.toml", lineterm="", n=0)
        found.extend(lines)
    return found


def release(about: Project, tag: str, slug: str) -> list[str]:
    """Why a release of that tag may not leave that repository."""
    found = []
    if tag != f"v{about.version}":
        found.append(f"the tag is {tag}, and Cargo.toml has version {about.version}")
    if slug != about.slug:
        found.append(f"this is {slug}, and Cargo.toml names {about.repository}; change `repository` there, then run {HOW}")
    if f"\n## {about.version}" not in (ROOT / "CHANGELOG.md").read_text().replace("## [", "## "):
        found.append(f"CHANGELOG.md has no section for {about.version}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Puts what Cargo.toml says into every manifest.")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="change nothing; fail when a manifest differs")
    how.add_argument("--print", action="store_true", help="print the version")
    how.add_argument("--release", nargs=2, metavar=("TAG", "OWNER/NAME"), help="may this release go out?")
    arguments = parser.parse_args()
    about = project()
    if arguments.print:
        print(about.version)
        return 0
    if not (arguments.check or arguments.release):
        for name, put in FILES.items():
            path = ROOT / name
            path.write_text(put(path.read_text(), about))
        print(f"{len(FILES)} manifests are of {about.name} {about.version}")
        return 0
    found = drift(about)
    if found:
        found.append(f"the manifests are not those of Cargo.toml; run {HOW}")
    found += [reason for reason in [locked(about)] if reason]
    if arguments.release:
        found += release(about, *arguments.release)
    print("\n".join(found) or f"{len(FILES)} manifests are of {about.name} {about.version}", file=sys.stderr if found else sys.stdout)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
