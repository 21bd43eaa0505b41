#!/usr/bin/env bash
# Writes the secrets of compose.yaml: a password for Redis that nobody types, and the servers' configuration that
# knows it. What is there already is left alone. The folder is this user's alone; the files in it are readable,
# since each container reads them as a user of its own.
#
#   packaging/compose/secrets.sh [folder [host of redis]]
set -euo pipefail
folder=${1:-$(dirname "${BASH_SOURCE[0]}")/secrets}
redis=${2:-redis:6379}

if [ -e "$folder/redis.acl" ] || [ -e "$folder/stoq-mcp.toml" ]; then
  echo "$folder has secrets already; remove both files to make new ones" >&2
  exit 1
fi
mkdir -p "$folder"
chmod 700 "$folder"
password=$(od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n')
digest=$(printf %s "$password" | sha256sum | cut -d' ' -f1)

# Redis knows the password's hash alone, and its user touches the servers' keys alone.
cat >"$folder/redis.acl" <<ACL
user default off
user stoq on #$digest ~stoq-mcp:* &* +@all -@admin -@dangerous +info +config|get
ACL

cat >"$folder/stoq-mcp.toml" <<TOML
# The configuration of the replicas; the README lists every key.
state = "redis://stoq:$password@$redis/0"

# The names that callers use, with the port when it is not that of http or https.
allowed_hosts = ["localhost", "127.0.0.1"]

# What callers may do beside reading. Each can narrow it for a request, and none can widen it.
allow = ["write"]
TOML
chmod 644 "$folder/redis.acl" "$folder/stoq-mcp.toml"
echo "wrote $folder/redis.acl and $folder/stoq-mcp.toml"
