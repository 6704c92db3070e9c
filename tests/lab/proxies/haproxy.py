"""HAProxy: a site is lines of the frontend, and whole sections after them. `app` and `nowhere` are there to forward to."""

from __future__ import annotations

from pathlib import Path

from proxies.base import Restarted, Site

AROUND = """\
global
	log stdout format raw local0
	maxconn 256
	stats socket {directory}/stats

defaults
	mode http
	log global
	option httplog
	timeout connect 2s
	timeout client 30s
	timeout server 30s
	timeout tunnel 30s
	timeout tarpit 200ms
	retries 0

backend app
	server app {upstream}

backend nowhere
	server nowhere {nowhere}

frontend edge
	bind {address}
	default_backend app
{site}
"""


class Haproxy(Restarted):
    def configuration(self, site: Site) -> str:
        values = site.values
        return AROUND.format(directory=self.directory, address=self.address, upstream=values["upstream"],
                             nowhere=values["nowhere"], site=site.rendered())

    def command(self, configuration: Path) -> list[str]:
        return ["/usr/sbin/haproxy", "-db", "-f", str(configuration)]
