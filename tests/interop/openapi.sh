#!/usr/bin/env bash
# The OpenAPI document is one, and the sandbox answers as it says: every example succeeds, and schemathesis
# finds no violation with thousands of requests of its own, good and bad.
#
# Left out of its checks, because the API's rules differ from what they take for granted (the registry follows
# the API):
# - negative_data_rejection, missing_required_header: unknown keys are ignored, "5" is taken for 5;
# - positive_data_acceptance: rules between fields and records are told in words, and are refused with 422;
# - unsupported_method, allow_header_conformance: a wrong verb is 404, 405 is never used;
# - use_after_free, ensure_resource_availability: they need links between operations;
# - object_level_authorization: it needs a second user; the sandbox's own tests have the second shop.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
python_packages openapi "$interop/openapi/requirements.txt"
python="$work/openapi/bin/python"
program stoq-mcp
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,ignored_auth

# As `check`, with a document that lies: whoever does not notice shows nothing.
notices() { # name, text that must be printed, command…
  local name=$1 wanted=$2 printed
  shift 2
  if ! printed=$("$@" </dev/null 2>&1) && grep -qE -- "$wanted" <<<"$printed"; then
    echo "ok $name is noticed"
    passed=$((passed + 1))
  else
    echo "not ok $name is not noticed"
    echo "$printed"
    failed=$((failed + 1))
  fi
}

document="$work/openapi.json"
"$INTEROP_BIN" docs --format openapi --out "$document"
log="$work/log/openapi-sandbox.log"
"$INTEROP_BIN" sandbox --listen 127.0.0.1:0 --dataset fixture </dev/null >"$log" 2>&1 &
sandbox=$!
trap 'kill "$sandbox" 2>/dev/null || true' EXIT
origin=
for _ in $(seq 100); do
  origin=$(sed -n 's#^sandbox listening on \(http://[^/]*\)/.*#\1#p' "$log")
  key=$(sed -n 's/^key (not a secret): *//p' "$log")
  [ -n "$origin" ] && [ -n "$key" ] && break
  sleep 0.2
done
[ -n "$origin" ] || { echo "the sandbox did not start:" >&2; cat "$log" >&2; exit 1; }

control() { # verb, path, body
  "$python" - "$@" "$origin" <<'PY'
import sys, requests
verb, path, body, origin = sys.argv[1:]
headers = {"Content-Type": "application/json"}
requests.request(verb, f"{origin}/sandbox/{path}", data=body, headers=headers, timeout=10).raise_for_status()
PY
}

# A shop as it is at the start, with points for everybody.
fresh() { # dataset
  control POST reset "{\"dataset\": \"$1\"}"
  control PATCH config '{"rate_limit": 1000000000}'
}

drive() { # document, more flags…
  # It leaves a folder of its own where it is started.
  cd "$work"
  "$work/openapi/bin/st" run "$1" --url "$origin" --header "X-Auth-Token: $key" --checks "$checks" \
    --suppress-health-check all --continue-on-failure --generation-database none --no-color --seed 1 "${@:2}"
}

examples="$interop/openapi/examples.py"
check 'openapi-spec-validator' ': OK$' "$python" -m openapi_spec_validator "$document"
check 'every example succeeds' '^ok [0-9]+ of [0-9]+ examples' "$python" "$examples" "$document" "$origin" "$key"
fresh fixture
check 'schemathesis, each bound and each value' '[0-9]+ generated, [0-9]+ passed' \
  drive "$document" --phases examples,coverage
fresh shop
check 'schemathesis, generated requests' '[0-9]+ generated, [0-9]+ passed' \
  drive "$document" --phases fuzzing --max-examples "${STOQ_OPENAPI_EXAMPLES:-10}"

# No points left: every answer is the refusal that the document has for it.
fresh fixture
control PATCH config '{"rate_limit": 0}'
check 'schemathesis, without points' '[0-9]+ generated, [0-9]+ passed' \
  drive "$document" --phases examples --exclude-path /api/v1/intents.json

fresh fixture
lies="$work/openapi-lies.json"
lie() { # what is changed in the document `d`, and in the answers `a` of the read of a signup
  "$python" - "$document" "$lies" "$1" <<'PY'
import json, sys
document, lies, change = sys.argv[1:]
d = json.load(open(document, encoding="utf-8"))
a = d["paths"]["/api/v2/external/back_in_stock/signups/{id}"]["get"]["responses"]
exec(change)
json.dump(d, open(lies, "w", encoding="utf-8"))
PY
}
read=(drive "$lies" --phases examples --include-operation-id back_in_stock_signups_read)
lie 'd["components"]["schemas"]["signup"]["required"].append("nickname")'
notices 'a field that does not come' 'ST108 Response violates schema' "${read[@]}"
lie 'd["components"]["schemas"]["signup"]["properties"]["quantity"]["type"] = "string"'
notices 'a type that is another' 'ST108 Response violates schema' "${read[@]}"
lie 'a["200"]["headers"]["X-Nickname"] = {"required": True, "schema": {"type": "string"}}'
notices 'a header that does not come' 'ST107 Missing required response headers' "${read[@]}"
lie 'a["204"] = a.pop("200")'
notices 'a code that does not come' 'ST103 Undocumented status code' "${read[@]}"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
