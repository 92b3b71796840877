"""Which of the cards and outputs of a machine a name of the settings means."""

from __future__ import annotations

from collections.abc import Sequence


def named(name: str, names: Sequence[str]) -> str | None:
    """The one of that name, else the first that has it in its name; None for none."""
    wanted = name.casefold()
    exact = [each for each in names if each.casefold() == wanted]
    return next(iter((*exact, *(each for each in names if wanted in each.casefold()))), None)
