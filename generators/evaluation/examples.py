"""Music to listen to beside the figures: samples, reconstructions and ways between, as MIDI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pretty_midi

from generators.evaluation.interpolation import TEMPERATURE, pairs
from generators.evaluation.subjects import Subject
from generators.evaluation.tunes import WindowSet
from generators.events import tokens_to_trio
from generators.music import PARTS, STEPS_PER_QUARTER, Instruments, Trio
from generators.realise import accented
from generators.walk import slerp

TEMPO_QPM = 112.0
SAMPLES = 10
RECONSTRUCTIONS = 5
WAYS = 2
WAY_PLACES = 5  # windows on a way, both ends among them


@dataclass(frozen=True, slots=True)
class Example:
    """A MIDI file of a report."""

    name: str  # of the file, without ".mid"
    what: str
    trio: Trio


def sample_examples(best: np.ndarray) -> list[Example]:
    """The first ten of the samples: the first, not the ones that came out best."""
    what = "sampled from the prior, the best of its candidates"
    return [
        Example(f"sample-{number:02}", what, _trio(window))
        for number, window in enumerate(best[:SAMPLES], 1)
    ]


def latent_examples(
    subject: Subject, windows: WindowSet, rng: np.random.Generator
) -> list[Example]:
    """Held-out windows with their reconstructions, and ways from one to another."""
    first, second = pairs(windows.tunes, RECONSTRUCTIONS, rng)
    mu, _ = subject.encode(windows.tokens[first])
    ends, _ = subject.encode(windows.tokens[second])
    seeds = rng.integers(2**62, size=RECONSTRUCTIONS)
    back = subject.sample(mu, seeds, TEMPERATURE)
    tunes = [windows.names[windows.tunes[row]] for row in first]
    others = [windows.names[windows.tunes[row]] for row in second]
    heard = "through the latent and back"
    examples = []
    for i, row in enumerate(first):
        original = _trio(windows.tokens[row])
        examples.append(Example(f"original-{i + 1}", f"held out: {tunes[i]}", original))
        examples.append(Example(f"reconstruction-{i + 1}", f"{tunes[i]}, {heard}", _trio(back[i])))
    for i in range(WAYS):
        z = [slerp(mu[i], ends[i], t) for t in np.linspace(0, 1, WAY_PLACES)]
        way = subject.sample(np.stack(z), np.full(WAY_PLACES, seeds[i]), TEMPERATURE)
        what = f"from {tunes[i]} to {others[i]} in {WAY_PLACES} windows"
        examples.append(Example(f"way-{i + 1}", what, _trio(way)))
    return examples


def _trio(windows: np.ndarray) -> Trio:
    """One window, or several to be played one after another."""
    return accented(tokens_to_trio(windows.reshape(-1, len(PARTS))))


def write_examples(examples: Sequence[Example], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for example in examples:
        midi_of(example.trio).write(str(folder / f"{example.name}.mid"))


def midi_of(trio: Trio, tempo_qpm: float = TEMPO_QPM) -> pretty_midi.PrettyMIDI:
    """A trio as MIDI, in piano and fingered bass."""
    midi = pretty_midi.PrettyMIDI(initial_tempo=tempo_qpm)
    step_seconds = 60 / tempo_qpm / STEPS_PER_QUARTER
    instruments = Instruments()
    programs = {"melody": instruments.melody, "bass": instruments.bass, "drums": 0}
    for part in PARTS:
        track = pretty_midi.Instrument(programs[part], is_drum=part == "drums", name=part)
        track.notes = [
            pretty_midi.Note(n.velocity, n.pitch, n.start * step_seconds, n.end * step_seconds)
            for n in getattr(trio, part)
        ]
        midi.instruments.append(track)
    return midi
