#!/usr/bin/env bash
# The app that shows reports, in Chromium: a host that speaks MCP Apps hands it results of a real server.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
node_packages
if ! command -v chromium >/dev/null; then
  if [ "$(id -u)" != 0 ]; then
    echo "chromium is missing: install it" >&2
    exit 1
  fi
  echo "installing chromium: the app is tried in a real browser"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium </dev/null
fi
files=("$interop/app/package.json" "$interop/app/package-lock.json")
if ! installed "$work/app" "${files[@]}"; then
  rm -rf "$work/app"
  mkdir -p "$work/app"
  cp "${files[@]}" "$work/app/"
  (cd "$work/app" && npm ci --no-audit --no-fund --loglevel=error </dev/null)
  mark_installed "$work/app" "${files[@]}"
fi
program stoq-mcp
cp "$interop/app/"*.mjs "$work/app/"
INTEROP_CHROMIUM=$(command -v chromium) node "$work/app/app.mjs" "$work/log/app" </dev/null
