"""The files by themselves: each is held to its own validator, and none says another version than Cargo.toml."""

import json
import re
import shutil
import tempfile
from pathlib import Path

import yaml
from docker.utils.build import exclude_paths
from jsonschema import Draft202012Validator

from kit import ABOUT, PROGRAM, ROOT, TOOLS, Report, hosts_named, ran, run

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCRIPTS = [ROOT / "packaging/release.sh", ROOT / "packaging/compose/secrets.sh", ROOT / "tests/interop/packaging.sh"]
# What the image may be built from; that nothing is missing is seen from what the sources include.
CONTEXT = {"Cargo.lock", "Cargo.toml", "assets", "benches", "src", "tests", "tools.registry.json", "tools.registry.schema.json"}
INCLUDED = re.compile(r'include_(?:str|bytes)!\("([^"]+)"\)')


def validators(report: Report) -> None:
    """Workflows, compose file, Dockerfile and scripts, each by the tool that knows them."""
    ran(report, "actionlint", [TOOLS / "actionlint", *WORKFLOWS])
    ran(report, "zizmor", [TOOLS / "zizmor", "--offline", "--quiet", *WORKFLOWS])
    ran(report, "yamllint", [TOOLS / "yamllint", "--strict", "-c", ROOT / ".yamllint.yaml", *WORKFLOWS, ROOT / "compose.yaml"])
    schema = [TOOLS / "check-jsonschema", "--builtin-schema"]
    ran(report, "schema of workflows", [*schema, "vendor.github-workflows", *WORKFLOWS])
    ran(report, "schema of compose.yaml", [*schema, "vendor.compose-spec", ROOT / "compose.yaml"])
    ran(report, "hadolint", [TOOLS / "hadolint", ROOT / "Dockerfile"])
    ran(report, "shellcheck", ["shellcheck", "-x", "-P", ROOT / "tests/interop", *SCRIPTS])
    for workflow in WORKFLOWS:
        for used in re.findall(r"uses: (\S+)(.*)", workflow.read_text()):
            pinned = re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used[0]) and re.fullmatch(r" # v\d+\.\d+\.\d+", used[1])
            report.check(bool(pinned), f"{workflow.name}: {used[0]} is pinned, with its version beside it", used)


def versions(report: Report) -> None:
    """All manifests say what Cargo.toml says, and one that does not is named."""
    ran(report, "versions", [TOOLS / "python", ROOT / "packaging/version.py", "--check"])
    with tempfile.TemporaryDirectory() as text:
        copy = Path(text)
        shutil.copytree(ROOT / "packaging", copy / "packaging", ignore=shutil.ignore_patterns("secrets", "__pycache__"))
        for name in ("Cargo.toml", "Cargo.lock", "Dockerfile", "compose.yaml", "server.json", "CHANGELOG.md"):
            shutil.copy(ROOT / name, copy / name)
        script = [TOOLS / "python", copy / "packaging/version.py"]
        cargo = (copy / "Cargo.toml").read_text()
        (copy / "Cargo.toml").write_text(cargo.replace(f'version = "{ABOUT.version}"', 'version = "98.7.6"', 1))
        told = run([*script, "--check"])
        report.equal(told.returncode, 1, "another version is noticed")
        for name in ("server.json", "packaging/mcpb/manifest.json", "packaging/npm/package.json", "Dockerfile", "compose.yaml"):
            report.check(f"--- {name}\n" in told.stdout + told.stderr, f"another version is noticed in {name}", told.stderr)
        report.check("Cargo.lock has" in told.stderr, "another version is noticed in Cargo.lock", told.stderr)
        ran(report, "another version is written", script)
        (copy / "Cargo.lock").write_text((copy / "Cargo.lock").read_text().replace(
            f'name = "{ABOUT.name}"\nversion = "{ABOUT.version}"', f'name = "{ABOUT.name}"\nversion = "98.7.6"'))
        ran(report, "and then stands everywhere", [*script, "--check"])
        refused = run([*script, "--release", "v98.7.5", "somebody/else"])
        wanted = ["the tag is v98.7.5", "this is somebody/else", "CHANGELOG.md has no section for 98.7.6"]
        report.equal([text in refused.stderr for text in wanted], [True] * 3, f"a release that must not go out: {refused.stderr}")
        log = (copy / "CHANGELOG.md").read_text().replace("## Unreleased", "## Unreleased\n\n## [98.7.6] - 2026-11-27", 1)
        (copy / "CHANGELOG.md").write_text(log)
        ran(report, "a release that may", [*script, "--release", "v98.7.6", ABOUT.slug])


def registry(report: Report, text: str, name: str) -> None:
    """A server.json has the form that the registry of MCP servers asks for."""
    schema = json.loads((ROOT / "packaging/registry/server.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    found = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(json.loads(text))]
    report.equal(found, [], f"{name}: schema")


def image(report: Report) -> None:
    """What the image is built from holds all that the build reads, and nothing that lies around."""
    with tempfile.TemporaryDirectory() as text:
        copy = Path(text)
        for name in run(["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard"]).stdout.splitlines():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_file():
                shutil.copy(ROOT / name, copy / name)
        for stray in (".env", "shop.sqlite", "tokens.toml", "packaging/compose/secrets/stoq-mcp.toml", ".git/config", "tests/key.pem"):
            (copy / stray).parent.mkdir(parents=True, exist_ok=True)
            (copy / stray).write_text("secret")
        lines = (copy / ".dockerignore").read_text().splitlines()
        patterns = [line for line in lines if line and not line.startswith("#")]
        taken = [path for path in exclude_paths(str(copy), patterns) if (copy / path).is_file()]
        # The client always adds these two.
        taken = [path for path in taken if path not in ("Dockerfile", ".dockerignore")]
        report.equal({path.split("/")[0] for path in taken} - CONTEXT, set(), "what the image is built from")
        report.equal([path for path in taken if (copy / path).read_bytes() == b"secret"], [], "no secrets in it")
        context = copy / "context"
        for path in taken:
            (context / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(copy / path, context / path)
        ran(report, "cargo takes it", ["cargo", "metadata", "--no-deps", "--format-version", "1"], cwd=context)
        for source in (context / "src").rglob("*.rs"):
            for included in INCLUDED.findall(source.read_text()):
                if "fuzz/corpus" not in included:  # read by tests alone
                    report.check((source.parent / included).is_file(), f"{source.relative_to(context)} finds {included}")


def names(report: Report) -> None:
    """compose.yaml, nginx and the Dockerfile mean the same places, and no file names a package registry."""
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    nginx = (ROOT / "packaging/compose/nginx.conf").read_text()
    replicas = {name for name, service in compose["services"].items() if "build" in service}
    report.equal(set(re.findall(r"server ([\w-]+):8080 ", nginx)), replicas, "nginx knows every replica")
    report.equal(set(compose["services"]["nginx"]["depends_on"]), replicas, "nginx starts after every replica")
    dockerfile = (ROOT / "Dockerfile").read_text()
    report.check("\nUSER 65532:65532\n" in dockerfile, "the image's user has no rights")
    for name in replicas:
        service = compose["services"][name]
        flags = " ".join(service["command"])
        told = run([PROGRAM, *service["command"], "--help"])
        report.equal(told.returncode, 0, f"{name}: the program knows its flags")
        report.check("--http 0.0.0.0:8080 --auth shop-key" in flags, f"{name}: nobody is served who brings no key", flags)
        report.check("ports" not in service, f"{name}: nothing of it is published", service)
        report.equal(service["cap_drop"], ["ALL"], f"{name}: no rights")
    published = [port for service in compose["services"].values() for port in service.get("ports", [])]
    report.equal(published, ["127.0.0.1:8080:8080"], "nginx alone is published, and on this machine alone")
    tracked = run(["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "packaging", ".github",
                   "tests/interop/packaging", "tests/interop/packaging.sh", "Dockerfile", "compose.yaml", "server.json"])
    for name in tracked.stdout.splitlines():
        if (ROOT / name).is_file():
            report.equal(hosts_named((ROOT / name).read_text()), [], f"{name} names no package registry")


def check(report: Report) -> None:
    """All of it."""
    validators(report)
    versions(report)
    registry(report, (ROOT / "server.json").read_text(), "server.json")
    image(report)
    names(report)
