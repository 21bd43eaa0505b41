#!/usr/bin/env python3
"""Plays merchants' requests against a real model, and judges what the shop looks like afterwards.

The requests and what they must leave behind are those of tests/tasks. Each runs on a fresh sandbox whose clock stands still; the model
sees the tools of one surface and calls them until it answers. A task is solved when the state of the sandbox is the wanted one and,
for questions, when one of the answers it got holds the wanted facts. The standard library alone.

The endpoint comes from the environment: API (openai or anthropic), MODEL_URL (up to and with the version, e.g. https://host/v1),
MODEL_KEY, MODEL. With --replay a scripted model plays the right steps instead, without key and network.

Usage: examples/evaluate_model.py [--surface compact] [--tasks N] [--replay] [--program target/debug/stoq-mcp]
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.error
import urllib.request

from assistant_loop import Server

TASKS = pathlib.Path(__file__).resolve().parent.parent / "tests" / "tasks"
SHOP = "juniper-supply.myshopify.com"
MOST_CALLS = 12
PROMPT = ("You run a Shopify merchant's shop with the tools you have. Today is 2026-03-31. The merchant has approved what the request "
          "says, and nobody can be asked: do it, no more than it, then answer in one sentence.")
# What a call does outside the shop's records: it left a trace with shoppers, with the merchant or with money.
OUTWARD = ("send", "send_blocked", "optin_message", "merchant_alert", "mail", "charge_succeeded", "charge_failed", "refund")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def ask(method, url, body=None, headers=None):
    """One HTTP request; its JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{method} {url} answered {error.code}: {error.read().decode(errors='replace')[:500]}") from None


class Sandbox:
    """The sandbox as a process of its own: reset before each task, looked at afterwards."""

    def __init__(self, program):
        self.process = subprocess.Popen([program, "sandbox", "--listen", "127.0.0.1:0", "--dataset", "fixture"],
                                        stdout=subprocess.PIPE, text=True)
        self.base = self.process.stdout.readline().split()[-1]
        self.key = self.process.stdout.readline().split()[-1]
        self.control_base = self.base.split("/api/")[0] + "/sandbox"
        # Jobs are done at their first poll, and no task waits for the API's budget.
        self.control("PATCH", "/config", {"job_start_ms": 0, "job_items_per_s": 0, "export_ms": 0, "rate_limit": 1_000_000})

    def control(self, method, path, body=None):
        return ask(method, self.control_base + path, body)

    def read(self, path):
        return ask("GET", self.base + path, headers={"x-auth-token": self.key})

    def reset(self):
        self.control("POST", "/reset", {"dataset": "fixture"})
        self.control("POST", "/clock", {"frozen": True})

    def world(self):
        """All that reads show of the shop."""
        offers = self.read("/preorders/offers?per_page=200")["offers"]
        variants = self.read("/preorders/product_variants?per_page=200")["product_variants"]
        shop = self.control("GET", f"/shops/{SHOP}")
        return {
            "signups": by(self.read("/back_in_stock/signups?per_page=200")["signups"], "id"),
            "notifications": by(self.read("/back_in_stock/notifications?per_page=200")["notifications"], "id"),
            "settings": self.read("/back_in_stock/settings"),
            "offers": by([self.offer(offer["id"]) for offer in offers], "id"),
            "variants": by([self.read(f"/preorders/product_variants/{row['shopify_variant_id']}") for row in variants],
                           "shopify_variant_id"),
            "orders": by(self.read("/preorders/orders?per_page=200")["orders"], "id"),
            "shop": {name: shop[name] for name in ("plan_used", "sms_verification")},
        }

    def offer(self, offer_id):
        rows = self.read(f"/preorders/offers/{offer_id}/products/variants?per_page=200")["variants"]
        return {**self.read(f"/preorders/offers/{offer_id}"), "attached": by(rows, "shopify_variant_id")}

    def effects(self):
        """What was committed, without the jobs' own book-keeping."""
        entries = self.control("GET", "/journal")["entries"]
        return [effect for entry in entries for effect in entry["effects"] if not effect["kind"].startswith("job_")]

    def after(self, before):
        """What became of the shop: each change as `/path: new value` (null: gone), and what left it."""
        effects = self.effects()
        if not effects:
            return {}
        fresh = {}
        known = json.dumps(before)
        sent = renamed([effect for effect in effects if effect["kind"] in OUTWARD], known, fresh)
        changed = {}
        differences(before, renamed(self.world(), known, fresh), "", changed)
        return {"changed": changed, "sent": sorted(sent, key=lambda effect: json.dumps(effect, sort_keys=True))}


def by(rows, key):
    return {str(row[key]): row for row in rows}


def renamed(value, known, fresh):
    """Ids that were not there before get names by the order they are met in."""
    if isinstance(value, dict):
        return {renamed(key, known, fresh): renamed(inner, known, fresh) for key, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, known, fresh) for inner in value]
    if isinstance(value, str) and UUID.fullmatch(value) and value not in known:
        return fresh.setdefault(value, f"new {len(fresh) + 1}")
    return value


def differences(before, after, path, found):
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            differences(before.get(key), after.get(key), f"{path}/{key}", found)
    elif before != after:
        found[path] = after


def pointed(value, pointer):
    """The value at a JSON pointer, or nothing."""
    for part in pointer.split("/")[1:]:
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return value


class OpenAi:
    """A chat of the OpenAI form: `POST {url}/chat/completions`."""

    def __init__(self, tools, task):
        self.tools = [{"type": "function", "function": {"name": tool["name"], "description": tool["description"],
                                                        "parameters": tool["inputSchema"]}} for tool in tools]
        self.messages = [{"role": "system", "content": task["system"]}, {"role": "user", "content": task["prompt"]}]
        self.tokens = 0

    def turn(self, results):
        self.messages += [{"role": "tool", "tool_call_id": call, "content": text} for call, text, _ in results]
        answer = ask("POST", os.environ["MODEL_URL"].rstrip("/") + "/chat/completions",
                     {"model": os.environ["MODEL"], "messages": self.messages, "tools": self.tools},
                     {"authorization": f"Bearer {os.environ['MODEL_KEY']}"})
        message = answer["choices"][0]["message"]
        self.messages.append(message)
        # Not every endpoint counts.
        usage = answer.get("usage") or {}
        self.tokens += usage.get("prompt_tokens", 0) + usage.get("completion_tokens", 0)
        return [(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in message.get("tool_calls") or []]


class Anthropic:
    """A chat of the Anthropic form: `POST {url}/messages`."""

    def __init__(self, tools, task):
        self.tools = [{"name": tool["name"], "description": tool["description"], "input_schema": tool["inputSchema"]} for tool in tools]
        self.system = task["system"]
        self.messages = [{"role": "user", "content": task["prompt"]}]
        self.tokens = 0

    def turn(self, results):
        if results:
            self.messages.append({"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": call, "content": text, "is_error": result.get("isError", False)}
                for call, text, result in results]})
        answer = ask("POST", os.environ["MODEL_URL"].rstrip("/") + "/messages",
                     {"model": os.environ["MODEL"], "max_tokens": 4096, "system": self.system, "messages": self.messages,
                      "tools": self.tools},
                     {"x-api-key": os.environ["MODEL_KEY"], "anthropic-version": "2023-06-01"})
        self.messages.append({"role": "assistant", "content": answer["content"]})
        self.tokens += sum(count for name, count in (answer.get("usage") or {}).items() if name.endswith("_tokens") and isinstance(count, int))
        return [(block["id"], block["name"], json.dumps(block["input"])) for block in answer["content"] if block["type"] == "tool_use"]


class Replay:
    """A model that knows the answers: asks for the tool of each step by the action's name, and calls it."""

    def __init__(self, tools, task):
        self.listed = {tool["name"] for tool in tools}
        self.calls = self.script(task["steps"])
        self.tokens = 0
        self.last = None

    def turn(self, results):
        self.last = results[-1][2] if results else None
        call = next(self.calls, None)
        return [("1", call[0], json.dumps(call[1]))] if call else []

    def script(self, steps):
        answers = []
        for step in steps:
            arguments = filled(step, answers)
            name = step["action"]
            if name in self.listed:
                yield name, arguments
            else:
                yield "describe_actions", {"names": [name]}
                yield self.last["structuredContent"]["data"]["actions"][0]["tool"], {"action": name, "arguments": arguments}
            # A call that its arguments raise to another class is refused with the call as it has to be.
            text = self.last["content"][0]["text"]
            right = re.search(r"Call `(run_\w+)` with (\{.*\})\.$", text)
            if right and self.last.get("isError"):
                yield right[1], json.loads(right[2])
            answers.append(self.last.get("structuredContent"))


def filled(step, answers):
    """A step's arguments with what earlier answers told: `take` maps places in them to places in the answers."""
    arguments = json.loads(json.dumps(step["arguments"]))
    for place, source in step.get("take", {}).items():
        *parents, last = place.split("/")[1:]
        inner = arguments
        for part in parents:
            inner = inner[int(part)] if isinstance(inner, list) else inner[part]
        inner[int(last) if isinstance(inner, list) else last] = pointed(answers, source)
    return arguments


def play(model, server, sandbox, before, task):
    """Lets the model work on one task; whether it solved it, and after how many calls."""
    sandbox.reset()
    answers = []
    results = []
    calls = 0
    while calls < MOST_CALLS:
        wanted = model.turn(results)
        if not wanted:
            break
        results = []
        for call, name, text in wanted:
            calls += 1
            try:
                result = server.ask("tools/call", {"name": name, "arguments": json.loads(text or "{}")})
            except (RuntimeError, ValueError) as error:
                result = {"content": [{"type": "text", "text": str(error)}], "isError": True}
            answers.append(result.get("structuredContent"))
            results.append((call, result["content"][0]["text"], result))
    expected = task.get("expect", {})
    told = any(all(pointed(answer, place) == value for place, value in expected.items()) for answer in answers)
    return told and sandbox.after(before) == task.get("after", {}), calls


def evaluate(chat, tasks, sandbox, options):
    """Plays the tasks and prints how each went; how many were solved."""
    # Nobody sits here to agree to a plan, and each task begins at a shop where nothing was done yet.
    os.environ |= {"STOQ_API_KEY": sandbox.key, "STOQ_MCP_POINTS_LIMIT": "0", "STOQ_MCP_STATE": "memory",
                   "STOQ_MCP_CONFIRM": "off", "STOQ_MCP_REPEAT_WINDOW_SECONDS": "0"}
    server = Server([options.program, "serve", "--base-url", sandbox.base, "--surface", options.surface,
                     "--allow", "send,money,destroy", "--v1", "all", "--shop-domain", SHOP])
    tools = server.ask("tools/list", {})["tools"]
    system = f"{PROMPT}\n\n{server.greeting['instructions']}"
    sandbox.reset()
    before = sandbox.world()
    solved = calls = tokens = 0
    for task in tasks:
        known = f"\n(What is known: {task['known']})" if "known" in task else ""
        model = chat(tools, {**task, "prompt": task["request"] + known, "system": system})
        is_solved, made = play(model, server, sandbox, before, task)
        solved, calls, tokens = solved + is_solved, calls + made, tokens + model.tokens
        print(f"{'solved' if is_solved else 'FAILED'}  {made:2} calls  {model.tokens:7} tokens  {task['name']}", flush=True)
    server.close()
    print(f"{solved} of {len(tasks)} solved on {options.surface}, {calls / len(tasks):.1f} calls and {tokens // len(tasks)} tokens a task")
    return solved


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--surface", choices=("core", "compact", "full"), default="compact", help="the tools the model sees")
    parser.add_argument("--tasks", type=int, metavar="N", help="only N of them, spread over all")
    parser.add_argument("--replay", action="store_true", help="a scripted model plays the right steps")
    parser.add_argument("--program", default="target/debug/stoq-mcp", help="the program to serve with")
    options = parser.parse_args()
    chat = Replay if options.replay else {"openai": OpenAi, "anthropic": Anthropic}.get(os.environ.get("API"))
    if chat is None or not (options.replay or all(os.environ.get(name) for name in ("MODEL_URL", "MODEL_KEY", "MODEL"))):
        raise SystemExit("Set API to openai or anthropic, and MODEL_URL, MODEL_KEY and MODEL; or pass --replay.")
    tasks = [task for room in sorted(TASKS.glob("*.json")) for task in json.loads(room.read_text())]
    if options.tasks:
        tasks = tasks[::max(1, len(tasks) // options.tasks)][:options.tasks]

    # Nothing of this machine's own settings, and no proxy on the way to the sandbox.
    os.environ |= {"STOQ_MCP_CONFIG": "", "no_proxy": "127.0.0.1," + os.environ.get("no_proxy", "")}
    sandbox = Sandbox(options.program)
    try:
        solved = evaluate(chat, tasks, sandbox, options)
    finally:
        sandbox.process.kill()
        sandbox.process.wait()
    sys.exit(0 if solved == len(tasks) or not options.replay else 1)


if __name__ == "__main__":
    main()
