"""Varnish: a site is VCL subroutines, which run before those that every site has.

The process stays: each configuration is compiled and put into use over the management interface, as `varnishreload` does.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from programs import Child, NotStarted, private_address, small_environment, wait_until_it_accepts
from proxies.base import Proxy, Site

NOTHING_YET = 'vcl 4.1;\nbackend default none;\nsub vcl_recv { return (synth(503, "Not yet")); }\n'
AROUND = """\
vcl 4.1;
import std;
backend default {{ .host = "{upstream.host}"; .port = "{upstream.port}"; {backend} }}
backend nowhere {{ .host = "{nowhere.host}"; .port = "{nowhere.port}"; }}
{site}
sub vcl_recv {{
	if (req.http.Upgrade ~ "(?i)websocket") {{ return (pipe); }}
	return (pass);
}}
# No connection is kept: one that the backend closes in the moment in which it is piped to is cut off without an answer.
sub vcl_backend_fetch {{ set bereq.http.Connection = "close"; }}
sub vcl_pipe {{
	if (req.http.Upgrade) {{
		set bereq.http.Upgrade = req.http.Upgrade;
		set bereq.http.Connection = req.http.Connection;
	}}
}}
"""
# Small configurations on a busy machine: the compiler's work on speed is all one would wait for.
COMPILER = "exec gcc -O0 -w -pthread -fpic -shared -Wl,-x -o %o %s"


class Varnish(Proxy):
    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        directory.chmod(0o755)
        self.directory = directory
        self.address = private_address()
        self.count = 0
        first = directory / "configuration"
        first.write_text(NOTHING_YET)
        command = ["/usr/sbin/varnishd", "-F", "-j", "none", "-n", str(directory / "work"), "-a", str(self.address), "-f", str(first),
                   "-s", "malloc,8m", "-T", "localhost:0", "-p", f"cc_command={COMPILER}", "-p", "vcc_err_unref=off", "-p", "thread_pools=1",
                   "-p", "thread_pool_min=10", "-p", "first_byte_timeout=30", "-p", "connect_timeout=2"]
        self.child = Child(command, directory / "proxy.log", small_environment(directory))
        wait_until_it_accepts(self.address, self.child)

    def serve(self, sites: Sequence[Site]) -> None:
        (site,) = sites
        self.count += 1
        file = self.directory / f"configuration-{self.count}"
        values = site.values
        file.write_text(AROUND.format(upstream=values["upstream"], nowhere=values["nowhere"], backend=values.get("backend", ""),
                                      site=site.rendered()))
        self.manage("vcl.load", f"lab{self.count}", str(file))
        self.manage("vcl.use", f"lab{self.count}")

    def manage(self, *words: str) -> None:
        run = subprocess.run(["/usr/bin/varnishadm", "-n", str(self.directory / "work"), *words], capture_output=True,
                             text=True, timeout=60, env=small_environment(self.directory))
        if run.returncode != 0:
            raise NotStarted(f"Varnish refuses {' '.join(words)}:\n{run.stdout}{run.stderr}\n{self.child.log.read_text()}")

    def stop(self) -> None:
        self.child.stop()
