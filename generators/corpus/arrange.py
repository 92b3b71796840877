"""Basses and drums for melodies that lack them, or that have had the same ones too often."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from generators.chords import NO_CHORD
from generators.corpus.tracks import Taken, active_windows, melody_phrases
from generators.errors import MidiError
from generators.events import FIRST_PITCH_TOKEN, PITCH_OF_TOKEN
from generators.mma import Arrangement, arrange, groove_for
from generators.music import PARTS

MOST_MELODIES = 2  # of one run: those that play most
LOWEST_MELODY_MEDIAN = 55  # MIDI pitch (G3): below, it would cross the bass
NEW_SHARE = 0.5  # of a melody's phrases that must not have been arranged in another version
LEAST_WINDOWS = 4  # with melody and chords: below, a chart is not worth its while
ARRANGING_VERSION = 1  # to be raised when equal jobs come to be played otherwise
TRIES = 3  # grooves tried for a take before it is given up


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one file, to be arranged a number of times."""

    file: int
    run: int
    melodies: tuple[int, ...]  # tracks of the file
    chords: np.ndarray  # one a beat
    key: str  # names the run: grooves and mma's dice follow from it
    takes: int

    @property
    def cache_key(self) -> str:
        """Equal for jobs that are played alike."""
        told = f"{ARRANGING_VERSION} {self.key} {self.takes}".encode()
        return hashlib.sha256(told + self.chords.tobytes()).hexdigest()


def jobs(
    files: Sequence[Taken],
    digests: Sequence[str],
    clusters: Sequence[int],
    takes: int,
    first: Sequence[bool],
) -> list[Job]:
    """What to arrange: of the versions of a tune, each melody once.

    Args:
        files: what was taken of each; the other sequences go beside it.
        takes: arrangements of each melody.
        first: files that go before the others, since they know where their barlines are.
    """
    done: dict[int, set[bytes]] = {}
    result = []
    for file in sorted(range(len(files)), key=lambda at: not first[at]):
        seen = done.setdefault(clusters[file], set())
        for run, chords in enumerate(files[file].chords):
            melodies = _melodies(files[file], run, seen)
            if melodies and (chords != NO_CHORD).any():
                key = f"{digests[file]}/{run}"
                result.append(Job(file, run, melodies, chords, key, takes))
    return result


def _melodies(taken: Taken, run: int, seen: set[bytes]) -> tuple[int, ...]:
    busy = []
    for track, (of_run, part, tokens) in enumerate(taken.tracks):
        if of_run == run and PARTS[part] == "melody":
            windows = int(active_windows(tokens, part).sum())
            height = np.median(tokens[tokens >= FIRST_PITCH_TOKEN]) + PITCH_OF_TOKEN
            if windows >= LEAST_WINDOWS and height >= LOWEST_MELODY_MEDIAN:
                busy.append((-windows, track))
    chosen = []
    for _, track in sorted(busy)[:MOST_MELODIES]:
        phrases = melody_phrases(taken.tracks[track][2])
        if phrases and len(phrases - seen) >= NEW_SHARE * len(phrases):
            seen |= phrases
            chosen.append(track)
    return tuple(chosen)


@dataclass(frozen=True, slots=True)
class Played:
    """A job's takes."""

    arrangements: tuple[Arrangement, ...]

    def packed(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        arrays = {f"bass{take}": each.bass for take, each in enumerate(self.arrangements)}
        arrays |= {f"drums{take}": each.drums for take, each in enumerate(self.arrangements)}
        return {"grooves": [each.groove for each in self.arrangements]}, arrays

    @classmethod
    def unpacked(cls, facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> Played:
        return cls(
            tuple(
                Arrangement(groove, arrays[f"bass{take}"], arrays[f"drums{take}"])
                for take, groove in enumerate(facts["grooves"])
            )
        )


def play(program: str, job: Job) -> Played:
    """Have mma play a job; a groove it cannot play to these chords gives way to another."""
    arrangements = []
    for take in range(job.takes):
        for attempt in range(TRIES):
            groove = groove_for(job.key, take + attempt * job.takes)
            seed = int.from_bytes(hashlib.sha256(f"{job.key}/{take}".encode()).digest()[:4])
            try:
                arrangements.append(arrange(program, job.chords, groove, seed))
            except MidiError:
                continue
            break
    return Played(tuple(arrangements))
