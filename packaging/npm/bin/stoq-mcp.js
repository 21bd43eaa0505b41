#!/usr/bin/env node
// Starts the program of this platform, which comes as an optional dependency of its own. Standard input and
// output are handed on untouched, since MCP is spoken there; so are signals, and how the program ended.
"use strict";

const { spawn } = require("node:child_process");
const os = require("node:os");
const { optionalDependencies, version } = require("../package.json");

const FAILED = 1;

function fail(text) {
  process.stderr.write(`stoq-mcp: ${text}\n`);
  process.exit(FAILED);
}

/** The path of the program: the one that STOQ_MCP_BINARY names, else that of the platform's package. */
function program() {
  if (process.env.STOQ_MCP_BINARY) return process.env.STOQ_MCP_BINARY;
  const here = `${process.platform}-${process.arch}`;
  const name = Object.keys(optionalDependencies).find((each) => each.endsWith(`/${here}`));
  if (!name) {
    const offered = Object.keys(optionalDependencies).map((each) => each.split("/")[1]);
    fail(
      `there is no build for ${here}; there are builds for ${offered.join(", ")}. ` +
        "Build it from source and name the program in STOQ_MCP_BINARY.",
    );
  }
  const file = process.platform === "win32" ? "stoq-mcp.exe" : "stoq-mcp";
  try {
    return require.resolve(`${name}/bin/${file}`);
  } catch {
    fail(
      `the package ${name} is missing, which holds the program. It is left out when packages are installed ` +
        "without optional ones (--omit=optional), by a lockfile of another platform, and on a Linux without glibc. " +
        `Install it with: npm install ${name}@${version}`,
    );
  }
}

const child = spawn(program(), process.argv.slice(2), { stdio: "inherit", windowsHide: true });

// The program decides what a signal means; this process lives until it has ended.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2", "SIGBREAK"]) {
  if (signal in os.constants.signals) process.on(signal, () => child.kill(signal));
}

child.on("error", (error) => fail(`the program could not be started: ${error.message}`));
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
