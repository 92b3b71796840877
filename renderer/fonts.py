"""What pieces are played with: the station's own sound font, and others that they name."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from generators.music import Piece
from renderer.errors import SoundFontError
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.soundfont import SoundFont
from renderer.synth import Synth

logger = logging.getLogger(__name__)

AUDIBLE = 1e-4  # of full scale: the room itself is never quite still


@dataclass(frozen=True, slots=True)
class Fonts:
    """What pieces are played with: the station's own font, and the others by name."""

    own: SoundFont
    named: Mapping[str, SoundFont]

    def synth(self) -> Synth:
        """A synth with all of them.

        Raises:
            SynthError, SoundFontError: as `Synth`.
        """
        paths = {name: font.path for name, font in self.named.items()}
        return Synth(self.own.path, fonts=paths)

    def loaded(self) -> Fonts:
        """Those that FluidSynth loads, each tried once; of the others the log says why.

        Raises:
            SynthError, SoundFontError: as `Synth`.
        """
        synth = Synth(self.own.path)
        good = dict(self.named)
        try:
            for name, font in self.named.items():
                try:
                    synth.add_font(name, font.path)
                except SoundFontError as error:
                    logger.warning("sound font %s is left out: %s", name, error.reason)
                    del good[name]
        finally:
            synth.close()
        return Fonts(self.own, good)

    def font(self, name: str) -> SoundFont:
        """What plays where a piece asks for this name."""
        return self.named.get(name, self.own)

    def only(self, names: Iterable[str]) -> Fonts:
        """Without those that nobody names: each costs memory."""
        wanted = set(names)
        return Fonts(self.own, {n: font for n, font in self.named.items() if n in wanted})

    def of(self, piece: Piece) -> Fonts:
        """What a synth for this piece alone needs."""
        players = filter(None, (piece.instruments, piece.leaving))
        return self.only(player.soundfont for player in players)


def try_font(path: Path) -> None:
    """Load a font, find its first instrument and its drums, and let it sound.

    Raises:
        SoundFontError: one of that is not to be had.
        SynthError: FluidSynth is not installed or does not start.
    """
    synth = Synth(path)
    try:
        synth.note_on(0, 60, 100)
        if not abs(synth.write(SAMPLE_RATE_HZ // 2)).max() > AUDIBLE:
            raise SoundFontError(path, "its first instrument is silent")
    finally:
        synth.close()
