#!/usr/bin/env bash
# Changes the rules one by one and asks whether a test notices; needs cargo-mutants (27). By hand,
# before a release or after work on a rule; not part of .ci/run, which only checks that the small
# crate compiles.
#
#   tests/mutation/run.sh                     the pure rooms, in a crate of their own: seconds a mutant
#   tests/mutation/run.sh safety/caps.rs …    some of their files, as they lie below src/
#   tests/mutation/run.sh --whole src/engine/admit.rs …
#                                             files of the whole program, with the tests of their own
#                                             room: about a minute a mutant
#
# The survivors are printed at the end, and the script fails when there are any. A survivor is a rule
# that no test holds: add the test. One that runs for ever counts as noticed. More options for
# cargo-mutants go into MUTANTS, such as MUTANTS='--shard 0/4'.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=${MUTATION_DIR:-${TMPDIR:-/tmp}/stoq-mcp-mutation}
# What both crates depend on is built already, as a rule.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
read -ra more <<<"${MUTANTS:-}"
mkdir -p "$work"

# The small crate with the files of the program where its paths lead.
assemble() {
  local to=$work/rooms
  mkdir -p "$to"
  find "$to" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
  cp "$root"/tests/mutation/Cargo.{toml,lock} "$to/"
  cp -r "$root/tests/mutation/src" "$to/src"
  find "$to/src" -name '*.rs' -exec sed -i '/^#\[path = /d' {} +
  cp "$root/src/text.rs" "$to/src/"
  cp -r "$root/src/redis" "$root/src/safety" "$to/src/"
  cp "$root/src/registry/entry.rs" "$to/src/registry/"
  cp "$root/src/upstream/retry.rs" "$to/src/upstream/"
  echo "$to"
}

# Prints what cargo-mutants left behind; fails when a mutant survived. By its code 3 some ran for ever,
# and that is all.
told() { # folder of the output, exit code
  local out=$1/mutants.out
  for what in caught unviable timeout missed; do
    printf '%s: %s\n' "$what" "$(wc -l <"$out/$what.txt")"
  done
  sed 's/^/survived: /' "$out/missed.txt"
  [ "$2" -eq 3 ] || return "$2"
}

code=0
if [ "${1:-}" = --whole ]; then
  shift
  for file in "$@"; do
    module=${file#src/}
    module=${module%.rs}
    module=${module%/mod}
    out=$work/whole/${module//\//-}
    mkdir -p "$out"
    ended=0
    cargo mutants --dir "$root" --file "$file" --output "$out" --no-shuffle --colors never \
      --timeout 300 "${more[@]}" -- --lib "${module%%/*}::" || ended=$?
    told "$out" "$ended" || code=$ended
  done
else
  crate=$(assemble)
  filters=()
  for file in "$@"; do filters+=(--file "src/${file#src/}"); done
  # What is only there to compile has its tests in the whole program.
  if [ $# -eq 0 ]; then
    filters=(--exclude src/registry/entry.rs)
  fi
  # The crate is a copy already, so it can be changed where it lies.
  cargo mutants --dir "$crate" --in-place --output "$work" --no-shuffle --colors never \
    --timeout 60 "${filters[@]}" "${more[@]}" -- --lib || code=$?
  ended=$code code=0
  told "$work" "$ended" || code=$ended
fi
exit "$code"
