"""Deployments behind Caddy, each written out: the incident, what looks like it, and what is Caddy's own."""

from __future__ import annotations

from behaviour import HEALTH_PATH, SOCKET_PATH, Behaviour
from deployment import Plan
from rows_base import (ABORTED, ACCEPTED, ANSWERED_BY_PROXY, BYPASS, CRASHED, DENIED, FALLBACK, HEALTH_LOST, HEALTHY, NO_ROUTE,
                       PROXY_AUTH, REDIRECTED, REFUSED, REFUSED_BY_BACKEND, REFUSED_VALID, REWROTE, STRIPPED, TIMEOUT, UNHEALTHY,
                       UNREACHABLE, WRONG_ORIGIN, Meets, Right, Row, behind, or_undetermined, refused_alike, right)

# ---- sites, as Caddyfile text ----

PLAIN = "\treverse_proxy $upstream"
# What Coolify's labels for a site become.
COOLIFY = """\
	root * $root
	encode zstd gzip
	handle_path /* {
		reverse_proxy $upstream
	}
	header -Server
	try_files {path} /index.html /index.php"""
COOLIFY_BUT_HEALTH = """\
	handle /api/system/* {
		reverse_proxy $upstream
	}
	handle {
		root * $root
		try_files {path} /index.html /index.php
		reverse_proxy $upstream
	}"""
DENY = "\trespond /api/ws 403\n\treverse_proxy $upstream"
HIDE_SERVER = "\theader -Server\n"
SECURITY_HEADERS = """\
	header {
		Strict-Transport-Security "max-age=31536000"
		X-Frame-Options DENY
		X-Content-Type-Options nosniff
	}
"""
DENY_UPGRADES = """\
	@upgrades header Connection *Upgrade*
	respond @upgrades 403
	reverse_proxy $upstream"""
MIMIC = """\
	handle /api/ws {
		header Content-Type application/json
		header Server uvicorn
		respond `{"detail":"Invalid token"}` 403
	}
	reverse_proxy $upstream"""
CHECK_TOKEN_AT_PROXY = """\
	@bad {
		path /api/ws
		not query token=%s
	}
	respond @bad 403
	reverse_proxy $upstream""" % Behaviour().token
REPLACE_REFUSALS = """\
	reverse_proxy $upstream {
		@refused status 403
		handle_response @refused {
			respond "Access denied" 403
		}
	}"""
STRIP_PREFIX = "\thandle_path /api/* {\n\t\treverse_proxy $upstream\n\t}"
REWRITE_SOCKET = "\trewrite /api/ws /index.html\n\treverse_proxy $upstream"
STRIP_UPGRADE = "\treverse_proxy $upstream {\n\t\theader_up -Upgrade\n\t\theader_up -Connection\n\t}"
SINGLE_PAGE_APPLICATION = """\
	handle /api/system/* {
		reverse_proxy $upstream
	}
	handle {
		root * $root
		try_files {path} /index.html
		file_server
	}"""
FILES_ONLY = """\
	handle /api/system/* {
		reverse_proxy $upstream
	}
	handle {
		root * $root
		file_server
	}"""
TO_HTTPS = "\tredir https://{host}{uri} 308"
TO_LOGIN = "\tredir /api/ws https://login.lab.test/ 302\n\treverse_proxy $upstream"
# The hash is of "lab"; nobody logs in.
BASIC_AUTH = """\
	basicauth /api/ws {
		lab $$2a$$14$$mJbeC8J1mgkIilyMSr/blOHbw0XvtBYwX.lZgzV9pDav15FXFVg8K
	}
	reverse_proxy $upstream"""
WRONG_PORT_FOR_SOCKET = "\treverse_proxy /api/ws $nowhere\n\treverse_proxy $upstream"
# Nobody answers on the name server's port, so the question is over at once.
UNRESOLVABLE = """\
	reverse_proxy /api/ws backend.lab.invalid:8000 {
		transport http {
			resolvers 127.0.0.1:1
		}
	}
	reverse_proxy $upstream"""
IMPATIENT = """\
	reverse_proxy $upstream {
		transport http {
			response_header_timeout 400ms
		}
	}"""
ABORT = "\tabort /api/ws\n\treverse_proxy $upstream"

WSPROTO = "uvicorn-wsproto"


def alike(name: str, site: str, overall: Right, meets: Meets, **changes: object) -> Row:
    plan = changes.pop("plan", behind(site))
    assert isinstance(plan, Plan)
    return refused_alike(name, plan, overall, meets, **changes)


CADDY_ROWS: list[Row] = [
    # Healthy ones. The invalid token's refusal is the backend's, whatever product the headers name.
    Row("healthy", behind(PLAIN), ACCEPTED, REFUSED_BY_BACKEND, HEALTHY, REFUSED, passes=True),
    Row("healthy-wsproto", behind(PLAIN, backend=WSPROTO), ACCEPTED, REFUSED_BY_BACKEND, HEALTHY, REFUSED, passes=True),
    Row("no-server-header", behind(HIDE_SERVER + PLAIN), ACCEPTED, REFUSED_BY_BACKEND, HEALTHY, REFUSED, passes=True),
    Row("no-server-header-wsproto", behind(HIDE_SERVER + PLAIN, backend=WSPROTO), ACCEPTED, REFUSED_BY_BACKEND, HEALTHY,
        REFUSED, passes=True),
    Row("security-headers", behind(SECURITY_HEADERS + PLAIN), ACCEPTED, REFUSED_BY_BACKEND, HEALTHY, REFUSED, passes=True),
    Row("coolify-empty-root", behind(COOLIFY), ACCEPTED, REFUSED_BY_BACKEND, HEALTHY, REFUSED, passes=True),
    Row("coolify-empty-root-wsproto", behind(COOLIFY, backend=WSPROTO), ACCEPTED, REFUSED_BY_BACKEND, HEALTHY, REFUSED,
        passes=True),
    Row("refuses-after-accept-4401", behind(PLAIN, behaviour=Behaviour(close_code_after_accept=4401)), ACCEPTED,
        Meets(101, close_code=4401), HEALTHY, REFUSED, passes=True, refusal_codes=(4401,)),
    Row("refuses-after-accept-1008", behind(PLAIN, backend=WSPROTO, behaviour=Behaviour(close_code_after_accept=1008)),
        ACCEPTED, Meets(101, close_code=1008), HEALTHY, REFUSED, passes=True, refusal_codes=(1008,)),

    # The incident, and what looks like it.
    alike("incident", COOLIFY, REWROTE, Meets(403, "/index.html"), health=HEALTH_LOST,
                  plan=behind(COOLIFY, root_has_index=True)),
    alike("incident-wsproto", COOLIFY, REWROTE, Meets(403, "/index.html"), health=HEALTH_LOST,
                  plan=behind(COOLIFY, root_has_index=True, backend=WSPROTO)),
    alike("incident-health-spared", COOLIFY_BUT_HEALTH, or_undetermined(REWROTE), Meets(403, "/index.html"),
                  plan=behind(COOLIFY_BUT_HEALTH, root_has_index=True)),
    alike("prefix-stripped", STRIP_PREFIX, or_undetermined(REWROTE), Meets(403, "/ws"),
                  health=Meets(404, "/system/health", arrives_as_upgrade=False)),
    alike("socket-rewritten", REWRITE_SOCKET, or_undetermined(REWROTE), Meets(403, "/index.html")),
    alike("no-route", PLAIN, or_undetermined(NO_ROUTE), REFUSED_BY_BACKEND,
                  plan=behind(PLAIN, behaviour=Behaviour(has_route=False))),
    # The same answers as in the incident, health included: only the length of a path that arrives whole tells them apart.
    alike("another-application", PLAIN, or_undetermined(NO_ROUTE), REFUSED_BY_BACKEND,
                  health=Meets(404, HEALTH_PATH, arrives_as_upgrade=False),
                  plan=behind(PLAIN, behaviour=Behaviour(has_route=False, has_health=False))),
    alike("wrong-valid-token", PLAIN, or_undetermined(REFUSED_VALID), REFUSED_BY_BACKEND,
                  token="yesterdays-token", refusal=or_undetermined(right("backend", "none backend client", "auth_rejected"))),
    alike("wrong-valid-token-wsproto", PLAIN, or_undetermined(REFUSED_VALID), REFUSED_BY_BACKEND,
                  plan=behind(PLAIN, backend=WSPROTO), token="yesterdays-token",
                  refusal=or_undetermined(right("backend", "none backend client", "auth_rejected"))),
    alike("origin-demanded", PLAIN, or_undetermined(WRONG_ORIGIN), REFUSED_BY_BACKEND,
                  plan=behind(PLAIN, behaviour=Behaviour(only_origin="https://app.lab.test"))),

    # The proxy's own refusals.
    alike("denied", DENY, DENIED, ANSWERED_BY_PROXY),
    alike("denied-wsproto", DENY, DENIED, ANSWERED_BY_PROXY, plan=behind(DENY, backend=WSPROTO)),
    alike("denied-no-server-header", HIDE_SERVER + DENY, DENIED, ANSWERED_BY_PROXY),
    alike("denied-security-headers", SECURITY_HEADERS + DENY, or_undetermined(DENIED), ANSWERED_BY_PROXY),
    alike("denied-upgrades-only", DENY_UPGRADES, or_undetermined(DENIED), ANSWERED_BY_PROXY),
    alike("denied-imitating-backend", MIMIC, or_undetermined(DENIED), ANSWERED_BY_PROXY),
    alike("basic-auth", BASIC_AUTH, PROXY_AUTH, Meets(401, None)),
    alike("redirect-to-https", TO_HTTPS, REDIRECTED, Meets(308, None), health=Meets(308, None)),
    alike("redirect-to-login", TO_LOGIN, REDIRECTED, Meets(302, None)),
    alike("single-page-application", SINGLE_PAGE_APPLICATION, FALLBACK, Meets(200, None),
                  plan=behind(SINGLE_PAGE_APPLICATION, root_has_index=True)),
    alike("files-only", FILES_ONLY, or_undetermined(right("proxy", "proxy", "route_missing proxy_denied")),
                  Meets(404, None)),
    alike("aborted", ABORT, or_undetermined(ABORTED), Meets(0, None), refusal=None),
    Row("token-checked-by-proxy", behind(CHECK_TOKEN_AT_PROXY), ACCEPTED, ANSWERED_BY_PROXY,
        or_undetermined(right("backend proxy", "none proxy", "healthy proxy_denied")),
        or_undetermined(right("proxy", "none proxy", "proxy_denied")), passes=None),
    # The bytes are the proxy's, the refusal is the backend's: "denied by the proxy" would send people to the wrong place.
    Row("refusals-replaced-by-proxy", behind(REPLACE_REFUSALS), ACCEPTED, REFUSED_BY_BACKEND,
        or_undetermined(right("backend proxy", "none", "healthy auth_rejected")),
        or_undetermined(right("backend proxy", "none", "auth_rejected")), passes=None),

    # The way to the backend, and the backend itself.
    alike("backend-down", PLAIN, UNREACHABLE, Meets(502, None), health=Meets(502, None),
                  plan=behind(PLAIN, backend_runs=False)),
    alike("backend-down-no-server-header", HIDE_SERVER + PLAIN, UNREACHABLE, Meets(502, None),
                  health=Meets(502, None), plan=behind(HIDE_SERVER + PLAIN, backend_runs=False)),
    alike("socket-to-wrong-port", WRONG_PORT_FOR_SOCKET, UNREACHABLE, Meets(502, None)),
    alike("socket-to-unknown-host", UNRESOLVABLE, UNREACHABLE, Meets(502, None)),
    alike("upgrade-stripped", STRIP_UPGRADE, STRIPPED, Meets(404, SOCKET_PATH, arrives_as_upgrade=False)),
    alike("upgrade-stripped-no-server-header", HIDE_SERVER + STRIP_UPGRADE, or_undetermined(STRIPPED),
                  Meets(404, SOCKET_PATH, arrives_as_upgrade=False)),
    alike("backend-hangs", IMPATIENT, or_undetermined(TIMEOUT), Meets(504, SOCKET_PATH),
                  plan=behind(IMPATIENT, behaviour=Behaviour(hangs=True))),
    alike("backend-crashes", PLAIN, or_undetermined(CRASHED), Meets(500),
                  plan=behind(PLAIN, behaviour=Behaviour(crashes=True))),
    Row("accepts-anything", behind(PLAIN, behaviour=Behaviour(checks_token=False)), ACCEPTED, ACCEPTED, BYPASS, BYPASS),
    Row("accepts-anything-wsproto", behind(PLAIN, backend=WSPROTO, behaviour=Behaviour(checks_token=False)), ACCEPTED,
        ACCEPTED, BYPASS, BYPASS),
    Row("health-says-unavailable", behind(PLAIN, behaviour=Behaviour(health_says_available=False)), ACCEPTED,
        REFUSED_BY_BACKEND, UNHEALTHY, REFUSED),
    Row("origin-given", behind(PLAIN, behaviour=Behaviour(only_origin="https://app.lab.test")), ACCEPTED,
        REFUSED_BY_BACKEND, HEALTHY, REFUSED, passes=True, options=("--origin", "https://app.lab.test")),
]
