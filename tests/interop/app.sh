#!/usr/bin/env bash
# The app that shows reports, in Chromium: a host that speaks MCP Apps hands it results of a real server.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
node_packages
debian_packages chromium=chromium
npm_packages "$interop/app" app
program stoq-mcp
cp "$interop/app/"*.mjs "$work/app/"
INTEROP_CHROMIUM=$(command -v chromium) node "$work/app/app.mjs" "$work/log/app" </dev/null
