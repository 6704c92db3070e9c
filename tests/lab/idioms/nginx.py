"""nginx."""

from __future__ import annotations

from idioms.idiom import Idiom, Idioms
from rows_base import PREFIX_LOST, Meets

HEADERS = """\
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_set_header Host $host;
"""
FORWARD = "proxy_pass http://$upstream;"
PLAIN = HEADERS + f"		location / {{ {FORWARD} }}\n"
HEALTH = f"		location /api/system/ {{ {FORWARD} }}\n"


def at_socket(text: str, match: str = "= /api/ws") -> str:
    return PLAIN + f"		location {match} {{ {text} }}\n"


IDIOMS: Idioms = {
    "healthy": [
        Idiom(PLAIN),
        Idiom(HEADERS + "		gzip on;\n		add_header X-Frame-Options DENY always;\n		add_header X-Request-Id $request_id always;\n"
              f"		location / {{ {FORWARD} }}", variant="security-headers"),
        Idiom(HEADERS + f"		proxy_buffering off;\n		proxy_pass_header Server;\n		location / {{ {FORWARD} }}", variant="passes-server"),
    ],
    "healthy-hidden": [Idiom("		server_tokens off;\n" + PLAIN)],
    "healthy-faked": [Idiom("		add_header Server cloudflare always;\n" + PLAIN)],
    "denied": [
        Idiom(at_socket("deny all;"), variant="deny-all"),
        Idiom(at_socket("return 403;"), variant="return"),
        Idiom(at_socket(f"limit_except POST {{ deny all; }} {FORWARD}"), variant="limit-except"),
        Idiom(at_socket("return 405;"), 405, "405"),
    ],
    "denied-hidden": [Idiom("		server_tokens off;\n" + at_socket("deny all;"))],
    "denied-faked": [Idiom("		add_header Server uvicorn always;\n" + at_socket("deny all;"))],
    "denied-not-found": [
        Idiom(at_socket("return 404;"), 404, "return"),
        Idiom(at_socket("internal;"), 404, "internal"),
        Idiom(at_socket("root $root;"), 404, "files"),
    ],
    "denied-upgrades": [
        Idiom("		if ($http_upgrade) { return 403; }\n" + PLAIN),
        Idiom("		if ($http_connection ~* upgrade) { return 400; }\n" + PLAIN, 400, "bad-request"),
    ],
    "denied-page": [
        Idiom(at_socket('default_type text/html; return 403 "<h1>Access denied</h1>";')),
        Idiom("		error_page 403 @denied;\n		location @denied { default_type text/html; return 403 '<p>Ask the administrator.</p>'; }\n"
              + at_socket("deny all;"), variant="error-page"),
    ],
    "denied-imitating": [Idiom(at_socket("default_type application/json; return 403 '{\"detail\":\"Invalid token\"}';"))],
    "token-checked": [Idiom(at_socket(f"if ($arg_token != good-token-of-the-lab) {{ return 403; }} {FORWARD}"))],
    "intercepted": [
        Idiom(HEADERS + f"		proxy_intercept_errors on;\n		error_page 401 403 @denied;\n		location / {{ {FORWARD} }}\n"
              "		location @denied { default_type text/html; return 403 '<h1>Denied</h1>'; }"),
    ],
    "rewritten-everything": [
        Idiom(HEADERS + "		location / { rewrite ^ /index.html break; proxy_pass http://$upstream; }"),
    ],
    "rewritten": [
        Idiom(at_socket("rewrite ^ /index.html break; proxy_pass http://$upstream;"), variant="rewrite"),
        Idiom(at_socket("proxy_pass http://$upstream/socket;"), variant="proxy-pass", arrives_at="/socket"),
    ],
    "prefix-stripped": [Idiom(HEADERS + "		location /api/ { proxy_pass http://$upstream/; }\n", health=PREFIX_LOST)],
    "prefix-doubled": [Idiom(HEADERS + "		location /api/ { proxy_pass http://$upstream/api/api/; }\n", arrives_at="/api/api/ws",
                             health=Meets(404, "/api/api/system/health", False))],
    "upgrade-stripped": [
        Idiom("		location / { proxy_pass http://$upstream; }", variant="default"),
        Idiom("		proxy_http_version 1.1;\n		location / { proxy_pass http://$upstream; }", variant="http-1.1"),
        Idiom("		proxy_http_version 1.1;\n		proxy_set_header Connection '';\n		location / { proxy_pass http://$upstream; }",
              variant="keepalive"),
    ],
    "single-page": [Idiom(HEADERS + HEALTH + "		location / { root $root; try_files $uri /index.html; }\n")],
    "redirect-https": [Idiom("		return 308 https://$host$request_uri;", 308, health=Meets(308, None)),
                       Idiom("		return 301 https://$host$request_uri;", 301, "301", health=Meets(301, None))],
    "redirect-login": [Idiom(at_socket("return 302 https://login.lab.test/;"))],
    "basic-auth": [Idiom(at_socket(f"auth_basic lab; auth_basic_user_file $root/users; {FORWARD}"))],
    "aborted": [Idiom(at_socket("return 444;"))],
    "rate-limited": [
        Idiom(at_socket(f"limit_req zone=everybody; limit_req_status 429; {FORWARD}"), 429),
        Idiom(at_socket(f"limit_req zone=everybody; {FORWARD}"), 503, "default"),
    ],
    "maintenance": [
        Idiom(at_socket("return 503;"), 503),
        Idiom(at_socket("default_type text/html; add_header Retry-After 600 always; return 503 '<h1>Back soon</h1>';"), 503, "page"),
    ],
    "wrong-host": [
        Idiom("		return 404;", 404, health=Meets(404, None)),
        Idiom("		return 403;", 403, "403", health=Meets(403, None)),
        Idiom("		return 421;", 421, "421", health=Meets(421, None)),
    ],
    "down": [Idiom(PLAIN, 502, health=Meets(502, None)),
             Idiom("		server_tokens off;\n" + PLAIN, 502, "hidden", health=Meets(502, None))],
    "down-page": [
        Idiom("		error_page 502 504 @sorry;\n		location @sorry { default_type text/html; return 502 '<h1>Sorry</h1>'; }\n" + PLAIN, 502,
              health=Meets(502, None)),
    ],
    "socket-down": [Idiom(at_socket("proxy_pass http://$nowhere;"), 502)],
    "socket-unresolvable": [
        Idiom("		resolver 127.0.0.1:1 ipv6=off;\n		resolver_timeout 1s;\n"
              + at_socket("set $target backend.lab.invalid; proxy_pass http://$target:8000;"), 502),
    ],
    "cut-when-idle": [Idiom(f"		proxy_read_timeout 1s;\n{PLAIN}")],
    "hangs": [Idiom(f"		proxy_read_timeout 1s;\n{PLAIN}", 504)],
}
