"""The dials people understand, and what each does to a model's latents and to the choice."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import lru_cache
from pathlib import Path

import numpy as np

from generators.directions import Directions, load_directions
from generators.errors import WeightsError
from generators.keys import Key, parse_key
from station.controls import Controls
from station.curves import Curve
from station.show_settings import ShowSettings

logger = logging.getLogger(__name__)

# How far each dial takes a piece at 1, in units along the directions; at -1 as far the other way.
STEERING: Mapping[str, Mapping[str, float]] = {
    "energy": {"drums": 1.2, "syncopation": 0.8, "density": 0.3},
    "brightness": {"register": 0.9},
    "density": {"density": 1.2},
}
# What each dial at 1 wishes for among the candidates, by weight: see generators.wishes.
WISHES: Mapping[str, Mapping[str, float]] = {
    "energy": {"syncopation": 0.7, "drums": 0.5, "density": 0.3},
    "brightness": {"mode": 1.0, "register": 0.5},
    "density": {"density": 1.0},
}
TEMPERATURES = (0.1, 1.5)  # that an operator can reach
WILDNESS = 0.4  # added to the temperature by a whole turn of adventure
DRIVE = 0.05  # share of the tempo that a turn of energy adds


@dataclass(frozen=True, slots=True)
class Dials:
    """What the next piece is made with, whoever said so."""

    energy: float  # -1..1
    brightness: float  # -1..1
    density: float  # -1..1
    adventure: float  # 0..1
    temperature: float  # of sampling
    tempo: float  # times the show's
    key: Key | None  # where to go; None: on the show's way


def dials_at(show: ShowSettings, controls: Controls, local: time) -> Dials:
    """What holds at a time of day: the operator's where they turned something, else the show's.

    Where the operator turned adventure or energy, temperature and tempo go with it.
    """
    own = {
        name: Curve.of(getattr(show, name)).at(local)
        for name in ("energy", "brightness", "density", "adventure")
    }
    turned = {name: getattr(controls, name) for name in own if getattr(controls, name) is not None}
    now = own | turned
    temperature = show.temperature
    if "adventure" in turned:
        wilder = show.temperature + WILDNESS * (now["adventure"] - own["adventure"])
        temperature = min(TEMPERATURES[1], max(TEMPERATURES[0], wilder))
    return Dials(
        **now,
        temperature=temperature,
        tempo=controls.tempo * (1 + DRIVE * (now["energy"] - own["energy"])),
        key=None if controls.key is None else parse_key(controls.key),
    )


@lru_cache(maxsize=8)
def directions_of(model: Path) -> Directions | None:
    """What the dials steer a model by. The music goes on without."""
    try:
        return load_directions(model)
    except WeightsError as error:
        logger.warning("the dials steer nothing: %s", error)
        return None


def steer(latents: np.ndarray, dials: Dials, directions: Directions | None) -> np.ndarray:
    """A piece's latents, float32 `(n, z_size)`, where the dials want it; unmoved without any.

    A dial at 0 leaves the piece where it is; half turned, it draws it half of the way.
    """
    if directions is None:
        return latents
    names = directions.names
    goals = np.zeros(len(names))  # where to times how much of the way
    pulls = np.zeros(len(names))
    for dial, units in STEERING.items():
        turn = getattr(dials, dial)
        most = max(abs(unit) for unit in units.values())
        for name, unit in units.items():
            if name in names:
                goals[names.index(name)] += turn * unit
                # What a dial is not mainly about, it pulls more weakly and further.
                pulls[names.index(name)] += abs(turn * unit) / most
    pulls = np.minimum(1.0, pulls)
    return directions.pulled(latents, goals / np.maximum(pulls, 1e-9), pulls)


def wish(dials: Dials) -> dict[str, float]:
    """What the dials want of a candidate, by attribute: for `generators.wishes.granted`."""
    weights: dict[str, float] = {}
    for dial, wishes in WISHES.items():
        for name, weight in wishes.items():
            weights[name] = weights.get(name, 0.0) + getattr(dials, dial) * weight
    if dials.key is not None:  # transposing makes no minor of a major
        weights["mode"] = weights.get("mode", 0.0) + (1 if dials.key.mode == "major" else -1)
    return {name: weight for name, weight in weights.items() if weight}
