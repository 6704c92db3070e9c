#!/usr/bin/python3
"""Checks what the compiler does not: who may include whom, and a few rules of the house.

    scripts/check_layering.py [ROOT]

Prints one line for each breach, as FILE:LINE: what is wrong and what to do. Exit code 1 if there is one.
docs/ARCHITECTURE.md draws the picture that LAYERS spells out.
"""

import re
import sys
from pathlib import Path

# Each folder and the folders it may include (itself always). Arrows point down only.
LAYERS = {
    "core": set(),
    "wire": {"core"},
    "net": {"core"},
    "exchange": {"net", "wire", "core"},
    "attribution": {"core"},
    "scenario": {"wire", "core"},
    "witness": {"wire", "core"},
    "lint": {"scenario", "core"},
    "browser": {"core"},
    "script_host": {"browser", "core"},
    "engine": {"exchange", "attribution", "scenario", "witness", "browser", "net", "wire", "core"},
    "demo": {"net", "wire", "core"},
    "web": {"scenario", "net", "wire", "core"},
    "monitor": {"engine", "attribution", "scenario", "net", "core"},
    "exporters": {"core"},
    "app": {"engine", "exchange", "attribution", "scenario", "lint", "demo", "exporters", "net", "core", "web", "monitor"},
    "main": {"app"},
}

# Third-party headers, by the beginning of their name, and the product files that may include them.
THIRD_PARTY = {
    "asio": r"probe/net/.*",
    "openssl/": r"probe/net/.*",
    "ares": r"probe/net/.*",
    "nghttp2/": r"probe/wire/http2_session\.cpp",
    "websocketpp/": r"probe/wire/ws_frames\.cpp",
    "yaml-cpp/": r"probe/scenario/[a-z_]+\.cpp",
    "CLI/": r"probe/app/options[a-z_]*\.[ch]pp",
    "nlohmann/": r"probe/wire/json_document\.cpp|exporters/json[a-z_]*\.[ch]pp",
    "prometheus/": r"exporters/prometheus_[a-z_]+\.cpp",
    "zlib": r"probe/(web/gzip|monitor/compression|wire/deflate)\.cpp",
    "sqlite3": r"probe/monitor/database\.[ch]pp",
    "js/": r"probe/script_host/.*",
    "jsapi": r"probe/script_host/.*",
    "jsfriendapi": r"probe/script_host/.*",
    "linux/audit": r"probe/script_host/sandbox\.cpp",
    "linux/filter": r"probe/script_host/sandbox\.cpp",
    "linux/seccomp": r"probe/script_host/sandbox\.cpp",
    "crypt.h": r"probe/web/basic_auth\.cpp",
    "fmt/": r"(probe|exporters)/.*",
    "tl/expected.hpp": r"(probe|exporters)/.*",
}

# Of the operating system's headers, those of the network belong to net; the others to whoever needs them (arpa/inet.h
# reads and writes addresses as text).
NETWORK_HEADER = re.compile(r"(sys/socket|sys/un|netdb|poll|sys/poll|sys/epoll|netinet/.*|net/.*|linux/.*)\.h$")
SYSTEM_HEADER = re.compile(r"(arpa/inet|glob|unistd|fcntl|signal|errno|sys/[a-z]+|termios|spawn|time|pwd)\.h$")

# Where a secret may not be turned back into its text: these folders write for people, or have no use for it.
NO_REVEAL = {"app", "attribution", "demo", "exporters", "net"}

MAIN_LINES = 45
FILE_LINES = 500

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
CMAKE_TARGET = re.compile(r"\bwsprobe::([a-z_]+)")
MACHINE_PATH = re.compile(r"(?<![\w.$}/])/(home|Users|root|work|mnt|workspace)/[\w.]")
SECRETS = [
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"\bAKIA[0-9A-Z]{16}\b"), "an access key"),
    (re.compile(r"\b(ghp|gho|ghs|github_pat|glpat|xox[abp])[_-][0-9A-Za-z_-]{20,}"), "an access token"),
    (re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}"), "a JSON Web Token"),
]

SKIPPED_FOLDERS = re.compile(r"^(\.git|build.*|__pycache__|\.cache|\.pytest_cache|corpus)$")


def folder_of(path):
    """The layer a product file belongs to: probe/net/x.cpp is of net, probe/main.cpp of main; None outside."""
    parts = path.split("/")
    if parts[0] == "exporters":
        return "exporters"
    if parts[0] == "probe":
        return parts[1] if len(parts) > 2 else Path(parts[1]).stem
    return None


def check_quoted_include(path, layer, name):
    target = name.split("/")[0]
    if "/" not in name or target in (".", ".."):
        return f'"{name}": write the path from the include root, as in "core/error.hpp"'
    if target == "exporters" or target in LAYERS:
        if target != layer and target not in LAYERS[layer]:
            allowed = ", ".join(sorted(LAYERS[layer])) or "nothing but itself"
            return f'{layer} may not include {target} ("{name}"); it may include {allowed}'
        return None
    return f'"{name}": there is no layer {target}'


def check_angle_include(path, name):
    for prefix, places in THIRD_PARTY.items():
        if name == prefix or name.startswith(prefix if prefix.endswith("/") else prefix + "/") or (
            name.startswith(prefix) and name[len(prefix):] in (".h", ".hpp", "_nameser.h", "_dns.h")
        ):
            if re.fullmatch(places, path):
                return None
            return f"<{name}> belongs to {places.replace(chr(92), '')} alone"
    if NETWORK_HEADER.match(name):
        return None if path.startswith("probe/net/") else f"<{name}>: sockets belong to probe/net alone"
    if re.fullmatch(r"[a-z_0-9]+", name) or SYSTEM_HEADER.match(name):
        return None
    return f"<{name}> is in no list of scripts/check_layering.py: say there which files may include it"


def check_source(path, text):
    """Breaches of a C++ file of the product, as (line, message)."""
    layer = folder_of(path)
    if layer not in LAYERS:
        yield 1, f"{path} belongs to no layer: say in scripts/check_layering.py what it may include"
        return
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        if include:
            kind, name = include.groups()
            problem = check_quoted_include(path, layer, name) if kind == '"' else check_angle_include(path, name)
            if problem:
                yield number, problem
        if layer in NO_REVEAL and re.search(r"(\.|->)reveal\(", line):
            yield number, f"{layer} may not reveal a secret"
    if path.endswith(".hpp") and "#pragma once" not in lines:
        yield 1, "a header begins with #pragma once"
    limit = MAIN_LINES if path == "probe/main.cpp" else FILE_LINES
    if len(lines) > limit:
        yield limit + 1, f"{len(lines)} lines; more than {limit} want a split"


def check_cmake(path, text):
    """Breaches of a CMakeLists.txt, as (line, message)."""
    layer = folder_of(path)
    for number, line in enumerate(text.splitlines(), 1):
        code = line.split("#")[0]
        if re.search(r"file\s*\(\s*GLOB", code, re.IGNORECASE):
            yield number, "sources are listed by name, not globbed"
        if layer in LAYERS:
            for target in CMAKE_TARGET.findall(code):
                if target in LAYERS and target != layer and target not in LAYERS[layer]:
                    yield number, f"{layer} may not link wsprobe::{target}"


def check_header_list(root, path):
    """A header that its folder's CMakeLists.txt does not name is one that `make check-headers` never compiles alone."""
    header = Path(path)
    listing = root / header.parent / "CMakeLists.txt"
    if listing.is_file() and not re.search(rf"(?<![\w.]){re.escape(header.name)}(?![\w.])", listing.read_text(encoding="utf-8")):
        yield 1, f"{header.parent}/CMakeLists.txt names it in no HEADERS"


def check_any(path, text):
    """Breaches of any text file, as (line, message)."""
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE_PATH.search(line):
            yield number, "names a path of one machine"
        for pattern, what in SECRETS:
            if pattern.search(line):
                yield number, f"looks like {what}"


def text_files(root):
    for file in sorted(root.rglob("*")):
        parts = file.relative_to(root).parts
        if file.is_file() and file.name != ".git" and not any(SKIPPED_FOLDERS.match(part) for part in parts[:-1]):
            try:
                yield "/".join(parts), file.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def check_tree(root):
    """Every breach under `root`, as "FILE:LINE: message"; and the number of product files looked at."""
    breaches, product_files = [], 0
    for path, text in text_files(root):
        found = list(check_any(path, text))
        if folder_of(path) and path.endswith((".cpp", ".hpp", ".hpp.in")):
            product_files += 1
            found += check_source(path, text)
            if path.endswith(".hpp"):
                found += check_header_list(root, path)
        if path.endswith(("CMakeLists.txt", ".cmake")):
            found += check_cmake(path, text)
        breaches += [f"{path}:{line}: {message}" for line, message in sorted(found)]
    return breaches, product_files


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    breaches, product_files = check_tree(root)
    if product_files == 0:
        breaches.append(f"{root}: no product file found")
    for breach in breaches:
        print(breach)
    if not breaches:
        print(f"layering: ok ({product_files} files)")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
