"""The daemon with thousands of scenarios: schedule lag, resident memory, the time of a scrape.

    bench_daemon.py --wsprobe PROGRAM --server BENCH_SERVER [--scenarios 5000] [--every 30] [--seconds 120]
"""

import argparse
import contextlib
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tables import line, met, title

SCENARIO = """scenario: s{number:04}
target: {{edge: "ws://127.0.0.1:{port}"}}
every: {every}s
credentials: {{valid: {{env: BENCH_TOKEN}}, invalid: {{value: refused}}}}
labels: {{team: "t{team}"}}
steps:
  - health: {{path: /api/system/health}}
  - upgrade: {{name: valid-token, path: /api/ws, query: {{token: "${{valid}}"}}, expect: accepted}}
  - upgrade: {{name: invalid-token, path: /api/ws, query: {{token: "${{invalid}}"}}, expect: rejected}}
"""


@contextlib.contextmanager
def child(arguments, **options):
    process = subprocess.Popen(arguments, text=True, **options)
    try:
        yield process
    finally:
        if process.stdin:
            process.stdin.close()
        else:
            process.terminate()
        process.wait(timeout=60)


def scrape(port):
    begin = time.monotonic()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        text = answer.read()
    return time.monotonic() - begin, text.decode()


def resident_mib(pid, key):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{key}:\s+(\d+)", status)[1]) / 1024


def lag_quantile(text, share):
    """The upper bound of the bucket in which that share of the runs lies."""
    buckets = re.findall(r'^wsprobe_schedule_lag_seconds_bucket\{le="([^"]+)"\} (\d+)', text, re.MULTILINE)
    total = int(buckets[-1][1])
    return next(float(bound) for bound, count in buckets if int(count) >= share * total), total


def measure(options, directory):
    with child([options.server], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        port = int(server.stdout.readline())
        for number in range(options.scenarios):
            text = SCENARIO.format(number=number, port=port, every=options.every, team=number % 20)
            (directory / f"s{number:04}.yaml").write_text(text)
        (directory / "wsprobe.yml").write_text("scenarios: ['s*.yaml']\n")
        arguments = [options.wsprobe, "serve", "--config.file", directory / "wsprobe.yml", "--storage.path",
                     directory / "history", "--web.listen-address", "127.0.0.1:0"]
        environment = {**os.environ, "BENCH_TOKEN": "bench"}
        log = directory / "log"
        with log.open("w") as errors, child(arguments, stderr=errors, env=environment) as daemon:
            while not (listening := re.search(r"msg=listening address=[^ ]*:(\d+)", log.read_text())):
                time.sleep(0.05)
            daemon_port = int(listening[1])
            begin = time.monotonic()
            times = []
            while time.monotonic() - begin < options.seconds:
                time.sleep(5)
                taken, text = scrape(daemon_port)
                times.append(taken)
            report(options, text, times, daemon.pid)


def report(options, text, times, pid):
    failures = sum(int(value) for value in re.findall(r"^wsprobe_scenario_failures_total\S* (\d+)", text, re.MULTILINE))
    _, runs = lag_quantile(text, 1)
    peak = resident_mib(pid, "VmHWM")
    scraped = statistics.median(times)
    title(f"{options.scenarios:,} scenarios of three steps every {options.every} s, for {options.seconds} s", "what", "measured", "aim", "")
    line("runs", f"{runs:,}", "", "")
    line("failed runs", str(failures), "0", met(failures, 0))
    for name, share, aim in (("median", 0.5, None), ("p99", 0.99, 20), ("all", 1, None)):
        lag, _ = lag_quantile(text, share)
        line(f"schedule lag, {name} at most", f"{lag * 1e3:.1f} ms", *((f"{aim} ms", met(lag * 1e3, aim)) if aim else ("", "")))
    aim = 250 if options.scenarios <= 5000 else 500
    line("resident memory, at most", f"{peak:.0f} MiB", f"{aim} MiB", met(peak, aim))
    line(f"`/metrics` of {len(text) / 2**20:.0f} MiB, median of {len(times)}", f"{scraped * 1e3:.0f} ms", "300 ms", met(scraped * 1e3, 300))
    line("`/metrics`, longest", f"{max(times) * 1e3:.0f} ms", "", "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wsprobe", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--scenarios", type=int, default=5000)
    parser.add_argument("--every", type=int, default=30)
    parser.add_argument("--seconds", type=int, default=120)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        measure(options, Path(directory))
    return 0


if __name__ == "__main__":
    sys.exit(main())
