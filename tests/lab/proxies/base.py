"""What every proxy of the lab is: a program on a loopback address of its own that takes one configuration after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from programs import (Address, Child, private_address, small_environment, wait_until_it_accepts,
                      wait_until_it_refuses)


@dataclass(frozen=True)
class Site:
    """One site of a proxy, in the proxy's own language, with $upstream, $nowhere, $root ... to be filled in."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)
    scheme: str = "http"
    name: str = ""  # of the virtual host; empty: any

    def rendered(self) -> str:
        return Template(self.text).safe_substitute({name: str(value) for name, value in self.values.items()})


class Proxy:
    """A running proxy. Subclasses say how it is started, and how it takes a new configuration."""

    address: Address

    def serve(self, sites: Sequence[Site]) -> None:
        """Replaces the configuration. When it returns, new connections meet the new one."""
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError


class Restarted(Proxy):
    """A proxy that starts faster than it reloads: every configuration is a new process on the same address."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        directory.chmod(0o755)  # of those that give up root, the workers have to read it
        self.directory = directory
        self.address = private_address()
        self.child: Child | None = None

    def serve(self, sites: Sequence[Site]) -> None:
        (site,) = sites
        self.stop()
        configuration = self.directory / "configuration"
        configuration.write_text(self.configuration(site))
        self.child = Child(self.command(configuration), self.directory / "proxy.log", small_environment(self.directory))
        wait_until_it_accepts(self.address, self.child)

    def configuration(self, site: Site) -> str:
        """The whole file, around what the site says."""
        raise NotImplementedError

    def command(self, configuration: Path) -> list[str]:
        raise NotImplementedError

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()
            self.child = None
            wait_until_it_refuses(self.address)
