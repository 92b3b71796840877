"""How loud an instrument is, note by note, measured once: what a piece will sound like, unheard.

FluidSynth's sound is a sum of notes, and a note's gain is (velocity / 127) ** 2 whatever else
sounds. So the power of any piece can be added up from the notes of its instruments, each measured
by itself, weighted as ITU-R BS.1770 says and split into octaves. A piece then takes
milliseconds, where a rendering takes a second a minute.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from generators.music import Strip
from renderer.mix import CHANNEL, EXPRESSION, VOLUME, place
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.synth import Synth

SLOT_FRAMES = 2400  # 50 ms: power is known this finely
SLOTS_A_SECOND = SAMPLE_RATE_HZ // SLOT_FRAMES
OCTAVES_HZ = (0, 125, 250, 500, 1000, 2000, 4000, 8000)  # where each band begins
BANDS = len(OCTAVES_HZ)
LOUDNESS_OFFSET_LU = -0.691  # BS.1770: LUFS = this + 10 log10(weighted power of both sides)
MOST = 127  # of a velocity or a controller
EXPRESSION_0_DB = 71  # controller 11 where a bar is left as it is: 127 is 10.1 dB more

# What is measured; a note beyond is taken for the nearest. Neighbours may differ by 6 dB.
PITCHES = {"melody": range(43, 97), "bass": range(24, 61), "drums": range(35, 82)}
TAP_SLOTS = 5  # a quarter of a second: an eighth note at 120
HELD_SLOTS = 2 * SLOTS_A_SECOND
TAIL_SLOTS = 1 * SLOTS_A_SECOND
DRUM_SLOTS = 3 * SLOTS_A_SECOND // 2


@dataclass(frozen=True, slots=True)
class Voice:
    """One instrument, struck at velocity 127 with its volume at 127. Powers are of both sides."""

    pitches: np.ndarray  # int, (P,), rising
    held: np.ndarray = field(repr=False)  # (P, slots, BANDS): power from the moment it is struck
    tail: np.ndarray = field(repr=False)  # (P, slots): after the key comes up, 1 is what it was
    rings: bool = False  # whatever the key does: a drum

    def sound(self, pitch: int, slots: int) -> np.ndarray:
        """The power of a note that is held for so many slots: shape (slots and tail, BANDS)."""
        at = int(np.abs(self.pitches - pitch).argmin())
        held: np.ndarray = self.held[at]
        if self.rings:
            return held
        slots = max(1, slots)
        if slots > len(held):  # it goes on as it was
            held = np.pad(held, ((0, slots - len(held)), (0, 0)), "edge")
        return np.concatenate([held[:slots], held[slots - 1] * self.tail[at][:, None]])

    def level_lufs(self, pitch: int) -> float:
        """How loud eighth notes on this pitch are, at 120 quarters a minute."""
        return loudness_lufs(self.sound(pitch, TAP_SLOTS).sum() / TAP_SLOTS)


def loudness_lufs(power: float | np.floating) -> float:
    """Of weighted power; silence is -120, not minus infinity."""
    return LOUDNESS_OFFSET_LU + 10 * float(np.log10(max(float(power), 1e-12)))


def measure_voice(
    synth: Synth, part: str, program: int, soundfont: str = "", strip: Strip | None = None
) -> Voice:
    """Strike an instrument all over its keyboard (a second of work; the synth is spent after it).

    A fresh synth gives the same voice each time. The room it stands in belongs to it.

    Raises:
        SynthError, SoundFontError: it cannot be played.
    """
    channel, drums = CHANNEL[part], part == "drums"
    synth.program(channel, program, is_drums=drums, soundfont=soundfont)
    for controller, value in (
        (VOLUME, MOST),
        (EXPRESSION, EXPRESSION_0_DB),
        *place(strip or Strip()),
    ):
        synth.control(channel, controller, value)
    pitches = np.array(PITCHES[part])
    if drums:
        rung = [_struck(synth, channel, pitch, TAP_SLOTS, DRUM_SLOTS) for pitch in pitches]
        return Voice(pitches, np.stack(rung), np.zeros((len(pitches), 0)), rings=True)
    held, tails = [], []
    for pitch in pitches:
        tap = _struck(synth, channel, pitch, TAP_SLOTS, TAP_SLOTS + TAIL_SLOTS).sum(axis=1)
        tails.append(np.minimum(tap[TAP_SLOTS:] / max(tap[TAP_SLOTS - 1], 1e-12), 1.0))
        struck = _struck(synth, channel, pitch, HELD_SLOTS, HELD_SLOTS + TAIL_SLOTS)
        held.append(struck[:HELD_SLOTS])
    return Voice(pitches, np.stack(held), np.stack(tails))


def _struck(synth: Synth, channel: int, pitch: int, held: int, slots: int) -> np.ndarray:
    synth.note_on(channel, int(pitch), MOST)
    sound = synth.write(held * SLOT_FRAMES)
    synth.note_off(channel, int(pitch))
    return powers(np.concatenate([sound, synth.write((slots - held) * SLOT_FRAMES)]))


def powers(samples: np.ndarray) -> np.ndarray:
    """Weighted power by slot and octave: float (frames, 2) in, (slots, BANDS) out.

    Parseval: the power of a slot is the sum over its spectrum, where weighing is a product.
    """
    slots = samples[: len(samples) // SLOT_FRAMES * SLOT_FRAMES].reshape(-1, SLOT_FRAMES, 2)
    spectrum = np.abs(np.fft.rfft(slots, axis=1)) ** 2  # (slots, bins, 2)
    weighted = spectrum.sum(axis=2) * (_K_WEIGHTING * 2 / SLOT_FRAMES**2)
    return np.add.reduceat(weighted, _BAND_BINS, axis=1)


def _k_weighting(hertz: np.ndarray) -> np.ndarray:
    """The power gain of BS.1770-4's two filters, tables 1 and 2, which are for 48 kHz."""
    z = np.exp(-2j * np.pi * hertz / SAMPLE_RATE_HZ)
    shelf = np.polyval((1.19839281085285, -2.69169618940638, 1.53512485958697), z)
    shelf /= np.polyval((0.73248077421585, -1.69065929318241, 1.0), z)
    highpass = (1 - z) ** 2 / np.polyval((0.99007225036621, -1.99004745483398, 1.0), z)
    return np.asarray(np.abs(shelf * highpass) ** 2)


_HERTZ = np.fft.rfftfreq(SLOT_FRAMES, 1 / SAMPLE_RATE_HZ)
_K_WEIGHTING = _k_weighting(_HERTZ)
_BAND_BINS = np.searchsorted(_HERTZ, OCTAVES_HZ)
