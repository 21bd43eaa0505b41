#!/usr/bin/env bash
# The page /docs in Debian's Chromium: search, keys, trying a call, themes, hostile data, what it loads,
# and axe-core over it. Pictures of it go to .interop/page/pictures.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
suite="$work/page"
npm_packages "$interop/page" page
debian_packages chromium=chromium
export CHROMIUM=$(command -v chromium)
[ -n "${INTEROP_BIN:-}" ] || program stoq-mcp
# Beside the packages, where imports find them.
rm -rf "$suite/suite" "$suite/pictures"
cp -r "$interop/page" "$suite/suite"
mkdir -p "$suite/pictures"
export PICTURES="$suite/pictures"
node "$suite/suite/page.mjs" </dev/null
