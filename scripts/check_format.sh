#!/bin/bash
# Are the sources formatted as .clang-format says? With --fix, makes them so.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=(--dry-run --Werror)
[ "${1:-}" != --fix ] || mode=(-i)
find probe exporters tests -name '*.[ch]pp' -print0 | sort -z | xargs -0 -r clang-format "${mode[@]}"
[ "${1:-}" = --fix ] || echo "format: ok"
