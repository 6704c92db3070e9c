"""What caddy-docker-proxy makes of containers' labels: a Caddyfile. As its README tells it, and independent of the linter.

    caddy.handle_1=/api/*                       app.lab.test {
    caddy.handle_1.reverse_proxy={{...}}   ->       handle /api/* {
    caddy=app.lab.test                                  reverse_proxy app:8000
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml

PROXIES = ("reverse_proxy", "php_fastcgi")
UNORDERED = 1 << 31


@dataclass
class Block:
    """A directive or a site with what is inside."""

    words: list[str] = field(default_factory=list)
    order: int = UNORDERED
    children: list[Block] = field(default_factory=list)

    @property
    def matcher(self) -> str:
        return self.words[1] if len(self.words) > 1 and self.words[1][0] in "*/@" else "*"

    @property
    def rank(self) -> tuple[int, int, list[str]]:
        is_snippet = bool(self.words) and self.words[0].startswith("(")
        return (0 if not self.words else 1 if is_snippet else 2, self.order, self.words)

    def is_one_with(self, other: Block) -> bool:
        proxies = self.words[:1] == other.words[:1] and self.words[0] in PROXIES if self.words else False
        return (proxies and self.matcher == other.matcher) or self.words == other.words

    def lines(self, depth: int = 0) -> Iterator[str]:
        yield "\t" * depth + " ".join(self.words) + (" {" if self.children else "")
        if self.children:
            for child in sorted(self.children, key=lambda block: block.rank):
                yield from child.lines(depth + 1)
            yield "\t" * depth + "}"


def merge(into: list[Block], blocks: list[Block]) -> None:
    for block in blocks:
        partner = next((other for other in into if other.is_one_with(block)), None)
        if partner is None:
            into.append(block)
            continue
        if block.words and block.words[0] in PROXIES:
            partner.words += block.words[2 if block.matcher != "*" else 1:]
        merge(partner.children, block.children)


def block_for(part: str, is_root: bool) -> Block:
    found = re.fullmatch(r"(?:(\d+)_)?(.*?)(?:_(\d+))?", part)
    assert found
    return Block([] if is_root else [found[2]], int(found[1]) if found[1] else UNORDERED)


def blocks_of(labels: Mapping[str, str], container: str) -> list[Block]:
    def upstreams(found: re.Match[str]) -> str:
        words = found[1].split()
        target = container + "".join(f":{word}" for word in words if word.isdigit())
        return "".join(f"{word}://" for word in words if not word.isdigit()) + target

    blocks: dict[tuple[str, ...], Block] = {}
    roots: list[Block] = []
    for key, value in labels.items():
        if not re.match(r"caddy(_\d+)?(\.|$)", key):
            continue
        parts = tuple(re.split(r"(?<!\\)\.", key))
        for depth in range(1, len(parts) + 1):
            if parts[:depth] not in blocks:
                block = blocks[parts[:depth]] = block_for(parts[depth - 1], depth == 1)
                (roots if depth == 1 else blocks[parts[:depth - 1]].children).append(block)
        blocks[parts].words += re.sub(r"\{\{\s*upstreams\s*(.*?)\}\}", upstreams, value).split()
    return roots


def containers_in(name: str, text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The containers of a Compose file, of `docker inspect`, or the one of a list of labels; with their labels."""
    if name.endswith(".json"):
        for container in json.loads(text):
            network, *_ = container["NetworkSettings"]["Networks"].values()
            yield network["Aliases"][0], container["Config"]["Labels"]
    elif name.endswith((".yaml", ".yml")):
        for service, body in yaml.safe_load(text)["services"].items():
            labels = body.get("labels", {})
            yield service, dict(row.split("=", 1) for row in labels) if isinstance(labels, list) else labels
    else:
        yield "app", dict(row.split("=", 1) for row in text.split("\n") if row)


def caddyfile_of(files: Mapping[str, str]) -> str:
    """Of the containers of all files, each label once."""
    sites: list[Block] = []
    for name, text in files.items():
        for container, labels in containers_in(name, text):
            merge(sites, blocks_of(labels, container))
    return "\n".join(line for site in sorted(sites, key=lambda block: block.rank) for line in site.lines()) + "\n"
