#!/bin/bash
# scripts/fuzz.sh BUILD_DIRECTORY SECONDS: runs every fuzz target for that long from its seeds (tests/fuzz/corpus/NAME).
# What it learns stays in BUILD_DIRECTORY/corpus; an input that breaks something is left in BUILD_DIRECTORY/findings.
set -euo pipefail
cd "$(dirname "$0")/.."
directory=$1
seconds=$2
export UBSAN_OPTIONS=print_stacktrace=1

targets=$(find "$directory/tests/fuzz" -maxdepth 1 -type f -name 'fuzz_*' -executable | sort)
if [ -z "$targets" ]; then
  echo "fuzz: there are no fuzz targets in $directory/tests/fuzz" >&2
  exit 1
fi
mkdir -p "$directory/findings"
for target in $targets; do
  name=$(basename "$target")
  name=${name#fuzz_}
  learned=$directory/corpus/$name
  seeds=("tests/fuzz/corpus/$name")
  if [ -f "tests/fuzz/$name.seeds" ]; then mapfile -t -O 1 seeds < "tests/fuzz/$name.seeds"; fi
  mkdir -p "$learned"
  options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1)
  if [ -f "tests/fuzz/$name.dict" ]; then options+=(-dict="tests/fuzz/$name.dict"); fi
  echo "fuzz: $name for $seconds s"
  log=$directory/findings/$name.log
  if ! "$target" "${options[@]}" -artifact_prefix="$directory/findings/$name-" "$learned" "${seeds[@]}" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "fuzz: $name found something; the input is in $directory/findings" >&2
    exit 1
  fi
  sed -n 's/^stat::number_of_executed_units: */  inputs tried: /p;s/^stat::new_units_added: */  of them new: /p' "$log"
done
echo "fuzz: no findings"
