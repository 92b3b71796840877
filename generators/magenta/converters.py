"""What a model hears of a MIDI file: windows of its length, and these as its input.

A file is cut where its tempo or metre changes; each stretch gives windows moved by a bar, in the
order of its instruments. Magenta passes the windows of melodies and drums through a set, whose
order is nobody's; here each window stays where it came first.

Source: magenta/models/music_vae/data.py; tested against examples that Magenta made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from generators.config import ModelConfig
from generators.errors import MidiError
from generators.events import DRUM_BITS, PART_DEPTHS
from generators.magenta.config import MagentaConfig
from generators.magenta.convert.grooves import GROOVE_DEPTH, groove_windows
from generators.magenta.convert.kits import bit_of
from generators.magenta.convert.stretches import Stretch, open_midi, stretches
from generators.magenta.convert.trios import PROGRAMS, part_of, trio_windows
from generators.magenta.convert.voices import drum_tracks, melodies, windows, without_stray_offs
from generators.magenta.grids import Kind
from generators.music import PARTS, STEPS_PER_BAR

MOST_BARS = 100  # of one melody or drum track
ANY_PROGRAM = range(128)
LONG_MELODY_BARS = 16  # Magenta took melodies this long from any instrument


@dataclass(frozen=True, slots=True)
class Converter:
    """How one kind of model reads music."""

    kind: Kind
    bars: int  # of a window
    programs: range = ANY_PROGRAM  # that may play a melody
    drum_kinds: int = DRUM_BITS

    @property
    def steps(self) -> int:
        return self.bars * STEPS_PER_BAR

    @property
    def parts(self) -> tuple[str, ...]:
        if self.kind == "trio":
            return PARTS
        return ("melody",) if self.kind == "melody" else ("drums",)

    def read(self, path: Path, limit: int | None = None) -> np.ndarray:
        """The examples of a MIDI file; there may be none.

        Args:
            limit: take so many of a stretch and of the file at most, the first ones. Magenta
                takes 5.

        Returns:
            Tokens `(examples, steps, parts)`, int16 (int64 where more kinds of drum than nine are
            told apart); for a groove what it is made of, float32 `(examples, steps, 27)`.

        Raises:
            MidiError: the file is not there, or not MIDI.
        """
        return self._examples(stretches(open_midi(path)), limit)

    def read_some(self, path: Path) -> np.ndarray:
        """`read`, where no example is an error.

        Raises:
            MidiError: also where the file gives no example, saying what it lacks.
        """
        found = stretches(open_midi(path))
        examples = self._examples(found, None)
        if not len(examples):
            raise MidiError(f"{path} gives no example: {self._what_lacks(found)}")
        return examples

    def what_lacks(self, path: Path) -> str:
        """Why a file gives no example, for the person who has it."""
        return self._what_lacks(stretches(open_midi(path)))

    def inputs(self, examples: np.ndarray) -> np.ndarray:
        """Examples as a model's input, `(n, steps, input depth)`: uint8, a groove as it is."""
        if self.kind == "groove":
            return examples
        if self.kind == "drums":
            hits = examples >> np.arange(self.drum_kinds) & 1  # (n, steps, kinds)
            return np.concatenate([hits, examples == 0], axis=-1).astype(np.uint8)
        one_hots = [
            np.eye(depth, dtype=np.uint8)[examples[..., part]]
            for part, depth in enumerate(PART_DEPTHS[: len(self.parts)])
        ]
        return np.concatenate(one_hots, axis=-1)

    def _examples(self, found: list[Stretch], limit: int | None) -> np.ndarray:
        windows = [each for s in found for each in list(self._windows(s, found))[:limit]][:limit]
        width = GROOVE_DEPTH if self.kind == "groove" else len(self.parts)
        examples = np.array(windows).reshape(len(windows), self.steps, width)
        if self.kind == "groove":
            return examples.astype(np.float32)
        return examples.astype(np.int16 if self.drum_kinds == DRUM_BITS else np.int64)

    def _windows(self, stretch: Stretch, found: list[Stretch]) -> Iterator[np.ndarray]:
        if not stretch.fits:
            return
        if self.kind == "trio":
            yield from trio_windows(stretch, self.bars)
        elif self.kind == "groove":
            if len(found) == 1:  # Magenta's rule: one tempo and one metre
                yield from groove_windows(stretch, self.bars)
        else:
            seen = set()
            for voice in self._voices(stretch):
                for window in windows(voice[: MOST_BARS * STEPS_PER_BAR], self.steps):
                    example = without_stray_offs(window) if self.kind == "melody" else window
                    if example.tobytes() not in seen:
                        seen.add(example.tobytes())
                        yield example

    def _voices(self, stretch: Stretch) -> Iterator[np.ndarray]:
        if self.kind == "melody":
            for each in stretch.instruments:
                if not each.is_drum and each.program in self.programs:
                    yield from melodies(each.notes)
        else:
            hits = [n for each in stretch.instruments if each.is_drum for n in each.notes]
            yield from drum_tracks(hits, bit_of(self.drum_kinds))

    def _what_lacks(self, found: list[Stretch]) -> str:
        fitting = [stretch for stretch in found if stretch.fits]
        longest = max((stretch.bars for stretch in fitting), default=0)
        if not found:
            return "it has no notes"
        if not fitting:
            metres = sorted({"/".join(map(str, stretch.metre)) for stretch in found})
            return f"it is in {', '.join(metres)}; a bar must have 16 sixteenths, as 4/4 has"
        for part in self.parts:
            if not any(self._plays(stretch, part) for stretch in fitting):
                return f"it has no {part} ({self._told_by(part)})"
        if self.kind == "groove" and len(found) > 1:
            return "its tempo or metre changes, and a groove is read in one only"
        if longest < self.bars:
            return (
                f"its longest stretch in one tempo and metre has {longest} bars, "
                f"and {self.bars} are needed"
            )
        if self.kind == "trio":
            return f"melody, bass and drums never play together for {self.bars} bars on end"
        return f"its {self.kind} never goes on for {self.bars} bars without a bar of silence"

    def _plays(self, stretch: Stretch, part: str) -> bool:
        if self.kind == "trio":
            return any(each.notes and part_of(each) == part for each in stretch.instruments)
        return any(True for _ in self._voices(stretch))

    def _told_by(self, part: str) -> str:
        if part == "drums":
            return "notes on channel 10"
        programs = PROGRAMS[part] if self.kind == "trio" else self.programs
        return f"notes from A0 to C8 of programs {programs.start} to {programs.stop - 1}"


def converter_of(config: ModelConfig | MagentaConfig) -> Converter:
    """How the music a model was trained on was read from MIDI files."""
    if isinstance(config, ModelConfig):
        return Converter("trio", config.bars)
    bars = config.steps // STEPS_PER_BAR
    if config.head == "groove":
        return Converter("groove", bars)
    if config.parts == ("melody",):
        any_program = bars >= LONG_MELODY_BARS
        return Converter("melody", bars, ANY_PROGRAM if any_program else PROGRAMS["melody"])
    if config.parts == ("drums",):
        return Converter("drums", bars, drum_kinds=config.input_depth - 1)
    return Converter("trio", bars)


# What a person names on the command line.
CONVERTERS = {
    "trio": Converter("trio", 16),
    "mel_2bar": Converter("melody", 2, PROGRAMS["melody"]),
    "drums_2bar": Converter("drums", 2),
    "mel_16bar": Converter("melody", 16),
}
