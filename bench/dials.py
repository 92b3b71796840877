"""What each dial does to the shipped model's music, and what the directions are worth.

    python bench/dials.py [--pieces 96] [--candidates 24] [--corpus FILE]

Prints the attributes of pieces of four bars at -1, 0 and 1 of each dial: as they come, and as the
critic chooses them with the dial's wish. With a corpus, also what two units along our directions
change, and along those of the paper's way.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import time
from pathlib import Path

import numpy as np
import torch

from generators.attributes import ATTRIBUTES, attributes
from generators.config import TrainingConfig
from generators.corpus import Corpus
from generators.critic import NAMES, judge_many
from generators.directions import Directions, load_directions, shifted
from generators.evaluation.subjects import Subject, subject_of
from generators.find_directions import directions_of
from generators.weights import SHIPPED_MODEL, load_model, open_model
from generators.windows import Windows
from generators.wishes import granted
from station.controls import Controls
from station.dials import dials_at, steer, wish
from station.show_settings import DAY

TEMPERATURE = DAY.temperature
WINDOWS = 16_384  # encoded for the comparison
CHUNK = 512


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pieces", type=int, default=96)
    parser.add_argument("--candidates", type=int, default=24)
    parser.add_argument("--corpus", type=Path, help="to compare ways to find directions")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    subject = subject_of(load_model(open_model(SHIPPED_MODEL)))
    directions = load_directions(SHIPPED_MODEL)
    assert directions is not None
    print_row("", {name: name for name in (*ATTRIBUTES, "major", "critic")})
    turns = [(dial, turn) for dial in ("energy", "brightness", "density") for turn in (-1, 1)]
    for dial, turn in [("", 0), *turns]:
        dialled(subject, directions, dial, turn, arguments.pieces, arguments.candidates)
    if arguments.corpus:
        compare(subject, Corpus.load(arguments.corpus), arguments.pieces)


def dialled(
    subject: Subject, directions: Directions, dial: str, turn: int, pieces: int, candidates: int
) -> None:
    """The mean attributes of pieces made under one dial, with standard errors."""
    controls = Controls().changed({dial: turn} if dial else {})
    dials = dials_at(DAY, controls, time(12))
    z = np.random.default_rng(1).standard_normal((pieces * candidates, 1, subject.z_size))
    steered = [steer(latents.astype(np.float32), dials, directions) for latents in z]
    tokens = sampled(subject, np.concatenate(steered))
    values = attributes(tokens).reshape(pieces, candidates, -1)
    totals = judge_many(tokens)[0]
    wished = totals * granted(tokens, wish(dials)) ** (1 / len(NAMES))
    named = f"{dial} {turn:+d}" if dial else "at rest"
    for what, marks in (("critic", totals), ("critic and wish", wished)):
        best = marks.reshape(pieces, candidates).argmax(axis=1)
        rows = np.arange(pieces)
        show(f"{named}, {what}", values[rows, best], totals.reshape(pieces, -1)[rows, best])
    show(f"{named}, as they come", values[:, 0], totals.reshape(pieces, -1)[:, 0])


def compare(subject: Subject, corpus: Corpus, pieces: int) -> None:
    """Two units along each direction, found in two ways: changes in standard deviations."""
    windows = Windows(corpus, subject.bars, held_out=False)
    rng = np.random.default_rng(0)
    parts = [windows.batch(rng, CHUNK, TrainingConfig()) for _ in range(WINDOWS // CHUNK)]
    mu, sigma = (
        np.concatenate(each) for each in zip(*(subject.encode(part) for part in parts), strict=True)
    )
    values = np.concatenate([attributes(part.reshape(len(part), -1, 3)) for part in parts])
    ours = directions_of(mu, sigma, values)
    theirs = []
    for column, vector in zip(values.T, ours, strict=True):
        low, high = np.quantile(column, (0.25, 0.75))
        between = mu[column >= high].mean(axis=0) - mu[column <= low].mean(axis=0)
        theirs.append(between * np.linalg.norm(vector) / np.linalg.norm(between))
    z = np.random.default_rng(2).standard_normal((4 * pieces, subject.z_size)).astype(np.float32)
    unmoved = attributes(sampled(subject, z))
    for what, vectors in (("regression", ours), ("quartiles", np.array(theirs))):
        for name, vector in zip(ATTRIBUTES, vectors, strict=True):
            moved = attributes(sampled(subject, shifted(z, 2 * vector)))
            change = (moved - unmoved).mean(axis=0) / unmoved.std(axis=0)
            cells = (f"{each:+.2f}" for each in change)
            print_row(f"{name}, {what}", dict(zip(ATTRIBUTES, cells, strict=True)))


def sampled(subject: Subject, z: np.ndarray) -> np.ndarray:
    """Tokens `(n, steps, 3)`; the same noise for the same row."""
    return subject.sample(z, np.arange(len(z)), TEMPERATURE).reshape(len(z), -1, 3)


def show(what: str, values: np.ndarray, totals: np.ndarray) -> None:
    columns = dict(zip(ATTRIBUTES, values.T, strict=True))
    columns |= {"major": (columns["mode"] > 0).astype(float), "critic": totals}
    error = np.sqrt(len(values))
    print_row(what, {n: f"{v.mean():.2f} ±{v.std(ddof=1) / error:.2f}" for n, v in columns.items()})


def print_row(what: str, cells: Mapping[str, str]) -> None:
    print(f"{what:30}" + "".join(f"{cell:>14}" for cell in cells.values()), flush=True)


if __name__ == "__main__":
    main()
