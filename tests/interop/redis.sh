#!/usr/bin/env bash
# Several servers on one Redis: state, points, and a Redis that is killed, frozen and robbed of its files.
# Installs Debian's redis-server when there is none.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
debian_packages redis-server=redis-server
cd "$root"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
for suite in '--lib points::' '--lib store::' '--test redis' '--test points_shared'; do
  read -r kind name <<<"$suite"
  case $kind in
    --lib) arguments=(--lib -- "$name") ;;
    *) arguments=("$kind" "$name") ;;
  esac
  cargo test --features redis-tests "${arguments[@]}" 2>&1 | tee -a "$log"
done
awk '/^test result:/ { passed += $4; failed += $6 } END { print passed " passed, " failed " failed"; exit failed > 0 }' "$log"
