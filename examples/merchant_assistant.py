#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = ["mcp==2.3.0"]
# ///
"""A merchant's assistant in the terminal: any model, the shop's tools, and a person who agrees before anything is sent.

The model may sit behind any OpenAI- or Anthropic-compatible endpoint. What messages shoppers, moves money or deletes is planned by the
server first; the plan is shown here, and only what the person types lets it through. The model cannot type.

Run:   API=anthropic MODEL_URL=https://api.anthropic.com/v1 MODEL_KEY=… MODEL=… uv run examples/merchant_assistant.py
       (API=openai MODEL_URL=https://api.openai.com/v1 … for the other form; without uv: pip install mcp==2.3.0)
SERVER is the command that starts the server. It is a sandbox shop unless you say otherwise:
       SERVER="stoq-mcp serve --allow send" STOQ_API_KEY=… …
"""

import asyncio
import json
import os
import shlex
import sys
import urllib.error
import urllib.request

from mcp import Client, StdioServerParameters
from mcp_types import ElicitResult

SERVER = shlex.split(os.environ.get("SERVER", "stoq-mcp serve --sandbox"))
MOST_CALLS = 20
ROLE = "You help the merchant run the shop with the tools you have. Do what is asked and no more, then answer in a sentence or two."


class ModelFailed(Exception):
    """The endpoint refused a request, or is not there."""


def post(path: str, body: dict, headers: dict) -> dict:
    """One request to the model's endpoint."""
    url = os.environ["MODEL_URL"].rstrip("/") + path
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise ModelFailed(f"The model's endpoint answered {error.code}: {error.read().decode(errors='replace')[:500]}") from None
    except urllib.error.URLError as error:
        raise ModelFailed(f"The model's endpoint {url} cannot be reached: {error.reason}") from None


class OpenAi:
    """A conversation in the OpenAI form."""

    def __init__(self, system: str, tools: list):
        self.messages = [{"role": "system", "content": system}]
        self.tools = [{"type": "function", "function": {"name": tool.name, "description": tool.description,
                                                        "parameters": tool.input_schema}} for tool in tools]

    def say(self, text: str) -> None:
        self.messages.append({"role": "user", "content": text})

    def results(self, results: list) -> None:
        self.messages += [{"role": "tool", "tool_call_id": call, "content": text} for call, text, _ in results]

    def turn(self) -> tuple[str, list]:
        answer = post("/chat/completions", {"model": os.environ["MODEL"], "messages": self.messages, "tools": self.tools},
                      {"authorization": f"Bearer {os.environ['MODEL_KEY']}"})
        message = answer["choices"][0]["message"]
        self.messages.append(message)
        calls = [(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in message.get("tool_calls") or []]
        return message.get("content") or "", calls


class Anthropic:
    """A conversation in the Anthropic form."""

    def __init__(self, system: str, tools: list):
        self.system, self.messages = system, []
        self.tools = [{"name": tool.name, "description": tool.description, "input_schema": tool.input_schema} for tool in tools]

    def say(self, text: str) -> None:
        self.messages.append({"role": "user", "content": text})

    def results(self, results: list) -> None:
        self.messages.append({"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": call, "content": text, "is_error": failed} for call, text, failed in results]})

    def turn(self) -> tuple[str, list]:
        answer = post("/messages", {"model": os.environ["MODEL"], "max_tokens": 4096, "system": self.system,
                                    "messages": self.messages, "tools": self.tools},
                      {"x-api-key": os.environ["MODEL_KEY"], "anthropic-version": "2023-06-01"})
        self.messages.append({"role": "assistant", "content": answer["content"]})
        text = "".join(block["text"] for block in answer["content"] if block["type"] == "text")
        return text, [(block["id"], block["name"], json.dumps(block["input"]))
                      for block in answer["content"] if block["type"] == "tool_use"]


async def ask_person(_context, params) -> ElicitResult:
    """Shows the server's plan and hands on what the person types; nothing typed is a no."""
    print(f"\n--- Do you agree?\n{params.message}")
    content = {}
    for name in params.requested_schema["properties"]:
        content[name] = (await asyncio.to_thread(input, f"{name} (empty: no)> ")).strip()
        if not content[name]:
            return ElicitResult(action="decline")
    return ElicitResult(action="accept", content=content)


async def run_call(client: Client, name: str, arguments: str) -> tuple[str, bool]:
    """One call of a tool; a mistake goes back to the model, which can mend it."""
    try:
        result = await client.call_tool(name, json.loads(arguments or "{}"))
    except Exception as error:  # An unknown tool, or arguments that are no JSON.
        return str(error), True
    return "\n".join(block.text for block in result.content if block.type == "text"), bool(result.is_error)


async def answer(client: Client, model) -> str:
    """Lets the model call tools until it answers."""
    for _ in range(MOST_CALLS):
        text, calls = await asyncio.to_thread(model.turn)
        if not calls:
            return text
        results = []
        for call, name, arguments in calls:
            print(f"  … {name} {arguments}")
            results.append((call, *await run_call(client, name, arguments)))
        model.results(results)
    return f"I stopped after {MOST_CALLS} rounds of calls."


async def main() -> str | None:
    """Talks until the input ends; the reason when it cannot go on."""
    chat = {"openai": OpenAi, "anthropic": Anthropic}.get(os.environ.get("API", ""))
    if chat is None or not all(os.environ.get(name) for name in ("MODEL_URL", "MODEL_KEY", "MODEL")):
        return "Set API to openai or anthropic, and MODEL_URL, MODEL_KEY and MODEL."
    server = StdioServerParameters(command=SERVER[0], args=SERVER[1:], env=dict(os.environ))
    async with Client(server, elicitation_callback=ask_person) as client:
        model = chat(f"{ROLE}\n\n{client.instructions or ''}", (await client.list_tools()).tools)
        while True:
            try:
                asked = await asyncio.to_thread(input, "\nyou> ")
                if asked.strip():
                    model.say(asked)
                    print(f"\nassistant> {await answer(client, model)}")
            except EOFError:
                return None
            except ModelFailed as error:
                return str(error)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
