#!/usr/bin/env bash
# What is packed for those who do not build: every manifest is held to its validator, a release is packed, and the
# bundle, the npm packages, the wheel, the formula and two replicas behind nginx are run as their users run them.
# Installs Debian's nginx, redis-server, ruby and shellcheck when there are none.
#   tests/interop/packaging.sh [part…]      parts: files release bundles npm wheels replicas
# INTEROP_PROGRAM names a finished program to pack in place of the one that is built.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
here="$interop/packaging"

PATH="$PATH:/usr/sbin"
debian_packages nginx=nginx-light redis-server=redis-server ruby=ruby shellcheck=shellcheck
# The validators, and the client that drives what was packed; none is built here.
PIP_ONLY_BINARY=:all: python_packages packaging-python "$here/requirements.txt" "$interop/requirements.txt"
node_packages
npm_packages "$here" packaging-node
if [ -n "${INTEROP_PROGRAM:-}" ]; then
  export INTEROP_BIN="$INTEROP_PROGRAM"
else
  program stoq-mcp
  # Packed five times over, by tools that take a second or two for every ten megabytes.
  mkdir -p "$work/bin/stripped"
  strip -o "$work/bin/stripped/stoq-mcp" "$INTEROP_BIN"
  export INTEROP_BIN="$work/bin/stripped/stoq-mcp"
fi
export PACKAGING_NODE="$work/packaging-node"
exec "$work/packaging-python/bin/python" "$here/suite.py" "$@"
