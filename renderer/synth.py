"""One FluidSynth, asked for sound. No audio driver, no MIDI driver, no thread of its own.

It has the station's own sound font, and others by name for the pieces that ask for them.
pyfluidsynth binds only the 16-bit writer; the float one is in the same library and is bound
here. Events take effect on the synth's own blocks of 64 frames; `renderer.player` keeps to them.
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from renderer.errors import SoundFontError, SynthError
from renderer.mix import BANKS, CHANNEL, CHANNELS_PER_BANK
from renderer.pcm import CHANNELS, SAMPLE_RATE_HZ
from renderer.soundfont import DRUM_BANK

logger = logging.getLogger(__name__)

BLOCK_FRAMES = 64  # FluidSynth's own; events take effect between two of them
GAIN = 1.0  # loudness is set once, in renderer.mastering
# One room for every part of every show: how far into it a part stands is its send. A small hall,
# where a note is down by 60 dB after 1.5 s; all that is sent there comes back at -9 dB.
REVERB = {"room-size": 0.4, "damp": 0.3, "width": 0.8, "level": 0.8}
# A third of FluidSynth's own level: at that, what is sent there is gone for who hears in mono.
CHORUS = {"nr": 3, "level": 0.6, "speed": 0.3, "depth": 5.0}  # voices, ×, Hz, ms

_FAILED = -1
_QUIET_LEVELS = (1, 2, 3, 4)  # error, warning, information, debug; only a panic may print


class Synth:
    """A synth with its sound fonts. Not thread-safe: one thread at a time."""

    def __init__(
        self, soundfont_path: Path, gain: float = GAIN, fonts: Mapping[str, Path] | None = None
    ) -> None:
        """Start FluidSynth and load the fonts (30-200 ms each).

        Of the `fonts` one that does not load is warned of, and the first plays in its place.

        Raises:
            SynthError: FluidSynth is not installed or does not start.
            SoundFontError: it does not load the first font, or that has no instrument or no drums.
        """
        library = _library()
        self._path = soundfont_path
        self._synth: Any = library.Synth(
            gain=gain,
            samplerate=SAMPLE_RATE_HZ,
            channels=BANKS * CHANNELS_PER_BANK,
            **_effect("reverb", REVERB),
            **_effect("chorus", CHORUS),
        )
        if not self._synth.synth:
            self._synth = None
            raise SynthError("FluidSynth did not start; is there memory left?")
        self._write_float = _write_float(library)
        self._named: dict[str, int] = {}  # FluidSynth's numbers for them
        self._missed: set[str] = set()
        try:  # here, not on air: from now on `program` always finds something
            self._own = self._load(soundfont_path)
            self.program(CHANNEL["melody"], 0)
            self.program(CHANNEL["drums"], 0, is_drums=True)
        except SoundFontError:
            self.close()
            raise
        for name, path in (fonts or {}).items():
            try:
                self.add_font(name, path)
            except SoundFontError as error:
                self._miss(name, error.reason)

    def add_font(self, name: str, path: Path) -> None:
        """Load a font for the pieces that name it; whoever plays now plays on.

        Raises:
            SoundFontError: FluidSynth does not load it; all is as it was.
        """
        self._named[name] = self._load(path)
        self._missed.discard(name)

    def program(
        self, channel: int, program: int, is_drums: bool = False, soundfont: str = ""
    ) -> None:
        """Give a channel its instrument, from the font of that name or else the station's own.

        Where neither has it, the first instrument there is.

        Raises:
            SoundFontError: no font has any.
        """
        bank = DRUM_BANK if is_drums else 0
        fonts = [self._font(soundfont), self._own]
        for candidate in (program, 0):
            for font in fonts:
                if self._open.program_select(channel, font, bank, candidate) != _FAILED:
                    return
        raise SoundFontError(self._path, f"it has no preset 0 in bank {bank}")

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        self._open.noteon(channel, pitch, velocity)

    def note_off(self, channel: int, pitch: int) -> None:
        self._open.noteoff(channel, pitch)

    def control(self, channel: int, controller: int, value: int) -> None:
        """Turn a MIDI controller, at once for the notes that sound as well."""
        self._open.cc(channel, controller, value)

    def all_notes_off(self, channel: int) -> None:
        """Let go of every key; tails ring out as they would."""
        self._open.all_notes_off(channel)

    def write(self, frames: int) -> np.ndarray:
        """The next `frames` frames: float32, shape (frames, 2), not clipped.

        Raises:
            SynthError: FluidSynth failed, or was closed.
        """
        samples = np.empty((frames, CHANNELS), np.float32)
        left = samples.ctypes.data
        # ctypes lets go of the GIL for the whole call.
        if self._write_float(self._open.synth, frames, left, 0, 2, left, 1, 2) == _FAILED:
            raise SynthError("FluidSynth stopped giving sound")
        return samples

    def close(self) -> None:
        """Free the synth and its font. Closing twice is fine."""
        synth, self._synth = self._synth, None
        if synth is not None:
            synth.delete()

    def _load(self, path: Path) -> int:
        font: int = self._open.sfload(str(path))
        if font == _FAILED:
            raise SoundFontError(path, "FluidSynth does not load it")
        return font

    def _font(self, name: str) -> int:
        """The font of that name; the station's own for none, and for one that is not here."""
        if name and name not in self._named and name not in self._missed:
            self._miss(name, "not among this synth's fonts")
        return self._named.get(name, self._own)

    def _miss(self, name: str, reason: str) -> None:
        """Said once, when it begins."""
        self._missed.add(name)
        logger.warning("sound font %s: %s; %s plays in its place", name, reason, self._path.name)

    @property
    def _open(self) -> Any:
        if self._synth is None:
            raise SynthError("this synth is closed")
        return self._synth


def _effect(name: str, values: Mapping[str, float]) -> dict[str, float]:
    """An effect as FluidSynth's settings say it, turned on."""
    return {f"synth.{name}.{key}": value for key, value in ({"active": 1} | dict(values)).items()}


def _library() -> Any:
    """pyfluidsynth, with its C library's chatter turned off.

    Imported here, not at the top: without the C library the import itself fails, and the rest
    of the station should be able to say so.
    """
    try:
        import fluidsynth
    except ImportError as error:
        raise SynthError(
            "FluidSynth is not installed. Debian: apt-get install libfluidsynth3; "
            "macOS: brew install fluid-synth"
        ) from error
    for level in _QUIET_LEVELS:
        fluidsynth._fl.fluid_set_log_function(level, None, None)
    return fluidsynth


def _write_float(library: Any) -> Any:
    pointer, count = ctypes.c_void_p, ctypes.c_int
    prototype = ctypes.CFUNCTYPE(
        count, pointer, count, pointer, count, count, pointer, count, count
    )
    return prototype(("fluid_synth_write_float", library._fl))
