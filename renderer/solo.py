"""One piece by itself, as it sounds on air: the same player on a synth of its own.

A synth that has played keeps traces in its voices; a fresh one gives the same samples each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from generators.music import STEPS_PER_BAR, Piece, Trio
from renderer.balance import Balance
from renderer.mastering import Master
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.player import Player
from renderer.score import frames_of
from renderer.synth import Synth

TAIL_SECONDS = 3.0  # a crash cymbal is down to -60 dB after two
BLOCK_FRAMES = SAMPLE_RATE_HZ

MakeSynth = Callable[[], Synth]


def frames_with_tail(piece: Piece, tail_seconds: float = TAIL_SECONDS) -> int:
    """How long a piece is until its last note has rung out."""
    return frames_of(piece) + round(tail_seconds * SAMPLE_RATE_HZ)


def solo(
    piece: Piece, make_synth: MakeSynth, balance: Balance, frames: int
) -> Iterator[np.ndarray]:
    """The piece, then silence: `frames` in all, in blocks of float32 (n, 2), not mastered.

    Raises:
        SoundFontError, SynthError: it cannot be played.
    """
    rest = replace(
        piece,
        trio=Trio((), (), (), STEPS_PER_BAR),
        bars=(),
        tempo_qpm=piece.tempo_end_qpm,
        leaving=None,
    )
    balances = {id(piece): balance, id(rest): replace(balance, trims_db=balance.trims_db[-1:])}
    pieces = iter([piece])
    synth = make_synth()
    try:
        player = Player(synth, lambda: next(pieces, rest), lambda each: balances[id(each)])
        for done in range(0, frames, BLOCK_FRAMES):
            yield player.render(min(BLOCK_FRAMES, frames - done)).samples
    finally:
        synth.close()


def mastered_solo(
    piece: Piece, make_synth: MakeSynth, balance: Balance, frames: int
) -> Iterator[np.ndarray]:
    """The same through the station's limiter. Its delay is taken off: the piece begins at once."""
    master = Master()
    late = master.delay_frames
    for block in solo(piece, make_synth, balance, frames + late):
        yield master.process(block)[late:]
        late = max(0, late - len(block))
