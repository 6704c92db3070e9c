"""A path with long round trips: two network namespaces, and between them a wire that takes its time.

This process and what it starts live in the one (the deployment), the probe in the other. The wire is two TUN devices and
a thread that carries packets from one to the other. Where the kernel has netem, it delays what each device sends; where
it has not, the thread holds each packet back for as long. Either way the handshakes of TCP and TLS take their round trips
as they do over the real thing.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import os
import select
import struct
import subprocess
import threading
import time
from pathlib import Path

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
LIBC = ctypes.CDLL(None, use_errno=True)

DEPLOYMENT, PROBE = "10.97.0.1", "10.97.0.2"


class NoLongPath(Exception):
    """This machine does not let us have one; the message says why."""


def must(result: int, what: str) -> None:
    if result != 0:
        raise NoLongPath(f"{what}: {os.strerror(ctypes.get_errno())} (root and /dev/net/tun are needed)")


def ip(*arguments: str, program: str = "ip") -> None:
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoLongPath(f"{program} {' '.join(arguments)}: {done.stderr.strip()}")


def own_namespace() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def make_device(name: str, own: str, peer: str) -> int:
    try:
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    except OSError as error:
        raise NoLongPath(f"/dev/net/tun: {error.strerror}") from error
    ip("link", "set", "lo", "up")
    ip("address", "add", own, "peer", peer, "dev", name)
    ip("link", "set", name, "up")
    return device


def delayed_by_netem(name: str, delay: float) -> bool:
    command = ["tc", "qdisc", "add", "dev", name, "root", "netem", "delay", f"{delay * 1e6:.0f}us"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


class LongPath:
    """From here on this thread is in the deployment's namespace."""

    def __init__(self, round_trip: float) -> None:
        one_way = round_trip / 2
        os.setpriority(os.PRIO_PROCESS, 0, -15)  # and what it starts: what else runs here must not pass for the path
        must(LIBC.unshare(CLONE_NEWNET), "a network namespace")
        here = own_namespace()
        left = make_device("edge0", DEPLOYMENT, PROBE)
        by_netem = delayed_by_netem("edge0", one_way)
        must(LIBC.unshare(CLONE_NEWNET), "a second network namespace")
        self.probe_namespace = own_namespace()
        right = make_device("probe0", PROBE, DEPLOYMENT)
        by_netem = by_netem and delayed_by_netem("probe0", one_way)
        must(LIBC.setns(here, CLONE_NEWNET), "back to the first namespace")
        self.delayed_by = "netem" if by_netem else "the relay"
        self.delay = 0.0 if by_netem else one_way
        self.stopping, wake = os.pipe()
        self.wake = wake
        self.thread = threading.Thread(target=self.carry, args=({left: right, right: left},), daemon=True)
        self.thread.start()

    def carry(self, other: dict[int, int]) -> None:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))  # this thread: a busy machine is no longer path
        held: list[tuple[float, int, int, bytes]] = []
        count = 0
        while True:
            wait = max(0.0, held[0][0] - time.monotonic()) if held else None
            readable, _, _ = select.select([*other, self.stopping], [], [], wait)
            if self.stopping in readable:
                return
            for device in readable:
                try:
                    packet = os.read(device, 65536)
                except BlockingIOError:
                    continue
                count += 1
                heapq.heappush(held, (time.monotonic() + self.delay, count, other[device], packet))
            while held and held[0][0] <= time.monotonic():
                _, _, device, packet = heapq.heappop(held)
                try:
                    os.write(device, packet)
                except OSError:
                    continue  # the device's own reasons (it is going down): as a wire that loses a packet

    def set_round_trip(self, seconds: float) -> None:
        """For packets that are sent from now on."""
        if self.delayed_by != "netem":
            self.delay = seconds / 2
            return
        for enter, name in (([], "edge0"), (self.enter, "probe0")):
            command = ["tc", "qdisc", "change", "dev", name, "root", "netem", "delay", f"{seconds / 2 * 1e6:.0f}us"]
            subprocess.run([*enter, *command], check=True)

    def stop(self) -> None:
        os.write(self.wake, b"x")
        self.thread.join()

    @property
    def enter(self) -> list[str]:
        """Put before a command, it runs on the probe's side."""
        return ["nsenter", f"--net={Path('/proc') / str(os.getpid()) / 'fd' / str(self.probe_namespace)}"]
