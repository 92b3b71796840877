"""A picture of each piece and of each station: vector art of some KB, of what is heard in it.

A landscape. Behind the hills stands a sun where the piece's first section lies in latent space,
the larger the slower the piece; a path leads from it to where the other sections lie. Every
section is a hill, the first one furthest off: its outline is where the melody goes (or, below,
the bass), so what returns is a hill that returns, and the beads along it are the rhythm of the
drums. On the water lie as many lights as the piece has bars, the wider the more notes sound. The
key says which colours, and the place in latent space says which shade, so what sounds alike looks
alike. A bridge has the suns of both its ends, and its bars on the way between them.

Equal pieces give equal bytes, on every machine: docs/pictures.md.
"""

from __future__ import annotations

from generators.music import Piece
from renderer.artwork_card import HEIGHT, WIDTH, card
from renderer.artwork_piece import piece_scene
from renderer.artwork_scene import drawn
from renderer.artwork_station import station_scene

COVER_PX = 512  # of a cover as PNG, square
CARD_PX = (WIDTH, HEIGHT)  # of a card: what is shown where a link is shared

# Raise it when an equal piece comes to give another picture: what a station keeps is made anew
# then. A browser keeps the one it has for as long as it was told.
DRAWN_BY = 1


def cover_svg(piece: Piece) -> str:
    """The picture of a piece."""
    return drawn(piece_scene(piece))


def station_svg(name: str) -> str:
    """The picture of a station."""
    return drawn(station_scene(name))


def piece_card_svg(piece: Piece, station: str, facts: str) -> str:
    """The picture beside words; `station` is the title of the station.

    The words are text: only a PNG of it looks alike everywhere, see `renderer.rasterising`.
    """
    return card(piece_scene(piece), station, piece.title, facts)


def station_card_svg(name: str, title: str, description: str) -> str:
    """The same of a station."""
    return card(station_scene(name), "Generative radio", title, description)
