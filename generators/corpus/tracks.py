"""What is taken of one file: its tracks as tokens, and the windows in which they all play."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from generators.chords import by_beat, infer
from generators.corpus.sources import ABC, MUSICXML
from generators.corpus.store import NO_DRUMS
from generators.errors import MidiError
from generators.events import FIRST_PITCH_TOKEN, HOLD, drums_to_tokens, melody_to_tokens
from generators.midi import read_runs
from generators.music import PARTS, STEPS_PER_BAR
from generators.notation import read_abc, read_musicxml
from generators.runs import Run, Track

WINDOW_BARS = 4  # what "active" and "alike" are judged on
MOST_TRACKS_A_KIND = 8  # of one run: a file with 30 tracks shall not outweigh the rest
LEAST_ONSETS = (6, 4, 6)  # a window with fewer melody, bass or drum onsets is too empty
LEAST_ACTIVE_BARS = 3  # bars of the window in which each part must strike something
PHRASE_NOTES = 16
LEAST_PHRASE_PITCHES = 5  # of a phrase: fewer are scales and ostinati, which all tunes share
HIGHEST_BASS_MEDIAN = 55  # MIDI pitch: a voice that lies higher is no bass


@dataclass(slots=True)
class Taken:
    """What one file gives. Runs and tracks are counted from 0 within the file."""

    rejected: str = ""  # why nothing was taken
    chords: list[np.ndarray] = field(default_factory=list)  # of each run, one a beat
    tracks: list[tuple[int, int, np.ndarray]] = field(default_factory=list)  # run, part, tokens
    windows: list[tuple[int, int, int, int]] = field(default_factory=list)  # ..., first bar

    def packed(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        facts = {
            "rejected": self.rejected,
            "tracks": [(run, part, len(tokens)) for run, part, tokens in self.tracks],
            "beats": [len(chords) for chords in self.chords],
        }
        arrays = {
            "tokens": np.concatenate([np.zeros(0, np.int16), *(t for _, _, t in self.tracks)]),
            "chords": np.concatenate([np.zeros(0, np.int16), *self.chords]),
            "windows": np.array(self.windows, np.int32).reshape(-1, 4),
        }
        return facts, arrays

    @classmethod
    def unpacked(cls, facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> Taken:
        tokens = _split(arrays["tokens"], [steps for _, _, steps in facts["tracks"]])
        return cls(
            rejected=facts["rejected"],
            chords=_split(arrays["chords"], facts["beats"]),
            tracks=[
                (run, part, track)
                for (run, part, _), track in zip(facts["tracks"], tokens, strict=True)
            ],
            windows=[(m, b, d, bar) for m, b, d, bar in arrays["windows"].tolist()],
        )


def _split(array: np.ndarray, sizes: Sequence[int]) -> list[np.ndarray]:
    return np.split(array, np.cumsum(sizes)[:-1]) if sizes else []


def take(suffix: str, data: bytes) -> Taken:
    """Read a file of any kind that a corpus knows, by its suffix."""
    taken = Taken()
    read = read_musicxml if suffix in MUSICXML else read_abc if suffix in ABC else read_runs
    try:
        runs = read(data)
    except MidiError as error:
        return Taken(rejected=str(error))
    reason = "no bar of 4/4"
    for run in runs:
        if not run.on_the_grid:
            reason = f"{run.off_grid:.0%} of the notes are off the grid of sixteenths"
        elif run.steps < WINDOW_BARS * STEPS_PER_BAR:
            reason = f"shorter than {WINDOW_BARS} bars"
        else:
            reason = _take_run(run, taken) or reason
    if not taken.tracks:
        taken.rejected = reason
    return taken


def _take_run(run: Run, taken: Taken) -> str:
    kinds: dict[str, list[int]] = {part: [] for part in PARTS}
    actives = {}
    for track in _with_a_bass(run.tracks):
        if track.kind not in PARTS or len(kinds[track.kind]) == MOST_TRACKS_A_KIND:
            continue
        is_drums = track.kind == "drums"
        tokens = (drums_to_tokens if is_drums else melody_to_tokens)(track.notes, run.steps)
        part = PARTS.index(track.kind)
        active = active_windows(tokens, part)
        if active.any():
            kinds[track.kind].append(len(taken.tracks))
            actives[len(taken.tracks)] = active
            taken.tracks.append((len(taken.chords), part, tokens))
    if not any(kinds.values()):
        return "no part plays enough in any four bars"
    taken.chords.append(_chords(run))
    missing = [part for part in ("melody", "bass") if not kinds[part]]
    for melody, bass, drums in itertools.product(
        kinds["melody"], kinds["bass"], kinds["drums"] or [NO_DRUMS]
    ):
        together = actives[melody] & actives[bass] & actives.get(drums, True)
        taken.windows.extend((melody, bass, drums, int(bar)) for bar in np.flatnonzero(together))
    return f"no {' and no '.join(missing)} that plays" if missing else ""


def _chords(run: Run) -> np.ndarray:
    """Those written in the file, else those its notes imply."""
    if run.chords:
        return by_beat(run.chords, run.steps)
    pitched = [track for track in run.tracks if track.kind != "drums"]
    return infer(itertools.chain.from_iterable(track.notes for track in pitched), run.steps)


def _with_a_bass(tracks: tuple[Track, ...]) -> tuple[Track, ...]:
    """In music for voices the lowest is the bass and the highest the melody."""
    voices = [track for track in tracks if track.kind == "melody"]
    if len(voices) < 2 or any(track.kind == "bass" for track in tracks):
        return tracks
    by_height = sorted(voices, key=lambda t: statistics.median(n.pitch for n in t.notes))
    lowest, highest = by_height[0], by_height[-1]
    if statistics.median(note.pitch for note in lowest.notes) > HIGHEST_BASS_MEDIAN:
        return tracks
    drums = tuple(track for track in tracks if track.kind == "drums")
    return (highest, replace(lowest, kind="bass"), *drums)


def active_windows(tokens: np.ndarray, part: int) -> np.ndarray:
    """For each first bar: does this part play enough in the window that begins there?"""
    struck = tokens >= (FIRST_PITCH_TOKEN if part < 2 else HOLD + 1)
    onsets = struck.reshape(-1, STEPS_PER_BAR).sum(axis=1)
    if len(onsets) < WINDOW_BARS:
        return np.zeros(0, bool)
    view = np.lib.stride_tricks.sliding_window_view(onsets, WINDOW_BARS)
    enough, spread = view.sum(axis=1), (view > 0).sum(axis=1)
    return np.asarray((enough >= LEAST_ONSETS[part]) & (spread >= LEAST_ACTIVE_BARS))


def melody_shapes(tokens: np.ndarray) -> set[bytes]:
    """Each 4-bar window's rhythm and intervals: the same in every key."""
    shapes = set()
    size = WINDOW_BARS * STEPS_PER_BAR
    for start in range(0, len(tokens) - size + 1, STEPS_PER_BAR):
        window = tokens[start : start + size]
        onsets = np.flatnonzero(window >= FIRST_PITCH_TOKEN)
        if len(onsets) >= 8 and len(set(window[onsets])) >= 4:
            shapes.add(onsets.astype(np.int8).tobytes() + np.diff(window[onsets]).tobytes())
    return shapes


def melody_phrases(tokens: np.ndarray) -> set[bytes]:
    """Each run of 16 notes, wherever the barlines are: some files count the upbeat as a bar."""
    onsets = np.flatnonzero(tokens >= FIRST_PITCH_TOKEN)
    pitches = tokens[onsets].astype(np.int16)
    gaps, intervals = np.diff(onsets).astype(np.int16), np.diff(pitches)
    return {
        gaps[at : at + PHRASE_NOTES - 1].tobytes() + intervals[at : at + PHRASE_NOTES - 1].tobytes()
        for at in range(len(onsets) - PHRASE_NOTES + 1)
        if len(set(pitches[at : at + PHRASE_NOTES].tolist())) >= LEAST_PHRASE_PITCHES
    }
