"""The same work by Python's websockets: see ../bench.py.

    probe.py probe PORT COUNT [CA_FILE]    CPU seconds (user and system), then the seconds it took, for COUNT upgrades and closes
    probe.py hold PORT COUNT [CA_FILE]     resident bytes a connection, COUNT of them held open, after a garbage collection
    probe.py once PORT 1                   one upgrade and close, nothing before it

With a CA file over TLS.
"""

import asyncio
import gc
import os
import resource
import ssl
import sys
import time
from pathlib import Path

import websockets


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


TRUSTED = ssl.create_default_context(cafile=sys.argv[4]) if len(sys.argv) > 4 else None


def connected(port: str):
    url = f"{'wss' if TRUSTED else 'ws'}://127.0.0.1:{port}/api/ws?token=bench"
    return websockets.connect(url, ssl=TRUSTED, compression=None, ping_interval=None, max_queue=None)


async def hold(port: str, count: int) -> None:
    gc.collect()
    before = resident_bytes()
    held = [await connected(port) for _ in range(count)]
    gc.collect()
    print((resident_bytes() - before) // len(held), flush=True)
    os._exit(0)


async def probe(port: str, count: int) -> None:
    cpu, begin = cpu_seconds(), time.monotonic()
    for _ in range(count):
        async with connected(port):
            pass
    print(cpu_seconds() - cpu, time.monotonic() - begin)


async def main(mode: str, port: str, count: int) -> None:
    async with connected(port):  # what is made once is not counted
        pass
    if mode == "once":
        return
    await (hold if mode == "hold" else probe)(port, count)


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
