#!/usr/bin/env bash
# What an agent reads first: the manifest of the server, with curl alone.
# Usage: examples/help.sh [program]   (default: target/debug/stoq-mcp)
set -euo pipefail
program=${1:-target/debug/stoq-mcp}
log=$(mktemp)
"$program" serve --sandbox --http 127.0.0.1:0 2>"$log" &
server=$!
trap 'kill "$server" 2>/dev/null; rm -f "$log"' EXIT
for _ in $(seq 100); do
  origin=$(sed -n 's|^stoq-mcp listening on \(http://.*\)/mcp$|\1|p' "$log")
  [ -n "$origin" ] && break
  sleep 0.1
done
[ -n "$origin" ] || { cat "$log" >&2; exit 1; }

echo "# alive?"
curl -sf "$origin/healthz"; echo
echo "# everything below /back_in_stock/settings, one action a line"
curl -sf "$origin/help?prefix=/back_in_stock/settings" | grep -o '"tool":"[a-z_]*"'
echo "# the same scope, asked for at its own address"
curl -sf "$origin/back_in_stock/settings/help" | wc -c
