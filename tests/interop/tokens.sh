#!/usr/bin/env bash
# What an agent is shown, counted by a tokenizer of models in use, against the pinned counts and the
# limits of the surfaces. `tokens.sh --update` pins what is counted now.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
node_packages
program stoq-mcp
# Beside the packages, where imports find them.
rm -rf "$work/node/tokens"
mkdir "$work/node/tokens"
cp "$interop/tokens.mjs" "$work/node/tokens/"
INTEROP_PINNED="$interop/tokens.json" node "$work/node/tokens/tokens.mjs" "$@" </dev/null
