#!/usr/bin/env bash
# The official conformance suite against a build with its fixtures.
#
# Each run must pass whole, and must not shrink: a set that silently has fewer checks fails too.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
node_packages
program stoq-mcp-conformance --features conformance
suite="$work/node/node_modules/@modelcontextprotocol/conformance/dist/index.js"
all_passed=0
all_failed=0

run() { # least number of checks, arguments of the suite…
  local least=$1
  shift
  local log="$work/log/conformance$(printf '%s' "$*" | tr -c 'a-z0-9' '-').log"
  local code=0
  node "$suite" server --url "$url" "$@" </dev/null >"$log" 2>&1 || code=$?
  local total passed failed
  total=$(sed -n 's/^Total: \([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' "$log" | tail -1)
  read -r passed failed <<<"${total:-0 1}"
  echo "conformance $*: $passed/$((passed + failed))"
  sed -n '/^✗/p' "$log"
  if [ "$code" != 0 ] && [ "$failed" = 0 ]; then
    echo "the suite itself ended with code $code:"
    tail -20 "$log"
    failed=1
  fi
  if [ "$passed" -lt "$least" ] && [ "$failed" = 0 ]; then
    echo "expected at least $least checks"
    failed=1
  fi
  all_passed=$((all_passed + passed))
  all_failed=$((all_failed + failed))
}

# With answers as event streams every check of the suite counts.
export STOQ_MCP_EVENT_STREAM=true
serve conformance-streams
run 83 --requirements 2025-11-25
run 197 --requirements 2026-07-28
run 275 --suite all
kill "$server_pid"

# As it comes, the server answers a call that has nothing to report in plain JSON; the suite remarks
# its check of many event streams at once then, and does not count it.
export STOQ_MCP_EVENT_STREAM=false
serve conformance-plain
run 83 --requirements 2025-11-25
run 196 --requirements 2026-07-28
echo "$all_passed passed, $all_failed failed"
[ "$all_failed" = 0 ]
