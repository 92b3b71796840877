"""A piece as sheet music: MusicXML, which notation programs open.

music21 writes it, in a process of its own: it takes a second to import, then holds 100 MiB, and
what it does with one odd piece must not be felt on air.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from generators import recipe
from generators.music import Piece
from renderer.errors import EncoderError

HOME = Path(__file__).parents[1]  # where `-m renderer.engraving` is found
MOST_SECONDS = 120.0  # a piece takes some three; a busy machine, longer


def export_musicxml(piece: Piece, *, station: str = "Latent FM") -> bytes:
    """Melody, bass and drums as three staves, by `station`; equal bytes each time.

    Raises:
        EncoderError: music21 did not make it, or not in time.
    """
    order = json.dumps({"piece": recipe.to_dict(piece), "station": station})
    try:
        done = subprocess.run(
            [sys.executable, "-m", "renderer.engraving"],
            cwd=HOME,
            input=order.encode(),
            capture_output=True,
            timeout=MOST_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise EncoderError(f"no sheet music of {piece.id} within {MOST_SECONDS:g} s") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        why = said[-1] if said else f"its process ended with {done.returncode}"
        raise EncoderError(f"music21 made no sheet music of {piece.id}: {why}")
    return done.stdout
