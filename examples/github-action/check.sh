#!/usr/bin/env bash
# Compares the API's manifest with the registry of the program: what action.yml runs. Exit code 0: the same; 1: drift; 2: it could not
# be told, because the API was not reached or refused the key. The difference goes to the summary of the job as a table.
set -euo pipefail
flags=()
[ -z "${BASE_URL:-}" ] || flags=(--base-url "$BASE_URL")
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT

# The difference is printed on standard output, also when there is none; without it there was nothing to compare.
difference=$("$PROGRAM" registry check --json "${flags[@]}" 2>"$errors" </dev/null) || true
if ! jq --exit-status --slurp '.[0] | .added and .removed and .changed and .remarks' <<<"$difference" >/dev/null 2>&1; then
  echo "::error title=STOQ registry::The drift cannot be told: $(tail -n 1 "$errors")"
  exit 2
fi

# One row for each call of the API that differs: verb, path and short name, and of a changed one what changed.
rows=$(jq --raw-output '
  def row($kind): "| \($kind) | \(gsub("[|`\n]"; " ")) |";
  def call: "\(.method) \(.path) (\(.action))";
  (.added[] | call | row("added")),
  (.removed[] | call | row("removed")),
  (.changed[] | "\(call): \(del(.method, .path, .action) | tojson)" | row("changed")),
  (.remarks[] | tostring | row("remark"))
' <<<"$difference")
if [ -z "$rows" ]; then
  echo "drift=false" >>"$GITHUB_OUTPUT"
  echo "The API's manifest is what the registry says." >>"$GITHUB_STEP_SUMMARY"
  exit 0
fi
echo "drift=true" >>"$GITHUB_OUTPUT"
printf 'The API differs from the registry:\n\n| what | where |\n|---|---|\n%s\n' "$rows" >>"$GITHUB_STEP_SUMMARY"
echo "::error title=STOQ registry::The API's manifest and tools.registry.json differ; the summary of the job says where."
exit 1
