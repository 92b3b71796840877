"""What a piece looks like: its sections as hills, its way through latent space in the sky."""

from __future__ import annotations

import math
from itertools import pairwise

from generators.keys import Key, parse_key
from generators.music import STEPS_PER_BAR, Piece
from renderer.artwork_colours import Palette, between, hill_colour, palette
from renderer.artwork_notes import Section, density, hill, rhythm, sections, slots_for
from renderer.artwork_places import NOWHERE, Place, middle_of, place_of, place_of_bar
from renderer.artwork_scene import SIDE, Disc, Point, Ridge, Scene, streak

MIDDLE = (SIDE / 2, 132.0)  # of the sky; a place in latent space lies around it
REACH = (170.0, 56.0)
APART = 1.7  # sections lie close: their distances are drawn larger than they are
SKY = (24.0, 488.0, 24.0, 205.0)  # where a path may go: left, right, top, bottom
SLOWEST_QPM, FASTEST_QPM = 60.0, 150.0  # ... have the largest and the smallest sun
LARGEST, SMALLEST = 72.0, 36.0
FURTHEST, NEAREST = 254.0, 404.0  # ground of the hills
HEIGHTS = 80.0, 104.0  # of the furthest hill and the nearest
PLAIN = 0.5  # colour of what no model made
PLAIN_PLACE: Place = (0.0, 0.0, 0.0, 0.45, 0.0)


def piece_scene(piece: Piece) -> Scene:
    places = [place_of(latent) for latent in piece.latents if latent.size]
    first = places[0] if places else PLAIN_PLACE
    spots = _spots(places)
    radius = _radius(piece.tempo_qpm)
    suns = [Disc(*spots[0], radius)]
    path, stops = _path(piece.form, spots), _stops(spots)
    if piece.origin == "bridge" and len(places) > 1:
        first = middle_of(*places[:2])
        ends = _bridge_ends(places)
        suns = [Disc(*each, 0.7 * radius) for each in ends]
        path, stops = (), _bridge_stops(piece, *ends)
    colours = palette(_key(piece.key), first, 1.0 if places else PLAIN)
    bars = density(piece)
    return Scene(
        palette=colours,
        suns=tuple(suns),
        rings=(),
        path=path,
        stops=stops,
        ridges=_ridges(piece, places, colours),
        streaks=tuple(streak(each, max(bars), at / len(bars)) for at, each in enumerate(bars)),
        streaks_x=sum(sun.x for sun in suns) / len(suns),
    )


def _key(text: str) -> Key:
    try:
        return parse_key(text)
    except ValueError:  # no piece of ours
        return Key(0, "major")


def _spots(places: list[Place]) -> list[Point]:
    """Where they stand in the sky, as seen from the first."""
    (x, y), *others = [_in_sky(place) for place in places] or [MIDDLE]
    left, right, top, bottom = SKY
    return [
        (x, y),
        *(
            (
                min(right, max(left, x + APART * (to_x - x))),
                min(bottom, max(top, y + APART * (to_y - y))),
            )
            for to_x, to_y in others
        ),
    ]


def _in_sky(place: Place) -> Point:
    return MIDDLE[0] + REACH[0] * place[0], MIDDLE[1] + REACH[1] * place[1]


def _radius(tempo_qpm: float) -> float:
    fast = (tempo_qpm - SLOWEST_QPM) / (FASTEST_QPM - SLOWEST_QPM)
    return between(LARGEST, SMALLEST, min(1.0, max(0.0, fast)))


def _path(form: str, spots: list[Point]) -> tuple[tuple[Point, Point], ...]:
    """From section to section as the form has them, each way once."""
    letters = list(dict.fromkeys(form))  # the latents are in this order
    walk = [min(letters.index(letter), len(spots) - 1) for letter in form]
    ways = dict.fromkeys((min(ends), max(ends)) for ends in pairwise(walk) if ends[0] != ends[1])
    return tuple((spots[start], spots[end]) for start, end in ways)


def _stops(spots: list[Point]) -> tuple[Disc, ...]:
    if len(spots) == 1:
        return ()
    return tuple(Disc(*spot, 4.5 if number else 6) for number, spot in enumerate(spots))


def _bridge_ends(places: list[Place]) -> tuple[Point, Point]:
    """The first at the left and the second at the right, however they lie."""
    (x, y), (to_x, to_y) = _in_sky(places[0]), _in_sky(places[1])
    return (40 + 0.4 * x, y), (SIDE - 40 - 0.4 * (SIDE - to_x), to_y)


def _bridge_stops(piece: Piece, start: Point, end: Point) -> tuple[Disc, ...]:
    """Its bars, on the great circle."""
    stops = []
    for bar in piece.bars:
        angle = min(1.0, max(0.0, bar.t)) * math.pi / 2
        leave, enter = math.cos(angle), math.sin(angle)
        whole = leave + enter
        x, y = ((leave * a + enter * b) / whole for a, b in zip(start, end, strict=True))
        stops.append(Disc(x, y - 90 * (whole - 1), 4))
    return tuple(stops)


def _ridges(piece: Piece, places: list[Place], colours: Palette) -> tuple[Ridge, ...]:
    parts = sections(piece)
    slots = slots_for(len(parts))
    ridges = []
    for number, part in enumerate(parts):
        near = number / max(1, len(parts) - 1)
        ground, height = between(FURTHEST, NEAREST, near), between(*HEIGHTS, near)
        place = _place_in(piece, part, places)
        ridges.append(
            Ridge(
                tuple(ground - height * each for each in hill(piece, part, slots)),
                hill_colour(colours, place, near),
                _beads(rhythm(piece, part), part),
            )
        )
    return tuple(ridges)


def _place_in(piece: Piece, part: Section, places: list[Place]) -> Place:
    """Where the middle of a section lies."""
    if not piece.bars:
        return NOWHERE
    return place_of_bar(places, piece.bars[(part.start + part.end) // 2 // STEPS_PER_BAR])


def _beads(steps: list[int], part: Section) -> tuple[float, ...]:
    """From one stroke of a bar to the next, as long as a step is on the hill."""
    step = SIDE / (part.end - part.start)
    following = [*steps[1:], *(first + STEPS_PER_BAR for first in steps[:1])]
    return tuple(step * (end - start) for start, end in zip(steps, following, strict=True))
