#!/usr/bin/env python3
"""An assistant's tool loop without a model and without packages: the standard library alone.

The loop is the one every assistant has: list the tools, let the model choose a call, run it, give the result back, until it
answers. Here the model is a function of a few rules, so that the loop can be read, run and tested. Replace `choose` with a call of
your model's API, and keep the rest.

Usage: examples/assistant_loop.py [program]   (default: target/debug/stoq-mcp)
"""

import json
import subprocess
import sys


class Server:
    """An MCP server on the pipes of a child process."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.next_id = 0
        self.greeting = self.ask("initialize", {
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "assistant-loop", "version": "1"},
        })
        self.tell("notifications/initialized")

    def tell(self, method):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", "method": method}) + "\n")
        self.process.stdin.flush()

    def ask(self, method, params):
        self.next_id += 1
        message = {"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params}
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            answer = json.loads(line)
            if answer.get("id") == self.next_id:
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                return answer["result"]
        raise RuntimeError("the server ended")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def choose(history):
    """The model: looks at what is known and names the next call, or answers."""
    done = {step["tool"]: step["result"] for step in history}
    if "back_in_stock_reports_products_in_demand" not in done:
        return {"call": "back_in_stock_reports_products_in_demand", "arguments": {"limit": 1}}
    best = done["back_in_stock_reports_products_in_demand"]["data"]["product_variants"][0]
    if "back_in_stock_signups_list" not in done:
        return {"call": "back_in_stock_signups_list", "arguments": {
            "variant_id": best["shopify_variant_id"], "status": "pending", "limit": 3, "fields": ["channel", "quantity"]}}
    page = done["back_in_stock_signups_list"]["page"]
    return {"answer": f"Reorder {best['product_title']} / {best['variant_title']} first: {page['total']} signups are waiting for it."}


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "target/debug/stoq-mcp"
    server = Server([program, "serve", "--sandbox"])
    tools = server.ask("tools/list", {})["tools"]
    print(f"user: What should I reorder first?   ({len(tools)} tools at hand)")
    history = []
    for _ in range(10):
        step = choose(history)
        if "answer" in step:
            print(f"assistant: {step['answer']}")
            break
        print(f"assistant calls {step['call']} {json.dumps(step['arguments'])}")
        result = server.ask("tools/call", {"name": step["call"], "arguments": step["arguments"]})
        if result.get("isError"):
            # A model would read this text and mend its call.
            raise SystemExit(result["content"][0]["text"])
        history.append({"tool": step["call"], "result": result["structuredContent"]})
    server.close()


if __name__ == "__main__":
    main()
