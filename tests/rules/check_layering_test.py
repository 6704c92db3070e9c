"""A rule that cannot be broken is not checked: each test breaks one in a small tree and expects to hear of it."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "check_layering.py"

GOOD_TREE = {
    "probe/core/error.hpp": "#pragma once\n#include <string>\n#include <tl/expected.hpp>\n",
    "probe/core/error.cpp": '#include "core/error.hpp"\n\n#include <fmt/format.h>\n',
    "probe/core/CMakeLists.txt": "wsprobe_library(core SOURCES error.cpp HEADERS error.hpp)\n",
    "probe/net/asio.hpp": "#pragma once\n#include <asio.hpp>\n#include <asio/ssl.hpp>\n#include <openssl/ssl.h>\n",
    "probe/net/resolve.cpp": '#include "net/asio.hpp"\n#include <ares.h>\n#include <netinet/tcp.h>\n',
    "probe/net/CMakeLists.txt": "wsprobe_library(net SOURCES resolve.cpp HEADERS asio.hpp DEPENDS wsprobe::core)\n",
    "probe/wire/ws_frames.cpp": "#include <websocketpp/processors/hybi13.hpp>\n",
    "probe/scenario/loader.cpp": "#include <yaml-cpp/yaml.h>\n#include <sys/stat.h>\n",
    "probe/app/options.cpp": '#include <CLI/CLI.hpp>\n#include "engine/run.hpp"\n#include "exporters/json.hpp"\n',
    "probe/engine/run.hpp": '#pragma once\n#include "exchange/http_exchange.hpp"\n',
    "probe/wire/request.cpp": "std::string line = text.reveal();\n",
    "exporters/json.cpp": '#include "exporters/json.hpp"\n#include <nlohmann/json.hpp>\n#include "core/report.hpp"\n',
    "probe/main.cpp": '#include "app/commands.hpp"\nint main() {}\n',
    "tests/net_test.cpp": "#include <sys/socket.h>\n#include <asio.hpp>\n",
}

PRIVATE_KEY = "-----BEGIN " + "PRIVATE KEY-----\n"

# name: (file, its text, what must be said)
BREACHES = {
    "a lower layer includes a higher one": (
        "probe/core/error.cpp", '\n#include "net/asio.hpp"\n', "probe/core/error.cpp:2: core may not include net"),
    "attribution sees the network": (
        "probe/attribution/a.cpp", '#include "net/asio.hpp"\n', "attribution may not include net"),
    "exporters see the engine": (
        "exporters/human.cpp", '#include "engine/run.hpp"\n', "exporters may not include engine"),
    "siblings include each other": (
        "probe/witness/w.cpp", '#include "scenario/loader.hpp"\n', "witness may not include scenario"),
    "main skips a layer": (
        "probe/main.cpp", '#include "engine/run.hpp"\n', "main may not include engine"),
    "a folder nobody knows": (
        "probe/misc/x.cpp", "", "belongs to no layer"),
    "a relative include": (
        "probe/net/x.cpp", '#include "../core/error.hpp"\n', "write the path from the include root"),
    "an include without its folder": (
        "probe/net/x.cpp", '#include "asio.hpp"\n', "write the path from the include root"),
    "Asio outside net": (
        "probe/engine/x.cpp", "#  include <asio/co_spawn.hpp>\n", "<asio/co_spawn.hpp> belongs to probe/net/"),
    "all of Asio outside net": (
        "probe/exchange/x.cpp", "#include <asio.hpp>\n", "<asio.hpp> belongs to probe/net/"),
    "OpenSSL outside net": (
        "probe/wire/x.cpp", "#include <openssl/sha.h>\n", "<openssl/sha.h> belongs to probe/net/"),
    "c-ares outside net": (
        "probe/app/x.cpp", "#include <ares.h>\n", "<ares.h> belongs to probe/net/"),
    "websocketpp outside its file": (
        "probe/wire/handshake.cpp", "#include <websocketpp/frame.hpp>\n", "belongs to probe/wire/ws_frames.cpp"),
    "yaml-cpp in a header": (
        "probe/scenario/loader.hpp", "#pragma once\n#include <yaml-cpp/yaml.h>\n", "<yaml-cpp/yaml.h> belongs to"),
    "CLI11 outside its file": (
        "probe/app/run.cpp", "#include <CLI/CLI.hpp>\n", "belongs to probe/app/options"),
    "JSON outside its files": (
        "probe/engine/x.cpp", "#include <nlohmann/json.hpp>\n", "<nlohmann/json.hpp> belongs to"),
    "a library nobody knows": (
        "probe/core/x.cpp", "#include <boost/any.hpp>\n", "is in no list"),
    "sockets outside net": (
        "probe/demo/x.cpp", "#include <sys/socket.h>\n", "sockets belong to probe/net"),
    "a secret revealed to an exporter": (
        "exporters/x.cpp", "out += secret->reveal();\n", "exporters may not reveal a secret"),
    "a header that is never compiled alone": (
        "probe/core/x.hpp", "#pragma once\n", "probe/core/x.hpp:1: probe/core/CMakeLists.txt names it in no HEADERS"),
    "a header without a guard": (
        "probe/core/error.hpp", "struct X {};\n", "#pragma once"),
    "a main that does not fit on a screen": (
        "probe/main.cpp", "\n" * 46, "46 lines; more than 45"),
    "a file without an end": (
        "probe/core/x.cpp", "\n" * 501, "501 lines; more than 500"),
    "globbed sources": (
        "probe/core/CMakeLists.txt", "# error.hpp\nfile(GLOB sources *.cpp)\n", "probe/core/CMakeLists.txt:2: sources are listed"),
    "a link against the arrows": (
        "probe/core/CMakeLists.txt", "wsprobe_library(core HEADERS error.hpp DEPENDS wsprobe::net)\n", "core may not link wsprobe::net"),
    "a path of one machine": (
        "tests/x.py", "open('/" + "home/somebody/report.json')\n", "names a path of one machine"),
    "a private key": (
        "tests/data/key.pem", PRIVATE_KEY, "looks like a private key"),
}


def check(root, tree):
    for path, text in tree.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return subprocess.run([sys.executable, str(SCRIPT), str(root)], capture_output=True, text=True, timeout=30)


def test_a_tree_that_keeps_the_rules_passes(tmp_path):
    result = check(tmp_path, GOOD_TREE)
    assert (result.returncode, result.stdout) == (0, "layering: ok (11 files)\n")


def test_an_empty_tree_does_not_pass(tmp_path):
    result = check(tmp_path, {})
    assert result.returncode == 1
    assert "no product file" in result.stdout


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_named(tmp_path, name):
    path, text, message = BREACHES[name]
    result = check(tmp_path, {**GOOD_TREE, path: text})
    assert result.returncode == 1
    assert message in result.stdout
    assert len(result.stdout.splitlines()) == 1, result.stdout
