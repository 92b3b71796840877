"""What a station looks like: the sun sends waves over hills that are drawn from its name."""

from __future__ import annotations

import hashlib
import math

from generators.keys import KEYS
from renderer.artwork_colours import between, hill_colour, palette
from renderer.artwork_places import AXES
from renderer.artwork_scene import SIDE, Disc, Ridge, Scene, streak

SUN = Disc(SIDE / 2, 150, 54)
RINGS, RING_WIDTH = 4, 26
FURTHEST, NEAREST = 264.0, 404.0  # ground of the hills
HILLS, SLOTS = 4, 12
SWING = 38  # of a wave; two make a hill
STREAKS = 12


def station_scene(name: str) -> Scene:
    """Always the same, and another for each name."""
    dice = iter(hashlib.shake_128(f"latentfm station {name}".encode()).digest(64))
    place = tuple(next(dice) / 127.5 - 1 for _ in range(AXES))
    colours = palette(KEYS[next(dice) % len(KEYS)], place)
    ridges = []
    for number in range(HILLS):
        near = number / (HILLS - 1)
        length, phase, share, other = (next(dice) / 255 for _ in range(4))
        waves = (
            math.sin(at / (4 + 3 * length) + 7 * phase) + share * math.sin(at / 2 + 7 * other)
            for at in range(SLOTS)
        )
        heights = tuple(between(FURTHEST, NEAREST, near) - SWING * wave for wave in waves)
        ridges.append(Ridge(heights, hill_colour(colours, place, near), (SIDE / 32,)))
    return Scene(
        palette=colours,
        suns=(SUN,),
        rings=tuple(
            Disc(SUN.x, SUN.y, SUN.radius + RING_WIDTH * ring) for ring in range(1, RINGS + 1)
        ),
        path=(),
        stops=(),
        ridges=tuple(ridges),
        streaks=tuple(streak(8, 12 - at % 3, at / STREAKS) for at in range(STREAKS)),
        streaks_x=SUN.x,
    )
