"""One FluidSynth, asked for sound. No audio driver, no MIDI driver, no thread of its own.

pyfluidsynth binds only the 16-bit writer; the float one is in the same library and is bound
here. Events take effect on the synth's own blocks of 64 frames; `renderer.player` keeps to them.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np

from renderer.errors import SoundFontError, SynthError
from renderer.mix import BANKS, CHANNELS_PER_BANK, MIX
from renderer.pcm import CHANNELS, SAMPLE_RATE_HZ

BLOCK_FRAMES = 64  # FluidSynth's own; events take effect between two of them
GAIN = 0.5  # loudness is set once, in renderer.mastering

_DRUM_BANK = 128
_FAILED = -1
_QUIET_LEVELS = (1, 2, 3, 4)  # error, warning, information, debug; only a panic may print


class Synth:
    """A synth with one sound font. Not thread-safe: one thread at a time."""

    def __init__(self, soundfont_path: Path, gain: float = GAIN) -> None:
        """Start FluidSynth and load the font (30-200 ms).

        Raises:
            SynthError: FluidSynth is not installed or does not start.
            SoundFontError: it does not load the font, or the font has no instrument or no drums.
        """
        library = _library()
        self._path = soundfont_path
        self._synth: Any = library.Synth(
            gain=gain,
            samplerate=SAMPLE_RATE_HZ,
            channels=BANKS * CHANNELS_PER_BANK,
            **{"synth.chorus.active": 0, "synth.reverb.active": 1},
        )
        if not self._synth.synth:
            self._synth = None
            raise SynthError("FluidSynth did not start; is there memory left?")
        self._write_float = _write_float(library)
        self._font = self._synth.sfload(str(soundfont_path))
        if self._font == _FAILED:
            self.close()
            raise SoundFontError(soundfont_path, "FluidSynth does not load it")
        try:  # here, not on air: from now on `program` always finds something
            self.program(MIX["melody"].channel, 0)
            self.program(MIX["drums"].channel, 0, is_drums=True)
        except SoundFontError:
            self.close()
            raise

    def program(self, channel: int, program: int, is_drums: bool = False) -> None:
        """Give a channel its instrument; the font's first, where it lacks the one asked for.

        Raises:
            SoundFontError: the font has neither.
        """
        bank = _DRUM_BANK if is_drums else 0
        for candidate in (program, 0):
            if self._open.program_select(channel, self._font, bank, candidate) != _FAILED:
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

    @property
    def _open(self) -> Any:
        if self._synth is None:
            raise SynthError("this synth is closed")
        return self._synth


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
