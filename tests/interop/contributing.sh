#!/usr/bin/env bash
# Whoever follows CONTRIBUTING.md has a working new action at its end: its steps are done in a copy of the project, word for word.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
folder="$work/contributing"
rm -rf "$folder"
mkdir -p "$folder"
# What is known to git or new, as it stands now, without what is ignored.
cd "$root"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  # What was deleted and not committed yet is still known.
  [ ! -e "$file" ] || printf '%s\0' "$file"
done | tar --create --null --files-from=- | tar --extract --directory="$folder"
# The steps look at differences.
git -C "$folder" init --quiet
git -C "$folder" add --all
git -C "$folder" -c user.name=test -c user.email=test@example.com commit --quiet --message 'As it stands'
# What is built there does not get in the way of the project's own. The packages it uses are the same: those that were built for the
# project are linked, not built again. Cargo writes none of their files anew.
built="${CARGO_TARGET_DIR:-$root/target}/debug"
export CARGO_TARGET_DIR="$work/contributing-target"
if [ ! -d "$CARGO_TARGET_DIR" ] && [ -d "$built/.fingerprint" ]; then
  mkdir -p "$CARGO_TARGET_DIR/debug"
  cp --archive --link "$built/.fingerprint" "$built/build" "$built/deps" "$CARGO_TARGET_DIR/debug/"
fi
python3 "$interop/contributing/follow.py" "$folder"
