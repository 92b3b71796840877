"""The card of a groove model: what it is, how far it is off, and whose drumming it learned."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from generators.card import CARD
from generators.groove.drummer import load_drummer
from generators.groove.figures import Errors, by_place, constant, errors
from generators.groove.performances import LICENCE, SOURCE, Performance
from generators.weights import DESCRIPTION

_TEXT = """\
# {name}

A GrooVAE that is given the hits of a drum part, two bars at a time, and says how hard each is
struck and how early or late. It has Magenta's layout (`groovae_2bar_hits_control`) in a small size:
{weights:,} weights, latents of {z_size} numbers. The station plays its drums with it: see
`docs/feel.md`.

## How far it is off

Mean absolute errors on recordings it was not trained on, played from their hits alone as on air.
The test is the evaluation sessions, {hits:,} hits of {files} recordings, for which several drummers
played the same grooves; validation is one in ten of the other recordings, and chose these weights.
The two it is measured against know the medians of the training recordings. A recording's own lag
behind the click is taken out before.

| | test: velocity (of 127) | time (ms) | validation: velocity | time |
|---|---|---|---|---|
{rows}

## Training

{seconds:,} seconds on one core, {training_steps:,} steps on {training_windows:,} windows of two
bars; settings: {settings}.

## Credits

Learned from the {source}: Jon Gillick, Adam Roberts, Jesse Engel, Douglas Eck and David Bamman,
"Learning to Groove with Inverse Sequence Transformations", ICML 2019. The dataset is licensed under
the Creative Commons Attribution 4.0 International Licence ({licence},
https://creativecommons.org/licenses/by/4.0/). What was changed: recordings in 4/4 were put on a
grid of sixteenths, their drums gathered into nine kinds, and these weights trained on them.

sha256 of the weights: `{sha256}`
"""


def compare(
    folder: Path, performances: Sequence[Performance]
) -> Mapping[str, tuple[Errors, Errors]]:
    """The model and what it is measured against, on the test and on the validation recordings."""
    train, test, validation = (
        [p for p in performances if p.side == side] for side in ("train", "test", "validation")
    )
    ways = {
        "every hit alike": constant(train),
        "by drum and place in the bar": by_place(train),
        "this model": load_drummer(folder).touch,
    }
    return {name: (errors(test, way), errors(validation, way)) for name, way in ways.items()}


def write_card(
    folder: Path,
    performances: Sequence[Performance],
    found: Mapping[str, tuple[Errors, Errors]],
) -> None:
    """Beside the weights, as README.md."""
    description = json.loads((folder / DESCRIPTION).read_text())
    facts, config = description["facts"], description["config"]
    test = [p for p in performances if p.side == "test"]
    text = _TEXT.format(
        name=facts["name"],
        weights=facts["weights"],
        z_size=config["z_size"],
        hits=int(np.sum([p.grid[:, 0].sum() for p in test])),
        files=len(test),
        rows="\n".join(
            f"| {name} | "
            + " | ".join(f"{e.velocity:.1f} | {e.offset_ms:.1f}" for e in on_both_sides)
            + " |"
            for name, on_both_sides in found.items()
        ),
        seconds=facts["training_seconds"],
        training_steps=facts["training_steps"],
        training_windows=facts["training_windows"],
        settings=", ".join(f"{name} {value}" for name, value in facts["settings"].items()),
        source=SOURCE,
        licence=LICENCE,
        sha256=description["sha256"],
    )
    (folder / CARD).write_text(text)
