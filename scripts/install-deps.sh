#!/bin/bash
# Installs what the project needs from Debian 12, and does nothing when it is there already.
#
#   scripts/install-deps.sh --build   to build and run wsprobe (make, make demo)
#   scripts/install-deps.sh --test    and to test and check it (make test, make lint, make fuzz, ...)
#   scripts/install-deps.sh --strangers   and to ask about products that it does not know (make strangers)
#   scripts/install-deps.sh --schemas   and for the schemas that others publish (make schemas)
#   scripts/install-deps.sh --package   and to try the package (make try-package)
#   scripts/install-deps.sh --bench   and to measure it (make bench)
#   scripts/install-deps.sh --list-missing --test    only says what would be installed
set -euo pipefail

build_packages=(
  ca-certificates make g++ cmake dpkg-dev ninja-build pkg-config python3
  libasio-dev libc-ares-dev libcli11-dev libexpected-dev libcrypt-dev libfmt-dev libmozjs-102-dev libnghttp2-dev libsqlite3-dev libssl-dev libwebsocketpp-dev libyaml-cpp-dev
  nlohmann-json3-dev prometheus-cpp-dev zlib1g-dev
)
test_packages=(
  clang clang-format clang-tidy libclang-rt-14-dev iproute2 libgmock-dev libgtest-dev
  apache2-bin caddy chromium curl fonts-dejavu-core haproxy libseccomp2 nghttp2-proxy nginx-light openssl squid strace uvicorn varnish
  nodejs node-ws python3 python3-aiohttp python3-fastapi python3-hypercorn python3-jsonschema python3-pytest
  python3-websockets python3-wsproto python3-yaml
  prometheus prometheus-alertmanager prometheus-node-exporter prometheus-pushgateway systemd
  docker-compose fish man-db zsh
)
# Products that no rule was written for.
strangers_packages=(
  daphne golang-github-gorilla-websocket-dev golang-go h2o libmojolicious-perl lighttpd node-http-proxy
  python3-tornado
)
schemas_packages=(nodejs python3 python3-pytest python3-yaml)
command -v npm >/dev/null || schemas_packages+=(npm)  # nodejs from elsewhere brings its own, and conflicts with Debian's
package_packages=(debootstrap dpkg-dev lintian)
bench_packages=(curl openssl python3 golang-go golang-github-gorilla-websocket-dev nodejs node-ws python3-websockets prometheus-blackbox-exporter)

usage() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"
}

list_missing=no
wanted=()
for argument in "$@"; do
  case "$argument" in
    --build) wanted+=("${build_packages[@]}") ;;
    --test) wanted+=("${build_packages[@]}" "${test_packages[@]}") ;;
    --strangers) wanted+=("${build_packages[@]}" "${test_packages[@]}" "${strangers_packages[@]}") ;;
    --schemas) wanted+=("${schemas_packages[@]}") ;;
    --package) wanted+=("${package_packages[@]}") ;;
    --bench) wanted+=("${build_packages[@]}" "${bench_packages[@]}") ;;
    --list-missing) list_missing=yes ;;
    -h | --help) usage; exit 0 ;;
    *) echo "install-deps.sh: unknown argument '$argument'" >&2; usage >&2; exit 2 ;;
  esac
done
if [ "${#wanted[@]}" -eq 0 ]; then
  usage >&2
  exit 2
fi

if ! command -v dpkg-query >/dev/null; then
  echo "install-deps.sh: this is not Debian; the packages to find are: ${wanted[*]}" >&2
  exit 1
fi

# The names of those that are not installed, one a line.
missing_among() {
  comm -23 <(printf '%s\n' "$@" | sort -u) \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

mapfile -t missing < <(missing_among "${wanted[@]}")
if [ "$list_missing" = yes ]; then
  [ "${#missing[@]}" -eq 0 ] || printf '%s\n' "${missing[@]}"
  exit 0
fi
[ "${#missing[@]}" -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "install-deps.sh: run this as root: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "Installing: ${missing[*]}"

# Debian starts the services of the packages it installs. Nobody who builds a probe asked for a web server on port 80:
# while this runs, services are not started. An existing policy of the machine is left alone.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
fi
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" </dev/null
}
# A source of the machine that cannot be reached matters only if a package is then not found.
apt update || echo "install-deps.sh: apt-get update failed; trying with the package lists that are there" >&2
apt install --no-install-recommends "${missing[@]}" >/dev/null

# Nor at the next boot, for a service that came with this.
if [ -d /run/systemd/system ]; then
  for service in caddy haproxy nginx-light:nginx squid varnish prometheus prometheus-alertmanager prometheus-node-exporter \
    prometheus-pushgateway h2o lighttpd nghttp2-proxy:nghttpx; do
    [[ " ${missing[*]} " == *" ${service%:*} "* ]] || continue
    "${as_root[@]}" systemctl disable --now "${service#*:}.service" >/dev/null 2>&1 || true
  done
fi
