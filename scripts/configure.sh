#!/bin/bash
# scripts/configure.sh PRESET DIRECTORY [cmake options]: configures DIRECTORY by a preset of CMakePresets.json, afresh
# where what lies there came from another generator or another checkout. Quiet unless it fails.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
directory=$2
shift 2

fresh=()
cache=$directory/CMakeCache.txt
if [ -e "$cache" ] && ! { grep -qx "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$cache" &&
  grep -qx 'CMAKE_GENERATOR:INTERNAL=Ninja' "$cache"; }; then
  echo "$directory was configured for something else; configuring it afresh"
  fresh=(--fresh)
fi
if ! output=$(cmake "${fresh[@]}" --preset "$preset" "$@" 2>&1); then
  printf '%s\n' "$output" >&2
  exit 1
fi
