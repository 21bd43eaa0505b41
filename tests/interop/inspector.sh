#!/usr/bin/env bash
# The Inspector's command line against the server: its strict schema check and calls, in both eras.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
node_packages
program stoq-mcp
serve inspector --surface full
INTEROP_URL="$url" node "$interop/inspector.mjs" "$work/node/node_modules/.bin/mcp-inspector"
