"""Edges that are reached by TLS and offer HTTP/2, or do not: each a program with its configuration, in front of the lab's
application or being it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from behaviour import Behaviour, Record
from certificates import Certificate
from programs import Address, Child, private_address, small_environment, wait_until_it_accepts
from proxies.nginx import HEAD as NGINX_HEAD

HERE = Path(__file__).resolve().parent
MODULES = "/usr/lib/apache2/modules"

HAPROXY = """\
global
	log stdout format raw local0
{settings}
defaults
	mode http
	timeout connect 2s
	timeout client 30s
	timeout server 30s
	timeout tunnel 30s
frontend edge
	bind {address} ssl crt {pem} alpn {alpn}
{rules}
	default_backend app
backend app
	server app {upstream}
"""

NGINX = NGINX_HEAD + """\
	map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
	server {{
		listen {address} ssl {rules};
		ssl_certificate {chain};
		ssl_certificate_key {key};
		location / {{
			proxy_pass http://{upstream};
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection $connection_upgrade;
			proxy_set_header Host $host;
		}}
	}}
}}
"""

CADDY = """\
{{
	admin off
	auto_https off
}}
https://edge.lab.test:{address.port} {{
	bind {address.host}
	tls {chain} {key}
	reverse_proxy {upstream}
}}
"""

APACHE = """\
ServerName edge.lab.test
PidFile {directory}/pid
DefaultRuntimeDir {directory}
Mutex file:{directory}
ErrorLog {directory}/error.log
Listen {address}
{modules}
{user}
<VirtualHost {address}>
	Protocols h2 http/1.1
	SSLEngine on
	SSLCertificateFile {chain}
	SSLCertificateKeyFile {key}
	RewriteEngine on
	RewriteCond %{{HTTP:Upgrade}} =websocket [NC]
	RewriteRule ^/(.*) ws://{upstream}/$1 [P,L]
	ProxyPass / http://{upstream}/
</VirtualHost>
"""
APACHE_MODULES = "mpm_event authz_core http2 ssl socache_shmcb proxy proxy_http proxy_wstunnel rewrite".split()


@dataclass(frozen=True)
class Plan:
    """One edge. `rules` is what its kind wants to be told; a Node edge is the application itself."""

    kind: str
    rules: str = ""
    alpn: str = "h2,http/1.1"
    settings: str = ""  # HAProxy's global ones
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def is_the_application(self) -> bool:
        return self.kind == "node"


class Edge:
    def __init__(self, plan: Plan, directory: Path, certificate: Certificate, upstream: Address) -> None:
        directory.mkdir()
        directory.chmod(0o755)
        self.plan, self.directory, self.certificate = plan, directory, certificate
        self.address = private_address()
        self.record = Record(directory / "record.jsonl")
        self.values = {"address": self.address, "directory": directory, "chain": certificate.chain, "key": certificate.key,
                       "upstream": upstream, "rules": plan.rules, "alpn": plan.alpn, "settings": plan.settings,
                       "pem": directory / "both.pem"}
        environment = small_environment(directory) | Behaviour().environment(self.record.path) | plan.environment
        self.child = Child(self.command(), directory / "edge.log", environment)
        wait_until_it_accepts(self.address, self.child)

    def configuration(self, template: str, **values: object) -> str:
        file = self.directory / "configuration"
        file.write_text(template.format(**self.values, **values))
        return str(file)

    def command(self) -> list[str]:
        return getattr(self, self.plan.kind)()

    def haproxy(self) -> list[str]:
        pem = self.directory / "both.pem"
        pem.write_text(self.certificate.chain.read_text() + self.certificate.key.read_text())
        return ["/usr/sbin/haproxy", "-db", "-f", self.configuration(HAPROXY)]

    def nghttpx(self) -> list[str]:
        upstream = self.values["upstream"]
        return ["/usr/sbin/nghttpx", "--conf=/dev/null", f"--frontend={self.address.host},{self.address.port}",
                f"--backend={upstream.host},{upstream.port}", "--workers=1", "--errorlog-file=/dev/stderr",
                f"--pid-file={self.directory}/pid", str(self.certificate.key), str(self.certificate.chain)]

    def nginx(self) -> list[str]:
        return ["/usr/sbin/nginx", "-e", "stderr", "-p", str(self.directory), "-c", self.configuration(NGINX)]

    def caddy(self) -> list[str]:
        return ["/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", self.configuration(CADDY)]

    def apache(self) -> list[str]:
        modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in APACHE_MODULES)
        user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
        file = self.configuration(APACHE, modules=modules, user=user)
        return ["/usr/sbin/apache2", "-D", "FOREGROUND", "-d", str(self.directory), "-f", file]

    def node(self) -> list[str]:
        return ["/usr/bin/node", str(HERE / "http2_edge.js"), self.plan.rules, self.address.host, str(self.address.port),
                str(self.certificate.chain), str(self.certificate.key)]

    def stop(self) -> None:
        self.child.stop()
