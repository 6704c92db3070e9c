"""The proxies of the lab. To add one, write a subclass of Proxy and name it in PROXIES."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from proxies.apache import Apache
from proxies.base import Proxy, Site
from proxies.caddy import Caddy
from proxies.haproxy import Haproxy
from proxies.nginx import Nginx
from proxies.squid import Squid
from proxies.varnish import Varnish

__all__ = ["PROXIES", "Caddy", "Proxy", "Site"]

PROXIES: dict[str, Callable[[Path], Proxy]] = {
    "apache": Apache,
    "caddy": Caddy,
    "haproxy": Haproxy,
    "nginx": Nginx,
    "squid": Squid,
    "varnish": Varnish,
}
