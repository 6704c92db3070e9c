"""Apache httpd: a site is the body of the one virtual host."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from programs import Address
from proxies.base import Restarted, Site

MODULES = ("mpm_event authn_core authn_file authz_core authz_host authz_user auth_basic access_compat alias dir env headers "
           "mime proxy proxy_http proxy_wstunnel ratelimit reqtimeout rewrite setenvif").split()
FRAME = """\
ServerName lab.test
PidFile {directory}/pid
DefaultRuntimeDir {directory}
Mutex file:{directory}
ErrorLog {directory}/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" combined
CustomLog {directory}/access.log combined
Listen {address}
StartServers 1
ServerLimit 1
ThreadsPerChild 25
ThreadLimit 25
MaxRequestWorkers 25
MinSpareThreads 1
MaxSpareThreads 25
TypesConfig /dev/null
AddType text/html .html
# Where the backend closes a kept connection in the moment in which it is used, Apache answers 502: not by accident, please.
SetEnv proxy-initial-not-pooled 1
{modules}
{user}
{text}
"""
HOST = """\
<VirtualHost {address}>
ProxyTimeout 30
{site}
</VirtualHost>
"""
LIBRARY = "/usr/lib/apache2/modules"


def framed(text: str, address: Address, directory: Path, more: Sequence[str] = ()) -> str:
    """A whole configuration with that text in it, listening at the address."""
    modules = "\n".join(f"LoadModule {name}_module {LIBRARY}/mod_{name}.so" for name in [*MODULES, *more])
    user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""  # as root it insists on another user
    return FRAME.format(directory=directory, address=address, modules=modules, user=user, text=text)


def command(directory: Path, configuration: Path) -> list[str]:
    return ["/usr/sbin/apache2", "-D", "FOREGROUND", "-d", str(directory), "-f", str(configuration)]


class Apache(Restarted):
    def configuration(self, site: Site) -> str:
        return framed(HOST.format(address=self.address, site=site.rendered()), self.address, self.directory)

    def command(self, configuration: Path) -> list[str]:
        return command(self.directory, configuration)
