"""What an idiom is."""

from __future__ import annotations

from dataclasses import dataclass

from rows_base import Meets, Right


@dataclass(frozen=True)
class Idiom:
    site: str
    status: int | None = None  # of the refusal; None: what is usual for the fault
    variant: str = ""  # tells several ways apart that a proxy has for one fault
    arrives_at: str | None = None  # the path of the upgrade, where it arrives at another than is usual for the fault
    overall: Right | None = None  # where something else is right to say
    health: Meets | None = None  # where the health request meets something else than is usual for the fault


Idioms = dict[str, list[Idiom]]
