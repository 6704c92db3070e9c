"""Certificates for the TLS rows, by the openssl command: an authority of the lab's own, and one that nobody trusts."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

CONFIGURATION = """\
[ca]
default_ca = lab
[lab]
database = index.txt
new_certs_dir = .
default_md = sha256
policy = anything
rand_serial = yes
unique_subject = no
copy_extensions = copy
[anything]
commonName = supplied
"""


@dataclass(frozen=True)
class Certificate:
    chain: Path
    key: Path


class Authority:
    """A root certificate in a directory of its own."""

    def __init__(self, directory: Path, name: str) -> None:
        directory.mkdir()
        self.directory = directory
        self.root = directory / "root.pem"
        (directory / "ca.cnf").write_text(CONFIGURATION)
        (directory / "index.txt").touch()
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                     "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
                     "keyUsage=critical,keyCertSign,cRLSign", "-keyout", "root.key", "-out", "root.pem")

    def openssl(self, *arguments: str) -> None:
        done = subprocess.run(["openssl", *arguments], cwd=self.directory, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def issue(self, host: str, *, begins: str = "", ends: str = "") -> Certificate:
        """For `host`. The dates as openssl wants them (YYYYMMDDHHMMSSZ); by default it is valid now."""
        label = f"{host}-{begins or 'now'}-{ends or 'later'}"
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={host}",
                     "-addext", f"subjectAltName=DNS:{host}", "-addext", "extendedKeyUsage=serverAuth",
                     "-keyout", f"{label}.key", "-out", f"{label}.csr")
        dates = (["-startdate", begins] if begins else []) + (["-enddate", ends] if ends else ["-days", "20"])
        self.openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "root.pem", "-keyfile", "root.key",
                     "-in", f"{label}.csr", "-out", f"{label}.pem", *dates)
        return Certificate(self.directory / f"{label}.pem", self.directory / f"{label}.key")
