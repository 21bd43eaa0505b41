"""The GitHub Action, run as a runner would: the steps of action.yml with their inputs, over an API with and without drift."""

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml

from support import EXAMPLES, PATIENCE, PROGRAM, ROOT, Report, shop

FOLDER = EXAMPLES / "github-action"
LIST = "back_in_stock_reports_list"
SIGNUPS = "back_in_stock_signups_list"
TABLE = """\
The API differs from the registry:

| what | where |
|---|---|
| removed | GET /back_in_stock/reports (list) |
| changed | GET /back_in_stock/signups (list): {"arguments":[{"name":"region","to":"string"}]} |
"""


def drifted() -> str:
    """The registry as an API might have it one day: one action gone, one with another argument."""
    registry = json.loads((ROOT / "tools.registry.json").read_text())
    registry["actions"] = [action for action in registry["actions"] if action["name"] != LIST]
    for action in registry["actions"]:
        action["next"] = [name for name in action["next"] if name != LIST]
        if action["name"] == SIGNUPS:
            action["request_schema"]["properties"]["region"] = {"type": "string", "description": "Region."}
    return json.dumps(registry)


def filled(text: str, context: dict[str, str]) -> str:
    """A text with the runner's expressions put in; one that is not known here fails."""
    return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", lambda found: context[found[1]], text)


def act(inputs: dict[str, str], environment: dict[str, str]) -> tuple[int, str, dict[str, str], str]:
    """Runs the action's steps: exit code, what it prints, its outputs, the job's summary."""
    action: dict[str, Any] = yaml.safe_load((FOLDER / "action.yml").read_text())
    given = {name: inputs.get(name, told.get("default", "")) for name, told in action["inputs"].items()}
    lacking = [name for name, told in action["inputs"].items() if told.get("required") and name not in inputs]
    assert not lacking, lacking
    context = {f"inputs.{name}": value for name, value in given.items()} | {"github.action_path": str(FOLDER)}
    with tempfile.TemporaryDirectory() as folder:
        output, summary = Path(folder, "output"), Path(folder, "summary")
        output.touch()
        summary.touch()
        for step in action["runs"]["steps"]:
            assert set(step) <= {"id", "shell", "env", "run"} and step["shell"] == "bash", step
            variables = {name: filled(value, context) for name, value in step["env"].items()}
            files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
            # As the runner starts `shell: bash`.
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", filled(step["run"], context)]
            done = subprocess.run(command, env={**environment, **variables, **files}, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=PATIENCE, check=False)
            for line in output.read_text().splitlines():
                name, value = line.split("=", 1)
                context[f"steps.{step['id']}.outputs.{name}"] = value
            if done.returncode:
                break
        outputs = {}
        for name, told in action["outputs"].items():
            known = re.sub(r"\$\{\{ *([\w.-]+) *\}\}", lambda found: context.get(found[1], ""), told["value"])
            outputs[name] = known
        return done.returncode, done.stdout + done.stderr, outputs, summary.read_text()


def drift(report: Report) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(drifted())
        file.flush()
        same, other = "The API's manifest is what the registry says.\n", "the summary of the job says where."
        for flags, code, told, flag, summary in (
            ((), 0, "", "false", same),
            (("--registry", file.name), 1, other, "true", TABLE),
        ):
            name = f"github-action, {'drift' if flags else 'no drift'}"
            with shop(*flags) as behind:
                environment = {key: value for key, value in behind.environment().items() if key != "STOQ_API_KEY"}
                inputs = {"api-key": behind.key, "program": PROGRAM, "base-url": behind.base_url}
                found, printed, outputs, written = act(inputs, environment)
                report.equal((found, outputs, written), (code, {"drift": flag}, summary), f"{name}: code, output, summary")
                report.check(told in printed and behind.key not in printed + written, f"{name}: what it prints", printed)
                asked = [f"{entry['method']} {entry['path']}" for entry in behind.journal()]
                report.equal(asked, ["GET /api/v2/external/help"], f"{name}: it reads the manifest once and nothing else")


def unknown(report: Report) -> None:
    """An API that cannot be asked is no drift, and no absence of it."""
    with shop() as behind:
        inputs = {"api-key": "wrong", "program": PROGRAM, "base-url": behind.base_url}
        code, printed, outputs, summary = act(inputs, behind.environment())
    report.equal((code, outputs, summary), (2, {"drift": ""}, ""), "github-action, wrong key: code, output, summary")
    report.check("::error title=STOQ registry::The drift cannot be told: " in printed, "github-action, wrong key: says so", printed)
    code, printed, outputs, _ = act(inputs, behind.environment())
    report.check((code, outputs) == (2, {"drift": ""}) and "could not be reached" in printed,
                 "github-action, no API: neither drift nor none", (code, outputs, printed))


def workflow(report: Report) -> None:
    """The workflow uses the action where it lies, with the inputs it has."""
    text = (FOLDER / "workflow.yml").read_text()
    steps = yaml.safe_load(text)["jobs"]["drift"]["steps"]
    action = yaml.safe_load((FOLDER / "action.yml").read_text())
    used = [step for step in steps if step.get("uses", "").startswith("./")]
    report.equal([step["uses"] for step in used], ["./examples/github-action"], "workflow: it uses the action")
    for step in used:
        report.check((ROOT / step["uses"] / "action.yml").exists(), "workflow: the action is there")
        report.check(set(step["with"]) <= set(action["inputs"]), "workflow: the inputs are the action's", step["with"])
    report.check(os.access(FOLDER / "check.sh", os.X_OK), "github-action: its script can be run")


CHECKS = (drift, unknown, workflow)
