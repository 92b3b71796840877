"""Balances pieces ahead of their time: its instruments are measured, and then the piece itself."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import numpy as np

from generators.music import Instruments, Piece, Strip
from renderer.balance import Balance, balanced, plain_balance
from renderer.mix import programs
from renderer.score import frames_of
from renderer.solo import solo
from renderer.synth import Synth
from renderer.voices import Voice, measure_voice, powers

PIECES_REMEMBERED = 256
NICENESS = 10


class Balancer:
    """Balances pieces ahead of their time.

    An instrument costs half a second of work, once; a piece is rendered, a second of work a minute.
    Any thread may ask: one measures at a time. Stations that share one measure no instrument twice.
    """

    def __init__(
        self, make_synth: Callable[[], Synth], remembered: int = PIECES_REMEMBERED
    ) -> None:
        self._make_synth = make_synth
        self._remembered = remembered
        self._voices: dict[tuple[str, str, int, Strip], Voice] = {}
        self._measured: dict[str, Balance] = {}  # by piece, the last ones
        self._measuring = threading.Lock()
        self._ahead = ThreadPoolExecutor(1, "balancer", initializer=give_way)

    def ahead(self, piece: Piece) -> Future[Balance]:
        """The same as `measure`, on the one thread that does so for all."""
        return self._ahead.submit(self.measure, piece)

    def measure(self, piece: Piece) -> Balance:
        """The balance of a piece with the instruments as they are.

        Raises:
            SynthError, SoundFontError: there is no synth to measure with.
        """
        with self._measuring:
            if piece.id not in self._measured:
                balance = balanced(piece, self._voice, partial(self._heard, piece))
                while len(self._measured) >= self._remembered:
                    del self._measured[next(iter(self._measured))]
                self._measured[piece.id] = balance
            return self._measured[piece.id]

    def _heard(self, piece: Piece, faders: Balance) -> np.ndarray:
        """The power of a piece as it sounds, tails and room and all: (slots, BANDS)."""
        blocks = solo(piece, self._make_synth, faders, frames_of(piece))
        return np.concatenate([powers(block) for block in blocks])

    def has_measured(self, piece: Piece) -> bool:
        return piece.id in self._measured

    def of(self, piece: Piece) -> Balance:
        """What is known at once: as measured, else the plain balance."""
        return self._measured.get(piece.id) or plain_balance(piece)

    def _voice(self, instruments: Instruments, part: str) -> Voice:
        strip: Strip = getattr(instruments.mix, part)
        room = Strip(reverb=strip.reverb, chorus=strip.chorus)  # the side it is on is no louder
        key = (instruments.soundfont, part, programs(instruments)[part], room)
        if key not in self._voices:
            synth = self._make_synth()  # a fresh one, or what played before would be heard in it
            try:
                self._voices[key] = measure_voice(synth, part, key[2], key[0], room)
            finally:
                synth.close()
        return self._voices[key]


def give_way() -> None:
    """Linux can have a thread of its own niceness: what is on air is rendered first."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
