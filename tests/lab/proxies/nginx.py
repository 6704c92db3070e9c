"""nginx: a site is the body of a `server` block."""

from __future__ import annotations

from pathlib import Path

from proxies.base import Restarted, Site

# One process: it starts in milliseconds and needs no user of its own.
HEAD = """\
daemon off;
master_process off;
pid {directory}/pid;
error_log stderr info;
events {{ worker_connections 256; }}
http {{
	access_log {directory}/access.log;
	client_body_temp_path {directory}/body;
	proxy_temp_path {directory}/proxy;
	fastcgi_temp_path {directory}/fastcgi;
	uwsgi_temp_path {directory}/uwsgi;
	scgi_temp_path {directory}/scgi;
"""
FRAME = HEAD + """\
	default_type application/octet-stream;
	types {{ text/html html; application/json json; }}
{text}
}}
"""
# The zone and the map are here because they may not stand in a `server` block.
SERVER = """	limit_req_zone $server_port zone=everybody:64k rate=1r/m;
	map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
	server {{
		listen {address};
{site}
	}}
"""


class Nginx(Restarted):
    def configuration(self, site: Site) -> str:
        server = SERVER.format(address=self.address, site=site.rendered())
        return FRAME.format(directory=self.directory, text=server)

    def command(self, configuration: Path) -> list[str]:
        return ["/usr/sbin/nginx", "-e", "stderr", "-p", str(self.directory), "-c", str(configuration)]
