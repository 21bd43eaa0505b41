#!/usr/bin/env bash
# The examples that need no Rust do what the README says of them.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
program stoq-mcp
passed=0
failed=0

check() { # name, text that must be printed, command…
  local name=$1 wanted=$2 printed
  shift 2
  if printed=$("$@" "$INTEROP_BIN" </dev/null 2>&1) && grep -q -- "$wanted" <<<"$printed"; then
    echo "ok $name"
    passed=$((passed + 1))
  else
    echo "not ok $name, which should print: $wanted"
    echo "$printed"
    failed=$((failed + 1))
  fi
}

check assistant_loop.py '^assistant: Reorder .* first: [0-9]* signups are waiting for it\.$' \
  python3 "$root/examples/assistant_loop.py"
check help.sh '^"tool":"back_in_stock_settings_channels_update"$' "$root/examples/help.sh"
check evaluate_model.py '^8 of 8 solved on compact, ' \
  python3 "$root/examples/evaluate_model.py" --replay --tasks 8 --surface compact --program
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
