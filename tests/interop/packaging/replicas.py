"""compose.yaml without containers: its Redis, its two replicas and its nginx as processes of this machine.

Configurations and commands are those of the files; names and ports alone are put in that hold here.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import yaml
from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

from agreeing import NOTIFY, Person, signup
from kit import LOG, PROGRAM, ROOT, Report, bare, free_port, run
from support import Sandbox, sandbox

NAMES = ("stoq-a", "stoq-b")
READ = "back_in_stock_reports_products_in_demand"
# The sandbox is not the API whose budget is to be kept, and this machine's calls come faster than a caller's may.
UNBOUNDED = {"STOQ_MCP_POINTS_LIMIT": "0", "STOQ_MCP_MAX_REQUESTS_PER_MINUTE": "1000000"}


def until(holds: Callable[[], bool], what: str) -> None:
    """Waits for something to come true."""
    for _ in range(300):
        if holds():
            return
        time.sleep(0.1)
    raise RuntimeError(f"it did not come true that {what}")


def answers(port: int, path: str = "/healthz", **headers: str) -> int | None:
    """The status of a page; `None` where nothing listens."""
    request = urllib.request.Request(f"http://localhost:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


@dataclass
class Stack:
    """What compose.yaml describes, as processes."""

    folder: Path
    behind: Sandbox
    compose: dict[str, Any]
    ports: dict[str, int]
    processes: dict[str, subprocess.Popen[Any]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.ports['nginx']}/mcp"

    def start(self, name: str, command: list[Any], environment: dict[str, str]) -> None:
        with (LOG / f"packaging-{name}.log").open("a") as log:
            command = [str(part) for part in command]
            self.processes[name] = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start_redis(self) -> None:
        command = self.compose["services"]["redis"]["command"]
        text = (ROOT / self.compose["configs"]["redis.conf"]["file"]).read_text()
        places = {"port 6379": f"port {self.ports['redis']}\nbind 127.0.0.1", "dir /data": f"dir {self.folder}",
                  "/run/secrets": f"{self.folder}/secrets"}
        for there, here in places.items():
            text = text.replace(there, here)
        (self.folder / "redis.conf").write_text(text)
        self.start("redis", [command[0], self.folder / "redis.conf"], bare())
        until(lambda: "NOAUTH" in self.redis("ping"), "Redis asks for a password")

    def redis(self, *command: str) -> str:
        done = run(["redis-cli", "-p", self.ports["redis"], *command])
        return done.stdout + done.stderr

    def start_replica(self, name: str) -> None:
        """A replica as compose starts it: command and configuration are the file's, the API is the sandbox."""
        service = self.compose["services"][name]
        places = {"0.0.0.0:8080": f"127.0.0.1:{self.ports[name]}", "0.0.0.0:9464": "127.0.0.1:0"}
        command = [places.get(part, part) for part in service["command"]]
        environment = {key: value.replace("/run/secrets", str(self.folder / "secrets")) for key, value in service["environment"].items()}
        environment |= {"XDG_STATE_HOME": str(self.folder / name), "XDG_CACHE_HOME": str(self.folder / "cache"), **UNBOUNDED}
        environment |= {"STOQ_MCP_BASE_URL": self.behind.base_url, "STOQ_MCP_ALLOW": "write,send"}
        self.start(name, [PROGRAM, *command], bare(**environment))
        until(lambda: answers(self.ports[name]) == 200, f"{name} listens")

    def start_nginx(self) -> None:
        text = (ROOT / self.compose["configs"]["nginx.conf"]["file"]).read_text()
        for name in NAMES:
            text = text.replace(f"{name}:8080", f"127.0.0.1:{self.ports[name]}")
        text = text.replace("listen 8080;", f"listen 127.0.0.1:{self.ports['nginx']};").replace("/tmp/nginx", f"{self.folder}/nginx")
        text = text.replace("/dev/stdout", str(self.folder / "access.log")).replace("/dev/stderr", str(self.folder / "error.log"))
        (self.folder / "nginx.conf").write_text(text)
        run_as = " user root;" if os.getuid() == 0 else ""
        command = ["nginx", "-p", self.folder, "-c", self.folder / "nginx.conf", "-e", self.folder / "error.log"]
        checked = run([*command, "-t"])
        if checked.returncode:
            raise RuntimeError(checked.stderr)
        self.start("nginx", [*command, "-g", f"daemon off;{run_as}"], bare())
        until(lambda: answers(self.ports["nginx"]) == 200, "nginx answers")

    def end(self, name: str, how: int) -> None:
        """Ends a process and waits until it is gone."""
        self.processes[name].send_signal(how)
        self.processes[name].wait(timeout=60)

    def served(self) -> list[str]:
        """The replica that answered each request to `/mcp` in the end, in order."""
        by_port = {str(self.ports[name]): name for name in NAMES}
        lines = (self.folder / "access.log").read_text().splitlines()
        ports = [re.findall(r":(\d+)", line.split("upstream=")[1].split(" status=")[0])[-1:] for line in lines if " /mcp " in line]
        return [by_port[port] for found in ports for port in found]

    def last(self) -> str:
        """The replica that answered last; nginx writes its line after the answer has gone."""
        found = self.served()
        while True:
            time.sleep(0.2)
            if found == (found := self.served()):
                return found[-1]

    @asynccontextmanager
    async def client(self, person: Person | None = None, mode: str = "auto") -> AsyncIterator[Client]:
        """A client that brings the shop's key, through nginx."""
        http = create_mcp_http_client({"Authorization": f"Bearer {self.behind.key}"})
        transport = streamable_http_client(self.url, http_client=http)
        async with http, Client(transport, mode=mode, elicitation_callback=person, read_timeout_seconds=60) as client:
            yield client


@contextmanager
def stack(folder: Path) -> Iterator[Stack]:
    """All of it, up and running."""
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    with ExitStack() as ending:
        behind = ending.enter_context(sandbox())
        ports = {name: free_port() for name in (*NAMES, "redis", "nginx")}
        made = Stack(folder, behind, compose, ports)
        subprocess.run([ROOT / "packaging/compose/secrets.sh", folder / "secrets", f"127.0.0.1:{ports['redis']}"],
                       check=True, stdout=subprocess.DEVNULL)
        for process in ("nginx", *NAMES, "redis"):
            ending.callback(stop, made, process)
        for name in ("redis", *NAMES, "nginx"):
            (LOG / f"packaging-{name}.log").unlink(missing_ok=True)
        made.start_redis()
        for name in NAMES:
            made.start_replica(name)
        made.start_nginx()
        yield made


def stop(made: Stack, name: str) -> None:
    """Ends what still runs."""
    process = made.processes.get(name)
    if process and process.poll() is None:
        process.terminate()
        process.wait(timeout=60)


def doors(report: Report, made: Stack) -> None:
    """Strangers get nothing, from nginx or from Redis."""
    port = made.ports["nginx"]
    found = {
        "ready": answers(port, "/readyz"),
        "no key": answers(port, "/help"),
        "a wrong key": answers(port, "/help", Authorization="Bearer stoq_api_key_wrong"),
        "the key": answers(port, "/help", Authorization=f"Bearer {made.behind.key}"),
        "another host": answers(port, "/healthz", Host="elsewhere.example"),
        "another origin": answers(port, "/mcp", Origin="https://elsewhere.example"),
        "figures": answers(port, "/metrics"),
    }
    wanted = {"ready": 200, "no key": 401, "a wrong key": 401, "the key": 200, "another host": 403, "another origin": 403, "figures": 404}
    report.equal(found, wanted, "nginx: doors")
    config = (made.folder / "secrets/stoq-mcp.toml").read_text()
    password = re.search(r"redis://stoq:([0-9a-f]{64})@", config)[1]
    flags = ["--user", "stoq", "--pass", password, "--no-auth-warning"]
    report.check("NOAUTH" in made.redis("get", "x"), "Redis: a stranger")
    settings = {name: made.redis(*flags, "config", "get", name).split() for name in ("appendonly", "appendfsync", "maxmemory-policy")}
    wanted = {"appendonly": ["appendonly", "yes"], "appendfsync": ["appendfsync", "always"], "maxmemory-policy": ["maxmemory-policy", "noeviction"]}
    report.equal(settings, wanted, "Redis: keeps what it is given")
    report.check("NOPERM" in made.redis(*flags, "flushall"), "Redis: the servers' user may not empty it")
    report.check("NOPERM" in made.redis(*flags, "get", "others"), "Redis: nor read what is not theirs")
    again = run([ROOT / "packaging/compose/secrets.sh", made.folder / "secrets"])
    report.equal((again.returncode, "has secrets already" in again.stderr), (1, True), "secrets are not written over")
    report.equal(oct((made.folder / "secrets").stat().st_mode & 0o777), "0o700", "secrets: whose folder it is")


async def spread(report: Report, made: Stack) -> None:
    """One client's calls go to both replicas, which answer alike."""
    before = len(made.served())
    async with made.client() as client:
        found = [(await client.call_tool(READ, {})).structured_content for _ in range(20)]
    report.equal(found, [found[0]] * 20, "both replicas answer alike")
    report.equal(set(made.served()[before:]), set(NAMES), "one client is served by both")


async def back(made: Stack, name: str) -> bool:
    """Whether nginx comes to ask a replica again that was started anew."""
    before = len(made.served())
    async with made.client() as client:
        for _ in range(100):
            await client.call_tool(READ, {})
            if name in made.served()[before:]:
                return True
            await anyio.sleep(0.1)
    return False


async def asked(report: Report, made: Stack) -> None:
    """The replica that planned dies while the person reads its question; the other one goes ahead, once."""
    planner: list[str] = []

    class Slow(Person):
        async def __call__(self, context: Any, params: Any) -> Any:
            planner.append(made.last())
            made.end(planner[-1], signal.SIGKILL)
            return await super().__call__(context, params)

    alerts = {"signup_ids": [signup(1), signup(4)]}
    before = made.behind.effects("send")
    async with made.client(Slow()) as client:
        done = await client.call_tool("run_send", {"action": NOTIFY, "arguments": alerts})
        body = done.structured_content or {}
        report.equal(body.get("status"), "accepted", f"a plan of a replica that died: {done.content}")
        report.equal({*planner, made.last()}, set(NAMES), "the other one went ahead")
        report.equal(made.behind.effects("send") - before, 2, "its effect")
        made.start_replica(planner[0])
        report.check(await back(made, planner[0]), "the one that died is back")
        again = [(await client.call_tool("run_send", {"action": NOTIFY, "arguments": alerts})).structured_content or {} for _ in range(4)]
    told = {(each.get("status"), each.get("receipt")) for each in again}
    report.equal(told, {("replayed", body.get("receipt"))}, "every replica knows that it was done")
    report.equal(made.behind.effects("send") - before, 2, "it was done once")


async def handed(report: Report, made: Stack) -> None:
    """A handle of one replica is good at the other, after the first was stopped in an orderly way."""
    alerts = {"signup_ids": [signup(13)]}
    before = made.behind.effects("send")
    async with made.client() as client:
        planned = (await client.call_tool("run_send", {"action": NOTIFY, "arguments": alerts})).structured_content or {}
        planner = made.last()
        made.end(planner, signal.SIGTERM)
        agreed = {**alerts, "confirm": planned.get("plan", {}).get("confirm")}
        done = await client.call_tool("run_send", {"action": NOTIFY, "arguments": agreed})
    report.equal((planned.get("status"), (done.structured_content or {}).get("status")), ("planned", "accepted"), "a handle is good at the other replica")
    report.equal({planner, made.last()}, set(NAMES), "planned at one, done at the other")
    report.equal(made.behind.effects("send") - before, 1, "done once")
    made.start_replica(planner)
    report.check(await back(made, planner), "the one that was stopped is back")


async def under_load(report: Report, made: Stack, how: int) -> None:
    """A replica ends while eight clients read. What was on its way to a killed one may break off and is asked again,
    once; where it is stopped in an orderly way nothing breaks off at all."""
    wanted: list[Any] = []
    broken: list[str] = []
    done = 0
    ended = anyio.Event()

    async def reader() -> None:
        nonlocal done
        async with made.client() as client:
            for _ in range(60):
                try:
                    result = await client.call_tool(READ, {})
                except Exception as error:
                    broken.append(repr(error))
                    result = await client.call_tool(READ, {})
                wanted.append(result.structured_content)
                done += 1

    async def ender() -> None:
        while done < 100:
            await anyio.sleep(0.005)
        await anyio.to_thread.run_sync(made.end, NAMES[0], how)
        ended.set()

    name = signal.Signals(how).name
    async with anyio.create_task_group() as group:
        group.start_soon(ender)
        for _ in range(8):
            group.start_soon(reader)
    report.check(ended.is_set(), f"{name} under load: the replica ended while calls went on")
    report.equal(wanted, [wanted[0]] * 480, f"{name} under load: every call got its answer")
    most = 8 if how == signal.SIGKILL else 0
    report.check(len(broken) <= most, f"{name} under load: calls that broke off", broken)
    print(f"{name} under load: {len(broken)} of 480 calls broke off and were asked again")
    made.start_replica(NAMES[0])

    report.check(await back(made, NAMES[0]), f"{name} under load: it is back")


async def older(report: Report, made: Stack) -> None:
    """A session of the older protocol stays where it began, and its person is asked within the open answer."""
    made.behind.reset()
    before = len(made.served())
    person = Person()
    async with made.client(person, mode="legacy") as client:
        for _ in range(10):
            await client.call_tool(READ, {})
        done = await client.call_tool("run_send", {"action": NOTIFY, "arguments": {"signup_ids": [signup(4)]}})
    report.equal((done.structured_content or {}).get("status"), "accepted", f"older protocol: the person is asked: {done.content}")
    report.equal(len(person.asked), 1, "older protocol: once")
    report.equal(len(set(made.served()[before:])), 1, "older protocol: all of a session in one replica")


async def switched(report: Report, made: Stack) -> None:
    """The switch holds for both replicas from the next call on."""
    def writes(which: str) -> None:
        environment = bare(STOQ_MCP_CONFIG=str(made.folder / "secrets/stoq-mcp.toml"), XDG_STATE_HOME=str(made.folder / "operator"))
        done = run([PROGRAM, "writes", which], env=environment)
        report.equal(done.returncode, 0, f"writes {which}: {done.stderr}")

    alerts = {"signup_ids": [signup(13)]}
    async with made.client() as client:
        writes("off")
        refused = [await client.call_tool("run_send", {"action": NOTIFY, "arguments": {**alerts, "idempotency_key": f"k{n}"}}) for n in range(4)]
        report.equal([("switched writes off" in json.dumps([block.text for block in result.content])) for result in refused], [True] * 4,
                     "the switch holds for both replicas")
        writes("on")
        planned = await client.call_tool("run_send", {"action": NOTIFY, "arguments": {**alerts, "idempotency_key": "k9"}})
        report.check(not planned.is_error, "and until it is lifted", planned.content)


async def check(report: Report, folder: Path) -> None:
    """All of it."""
    with stack(folder) as made:
        doors(report, made)
        await spread(report, made)
        await asked(report, made)
        await handed(report, made)
        await older(report, made)
        await under_load(report, made, signal.SIGKILL)
        await under_load(report, made, signal.SIGTERM)
        await switched(report, made)
        errors = [line for line in (folder / "error.log").read_text().splitlines() if "[emerg]" in line or "[alert]" in line]
        report.equal(errors, [], "nginx: no errors of its own")
    shutil.rmtree(folder)
