#!/bin/bash
# scripts/demo.sh BINARY: the demo of `make demo`. It fails where wsprobe does not tell the two deployments apart.
set -euo pipefail
wsprobe=$1

say() { printf '\n%s\n' "$@"; }

# expect STATUS COMMAND...: runs it and insists on its exit code.
expect() {
  local expected=$1 status=0
  shift
  printf '\n$ %s\n\n' "$*"
  "$@" || status=$?
  if [ "$status" -ne "$expected" ]; then
    echo "demo: expected exit code $expected from '$*', got $status" >&2
    exit 1
  fi
  printf '\nexit code %s, as it should be.\n' "$status"
}

say "1. A healthy deployment: a small backend behind a small reverse proxy, both on loopback, inside wsprobe." \
  "   A valid token is let in; an invalid one is refused, by the backend."
expect 0 "$wsprobe" demo healthy

say "2. The same deployment behind a proxy that rewrites every path to /index.html (try_files)." \
  "   The valid token gets the very 403 of a wrong one. The application wrote it, and the fault is the proxy's."
expect 1 "$wsprobe" demo try-files

say "Other incidents: $wsprobe demo --help. Your own deployment: $wsprobe diagnose wss://api.example.com/api/ws --token-env TOKEN"
