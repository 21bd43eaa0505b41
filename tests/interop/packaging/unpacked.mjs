// How a desktop app would start an unpacked bundle: the public tool's own reading of manifest and settings.
//   node unpacked.mjs NODE_MODULES FOLDER SETTINGS
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, extensionPath, settings] = process.argv.slice(2);
const mcpb = createRequire(join(modules, "x.js"))("@anthropic-ai/mcpb");
const manifest = JSON.parse(readFileSync(join(extensionPath, "manifest.json"), "utf8"));
const config = await mcpb.getMcpConfigForManifest({
  manifest,
  extensionPath,
  systemDirs: { HOME: "/home/merchant" },
  userConfig: JSON.parse(settings),
  pathSeparator: "/",
});
console.log(JSON.stringify(config ?? null));
