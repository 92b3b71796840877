"""A landscape as values, and as SVG: sky, sun, a path, hills one before the other, and water.

Only shapes and attributes, no style, script or text, so that it shows under any policy. Whole
numbers and few of them: it is some KB.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from renderer.artwork_colours import Colour, Palette, between, mixed, web_colour

SIDE = 512
HORIZON = 340  # the sky goes on behind the hills as far as this
SHORE = 412
BEAD = 2.2  # wide
BOW = 0.16  # of its length, how far an arc stands off
STREAK_SHARE = 0.5  # of the room for one

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Disc:
    """A sun, or what stands on its path."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Ridge:
    """The outline of a hill from left to right, and the beads on it."""

    heights: tuple[float, ...]  # y, at equal distances
    colour: Colour
    beads: tuple[float, ...] = ()  # distances from one to the next, and so on to the end


@dataclass(frozen=True, slots=True)
class Scene:
    palette: Palette
    suns: tuple[Disc, ...]
    rings: tuple[Disc, ...]  # around them, drawn as lines
    path: tuple[tuple[Point, Point], ...]  # arcs
    stops: tuple[Disc, ...]  # on the path
    ridges: tuple[Ridge, ...]  # the furthest first
    streaks: tuple[float, ...]  # widths of the lights on the water, from the shore on
    streaks_x: float  # their middle


def streak(notes: float, most: float, near: float) -> float:
    """How wide the light of a bar is.

    Args:
        notes: in this bar.
        most: in the fullest bar of the piece.
        near: to who looks, 0..1.
    """
    if not notes:
        return 0.0
    share = notes / most
    wide = 5 + 120 * share * math.sqrt(share) * notes / (notes + 12)
    return wide * between(0.6, 1.3, near)


def drawn(scene: Scene) -> str:
    """The scene as an SVG file, square, and complete: it stands on any ground."""
    palette = scene.palette
    spark, deep = web_colour(palette.spark), web_colour(palette.deep)
    stops = "".join(
        f'<stop offset="{offset}" stop-color="{web_colour(each)}"/>'
        for offset, each in ((0, palette.top), (0.55, palette.middle), (1, palette.glow))
    )
    water = f"M0 {SHORE}h{SIDE}v{SIDE - SHORE}H0z"
    mirror = f"matrix(1 0 0 -1 0 {SHORE + SIDE})"  # the sky once more, upside down
    parts = (
        f'<linearGradient id="s" x2="0" y2="1">{stops}</linearGradient>',
        f'<path fill="url(#s)" d="M0 0h{SIDE}v{HORIZON}H0z"/>',
        _group(f'fill="{web_colour(palette.sun)}"', map(_circle, scene.suns)),
        _group(
            f'fill="none" stroke="{spark}" stroke-width="1.4"',
            [*map(_circle, scene.rings), *(f'<path d="{_arc(*each)}"/>' for each in scene.path)],
        ),
        _group(f'fill="{spark}"', map(_circle, scene.stops)),
        *(_hill(ridge, palette) for ridge in scene.ridges),
        f'<path fill="{deep}" d="{water}"/>',
        f'<path fill="url(#s)" opacity=".72" transform="{mirror}" d="{water}"/>',
        _streaks(scene),
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}"'
    return f'{head} stroke-width="{BEAD}" stroke-linecap="round">{"".join(parts)}</svg>'


def _group(attributes: str, shapes: Sequence[str] | map[str]) -> str:
    inside = "".join(shapes)
    return f"<g {attributes}>{inside}</g>" if inside else ""


def _circle(disc: Disc) -> str:
    return f'<circle cx="{_n(disc.x)}" cy="{_n(disc.y)}" r="{_n(disc.radius)}"/>'


def _arc(start: Point, end: Point) -> str:
    (x, y), (to_x, to_y) = start, end
    bend_x, bend_y = (x + to_x) / 2 + BOW * (y - to_y), (y + to_y) / 2 + BOW * (to_x - x)
    return f"M{_n(x)} {_n(y)}Q{_n(bend_x)} {_n(bend_y)} {_n(to_x)} {_n(to_y)}"


def _hill(ridge: Ridge, palette: Palette) -> str:
    """Its heights pull the outline towards them: it passes half way from one to the next."""
    heights = [round(height) for height in ridge.heights]
    ends = [round(SIDE * each / len(heights)) for each in range(len(heights) + 1)]
    outline = f"M-9 {heights[0]}H0"
    x, y = 0, heights[0]
    for at, height in enumerate(heights):
        following = heights[min(at + 1, len(heights) - 1)]
        bend, end, middle = (ends[at] + ends[at + 1]) // 2, ends[at + 1], (height + following) // 2
        outline += f"q{bend - x} {height - y} {end - x} {middle - y}"
        x, y = end, middle
    beads = ""
    if ridge.beads:
        dashes = " ".join(f"0 {_n(each)}" for each in ridge.beads)
        bead = web_colour(mixed(ridge.colour, palette.spark, 0.62))
        beads = f' stroke="{bead}" stroke-dasharray="{dashes}"'
    return f'<path fill="{web_colour(ridge.colour)}"{beads} d="{outline}h9V{SIDE + 9}H-9z"/>'


def _streaks(scene: Scene) -> str:
    """Lights on the water below a sun, one below the other and wider as they come nearer."""
    if not any(scene.streaks):
        return ""
    room = (SIDE - SHORE) / len(scene.streaks)
    lines = ""
    for number, width in enumerate(scene.streaks):
        near = (number + 0.5) / len(scene.streaks)
        sway = (number * 7 % 5 - 2) * 3 * near
        left = scene.streaks_x + sway - width / 2
        y = SHORE + (SIDE - SHORE) * near**1.1
        lines += f"M{round(left)} {round(y)}h{round(width)}" if width else ""
    light = web_colour(mixed(scene.palette.sun, scene.palette.spark, 0.35))
    thick = _n(min(5.0, max(1.0, STREAK_SHARE * room)))
    return f'<path stroke="{light}" stroke-width="{thick}" opacity=".8" d="{lines}"/>'


def _n(number: float) -> str:
    """To a tenth, in as few letters as it takes."""
    return f"{round(number, 1) + 0.0:g}"
