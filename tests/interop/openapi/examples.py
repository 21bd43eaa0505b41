"""Sends every example of the document to the sandbox, each to a fresh shop, and holds the answer to the document.

    examples.py DOCUMENT ORIGIN KEY

An example must succeed: a document whose examples are refused shows nothing. Every job that is accepted is read at
the address that its handle names.
"""

import json
import re
import sys
import time
from typing import Any

import requests
import schemathesis
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# What an example cannot name: the jobs of a fresh shop have no ids yet. They are read below.
JOBS = re.compile(r"/jobs/\{job_id\}$")


class Shop:
    """The sandbox's fixture shop."""

    def __init__(self, origin: str, key: str) -> None:
        self.origin = origin
        self.headers = {"X-Auth-Token": key}

    def fresh(self) -> None:
        """As it is at the start, with points for everything and jobs that end at once."""
        self.control("POST", "reset", {"dataset": "fixture"})
        knobs = {"rate_limit": 1_000_000_000, "job_start_ms": 0, "job_items_per_s": 0, "export_ms": 0}
        self.control("PATCH", "config", knobs)

    def control(self, verb: str, path: str, body: dict[str, Any]) -> None:
        requests.request(verb, f"{self.origin}/sandbox/{path}", json=body, timeout=10).raise_for_status()


def on_wire(value: Any) -> Any:
    """Words of JSON, where the client would write Python's."""
    return json.dumps(value) if isinstance(value, bool) else value


def cases(raw: dict[str, Any]) -> list[dict[str, Any]]:
    """The requests that the document shows: what has the same name in parameters and body belongs together."""
    shown: dict[str, dict[str, Any]] = {}
    places = {"path": "path_parameters", "query": "query", "header": "headers"}

    def part(name: str) -> dict[str, Any]:
        return shown.setdefault(name, {"path_parameters": {}, "query": {}, "headers": {}})

    for parameter in raw.get("parameters", []):
        for name, each in parameter.get("examples", {}).items():
            part(name)[places[parameter["in"]]][parameter["name"]] = on_wire(each["value"])
    content = raw.get("requestBody", {}).get("content", {})
    for name, each in content.get("application/json", {}).get("examples", {}).items():
        part(name).update(body=each["value"], media_type="application/json")
    return list(shown.values()) or [{}]


def main() -> int:
    document, origin, key = sys.argv[1:]
    shop = Shop(origin, key)
    with open(document, encoding="utf-8") as file:
        raw = json.load(file)
    schema = schemathesis.openapi.from_path(document)
    operations = [found.ok() for found in schema.get_all_operations()]
    reads = {each.path: each for each in operations if JOBS.search(each.path)}
    sent, failed, jobs = 0, [], set()
    for operation in operations:
        if JOBS.search(operation.path):
            continue
        for parts in cases(raw["paths"][operation.path][operation.method.lower()]):
            shop.fresh()
            case = operation.Case(**parts)
            answer = case.call(base_url=origin, headers=shop.headers)
            sent += 1
            try:
                case.validate_response(answer, checks=CHECKS)
            except Exception as error:  # noqa: BLE001: every failure is told
                failed.append(f"{operation.label}: {error}")
                continue
            if answer.status_code not in (200, 201, 202, 207):
                failed.append(f"{operation.label}: {answer.status_code} {answer.text}")
                continue
            handle = answer.json() if answer.content else {}
            if isinstance(handle, dict) and "status_url" in handle:
                label, said = read_job(handle, reads, shop)
                jobs.add(label)
                failed.extend(f"{operation.label}: {each}" for each in said)
    for label in sorted(each.label for each in reads.values()):
        if label not in jobs:
            failed.append(f"{label}: no job was read there")
    for each in failed:
        print(f"not ok {each}")
    print(f"ok {sent - len(failed)} of {sent} examples of {len(operations)} operations, {len(jobs)} ways to read a job")
    return 1 if failed else 0


def read_job(handle: dict[str, Any], reads: dict[str, Any], shop: Shop) -> tuple[str, list[str]]:
    """Reads a job until it ends, by the operation whose address its handle names."""
    address, job_id = handle["status_url"].rsplit("/", 1)
    operation = reads[f"{address}/{{job_id}}"]
    case = operation.Case(path_parameters={"job_id": job_id})
    for _ in range(50):
        answer = case.call(base_url=shop.origin, headers=shop.headers)
        try:
            case.validate_response(answer, checks=CHECKS)
        except Exception as error:  # noqa: BLE001
            return operation.label, [str(error)]
        if answer.json()["status"] in ("completed", "ready"):
            return operation.label, []
        time.sleep(0.1)
    return operation.label, [f"the job does not end: {answer.text}"]


if __name__ == "__main__":
    sys.exit(main())
