"""The configuration that a remedy prints, put into the running proxy: the deployment turns healthy.

As somebody would paste it: the snippet goes before or after what is there, and nothing in it is changed. Caddy's own site
block, which takes the place of the old one, is test_incident.py's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from deployment import Lab, Plan
from wsprobe import Wsprobe

NGINX_HEADERS = """\
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
"""
NGINX_ALL = "		location / { proxy_pass http://$upstream; }\n"
APACHE_ALL = "ProxyPass / http://$upstream/ upgrade=websocket\n"


@dataclass(frozen=True)
class Sick:
    proxy: str
    cause: str
    site: str
    goes: str  # where the snippet goes: before, after


SICK = [
    Sick("nginx", "upgrade_stripped", NGINX_ALL, "after"),
    Sick("nginx", "proxy_denied", NGINX_HEADERS + NGINX_ALL + "		location ~ ^/api/ws { deny all; }\n", "after"),
    Sick("nginx", "proxy_auth_required", NGINX_HEADERS + NGINX_ALL
         + "		location ~ ^/api/ws { auth_basic lab; auth_basic_user_file $root/users; proxy_pass http://$upstream; }\n", "after"),
    Sick("nginx", "spa_fallback", NGINX_HEADERS + "		location /api/system/ { proxy_pass http://$upstream; }\n"
         "		location / { root $root; try_files $uri /index.html; }\n", "after"),
    Sick("haproxy", "proxy_denied", "	http-request deny if { path /api/ws }\n", "before"),
    Sick("apache", "proxy_denied", APACHE_ALL + '<Location "/api/ws">\n\tRequire all denied\n</Location>\n', "after"),
    Sick("apache", "proxy_auth_required", APACHE_ALL + '<Location "/api/ws">\n\tAuthType Basic\n\tAuthName lab\n'
         "\tAuthUserFile $root/users\n\tRequire valid-user\n</Location>\n", "after"),
    Sick("varnish", "proxy_denied", 'sub vcl_recv { if (req.url ~ "^/api/ws") { return (synth(403)); } }\n', "before"),
    Sick("squid", "proxy_denied", "http_upgrade_request_protocols websocket allow all\nhttp_access deny socket\n", "before"),
    Sick("squid", "upgrade_stripped", "", "before"),
]


def snippet_of(remedy: str) -> str:
    """What stands after the words about the product."""
    words, _, snippet = remedy.partition("\nIn ")[2].partition("\n\n")
    assert words and snippet.strip(), f"no configuration in the remedy:\n{remedy}"
    return snippet


@pytest.mark.parametrize("sick", SICK, ids=lambda sick: f"{sick.proxy}-{sick.cause}")
def test_the_printed_configuration_cures(lab: Lab, wsprobe: Wsprobe, sick: Sick) -> None:
    plan = Plan(sick.site, proxy=sick.proxy, root_has_index=True)
    deployment = lab.deploy(plan)
    direct = f"ws://{deployment.backend_address}"
    ill = wsprobe.diagnose(deployment.socket_url, "--direct", direct)
    assert ill.exit_code == 1
    verdict = ill.report["verdict"]
    assert (verdict["fault"], verdict["cause"]) == ("proxy", sick.cause), verdict["summary"]

    snippet = snippet_of(verdict["remedy"])
    text = snippet + sick.site if sick.goes == "before" else sick.site + snippet
    cured = wsprobe.diagnose(lab.deploy(replace(plan, site=text)).socket_url)
    assert cured.exit_code == 0, cured.out
    assert cured.report["verdict"]["cause"] == "healthy"
