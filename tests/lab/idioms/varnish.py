"""Varnish."""

from __future__ import annotations

from idioms.idiom import Idiom, Idioms
from rows_base import PREFIX_LOST, Meets, or_undetermined, right


def at_socket(text: str) -> str:
    return f'sub vcl_recv {{ if (req.url ~ "^/api/ws") {{ {text} }} }}\n'


def page(*lines: str) -> str:
    return f"sub vcl_synth {{ {' '.join(lines)} return (deliver); }}\n"


# What it pipes, it cuts off without a word when there is nobody to pipe to.
CUT_OFF = right("proxy none", "proxy backend network undetermined", "upstream_unreachable connection_aborted")
OURS = 'if (req.http.host != "app.lab.test")'

IDIOMS: Idioms = {
    "healthy": [
        Idiom(""),
        Idiom('sub vcl_deliver { set resp.http.X-Cache = "MISS"; set resp.http.X-Frame-Options = "DENY"; }\n', variant="headers"),
    ],
    "healthy-hidden": [
        Idiom("sub vcl_deliver { unset resp.http.Server; unset resp.http.Via; unset resp.http.X-Varnish; unset resp.http.Age; }\n"),
    ],
    "healthy-faked": [Idiom('sub vcl_deliver { set resp.http.Server = "cloudflare"; }\n')],
    "denied": [
        Idiom(at_socket("return (synth(403));"), variant="synth"),
        Idiom(at_socket('return (synth(403, "Not for you"));'), variant="reason"),
        Idiom(at_socket("return (synth(405));"), 405, "405"),
    ],
    "denied-hidden": [
        Idiom("sub vcl_synth { unset resp.http.Server; unset resp.http.X-Varnish; }\n" + at_socket("return (synth(403));")),
    ],
    "denied-faked": [Idiom('sub vcl_synth { set resp.http.Server = "uvicorn"; }\n' + at_socket("return (synth(403));"))],
    "denied-not-found": [Idiom(at_socket("return (synth(404));"), 404)],
    "denied-upgrades": [Idiom("sub vcl_recv { if (req.http.Upgrade) { return (synth(403)); } }\n")],
    "denied-page": [
        Idiom(page('set resp.http.Content-Type = "text/html";', 'synthetic("<h1>Access denied</h1>");')
              + at_socket("return (synth(403));")),
    ],
    "denied-imitating": [
        Idiom(page('set resp.http.Content-Type = "application/json";', 'set resp.http.Server = "uvicorn";',
                   'synthetic("""{"detail":"Invalid token"}""");') + at_socket("return (synth(403));")),
    ],
    "token-checked": [
        Idiom('sub vcl_recv { if (req.url ~ "^/api/ws" && req.url !~ "token=good-token-of-the-lab") { return (synth(403)); } }\n'),
    ],
    "rewritten-everything": [Idiom('sub vcl_recv { set req.url = regsub(req.url, "^[^?]*", "/index.html"); }\n')],
    "rewritten": [Idiom(at_socket('set req.url = regsub(req.url, "^[^?]*", "/index.html");'))],
    "prefix-stripped": [Idiom('sub vcl_recv { set req.url = regsub(req.url, "^/api", ""); }\n', health=PREFIX_LOST)],
    "prefix-doubled": [Idiom('sub vcl_recv { set req.url = "/api" + req.url; }\n', arrives_at="/api/api/ws",
                             health=Meets(404, "/api/api/system/health", False))],
    "upgrade-stripped": [Idiom("sub vcl_recv { return (pass); }\n")],
    "single-page": [
        Idiom(page('set resp.http.Content-Type = "text/html";',
                   'synthetic("<!doctype html><title>frontend</title><div id=app></div>");')
              + 'sub vcl_recv { if (req.url !~ "^/api/system/") { return (synth(200)); } }\n'),
    ],
    "redirect-https": [
        Idiom(page('set resp.http.Location = "https://" + req.http.host + req.url;') + "sub vcl_recv { return (synth(301)); }\n", 301,
              health=Meets(301, None)),
    ],
    "redirect-login": [
        Idiom(page('set resp.http.Location = "https://login.lab.test/";') + at_socket("return (synth(302));")),
    ],
    "basic-auth": [
        Idiom('sub vcl_synth { set resp.http.WWW-Authenticate = {"Basic realm="lab""}; }\n' + at_socket("return (synth(401));")),
    ],
    "rate-limited": [Idiom(at_socket('return (synth(429, "Too Many Requests"));'), 429)],
    "maintenance": [
        Idiom(page('set resp.http.Content-Type = "text/html";', 'set resp.http.Retry-After = "600";', 'synthetic("<h1>Back soon</h1>");')
              + at_socket("return (synth(503));"), 503),
    ],
    "wrong-host": [
        Idiom(f"sub vcl_recv {{ {OURS} {{ return (synth(404)); }} }}\n", 404, health=Meets(404, None)),
        Idiom(f"sub vcl_recv {{ {OURS} {{ return (synth(421)); }} }}\n", 421, "421", health=Meets(421, None)),
    ],
    "down": [Idiom("", 0, health=Meets(503, None), overall=CUT_OFF)],
    "socket-down": [Idiom(at_socket("set req.backend_hint = nowhere;"), 0, overall=or_undetermined(CUT_OFF, "fault", "cause"))],
}
