#!/usr/bin/env bash
# The page /docs in Debian's Chromium: search, keys, trying a call, themes, hostile data, what it loads,
# and axe-core over it. Pictures of it go to .interop/page/pictures.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
suite="$work/page"
files=("$interop/page/package.json" "$interop/page/package-lock.json")
if ! installed "$suite" "${files[@]}"; then
  command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or later with npm" >&2; exit 1; }
  rm -rf "$suite"
  mkdir -p "$suite"
  cp "${files[@]}" "$suite/"
  (cd "$suite" && npm ci --no-audit --no-fund --loglevel=error </dev/null)
  mark_installed "$suite" "${files[@]}"
fi
if ! command -v chromium >/dev/null; then
  if [ "$(id -u)" != 0 ]; then
    echo "chromium is missing: install Debian's chromium" >&2
    exit 1
  fi
  echo "installing chromium: the page is shown in it"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium </dev/null
fi
export CHROMIUM=$(command -v chromium)
[ -n "${INTEROP_BIN:-}" ] || program stoq-mcp
# Beside the packages, where imports find them.
rm -rf "$suite/suite" "$suite/pictures"
cp -r "$interop/page" "$suite/suite"
mkdir -p "$suite/pictures"
export PICTURES="$suite/pictures"
node "$suite/suite/page.mjs" </dev/null
