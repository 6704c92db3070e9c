"""wsprobe-script-host under the walls that the packaged units put around wsprobe itself: it has to be able to build its own
inside of them. The filter is made of the unit's own lines, as systemd would make it."""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest
from script_host import Script, ask, encode

HOST = os.environ["WSPROBE_SCRIPT_HOST"]
PAGE = "https://app.lab.test/"
UNITS = Path(__file__).resolve().parents[2] / "packaging" / "systemd"

ALLOW, ERRNO, MASKED_EQ = 0x7FFF0000, 0x00050000, 7
PROT_WRITE, PROT_EXEC = 2, 4


class Comparison(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_uint), ("operation", ctypes.c_int), ("first", ctypes.c_uint64), ("second", ctypes.c_uint64)]


LIBRARY = ctypes.CDLL("libseccomp.so.2")
LIBRARY.seccomp_init.restype = ctypes.c_void_p
LIBRARY.seccomp_rule_add_array.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(Comparison)]
LIBRARY.seccomp_load.argtypes = [ctypes.c_void_p]


@cache
def members(name: str) -> frozenset[str]:
    """The calls of systemd's set "@name", with those of the sets in it."""
    if not name.startswith("@"):
        return frozenset([name])
    shown = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
    lines = [line.strip() for line in shown.splitlines()[1:]]
    return frozenset().union(*(members(line) for line in lines if line and not line.startswith("#")))


def allowed_by(unit: Path) -> set[str]:
    allowed: set[str] = set()
    for line in unit.read_text().splitlines():
        key, _, value = line.partition("=")
        if key != "SystemCallFilter":
            continue
        calls = frozenset().union(*(members(word) for word in value.removeprefix("~").split()))
        allowed = allowed - calls if value.startswith("~") else allowed | calls
    return allowed


def filter_of(unit: Path) -> int:
    text = unit.read_text()
    assert "SystemCallErrorNumber=EPERM" in text and "MemoryDenyWriteExecute=yes" in text
    made = LIBRARY.seccomp_init(ERRNO | errno.EPERM)
    known = {name: LIBRARY.seccomp_syscall_resolve_name(name.encode()) for name in allowed_by(unit)}
    # Memory is never to be written and run, nor made executable later.
    write_and_run = {"mmap": PROT_WRITE | PROT_EXEC, "mprotect": PROT_EXEC, "pkey_mprotect": PROT_EXEC}
    for name, number in known.items():
        if number < 0:  # another architecture's
            continue
        bits = write_and_run.get(name, 0)
        if bits == 0:
            assert LIBRARY.seccomp_rule_add_array(made, ALLOW, number, 0, None) == 0, name
        for value in range(bits + 1 if bits else 0):
            if value & ~bits == 0 and value != bits:
                one = (Comparison * 1)(Comparison(2, MASKED_EQ, bits, value))
                assert LIBRARY.seccomp_rule_add_array(made, ALLOW, number, 1, one) == 0, name
    return made


@pytest.fixture(scope="module", params=["wsprobe.service", "wsprobe-run@.service"])
def walls(request):
    made = filter_of(UNITS / request.param)

    def close() -> None:
        if LIBRARY.seccomp_load(made) != 0:
            os._exit(99)

    return close


def test_the_filter_is_one(walls):
    """What the unit forbids is forbidden here: else the tests below would show nothing."""
    asked = subprocess.run(["/usr/bin/python3", "-c", "import os\ntry: os.chroot('/')\nexcept PermissionError: print('refused')\n"
                            "import mmap\ntry: mmap.mmap(-1, 4096, prot=7)\nexcept PermissionError: print('refused')"],
                           preexec_fn=walls, capture_output=True, text=True, check=True)
    assert asked.stdout.split() == ["refused", "refused"]


def test_a_value_is_read(walls):
    asked = ask(HOST, encode(PAGE, [Script("window.WS_BASE_URL = 'wss://a.test'")]), walls)
    assert (asked.code, asked.err, asked.answer and asked.answer.value) == (0, "", "wss://a.test")


@pytest.mark.parametrize(("script", "ends"), [
    ("for (;;);", {"out_of_time"}),
    # On a busy machine the time is over first.
    ("const kept = []; for (;;) kept.push(new Array(100000).fill(1.5))", {"out_of_memory", "out_of_time"}),
    ("(function deeper() { deeper() })()", {"threw"}),
    ("throw new Error('no')", {"threw"}),
])
def test_what_means_harm_is_stopped(walls, script, ends):
    asked = ask(HOST, encode(PAGE, [Script(script)]), walls)
    assert asked.code == 0 and asked.answer.runs[0].end in ends, asked
