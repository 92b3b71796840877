"""A card: a scene and, beside it, what it is called; 1200 x 630, as OpenGraph wants it."""

from __future__ import annotations

import unicodedata
from html import escape

from renderer.artwork_colours import mixed, web_colour
from renderer.artwork_scene import Scene, drawn
from renderer.rasterising import FAMILY

WIDTH, HEIGHT = 1200, 630  # pixels, as OpenGraph wants its picture
LEFT = HEIGHT + 64  # of the words: the picture is a square as high as the card
ROOM = WIDTH - LEFT - 48
SIZES = (84, 72, 62, 54, 46)  # of the title: the largest that fits
MOST_LINES = 4
SMALL = 34
LEADING = 1.12
# How wide letters of our font are at most, in sizes; measured, with something to spare.
WIDE, CAPITAL, LETTER = 1.0, 0.72, 0.5


def card(scene: Scene, above: str, title: str, below: str) -> str:
    """`above` and `below` are small, in a line and in two."""
    palette = scene.palette
    picture = drawn(scene).replace("<svg ", f'<svg width="{HEIGHT}" height="{HEIGHT}" ', 1)
    bright, quiet = palette.spark, mixed(palette.spark, palette.deep, 0.3)
    size, lines = _fitted(title)
    under = _shortened(_wrapped(below, SMALL), 2)
    tall = LEADING * size * len(lines)
    top = (HEIGHT - tall - SMALL * 1.5 * len(under)) / 2 + 0.8 * size
    words = [_text(_shortened(_wrapped(above, SMALL), 1)[0], 96, SMALL)]
    facts = [
        _text(line, top + tall + SMALL * (0.1 + 1.4 * number), SMALL)
        for number, line in enumerate(under)
    ]
    heading = [
        _text(line, top + LEADING * size * number, size) for number, line in enumerate(lines)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path fill="{web_colour(palette.deep)}" d="M0 0h{WIDTH}v{HEIGHT}H0z"/>{picture}'
        f'<g font-family="{FAMILY}, serif" fill="{web_colour(quiet)}">{"".join(words + facts)}'
        f'<g fill="{web_colour(bright)}">{"".join(heading)}</g></g></svg>'
    )


def _text(line: str, y: float, size: int) -> str:
    return f'<text x="{LEFT}" y="{y:.0f}" font-size="{size}">{escape(line)}</text>'


def _fitted(title: str) -> tuple[int, list[str]]:
    for size in SIZES:
        lines = _wrapped(title, size)
        if len(lines) <= 3 and all(_length(line) * size <= ROOM for line in lines):
            return size, lines
    return SIZES[-1], _shortened(_wrapped(title, SIZES[-1]), MOST_LINES)


def _wrapped(text: str, size: int) -> list[str]:
    """In lines that fit; a word that is longer than a line is cut."""
    lines = [""]
    for word in _plain(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if _length(longer) * size <= ROOM:
            lines[-1] = longer
            continue
        lines += [""] if lines[-1] else []
        for letter in word:
            if _length(lines[-1] + letter) * size > ROOM:
                lines.append("")
            lines[-1] += letter
    return lines


def _shortened(lines: list[str], most: int) -> list[str]:
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], lines[most - 1][:-1].rstrip() + "…"]


def _plain(text: str) -> str:
    """Without what XML has no room for, and without pictures: hardly a font has them."""
    return "".join(
        letter if letter.isprintable() and unicodedata.category(letter) != "So" else " "
        for letter in text
    )


def _length(line: str) -> float:
    return sum(map(_letter_length, line))


def _letter_length(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in "WF":
        return WIDE
    return CAPITAL if letter.isupper() else LETTER
