#!/bin/bash
# The package as others get it: what lintian says of it, and its life in a Debian root that has nothing else: installed with
# its dependencies by the Dockerfile's own line, asked and run as the user the container has, removed, purged.
#
#   scripts/try_package.sh FOLDER_WITH_DEBS CACHE     as root; CACHE keeps the bare root between runs
set -euo pipefail
[ "$#" -eq 2 ] && [ "$(id -u)" -eq 0 ] || { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }
packages=$(cd "$1" && pwd)
mkdir -p "$2"
cache=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")/.." && pwd)

say() { printf '== %s\n' "$*"; }

say "lintian"
(cd "$packages" && lintian --allow-root --fail-on error,warning ./*.deb)

bare=$cache/bookworm-minbase.tar
if [ ! -f "$bare" ]; then
  say "a bare root (once)"
  rm -rf "$cache/making"
  debootstrap --variant=minbase bookworm "$cache/making" >"$cache/log" || { tail "$cache/log" >&2; exit 1; }
  tar -C "$cache/making" -cf "$bare.new" .
  mv "$bare.new" "$bare"
  rm -rf "$cache/making"
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
tar -C "$root" -xf "$bare"
mkdir "$root/tmp/packages"
cp "$packages"/*.deb "$root/tmp/packages/"
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
as_user() { chroot --userspec=65532:65532 "$root" /usr/bin/env -i PATH=/usr/bin LC_ALL=C.UTF-8 "$@"; }

mapfile -t names < <(for each in "$packages"/*.deb; do dpkg-deb -f "$each" Package; done)

say "the Dockerfile's line, with ${names[*]}"
line=$(sed -n '/^FROM .*-slim$/,$p' "$here/packaging/docker/Dockerfile" | sed -n '/^RUN /,/[^\\]$/p' | sed 's/^RUN //')
inside sh -euc "$line" >/dev/null 2>"$root/tmp/errors" || { cat "$root/tmp/errors" >&2; exit 1; }

say "what it says"
as_user wsprobe --version
as_user wsprobe check /usr/share/wsprobe/scenarios/minimal.yaml
as_user wsprobe demo healthy >/dev/null
code=0
as_user wsprobe demo try-files >"$root/tmp/incident" || code=$?
[ "$code" -eq 1 ]
grep -q proxy_rewrote_path "$root/tmp/incident"

say "a daemon and the container's question about its health"
cp "$root/usr/share/wsprobe/scenarios/minimal.yaml" "$root/etc/wsprobe/scenarios/"
chroot --userspec=65532:65532 "$root" /usr/bin/env -i PATH=/usr/bin wsprobe serve --config.file /etc/wsprobe/wsprobe.yml \
  --web.listen-address 127.0.0.1:0 2>"$root/tmp/log" &
daemon=$!
trap 'kill "$daemon" 2>/dev/null || true; rm -rf "$root"' EXIT
for _ in $(seq 100); do
  address=$(sed -n 's/.*msg=listening.*address=\([0-9.:]*\).*/\1/p' "$root/tmp/log")
  [ -z "$address" ] || break
  sleep 0.1
done
as_user wsprobe run --connect-to "127.0.0.1:9808:$address" --output /dev/null /usr/share/wsprobe/self.yaml
kill "$daemon"
wait "$daemon"

say "a page whose script is run"
mkdir "$root/tmp/page"
printf '<!doctype html><script>window.WS_BASE_URL = ["ws:", "", "page.invalid"].join("/")</script>' >"$root/tmp/page/index.html"
python3 -u -c '
import functools, http.server, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
print(server.server_address[1])
server.serve_forever()' "$root/tmp/page" >"$root/tmp/port" 2>/dev/null &
server=$!
trap 'kill "$daemon" "$server" 2>/dev/null || true; rm -rf "$root"' EXIT
for _ in $(seq 100); do
  [ ! -s "$root/tmp/port" ] || break
  sleep 0.1
done
as_user wsprobe diagnose ws://127.0.0.1:1/api/ws --no-experiments --frontend "http://127.0.0.1:$(cat "$root/tmp/port")" --format json \
  >"$root/tmp/report" || true
grep -q '"value": "ws://page.invalid"' "$root/tmp/report"
kill "$server"

say "removed, then purged"
inside dpkg --remove "${names[@]}" >/dev/null
[ -f "$root/etc/wsprobe/wsprobe.yml" ]
[ ! -e "$root/usr/bin/wsprobe" ]
rm "$root/etc/wsprobe/scenarios/minimal.yaml"
inside dpkg --purge "${names[@]}" >/dev/null
left=$(find "$root" -xdev -path "$root/var/lib/apt" -prune -o -path "$root/var/log" -prune -o -path "$root/tmp" -prune -o -name '*wsprobe*' -print)
[ -z "$left" ] || { printf 'left behind:\n%s\n' "$left" >&2; exit 1; }
say "all of it works"
