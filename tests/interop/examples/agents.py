"""The agents: each with its own client library, on its own wire form of the model, and with a person at the terminal."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import scripted
from scripted import Call, Endpoint, Say, Talk
from support import EXAMPLES, PATIENCE, PROGRAM, Report, Shop, Terminal, run, shop, wait_for

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
WANT_ALERTS = "The Beeswax Candle Trio in Cedar is back. Tell those who wait for it."
WAITING = ["51900000-0000-4000-8000-000000000018", "51900000-0000-4000-8000-000000000020"]
RESTOCKED = "44021000000401"
OFFER = "0ffe0000-0000-4000-8000-000000000004"
ARRIVED = "The Canvas Field Jackets are here. Release the paid order of Priya Nair."
ORDER = 6130000000003


@contextlib.contextmanager
def model(script: scripted.Script, report: Report, name: str) -> Iterator[Endpoint]:
    with contextlib.closing(Endpoint(script)) as endpoint:
        yield endpoint
    report.equal(endpoint.wrong, [], f"{name}: every request to the model is well-formed")


def variant(talk: Talk) -> Call:
    """The variant's number stands in the ranking, which the script reads as a model does."""
    scripted.need(talk.said == [WANT_ALERTS], f"the person said something else: {talk.said}")
    scripted.need("expected" in talk.system or "tools" in talk.system, "the server's instructions are missing")
    return Call("back_in_stock_reports_products_in_demand", {})


def waiting(talk: Talk) -> Call:
    found = re.search(r"^(\d+),\d+,Beeswax Candle Trio,Cedar,", talk.results[-1], re.MULTILINE)
    scripted.need(found, f"the ranking does not show the candles: {talk.results[-1]}")
    return Call("back_in_stock_signups_list", {"variant_id": int(found[1]), "status": "pending"})


def notify(talk: Talk) -> Call:
    ids = UUID.findall(talk.results[-1])
    return Call("run_send", {"action": "back_in_stock_signups_bulk_notify", "arguments": {"signup_ids": ids}})


def told(talk: Talk) -> Say:
    """A model says what became of the call, which the result tells."""
    if "the person asked said no" in talk.results[-1]:
        return Say("Nothing was sent, as you wished.")
    scripted.need("status: accepted" in talk.results[-1], f"the alerts were not accepted: {talk.results[-1]}")
    return Say("Both shoppers were told.")


def assistant(report: Report, form: str, typed: str, answer: str, sent: list[str]) -> None:
    """A plan is shown at the terminal, and what is typed there decides, whatever the form of the model."""
    name = f"merchant_assistant.py, {form}, {typed or 'nothing'} typed"
    with shop() as behind, model([variant, waiting, notify, told], report, name) as endpoint:
        settings = {"API": form, "MODEL_URL": f"{endpoint.origin}/v1", "MODEL_KEY": scripted.KEY, "MODEL": scripted.NAME}
        environment = behind.environment(**settings, SERVER=behind.server("--allow", "send"))
        terminal = Terminal.start([sys.executable, str(EXAMPLES / "merchant_assistant.py")], environment)
        terminal.until("you> ")
        terminal.type(WANT_ALERTS)
        terminal.until("(empty: no)> ")
        report.check("2 shoppers get an alert by email about “Beeswax Candle Trio / Cedar”." in terminal.shown,
                     f"{name}: the plan is shown", terminal.shown)
        report.equal(behind.written(), [], f"{name}: nothing is sent before somebody agrees")
        terminal.type(typed)
        terminal.until("assistant> ")
        terminal.until("you> ")
        terminal.leave()
        report.equal(terminal.end(), 0, f"{name}: exit code")
        report.check(f"assistant> {answer}" in terminal.shown, f"{name}: its answer", terminal.shown)
        alerted = [effect["signup_id"] for effect in behind.effects() if effect["kind"] == "send"]
        report.equal(sorted(alerted), sent, f"{name}: who was alerted")
        states = {one: behind.read(f"/back_in_stock/signups/{one}")["status"] for one in WAITING}
        wanted = "notified" if sent else "pending"
        report.equal(states, dict.fromkeys(WAITING, wanted), f"{name}: the signups afterwards")


def assistants(report: Report) -> None:
    for form in ("openai", "anthropic"):
        assistant(report, form, "2", "Both shoppers were told.", WAITING)
        assistant(report, form, "", "Nothing was sent, as you wished.", [])


def assistant_without_model(report: Report) -> None:
    """What a person sees who has not set it up."""
    command = [sys.executable, str(EXAMPLES / "merchant_assistant.py")]
    with shop() as behind, contextlib.closing(Endpoint([])) as endpoint:
        missing = run(command, behind.environment(API="openai"))
        report.equal(missing, (1, "", "Set API to openai or anthropic, and MODEL_URL, MODEL_KEY and MODEL.\n"),
                     "merchant_assistant.py: says what is not set")
        settings = {"API": "openai", "MODEL_URL": f"{endpoint.origin}/v1", "MODEL_KEY": "wrong", "MODEL": scripted.NAME}
        terminal = Terminal.start(command, behind.environment(**settings, SERVER=behind.server()))
        terminal.until("you> ")
        terminal.type("Hello")
        code = terminal.end()
        report.check(code == 1 and "The model's endpoint answered 400" in terminal.shown and "Traceback" not in terminal.shown,
                     "merchant_assistant.py: a refused key is told plainly", terminal.shown)
        report.equal(endpoint.wrong, ["Wrong('wrong key')"], "merchant_assistant.py: the key it was given is the one it shows")


def ranking(talk: Talk) -> Call:
    return Call("back_in_stock_reports_products_in_demand", {})


def offers(talk: Talk) -> Call:
    return Call("preorders_offers_list", {})


def enable(talk: Talk) -> Call:
    found = re.search(rf"{OFFER}.{{0,80}}disabled", talk.results[-1], re.DOTALL)
    scripted.need(found, f"the list does not show the disabled offer: {talk.results[-1]}")
    return Call("preorders_offers_enable", {"id": OFFER})


def launched(talk: Talk) -> Call:
    return Call("final_result", {"offer_id": OFFER, "product": "Beeswax Candle Trio", "waiting": 4})


def lazy(talk: Talk) -> Call:
    """A model that claims what it has not done."""
    return Call("final_result", {"offer_id": OFFER, "product": "Beeswax Candle Trio", "waiting": 4})


def preorder(report: Report, prefix: str, script: scripted.Script, wanted: tuple[int, str, str], state: str) -> None:
    name = f"preorder_agent.py, {prefix}, {'honest' if len(script) > 1 else 'lying'} model"
    with shop() as behind, model(script, report, name) as endpoint:
        settings = {"MODEL": f"{prefix}:{scripted.NAME}", "OPENAI_API_KEY": scripted.KEY, "ANTHROPIC_API_KEY": scripted.KEY,
                    "OPENAI_BASE_URL": f"{endpoint.origin}/v1", "ANTHROPIC_BASE_URL": endpoint.origin}
        environment = behind.environment(**settings, SERVER=behind.server())
        report.equal(run([sys.executable, str(EXAMPLES / "preorder_agent.py")], environment), wanted, f"{name}: what it prints")
        report.equal(behind.read(f"/preorders/offers/{OFFER}")["state"], state, f"{name}: the offer afterwards")
        forbidden = {"run_send", "run_money", "run_destroy"} & set(endpoint.last.tools if endpoint.last else ())
        report.equal(forbidden, set(), f"{name}: no tool that messages, charges or deletes")
        writes = [f"POST /api/v2/external/preorders/offers/{OFFER}/enable"] if state == "enabled" else []
        report.equal(behind.written(), writes, f"{name}: what was written")


def preorders(report: Report) -> None:
    live = (0, "“Candle Trio restock” is live: 4 shoppers wait for Beeswax Candle Trio.\n", "")
    lie = (1, "", "The agent says that it put “Candle Trio restock” live, but the shop says: disabled.\n")
    for prefix in ("openai-chat", "anthropic"):
        preorder(report, prefix, [ranking, offers, enable, launched], live, "enabled")
    preorder(report, "openai-chat", [lazy], lie, "disabled")


def orders(talk: Talk) -> Call:
    scripted.need(talk.said == [ARRIVED], f"the person said something else: {talk.said}")
    return Call("preorders_orders_list", {"state": "balance_collected"})


def release(talk: Talk) -> Call:
    found = re.search(r"^(\d+),#\d+,balance_collected,Priya Nair,", talk.results[-1], re.MULTILINE)
    scripted.need(found, f"the list does not show the order: {talk.results[-1]}")
    return Call("run_destroy", {"action": "preorders_orders_release", "arguments": {"id": int(found[1])}})


def released(talk: Talk) -> Say:
    if "the person asked said no" in talk.results[-1]:
        scripted.need(talk.failed[-1], "a refused call is not marked as failed")
        return Say("I left the order held.")
    scripted.need("status: accepted" in talk.results[-1], f"the order was not released: {talk.results[-1]}")
    return Say("The order can ship.")


@contextlib.contextmanager
def hosted(behind: Shop) -> Iterator[tuple[str, str]]:
    """A server over HTTP that a bearer token opens; its address and the token."""
    printed = subprocess.run([PROGRAM, "token", "new", "release-agent", "--allow", "destroy"], env=behind.environment(),
                             capture_output=True, text=True, check=True).stdout
    lines = printed.splitlines()
    begin = lines.index("[[token]]")
    token = next(word for line in lines[:begin] for word in line.split() if word.startswith("stoq_mcp_"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "tokens.toml")
        file.write_text("\n".join(lines[begin:]) + "\n")
        file.chmod(0o600)
        log = Path(folder, "log")
        command = behind.server("--http", "127.0.0.1:0", "--allow", "destroy", "--personal-data", "full").split()
        with log.open("w") as written:
            server = subprocess.Popen([*command, "--auth", "tokens", str(file)], env=behind.environment(),
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=written)
        try:
            found = wait_for(lambda: re.search(r" listening on (http://\S+)$", log.read_text(), re.MULTILINE), "the server did not start")
            yield found[1], token
        finally:
            server.terminate()
            server.wait(timeout=PATIENCE)


def typescript(report: Report) -> None:
    """Over HTTP with a token; released goods need somebody who types."""
    for typed, answer, state in (("1", "The order can ship.", "released"), ("", "I left the order held.", "balance_collected")):
        name = f"release_agent.ts, {typed or 'nothing'} typed"
        with shop() as behind, model([orders, release, released], report, name) as endpoint, hosted(behind) as (url, token):
            settings = {"ANTHROPIC_API_KEY": scripted.KEY, "ANTHROPIC_BASE_URL": endpoint.origin, "MODEL": scripted.NAME,
                        "STOQ_URL": url, "STOQ_TOKEN": token}
            environment = {**behind.environment(), **settings}
            folder = Path(os.environ["EXAMPLES_TYPESCRIPT"])
            terminal = Terminal.start(["node", "release_agent.ts", ARRIVED], environment, folder)
            terminal.until("(empty: no)> ")
            report.equal(behind.written(), [], f"{name}: nothing is released before somebody agrees")
            asked = re.search(r"Type (\S+) to go ahead\.", terminal.shown)
            terminal.type(asked[1] if asked and typed else "")
            report.equal(terminal.end(), 0, f"{name}: exit code")
            report.check(answer in terminal.shown, f"{name}: its answer", terminal.shown)
            report.equal(behind.read(f"/preorders/orders/{ORDER}")["state"], state, f"{name}: the order afterwards")
    with shop() as behind, hosted(behind) as (url, _):
        settings = {"ANTHROPIC_API_KEY": scripted.KEY, "MODEL": scripted.NAME, "STOQ_URL": url, "STOQ_TOKEN": "wrong"}
        terminal = Terminal.start(["node", "release_agent.ts"], {**behind.environment(), **settings}, folder)
        code = terminal.end()
        report.check(code == 1 and "    at " not in terminal.shown, "release_agent.ts: a refused token is told plainly", terminal.shown)


CHECKS = (assistants, assistant_without_model, preorders, typescript)
