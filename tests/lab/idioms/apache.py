"""Apache httpd."""

from __future__ import annotations

from idioms.idiom import Idiom, Idioms
from rows_base import PREFIX_LOST, Meets

PLAIN = "ProxyPreserveHost On\nProxyPass / http://$upstream/ upgrade=websocket\n"
REWRITES = "RewriteEngine On\n"
TUNNEL = (REWRITES + "RewriteCond %{HTTP:Upgrade} websocket [NC]\nRewriteRule ^/(.*) ws://$upstream/$$1 [P]\n"
          "ProxyPass / http://$upstream/\n")
HEALTH = "ProxyPass /api/system/ http://$upstream/api/system/\n"


def at_socket(text: str) -> str:
    return f"<Location /api/ws>\n{text}\n</Location>\n" + PLAIN


def rule(text: str, condition: str = "") -> str:
    return REWRITES + condition + f"RewriteRule {text}\n" + PLAIN


UPGRADES = "RewriteCond %{HTTP:Upgrade} websocket [NC]\n"

IDIOMS: Idioms = {
    "healthy": [
        Idiom(PLAIN),
        Idiom(TUNNEL, variant="wstunnel"),
        Idiom("Header always set X-Frame-Options DENY\nHeader always set Referrer-Policy no-referrer\n" + PLAIN, variant="security-headers"),
    ],
    "healthy-hidden": [Idiom("Header unset Server\nHeader always unset Server\n" + PLAIN)],
    "healthy-faked": [Idiom("Header set Server cloudflare\n" + PLAIN)],
    "denied": [
        Idiom(at_socket("Require all denied"), variant="require"),
        Idiom(rule("^/api/ws - [F]"), variant="forbidden"),
        Idiom(at_socket("Require ip 192.0.2.0/24"), variant="require-ip"),
        Idiom(at_socket("Order deny,allow\nDeny from all"), variant="order"),
        Idiom(rule("^/api/ws - [G]"), 410, "gone"),
        Idiom(rule("^/api/ws - [R=405]"), 405, "405"),
    ],
    "denied-hidden": [Idiom("ServerSignature Off\nHeader always unset Server\n" + at_socket("Require all denied"))],
    "denied-not-found": [
        Idiom(rule("^/api/ws - [R=404]"), 404, "rule"),
        Idiom("DocumentRoot $root\n<Directory $root>\nRequire all granted\n</Directory>\nProxyPass /api/ws !\n" + PLAIN, 404, "files"),
    ],
    "denied-upgrades": [Idiom(rule("^ - [F]", UPGRADES))],
    "denied-page": [
        Idiom('ErrorDocument 403 "<h1>Access denied</h1>\n' + at_socket("Require all denied")),
        Idiom("Header always set X-Frame-Options DENY\n" + at_socket("Require all denied"), variant="security-headers"),
    ],
    "denied-imitating": [
        Idiom("ErrorDocument 403 '{\"detail\":\"Invalid token\"}'\nHeader always set Content-Type application/json \"expr=%{REQUEST_STATUS} == 403\"\n"
              + at_socket("Require all denied")),
    ],
    "token-checked": [Idiom(rule("^/api/ws - [F]", "RewriteCond %{QUERY_STRING} !token=good-token-of-the-lab\n"))],
    "intercepted": [Idiom('ProxyErrorOverride On\nErrorDocument 403 "<h1>Denied</h1>\n' + PLAIN),
                    Idiom("ProxyErrorOverride On\n" + PLAIN, variant="own-page")],
    "rewritten-everything": [
        Idiom(REWRITES + UPGRADES + "RewriteRule ^ ws://$upstream/index.html [P]\nRewriteRule ^ http://$upstream/index.html [P]\n"),
    ],
    "rewritten": [
        Idiom("ProxyPass /api/ws http://$upstream/socket upgrade=websocket\n" + PLAIN, arrives_at="/socket", variant="proxy-pass"),
        Idiom(rule("^/api/ws /index.html [PT]"), variant="rule"),
    ],
    "prefix-stripped": [Idiom("ProxyPass /api/ http://$upstream/ upgrade=websocket\n", health=PREFIX_LOST)],
    "prefix-doubled": [Idiom("ProxyPass /api/ http://$upstream/api/api/ upgrade=websocket\n", arrives_at="/api/api/ws",
                             health=Meets(404, "/api/api/system/health", False))],
    "upgrade-stripped": [
        Idiom("ProxyPreserveHost On\nProxyPass / http://$upstream/\n", variant="default"),
        Idiom(REWRITES + "RewriteRule ^/(.*) http://$upstream/$$1 [P]\n", variant="rule"),
    ],
    "single-page": [
        Idiom("DocumentRoot $root\n<Directory $root>\nRequire all granted\nFallbackResource /index.html\n</Directory>\n" + HEALTH),
    ],
    "redirect-https": [
        Idiom(REWRITES + "RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=308,L]\n", 308, health=Meets(308, None)),
        Idiom("Redirect permanent / https://app.lab.test/\n", 301, "redirect", health=Meets(301, None)),
    ],
    "redirect-login": [Idiom(rule("^/api/ws https://login.lab.test/ [R=302,L]"))],
    "basic-auth": [Idiom(at_socket("AuthType Basic\nAuthName lab\nAuthUserFile $root/users\nRequire valid-user"))],
    "rate-limited": [Idiom(rule("^/api/ws - [R=429]"), 429)],
    "maintenance": [
        Idiom(rule("^/api/ws - [R=503]"), 503),
        Idiom('ErrorDocument 503 "<h1>Back soon</h1>\nHeader always set Retry-After 600\n' + rule("^/api/ws - [R=503]"), 503, "page"),
    ],
    "wrong-host": [
        Idiom("<Location />\nRequire all denied\n</Location>\n", 403, "denied", health=Meets(403, None)),
        Idiom("DocumentRoot $root\n<Directory $root>\nRequire all granted\n</Directory>\n", 404, "files", health=Meets(404, None)),
    ],
    "down": [Idiom(PLAIN, 503, health=Meets(503, None))],
    "down-page": [Idiom('ErrorDocument 503 "<h1>Sorry</h1>\n' + PLAIN, 503, health=Meets(503, None))],
    "socket-down": [Idiom("ProxyPass /api/ws http://$nowhere/api/ws upgrade=websocket\n" + PLAIN, 503)],
    "hangs": [Idiom("ProxyPass / http://$upstream/ upgrade=websocket timeout=1\n", 502)],
}
