"""HAProxy."""

from __future__ import annotations

from idioms.idiom import Idiom, Idioms
from rows_base import PREFIX_LOST, Meets

PLAIN = "	option forwardfor\n"
SOCKET = "if { path /api/ws }\n"
UPGRADES = "if { hdr(Upgrade) -i websocket }\n"
DENY = f"	http-request deny {SOCKET}"

IDIOMS: Idioms = {
    "healthy": [
        Idiom(PLAIN),
        Idiom("	http-response set-header X-Frame-Options DENY\n	http-response set-header Strict-Transport-Security max-age=31536000\n",
              variant="security-headers"),
        Idiom("	option http-server-close\n", variant="server-close"),
    ],
    "healthy-hidden": [Idiom("	http-response del-header server\n")],
    "healthy-faked": [Idiom("	http-after-response set-header Server cloudflare\n")],
    "denied": [
        Idiom(DENY, variant="deny"),
        Idiom(f"	http-request tarpit {SOCKET}", 500, "tarpit"),
        Idiom(f"	http-request tarpit deny_status 403 {SOCKET}", 403, "tarpit-403"),
        Idiom(f"	http-request deny deny_status 400 {SOCKET}", 400, "400"),
        Idiom(f"	http-request deny deny_status 401 {SOCKET}", 401, "401"),
    ],
    "denied-hidden": [Idiom("	http-after-response del-header server\n" + DENY)],
    "denied-faked": [Idiom("	http-after-response set-header Server uvicorn\n" + DENY)],
    "denied-not-found": [Idiom(f"	http-request deny deny_status 404 {SOCKET}", 404)],
    "denied-upgrades": [Idiom(f"	http-request deny {UPGRADES}"),
                        Idiom(f"	http-request return status 403 {UPGRADES}", variant="return-empty")],
    "denied-page": [
        Idiom(f'	http-request return status 403 content-type text/html string "<h1>Access denied</h1>" {SOCKET}'),
        Idiom(f"	http-request return status 403 {SOCKET}", variant="empty"),
    ],
    "denied-imitating": [
        Idiom(f"	http-request return status 403 content-type application/json string '{{\"detail\":\"Invalid token\"}}' {SOCKET}"),
        # The very bytes of a refusal that a Node application writes by hand.
        Idiom(f"	http-request return status 403 errorfile $root/bare.http {SOCKET}", variant="bare"),
    ],
    "token-checked": [Idiom("	http-request deny if { path /api/ws } !{ url_param(token) -m str good-token-of-the-lab }\n")],
    "intercepted": [
        Idiom('	http-response return status 403 content-type text/html string "<h1>Denied</h1>" if { status 401 403 }\n'),
    ],
    "rewritten-everything": [Idiom("	http-request set-path /index.html\n")],
    "rewritten": [Idiom(f"	http-request set-path /index.html {SOCKET}")],
    "prefix-stripped": [Idiom("	http-request replace-path /api(/.*) \\1\n", health=PREFIX_LOST)],
    "prefix-doubled": [Idiom("	http-request set-path /api%[path]\n", arrives_at="/api/api/ws",
                             health=Meets(404, "/api/api/system/health", False))],
    "upgrade-stripped": [Idiom("	http-request del-header Upgrade\n	http-request del-header Connection\n")],
    "single-page": [
        Idiom("	http-request return status 200 content-type text/html file $root/index.html if !{ path_beg /api/system/ }\n"),
    ],
    "redirect-https": [Idiom("	http-request redirect scheme https code 308\n", 308, health=Meets(308, None)),
                       Idiom("	http-request redirect scheme https\n", 302, "302", health=Meets(302, None))],
    "redirect-login": [Idiom(f"	http-request redirect location https://login.lab.test/ {SOCKET}")],
    "basic-auth": [Idiom(f"	http-request auth realm lab {SOCKET}")],
    "aborted": [Idiom(f"	http-request reject {SOCKET}")],
    "rate-limited": [
        Idiom("	stick-table type ip size 100 expire 10m store http_req_rate(10m)\n"
              f"	http-request track-sc0 src {SOCKET}"
              "	http-request deny deny_status 429 if { path /api/ws } { sc_http_req_rate(0) gt 1 }\n", 429),
    ],
    "maintenance": [
        Idiom(f'	http-request return status 503 content-type text/html string "<h1>Back soon</h1>" hdr Retry-After 600 {SOCKET}', 503),
    ],
    "wrong-host": [
        Idiom("	http-request deny deny_status 404 if !{ hdr(host) -i app.lab.test }\n", 404, health=Meets(404, None)),
        Idiom("	http-request deny if !{ hdr(host) -i app.lab.test }\n", 403, "403", health=Meets(403, None)),
    ],
    "down": [Idiom(PLAIN, 503, health=Meets(503, None)),
             Idiom("	http-after-response set-header Server nginx\n", 503, "faked", health=Meets(503, None))],
    "socket-down": [
        Idiom(f"	use_backend nowhere {SOCKET}", 503),
        Idiom(f"	use_backend disabled {SOCKET}backend disabled\n	server one $upstream disabled\n", 503, "disabled"),
        Idiom(f"	use_backend empty {SOCKET}backend empty\n", 503, "no-server"),
    ],
    "socket-unresolvable": [
        Idiom(f"	use_backend unknown {SOCKET}backend unknown\n	server one backend.lab.invalid:8000 resolvers nobody init-addr none\n"
              "resolvers nobody\n	nameserver one 127.0.0.1:1\n", 503),
    ],
    "cut-when-idle": [
        Idiom("	use_backend impatient if TRUE\nbackend impatient\n	timeout tunnel 1s\n	server app $upstream\n"),
    ],
    "hangs": [
        Idiom("	use_backend impatient if TRUE\nbackend impatient\n	timeout server 400ms\n	server app $upstream\n", 504),
    ],
}
