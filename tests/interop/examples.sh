#!/usr/bin/env bash
# The examples that need no Rust do what the README says of them. Those that people copy are run against a sandbox shop, with a
# scripted model behind real HTTP, and judged by what the shop looks like afterwards (tests/interop/examples/).
set -euo pipefail
. "$(dirname "$0")/lib.sh"
program stoq-mcp

# The TypeScript example in a copy with its packages, checked by the compiler.
typescript_example() {
  local folder="$work/examples-typescript" source="$root/examples/typescript"
  npm_packages "$source" examples-typescript
  cp "$source"/*.ts "$source/tsconfig.json" "$folder/"
  (cd "$folder" && npm run --silent check)
  export EXAMPLES_TYPESCRIPT="$folder"
}

check assistant_loop.py '^assistant: Reorder .* first: [0-9]* signups are waiting for it\.$' \
  python3 "$root/examples/assistant_loop.py" "$INTEROP_BIN"
check help.sh '^"tool":"back_in_stock_settings_channels_update"$' "$root/examples/help.sh" "$INTEROP_BIN"
check evaluate_model.py '^8 of 8 solved on compact, ' \
  python3 "$root/examples/evaluate_model.py" --replay --tasks 8 --surface compact --program "$INTEROP_BIN"

debian_packages jq=jq systemd-analyze=systemd
node_packages
python_packages examples "$root/examples/requirements.txt" "$interop/examples/requirements.txt"
typescript_example
result=0
"$work/examples/bin/python" "$interop/examples/suite.py" >"$work/log/examples.log" 2>&1 || result=$?
cat "$work/log/examples.log"
if [[ $(tail -1 "$work/log/examples.log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
  passed=$((passed + BASH_REMATCH[1]))
  failed=$((failed + BASH_REMATCH[2]))
elif [ "$result" = 0 ]; then
  result=1
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$result" = 0 ]
