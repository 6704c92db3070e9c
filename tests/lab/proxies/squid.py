"""Squid as an accelerator: a site is lines that stand before `http_access allow all`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from proxies.base import Restarted, Site

AROUND = """\
http_port {address} accel defaultsite=lab.test vhost
visible_hostname lab.test
pid_filename none
cache deny all
cache_mem 1 MB
cache_log {directory}/cache.log
access_log stdio:{directory}/access.log
coredump_dir {directory}
netdb_filename none
dns_nameservers 127.0.0.1
dns_timeout 1 second
shutdown_lifetime 0 seconds
{user}
acl socket urlpath_regex ^/api/ws
acl health urlpath_regex ^/api/system/health
cache_peer {upstream.host} parent {upstream.port} 0 no-query originserver no-digest name=app
{site}
http_access allow all
"""


class Squid(Restarted):
    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        if os.geteuid() == 0:
            shutil.chown(directory, "proxy")  # whom it becomes, and who opens its logs

    def configuration(self, site: Site) -> str:
        user = "cache_effective_user proxy" if os.geteuid() == 0 else ""
        return AROUND.format(directory=self.directory, address=self.address, upstream=site.values["upstream"],
                             user=user, site=site.rendered())

    def command(self, configuration: Path) -> list[str]:
        return ["/usr/sbin/squid", "-N", "-f", str(configuration)]
