"""Caddy. The incident and its kin stand, written out, in rows_caddy.py; here is what is crossed with backends and chains."""

from __future__ import annotations

import rows_caddy as written_out
from idioms.idiom import Idiom, Idioms
from rows_base import PREFIX_LOST, Meets

PLAIN = written_out.PLAIN

IDIOMS: Idioms = {
    "healthy": [Idiom(PLAIN)],
    "healthy-hidden": [Idiom(written_out.HIDE_SERVER + PLAIN)],
    "healthy-faked": [Idiom("\theader Server cloudflare\n" + PLAIN)],
    "denied": [
        Idiom(written_out.DENY, variant="respond"),
        Idiom("\trespond /api/ws 401\n" + PLAIN, 401, "401"),
        Idiom("\t@outside not remote_ip 192.0.2.0/24\n\trespond @outside 403\n" + PLAIN, variant="remote-ip", health=Meets(403, None)),
        Idiom("\terror /api/ws 403\n" + PLAIN, variant="error"),
    ],
    "denied-hidden": [Idiom(written_out.HIDE_SERVER + written_out.DENY)],
    "denied-faked": [Idiom("\theader Server uvicorn\n" + written_out.DENY)],
    "denied-not-found": [Idiom("\trespond /api/ws 404\n" + PLAIN, 404)],
    "denied-upgrades": [Idiom("\t@upgrades header Upgrade websocket\n\trespond @upgrades 403\n" + PLAIN)],
    "denied-page": [
        Idiom('\thandle /api/ws {\n\t\theader Content-Type text/html\n\t\trespond "<h1>Access denied</h1>" 403\n\t}\n' + PLAIN),
    ],
    "denied-imitating": [Idiom(written_out.MIMIC)],
    "token-checked": [Idiom(written_out.CHECK_TOKEN_AT_PROXY)],
    "rewritten-everything": [Idiom("\trewrite * /index.html\n" + PLAIN)],
    "rewritten": [Idiom(written_out.REWRITE_SOCKET)],
    "prefix-stripped": [Idiom(written_out.STRIP_PREFIX, health=PREFIX_LOST)],
    "upgrade-stripped": [Idiom(written_out.STRIP_UPGRADE)],
    "single-page": [Idiom(written_out.SINGLE_PAGE_APPLICATION)],
    "redirect-https": [Idiom(written_out.TO_HTTPS, 308, health=Meets(308, None))],
    "redirect-login": [Idiom(written_out.TO_LOGIN)],
    "basic-auth": [Idiom(written_out.BASIC_AUTH)],
    "aborted": [Idiom(written_out.ABORT)],
    "rate-limited": [Idiom("\trespond /api/ws 429\n" + PLAIN, 429)],
    "maintenance": [
        Idiom('\thandle /api/ws {\n\t\theader Retry-After 600\n\t\trespond "Back soon" 503\n\t}\n' + PLAIN, 503),
    ],
    "wrong-host": [
        Idiom("\t@ours host app.lab.test\n\thandle @ours {\n\t\treverse_proxy $upstream\n\t}\n\trespond 404", 404, health=Meets(404, None)),
        Idiom("\t@ours host app.lab.test\n\thandle @ours {\n\t\treverse_proxy $upstream\n\t}\n", 200, "empty-200",
              health=Meets(200, None)),
    ],
    "down": [Idiom(PLAIN, 502, health=Meets(502, None))],
    "socket-down": [Idiom(written_out.WRONG_PORT_FOR_SOCKET, 502)],
    "hangs": [Idiom(written_out.IMPATIENT, 504)],
}
