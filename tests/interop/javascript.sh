#!/usr/bin/env bash
# The current and the classic TypeScript SDK against the server, on stdio and HTTP.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
node_packages
program stoq-mcp
# Beside the packages, where imports find them.
rm -rf "$work/node/suite"
cp -r "$interop/javascript" "$work/node/suite"
tap="$work/log/javascript.tap"
code=0
node --test --test-concurrency=2 \
  --test-reporter=spec --test-reporter-destination=stdout \
  --test-reporter=tap --test-reporter-destination="$tap" \
  "$work"/node/suite/*.test.mjs </dev/null || code=$?
passed=$(sed -n 's/^# pass //p' "$tap")
# Cancelled and left out count as failed: every test must have run.
failed=$(sed -n 's/^# \(fail\|cancelled\|skipped\|todo\) //p' "$tap" | awk '{ sum += $1 } END { print sum + 0 }')
echo "$passed passed, $failed failed"
[ "$code" = 0 ] && [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
