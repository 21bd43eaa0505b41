"""A model endpoint that follows a script, in the OpenAI and the Anthropic form of the wire.

It is as strict as a real one where an example may go wrong: the key, the model's name, the form of tools, and that each result of a call
answers the call that was made. What does not fit is answered with a 400 that says why, so that the example fails and not the script.
The standard library alone.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-scripted"
NAME = "scripted-model"


class Wrong(Exception):
    """A request that no real endpoint would take, or that the script has no step for."""


@dataclass(frozen=True)
class Say:
    """The model answers."""

    text: str


@dataclass(frozen=True)
class Call:
    """The model calls a tool."""

    tool: str
    arguments: dict[str, Any]


@dataclass
class Talk:
    """What the model is shown, whatever the form it came in."""

    system: str
    tools: dict[str, dict[str, Any]]
    said: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    failed: list[bool] = field(default_factory=list)
    turns: int = 0


# A script: what the model does at its n-th turn, given all it was shown.
Script = list[Callable[[Talk], Say | Call]]


def need(holds: Any, why: str) -> None:
    if not holds:
        raise Wrong(why)


class Answers:
    """The ids of calls that wait for their result."""

    def __init__(self) -> None:
        self.open: list[str] = []

    def called(self, ids: list[str]) -> None:
        need(not self.open, f"calls without a result: {self.open}")
        self.open = list(ids)

    def take(self, call: str) -> None:
        need(call in self.open, f"a result for {call!r}, which was not called")
        self.open.remove(call)


def text_of(content: Any, kind: str = "text") -> str:
    """A content that is a text or a list of blocks."""
    if isinstance(content, str):
        return content
    need(isinstance(content, list), f"content is neither a text nor a list: {content!r}")
    need(all(block.get("type") == kind for block in content), f"blocks that are not {kind}: {content!r}")
    return "\n".join(block["text"] for block in content)


def openai(body: dict[str, Any], headers: Any) -> Talk:
    need(headers["authorization"] == f"Bearer {KEY}", "wrong key")
    tools = {}
    for tool in body.get("tools", []):
        need(tool["type"] == "function", "a tool is a function")
        tools[tool["function"]["name"]] = tool["function"]["parameters"]
    messages = body["messages"]
    talk = Talk("\n".join(text_of(one["content"]) for one in messages if one["role"] in ("system", "developer")), tools)
    answers = Answers()
    for message in messages:
        match message["role"]:
            case "user":
                answers.called([])
                talk.said.append(text_of(message["content"]))
            case "assistant":
                talk.turns += 1
                answers.called([call["id"] for call in message.get("tool_calls") or []])
            case "tool":
                answers.take(message["tool_call_id"])
                talk.results.append(text_of(message["content"]))
            case role:
                need(role in ("system", "developer"), f"no such role: {role}")
    need(not answers.open, f"calls without a result: {answers.open}")
    return talk


def anthropic(body: dict[str, Any], headers: Any) -> Talk:
    # The vendor's own client sends the key as a bearer token.
    need(KEY in (headers["x-api-key"], (headers["authorization"] or "").removeprefix("Bearer ")), "wrong key")
    need(headers["anthropic-version"], "the version is missing")
    need(body.get("max_tokens"), "max_tokens is missing")
    talk = Talk(text_of(body.get("system", "")), {tool["name"]: tool["input_schema"] for tool in body.get("tools", [])})
    answers = Answers()
    wanted = "user"
    for message in body["messages"]:
        need(message["role"] == wanted, f"the roles take turns; {message['role']} came where {wanted} belongs")
        blocks = message["content"]
        blocks = [{"type": "text", "text": blocks}] if isinstance(blocks, str) else blocks
        if wanted == "assistant":
            talk.turns += 1
            answers.called([block["id"] for block in blocks if block["type"] == "tool_use"])
            wanted = "user"
            continue
        for block in blocks:
            match block["type"]:
                case "text":
                    talk.said.append(block["text"])
                case "tool_result":
                    answers.take(block["tool_use_id"])
                    talk.results.append(text_of(block["content"]))
                    talk.failed.append(block.get("is_error", False))
                case kind:
                    raise Wrong(f"no such block: {kind}")
        need(not answers.open, f"calls without a result: {answers.open}")
        wanted = "assistant"
    return talk


def said_openai(step: Say | Call, turn: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None}
    if isinstance(step, Say):
        message["content"] = step.text
    else:
        function = {"name": step.tool, "arguments": json.dumps(step.arguments)}
        message["tool_calls"] = [{"id": f"call_{turn}", "type": "function", "function": function}]
    reason = "stop" if isinstance(step, Say) else "tool_calls"
    return {"id": f"chatcmpl-{turn}", "object": "chat.completion", "created": 1_774_958_400, "model": NAME,
            "choices": [{"index": 0, "message": message, "finish_reason": reason}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}


def said_anthropic(step: Say | Call, turn: int) -> dict[str, Any]:
    if isinstance(step, Say):
        content = [{"type": "text", "text": step.text}]
    else:
        content = [{"type": "tool_use", "id": f"toolu_{turn}", "name": step.tool, "input": step.arguments}]
    return {"id": f"msg_{turn}", "type": "message", "role": "assistant", "model": NAME, "content": content,
            "stop_reason": "end_turn" if isinstance(step, Say) else "tool_use", "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1}}


FORMS = {"/v1/chat/completions": (openai, said_openai), "/v1/messages": (anthropic, said_anthropic)}


class Endpoint:
    """Serves one script on a free port of this machine; keeps what the model was shown last."""

    def __init__(self, script: Script):
        self.script = script
        self.last: Talk | None = None
        self.wrong: list[str] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                # Client libraries may add a query of their own.
                status, answer = endpoint.answer(self.path.split("?")[0], json.loads(body), self.headers)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, path: str, body: dict[str, Any], headers: Any) -> tuple[int, dict[str, Any]]:
        try:
            need(path in FORMS, f"no such address: {path}")
            read, said = FORMS[path]
            talk = self.last = read(body, headers)
            need(body.get("model") == NAME, f"no such model: {body.get('model')}")
            need(not body.get("stream"), "the script does not stream")
            for name, schema in talk.tools.items():
                need(schema.get("type") == "object", f"the schema of {name} is no object")
            need(talk.turns < len(self.script), "the script has no more steps")
            step = self.script[talk.turns](talk)
            need(isinstance(step, Say) or step.tool in talk.tools, f"the model was not given the tool of {step}")
            return 200, said(step, talk.turns)
        except (Wrong, KeyError, IndexError, TypeError) as error:
            self.wrong.append(repr(error))
            return 400, {"type": "error", "error": {"type": "invalid_request_error", "message": repr(error)}}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
