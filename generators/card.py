"""A model card, written from what the model folder says of itself and from its evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.music import PARTS
from generators.pages import render

CARD = "README.md"
FIGURES = "figures.json"  # of an evaluation, in a report and beside the card made from it


def card(
    config: Mapping[str, Any],
    facts: Mapping[str, Any],
    sha256: str,
    figures: Mapping[str, Any] | None = None,
) -> str:
    """The card as Markdown.

    Args:
        config: the model's shape; every field of it is on the card.
        facts: of `model.json`; what a model has no fact of is left out.
        sha256: of the weights.
        figures: an evaluation's, as in its `figures.json`; those of other weights are left out.
    """
    if figures is not None and figures["model"]["sha256"] != sha256:
        figures = None
    hours, minutes = divmod(round(facts.get("training_seconds", 0) / 60), 60)
    return render(
        "card.md.j2",
        config=config,
        facts=facts,
        sha256=sha256,
        figures=figures,
        parts=PARTS,
        trained_for=f"{hours} h {minutes:02} min",
        shape=_listed({name: value for name, value in config.items() if name != "name"}),
        sittings=[{**s, "settings": _listed(s["settings"])} for s in facts.get("sittings", [])],
    )


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
