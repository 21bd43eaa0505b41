#!/usr/bin/env bash
# Looks for inputs that break a promise: fuzz/run.sh [SECONDS [TARGET…]], 120 s and all by default.
# Needs cargo-fuzz (0.13) and a C++ compiler; the stable compiler is enough. What is found on the way
# is kept below target/fuzz/found and not in the corpus, which stays small and is chosen by hand. An
# input that breaks a promise belongs below fuzz/regressions/FOLDER, where `cargo test` replays it.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-120}
shift || true
if [ $# -eq 0 ]; then
  set -- arguments confirmation cursor http manifest pipe status_url text ticket
fi
export RUSTC_BOOTSTRAP=1
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/fuzz}
# The program has no unsafe code of its own, so a sanitizer would only cost time.
cargo fuzz build --sanitizer none
host=$(rustc -vV | sed -n 's/^host: //p')
for target in "$@"; do
  case $target in http | pipe) folder=messages ;; *) folder=$target ;; esac
  found=$CARGO_TARGET_DIR/found/$target
  mkdir -p "$found" "fuzz/artifacts/$target"
  log=$CARGO_TARGET_DIR/found/$target.log
  echo "== $target, $seconds s"
  regressions=()
  if [ -d "fuzz/regressions/$folder" ]; then regressions=("fuzz/regressions/$folder"); fi
  if ! "$CARGO_TARGET_DIR/$host/release/$target" "$found" "fuzz/corpus/$folder" "${regressions[@]}" \
    -max_total_time="$seconds" -max_len=4096 -timeout=30 -rss_limit_mb=4096 \
    -artifact_prefix="fuzz/artifacts/$target/" -print_final_stats=1 >"$log" 2>&1; then
    tail -40 "$log"
    echo "== $target broke a promise; the input lies below fuzz/artifacts/$target"
    exit 1
  fi
  grep -E 'number_of_executed_units|average_exec_per_sec' "$log"
done
