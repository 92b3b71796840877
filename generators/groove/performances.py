"""The Groove MIDI Dataset: human drummers, their hits on a grid of sixteenths and off it.

The dataset's files say what they are in their names: drummer1/session2/34_funk_92_beat_4-4.mid.
A Roland TD-11 recorded them, whose numbers differ from General MIDI in two drums.

Source: Gillick et al., "Learning to Groove with Inverse Sequence Transformations", ICML 2019.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
from tqdm import tqdm

from generators.corpus.sources import Source, sources
from generators.corpus.split import is_held_out
from generators.errors import CorpusError, MidiError
from generators.events import DRUM_BITS
from generators.magenta.convert.grooves import groove_windows
from generators.magenta.convert.stretches import open_midi, stretches
from generators.music import STEPS_PER_BAR

SOURCE = "Groove MIDI Dataset 1.0.0, https://magenta.tensorflow.org/datasets/groove"
LICENCE = "CC BY 4.0"

Side = Literal["train", "validation", "test"]

WINDOW_BARS = 2
TEST_SESSION = "eval_session"  # grooves that several drummers played so that models be compared
ROLAND = {58: 43, 45: 47}  # the floor tom's rim is a low tom, the second tom a mid one


@dataclass(frozen=True, slots=True)
class Performance:
    """One recording, from its first bar line to the end of its last bar."""

    name: str
    side: Side
    tempo_qpm: float
    # float32, (S, 3, 9): hit, velocity 0..1, offset -1..1 (+1: half a step early) from its own lag
    grid: np.ndarray

    def windows(self) -> np.ndarray:
        """Every two bars in a row, float32 `(n, 32, 3, 9)`; a single bar is filled with a rest."""
        steps = WINDOW_BARS * STEPS_PER_BAR
        short = max(0, steps - len(self.grid))
        grid = np.pad(self.grid, ((0, short), (0, 0), (0, 0)))
        starts = range(0, len(grid) - steps + 1, STEPS_PER_BAR)
        return np.stack([grid[start : start + steps] for start in starts])


def read_performances(folder: Path) -> list[Performance]:
    """All performances in 4/4 of a folder with the dataset, or with an archive of it.

    Raises:
        CorpusError: there is nothing of the kind.
    """
    found = []
    for source in tqdm(list(sources(folder)), desc="performances", unit="file"):
        if performance := _performance(source):
            found.append(performance)
    sides = {performance.side for performance in found}
    for side in ("train", "validation", "test"):
        if side not in sides:
            raise CorpusError(
                f"{folder} has no {side} performances in 4/4: it takes the Groove MIDI Dataset, "
                "with its folders drummer1/session1 and so on"
            )
    return found


def side_of(name: str) -> Side:
    """The evaluation sessions are the test; of the rest one recording in ten is for validation."""
    if TEST_SESSION in PurePosixPath(name).parts:
        return "test"
    return "validation" if is_held_out("/".join(PurePosixPath(name).parts[-3:])) else "train"


def _performance(source: Source) -> Performance | None:
    if not source.name.endswith("_4-4.mid"):
        return None
    with tempfile.NamedTemporaryFile(suffix=".mid") as file:
        file.write(source.data)
        file.flush()
        try:
            midi = open_midi(Path(file.name))
        except MidiError:
            return None
    for instrument in midi.instruments:
        for note in instrument.notes:
            note.pitch = ROLAND.get(note.pitch, note.pitch)
    steady = [stretch for stretch in stretches(midi) if stretch.fits]
    if not steady:
        return None
    stretch = max(steady, key=lambda each: each.bars)
    bars = list(groove_windows(stretch, 1))
    if not bars:
        return None
    grid = np.concatenate(bars).reshape(-1, 3, DRUM_BITS)
    return Performance(source.name, side_of(source.name), stretch.qpm, _on_time(grid))


def _on_time(grid: np.ndarray) -> np.ndarray:
    """Without the steady lag behind the click, which is the drummer's ear and not the groove."""
    hits, velocities, early = grid.transpose(1, 0, 2)
    moved = hits * np.clip(early - np.median(early[hits > 0]), -1, 1)
    return np.stack([hits, velocities, moved], axis=1).astype(np.float32)
