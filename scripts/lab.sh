#!/bin/bash
# Every deployment of the lab: proves what each does, asks wsprobe about it, prints what was true against what was told, and
# whether all of its outputs agree;
# then judges the saved reports again, each product's as if nothing were known of that product.
#
#   scripts/lab.sh WSPROBE DIRECTORY   keeps the reports, and the output of each part, in DIRECTORY
set -euo pipefail

if [ $# -ne 2 ]; then
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2
  exit 2
fi
WSPROBE_BINARY=$(realpath "$1")
rm -rf "$2/reports"
mkdir -p "$2"
place=$(realpath "$2")
LAB_REPORTS=$place/reports
export WSPROBE_BINARY LAB_REPORTS PYTHONDONTWRITEBYTECODE=1
cd "$(dirname "$0")/../tests/lab"

worst=0
part() {
  local name=$1
  shift
  echo "== $name"
  "$@" 2>&1 | tee "$place/$name.txt" || worst=1
}
pytest=(/usr/bin/python3 -m pytest -q -p no:cacheprovider --tb=line --whole)
part truth "${pytest[@]}" test_deployments.py
part verdicts "${pytest[@]}" test_verdicts.py
part agreement "${pytest[@]}" test_no_false_green.py
part leave-one-out /usr/bin/python3 replay.py "$LAB_REPORTS" --leave-one-out
exit "$worst"
