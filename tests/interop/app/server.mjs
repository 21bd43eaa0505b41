// The server on its pipes, with a client that says it shows apps.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export async function server(dataset) {
  const env = { ...process.env, STOQ_MCP_CONFIG: "", STOQ_MCP_STATE: "memory", STOQ_MCP_SURFACE: "full" };
  const child = spawn(process.env.INTEROP_BIN, ["serve", "--sandbox", "--dataset", dataset], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting = new Map();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line);
    waiting.get(message.id)?.(message);
  });
  let last = 0;
  const send = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  const ask = async (method, params) => {
    const id = ++last;
    const answer = new Promise((found) => waiting.set(id, found));
    send({ id, method, params });
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  };
  await ask("initialize", {
    protocolVersion: "2025-11-25",
    capabilities: {
      extensions: { "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=mcp-app"] } },
    },
    clientInfo: { name: "app-host", version: "1" },
  });
  send({ method: "notifications/initialized" });
  return {
    ask,
    call: (name, args) => ask("tools/call", { name, arguments: args }),
    end: () => child.stdin.end(),
  };
}
