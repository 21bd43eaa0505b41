#!/usr/bin/env bash
# What is packed for those who do not build: every manifest is held to its validator, a release is packed, and the
# bundle, the npm packages, the wheel, the formula and two replicas behind nginx are run as their users run them.
# Installs Debian's nginx, redis-server, ruby and shellcheck when there are none.
#   tests/interop/packaging.sh [part…]      parts: files release bundles npm wheels replicas
# INTEROP_PROGRAM names a finished program to pack in place of the one that is built.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
here="$interop/packaging"

# Debian's packages of the tools that are missing.
debian_packages() { # command=package…
  local missing=() pair
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || { echo "missing: ${missing[*]}; install them with this system's packages" >&2; exit 1; }
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
}

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

# The public tool of desktop bundles.
packaging_node() {
  local files=("$here/package.json" "$here/package-lock.json")
  installed "$work/packaging-node" "${files[@]}" && return
  rm -rf "$work/packaging-node"
  mkdir -p "$work/packaging-node"
  cp "${files[@]}" "$work/packaging-node/"
  (cd "$work/packaging-node" && npm ci --no-audit --no-fund --loglevel=error </dev/null)
  mark_installed "$work/packaging-node" "${files[@]}"
}

PATH="$PATH:/usr/sbin"
debian_packages nginx=nginx-light redis-server=redis-server ruby=ruby shellcheck=shellcheck
packaging_python
node_packages
packaging_node
if [ -n "${INTEROP_PROGRAM:-}" ]; then
  export INTEROP_BIN="$INTEROP_PROGRAM"
else
  program stoq-mcp
fi
export PACKAGING_NODE="$work/packaging-node"
exec "$work/packaging-python/bin/python" "$here/suite.py" "$@"
