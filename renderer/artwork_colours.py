"""The colours of a picture: what hour it is there, and what its sun and its sky are made of.

Colours are mixed in OKLab, where a step looks as large wherever it begins: a way from blue to
gold does not pass through mud.

Source: B. Ottosson, "A perceptual color space for image processing" (2020),
https://bottosson.github.io/posts/oklab/ (its matrices).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from generators.keys import Key
from renderer.artwork_places import Place

# Lightness 0..1, and how far to red (or green) and to yellow (or blue).
Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Palette:
    """All that a picture is painted with."""

    top: Colour  # of the sky
    middle: Colour
    glow: Colour  # at the horizon
    sun: Colour
    spark: Colour  # what shines on it, and stands out from it
    deep: Colour  # the nearest hill and the water
    light: float  # 0 is night, 1 is day
    hills_degrees: float  # hue of a hill that lies at `place`
    place: Place
    chroma: float


def palette(key: Key, place: Place, chroma: float = 1.0) -> Palette:
    """The palette of a key, at a place in latent space.

    Keys that are neighbours on the circle of fifths have neighbouring hues, relatives the same.
    In minor it is night, in major it is dusk or day: the place says how late.

    Args:
        key: what gives the hues.
        place: see `renderer.artwork_places`; what lies close has nearly the same colours.
        chroma: 0 is grey, 1 is all its colour.
    """
    _, _, hue, hour, warmth = place
    turn = 2 * math.pi * (key.signature * 7 % 12) / 12
    light = 0.17 + 0.17 * hour if key.mode == "minor" else 0.64 + 0.36 * hour
    day = min(1.0, 1.35 * light)  # the sun takes on its colour before the sky does
    sun = 50 + 32 * math.sin(turn) + 14 * warmth  # from rose to gold, as on the wall
    sky = 255 + 60 * math.cos(turn) + 40 * hue  # from pine over blue to plum
    dusk = (sky + sun + 360) / 2  # by way of the reds: the greens between would look sick
    gold = max(0.0, math.sin(turn))
    return Palette(
        top=colour(between(0.17, 0.72, light), between(0.065, 0.105, light) * chroma, sky),
        middle=colour(between(0.30, 0.82, light), between(0.085, 0.06, light) * chroma, dusk),
        glow=colour(between(0.50, 0.93, light**0.7), between(0.125, 0.075, light) * chroma, sun),
        sun=colour(between(0.95, 0.68 + 0.15 * gold, day), between(0.05, 0.19, day) * chroma, sun),
        spark=colour(between(0.76, 0.97, day), between(0.12, 0.04, day) * chroma, sun + 10),
        deep=colour(between(0.13, 0.26, light), between(0.05, 0.08, light) * chroma, sky + 12),
        light=light,
        hills_degrees=between(sky, dusk, 0.3),
        place=place,
        chroma=chroma,
    )


def hill_colour(colours: Palette, place: Place, near: float) -> Colour:
    """Of what lies at a place: the further from the palette's own the more unlike, the nearer to
    who looks (0..1) the darker.
    """
    degrees = colours.hills_degrees + 60 * (place[2] - colours.place[2]) + 26 * place[4]
    lightness = between(0.30, 0.62, colours.light) * between(1.0, 0.8, near)
    own = mixed(colours.middle, colour(lightness, 0.095 * colours.chroma, degrees), 0.8)
    return mixed(own, colours.deep, between(0.12, 0.92, near))


def colour(lightness: float, chroma: float, degrees: float) -> Colour:
    angle = math.radians(degrees)
    return lightness, chroma * math.cos(angle), chroma * math.sin(angle)


def between(start: float, end: float, share: float) -> float:
    """From `start` (share 0) to `end` (share 1)."""
    return start + (end - start) * share


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """So much of the other."""
    light, red, yellow = (between(a, b, share) for a, b in zip(one, other, strict=True))
    return light, red, yellow


def web_colour(lab: Colour) -> str:
    """`#f2b66d`; what a screen cannot show is cut off."""
    light, red, yellow = lab
    long = (light + 0.3963377774 * red + 0.2158037573 * yellow) ** 3
    medium = (light - 0.1055613458 * red - 0.0638541728 * yellow) ** 3
    short = (light - 0.0894841775 * red - 1.2914855480 * yellow) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{_encoded(each):02x}" for each in linear)


def _encoded(linear: float) -> int:
    """A share of light as sRGB has it, 0..255."""
    share = min(1.0, max(0.0, linear))
    bent = 12.92 * share if share <= 0.0031308 else 1.055 * share ** (1 / 2.4) - 0.055
    return round(255 * bent)
