#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = ["pydantic-ai-slim[mcp,openai,anthropic]==2.68.0"]
# ///
"""A Pydantic AI agent that sells what shoppers wait for, and whose word is checked.

It looks which variant most shoppers wait for, puts the prepared preorder offer of that product live, and says what it did in a typed
answer. The program then does not take its word: it reads the offer itself and fails when it is not live. Settings can be set back,
so nobody is asked; the server is started without the right to message, charge or delete, so the agent cannot.

Run:   MODEL=anthropic:… ANTHROPIC_API_KEY=… uv run examples/preorder_agent.py
       (MODEL=openai-chat:… OPENAI_API_KEY=…, with OPENAI_BASE_URL for any compatible endpoint;
       without uv: pip install "pydantic-ai-slim[mcp,openai,anthropic]==2.68.0")
SERVER is the command that starts the server. It is a sandbox shop unless you say otherwise:
       SERVER="stoq-mcp serve" STOQ_API_KEY=… …
"""

import asyncio
import os
import shlex

from fastmcp.client.transports import StdioTransport
from pydantic import BaseModel, Field
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset

SERVER = shlex.split(os.environ.get("SERVER", "stoq-mcp serve --sandbox --allow write"))
TASK = """Look which variants most shoppers wait for. Among the preorder offers that are disabled, find the one for the most wanted
product that has one, and put it live. Do nothing else. If there is none, change nothing and leave `offer_id` empty."""


class Launch(BaseModel):
    """What the agent did."""

    offer_id: str | None = Field(description="Id of the offer that was put live, or null when there was none.")
    product: str = Field(description="The product it sells.")
    waiting: int = Field(description="How many shoppers wait for the product's variants.")


async def main() -> None:
    if not os.environ.get("MODEL"):
        raise SystemExit("Set MODEL to a provider and a model, such as anthropic:… or openai-chat:…, and the provider's key.")
    transport = StdioTransport(SERVER[0], SERVER[1:], env=dict(os.environ))
    shop = MCPToolset(transport, include_instructions=True)
    agent = Agent(os.environ["MODEL"], output_type=Launch, toolsets=[shop], retries=2)
    async with agent:
        launch = (await agent.run(TASK)).output
        if launch.offer_id is None:
            print("No disabled offer fits what shoppers wait for; nothing was changed.")
            return
        offer = (await shop.direct_call_tool("preorders_offers_read", {"id": launch.offer_id}))["data"]
    if offer["state"] != "enabled":
        raise SystemExit(f"The agent says that it put “{offer['name']}” live, but the shop says: {offer['state']}.")
    print(f"“{offer['name']}” is live: {launch.waiting} shoppers wait for {launch.product}.")


if __name__ == "__main__":
    asyncio.run(main())
