#!/usr/bin/env bash
# The Python SDK against the server, in both protocol eras, on stdio and HTTP.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
python_packages
program stoq-mcp
exec "$work/python/bin/python" "$interop/python/suite.py"
