"""Squid."""

from __future__ import annotations

from idioms.idiom import Idiom, Idioms
from rows_base import PREFIX_LOST, Meets

PLAIN = "http_upgrade_request_protocols websocket allow all\n"


def rewriter(before: str, after: str) -> str:
    """The helper is a line of sed: it reads the URL and more, and answers with another URL."""
    return (PLAIN + "url_rewrite_host_header off\nurl_rewrite_children 1 startup=1\n"
            f"url_rewrite_program /usr/bin/sed -u -e s#[^!-~].*## -e s#{before}#{after}#\n")


IDIOMS: Idioms = {
    "healthy": [Idiom(PLAIN), Idiom("via off\nforwarded_for delete\n" + PLAIN, variant="via-off")],
    "healthy-hidden": [Idiom("reply_header_access Server deny all\nreply_header_access X-Cache deny all\n"
                             "reply_header_access X-Cache-Lookup deny all\nvia off\n" + PLAIN)],
    "healthy-faked": [Idiom("reply_header_access Server deny all\nreply_header_replace Server cloudflare\n" + PLAIN)],
    "denied": [Idiom("http_access deny socket\n" + PLAIN)],
    "denied-hidden": [
        Idiom("httpd_suppress_version_string on\nreply_header_access Server deny all\nreply_header_access X-Squid-Error deny all\n"
              "reply_header_access X-Cache deny all\nreply_header_access X-Cache-Lookup deny all\nvia off\nhttp_access deny socket\n" + PLAIN),
    ],
    "denied-faked": [
        Idiom("reply_header_access Server deny all\nreply_header_replace Server uvicorn\nhttp_access deny socket\n" + PLAIN),
    ],
    "denied-not-found": [Idiom("deny_info 404:ERR_FTP_NOT_FOUND socket\nhttp_access deny socket\n" + PLAIN, 404)],
    "denied-upgrades": [Idiom("acl upgrades req_header Upgrade -i websocket\nhttp_access deny upgrades\n" + PLAIN)],
    "token-checked": [Idiom("acl good urlpath_regex token=good-token-of-the-lab\nhttp_access deny socket !good\n" + PLAIN)],
    "rewritten": [Idiom(rewriter("/api/ws", "/index.html"))],
    "prefix-stripped": [Idiom(rewriter("/api/", "/"), health=PREFIX_LOST)],
    "upgrade-stripped": [Idiom("")],
    "redirect-https": [Idiom("acl everything src all\ndeny_info 301:https://%H%R everything\nhttp_access deny everything\n", 301,
                             health=Meets(301, None))],
    "redirect-login": [Idiom("deny_info 302:https://login.lab.test/ socket\nhttp_access deny socket\n" + PLAIN)],
    "basic-auth": [
        Idiom("auth_param basic program /usr/lib/squid/basic_fake_auth\nauth_param basic realm lab\nauth_param basic children 1 startup=0\n"
              "acl known proxy_auth REQUIRED\nhttp_access deny socket !known\n" + PLAIN),
    ],
    "aborted": [Idiom("deny_info TCP_RESET socket\nhttp_access deny socket\n" + PLAIN)],
    "wrong-host": [
        Idiom("acl ours dstdomain app.lab.test\nhttp_access deny !ours\n" + PLAIN, 403, health=Meets(403, None)),
    ],
    "down": [Idiom(PLAIN, 502, health=Meets(502, None))],
    "socket-down": [
        Idiom(PLAIN + "cache_peer_access app deny socket\nnever_direct allow all\n", 502, "no-peer"),
    ],
    "cut-when-idle": [Idiom("read_timeout 1 second\n" + PLAIN)],
    "hangs": [Idiom("read_timeout 1 second\n" + PLAIN, 504)],
}
