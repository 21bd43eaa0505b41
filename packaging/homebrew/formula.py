#!/usr/bin/env python3
"""Writes the Homebrew formula of a release from the checksums of its archives.

    python3 packaging/homebrew/formula.py FOLDER > stoq-mcp.rb

FOLDER holds SHA256SUMS, as packaging/archive.py writes it.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from project import Project, archive, checksums, project  # noqa: E402

FORMULA = """\
# Written by packaging/homebrew/formula.py for each release; do not edit.
class StoqMcp < Formula
  desc "{description}"
  homepage "{repository}"
  version "{version}"
  license "{license}"

  on_macos do
    on_arm do
      {darwin-arm64}
    end
    on_intel do
      {darwin-x64}
    end
  end

  on_linux do
    on_arm do
      {linux-arm64}
    end
    on_intel do
      {linux-x64}
    end
  end

  def install
    bin.install "stoq-mcp"
  end

  test do
    assert_match version.to_s, shell_output("#{{bin}}/stoq-mcp --version")
    assert_match "find_actions", shell_output("#{{bin}}/stoq-mcp tools --json --sandbox")
  end
end
"""


def source(about: Project, sums: dict[str, str], name: str) -> str:
    """Where one platform's archive lies, and its checksum."""
    file = archive(about, name)
    if file not in sums:
        raise SystemExit(f"SHA256SUMS does not name {file}")
    return f'url "{about.downloads}/{file}"\n      sha256 "{sums[file]}"'


def main() -> int:
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sums = checksums(Path(sys.argv[1]))
    about = project()
    facts = {"version": about.version, "license": about.license, "repository": about.repository}
    # Homebrew wants no article, no name and at most 80 characters.
    facts["description"] = "MCP server for STOQ back-in-stock waitlists and preorders on Shopify"
    for name in ("darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64"):
        facts[name] = source(about, sums, name)
    print(FORMULA.format(**facts), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
