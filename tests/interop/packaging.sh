#!/usr/bin/env bash
# What is packed for those who do not build: every manifest is held to its validator, a release is packed, and the
# bundle, the npm packages, the wheel, the formula and two replicas behind nginx are run as their users run them.
# Installs Debian's nginx, redis-server, ruby and shellcheck when there are none.
#   tests/interop/packaging.sh [part…]      parts: files release bundles npm wheels replicas
# INTEROP_PROGRAM names a finished program to pack in place of the one that is built.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
here="$interop/packaging"

# The Python packages of the validators and of the client that drives what was packed.
packaging_python() {
  local files=("$interop/requirements.txt" "$here/requirements.txt")
  installed "$work/packaging-python" "${files[@]}" && return
  python3 -c 'import ensurepip, venv' 2>/dev/null || debian_packages python3-venv=python3-venv
  rm -rf "$work/packaging-python"
  python3 -m venv "$work/packaging-python"
  "$work/packaging-python/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: -r "$here/requirements.txt" </dev/null
  mark_installed "$work/packaging-python" "${files[@]}"
}

PATH="$PATH:/usr/sbin"
debian_packages nginx=nginx-light redis-server=redis-server ruby=ruby shellcheck=shellcheck
packaging_python
node_packages
npm_packages "$here" packaging-node
if [ -n "${INTEROP_PROGRAM:-}" ]; then
  export INTEROP_BIN="$INTEROP_PROGRAM"
else
  program stoq-mcp
fi
export PACKAGING_NODE="$work/packaging-node"
exec "$work/packaging-python/bin/python" "$here/suite.py" "$@"
