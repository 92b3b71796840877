"""The process that makes one file of one piece: an order on stdin, the file on stdout.

A process of its own can be given a low priority, and ended when nobody waits for the file any
more; and if FluidSynth or an encoder crashes in it, nobody on air notices.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from generators import recipe
from generators.music import Piece
from renderer.answering import answering
from renderer.balance import Balance
from renderer.errors import RenderError
from renderer.files import FILES, Take
from renderer.fonts import Fonts
from renderer.synth import Synth

HOME = Path(__file__).parents[1]  # where `-m renderer.making` is found
COMMAND = (sys.executable, "-m", "renderer.making")
REFUSED = 3  # exit status; on stderr are words for whoever asked
NICENESS = 5  # sound on air goes first; somebody waits for this, so composing ahead goes last


def encode_order(
    piece: Piece, kind: str, station: str, fonts: Fonts, balance: Balance | None = None
) -> bytes:
    """What the process reads: the piece as `FILES[kind]`, by `station`, played with `fonts`.

    The balance is what costs most, where it has to be measured again.
    """
    order: dict[str, Any] = {
        "piece": recipe.to_dict(piece),
        "kind": kind,
        "station": station,
        "font": str(fonts.own.path),
        "fonts": {name: str(font.path) for name, font in fonts.named.items()},
        "balance": None if balance is None else dataclasses.asdict(balance),
    }
    return json.dumps(order).encode()


@functools.cache
def made_by() -> str:
    """Which code makes the files: the hash of ours. Another version makes them anew."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    code = b"".join(path.read_bytes() for path in sources)
    return hashlib.blake2b(code, digest_size=8).hexdigest()


def carry_out(order: dict[str, Any]) -> bytes:
    """
    Raises:
        RenderError: it cannot be made; the message says why.
    """
    own, named = Path(order["font"]), {name: Path(path) for name, path in order["fonts"].items()}
    balance = order["balance"]
    take = Take(
        recipe.from_dict(order["piece"]),
        lambda: Synth(own, fonts=named),
        order["station"],
        Balance(**{**balance, "trims_db": tuple(balance["trims_db"])}) if balance else None,
    )
    return FILES[order["kind"]].make(take)


def main() -> int:
    os.nice(NICENESS)
    with answering() as answer:
        try:
            made = carry_out(json.load(sys.stdin))
        except RenderError as error:
            print(error, file=sys.stderr)
            return REFUSED
        answer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
