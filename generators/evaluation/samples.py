"""Samples from the prior, and what they are set beside: held-out music and training music."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from tqdm import tqdm

from generators.evaluation.features import FEATURES
from generators.evaluation.neighbours import (
    known_share,
    known_two_bars,
    longest_shared,
    moves_of,
)
from generators.evaluation.statistics import ceiling, compare, describe, gain, trios_of
from generators.evaluation.subjects import Subject
from generators.evaluation.tunes import WindowSet
from generators.evaluation_settings import EvaluationSettings

SAMPLES_AT_A_TIME = 16  # each with its candidates: bounds the memory, and moves the bar
MOST_LIKE_SAMPLES = 5

Judge = Callable[[np.ndarray], np.ndarray]  # the critic's totals (n,) of windows


def draw_samples(
    subject: Subject, judge: Judge, settings: EvaluationSettings, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First candidates, the critic's choices, both `(n, bars, 16, 3)`; and the scores `(n, K)`."""
    parts = []
    with tqdm(
        total=settings.samples * settings.candidates, desc="samples", unit="sample"
    ) as progress:
        for start in range(0, settings.samples, SAMPLES_AT_A_TIME):
            count = min(SAMPLES_AT_A_TIME, settings.samples - start)
            total = count * settings.candidates
            z = rng.standard_normal((total, subject.z_size), dtype=np.float32)
            seeds = rng.integers(2**62, size=total)
            windows = subject.sample(z, seeds, settings.temperature)
            scores = judge(windows).reshape(count, settings.candidates)
            windows = windows.reshape(*scores.shape, *windows.shape[1:])
            best = windows[np.arange(count), scores.argmax(axis=1)]
            parts.append((windows[:, 0], best, scores))
            progress.update(total)
    firsts, bests, marks = zip(*parts, strict=True)
    return np.concatenate(firsts), np.concatenate(bests), np.concatenate(marks)


def statistics_figures(
    held_out: WindowSet,
    training: WindowSet,
    first: np.ndarray,
    best: np.ndarray,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Samples against held-out music, beside the training music and other held-out music."""
    true = describe(trios_of(held_out.tokens))
    others = {
        "one": describe(trios_of(first)),
        "best": describe(trios_of(best)),
        "training": describe(trios_of(training.tokens)),
    }
    alike = {name: compare(true, other) for name, other in others.items()}
    alike["other_held_out"] = ceiling(true, held_out.tunes, rng)
    everything = {"held_out": true, **others}
    return {
        "features": [
            {
                "name": feature.name,
                "unit": feature.unit,
                "bins": {"low": feature.low, "high": feature.high, "count": feature.bins},
                "means": {name: each.means[i] for name, each in everything.items()},
                "histograms": {name: each.histogram(i) for name, each in everything.items()},
                "alike": {name: asdict(found[i]) for name, found in alike.items() if found},
            }
            for i, feature in enumerate(FEATURES)
        ],
        "mean_overlap": {
            name: np.mean([each.overlap for each in found])
            for name, found in alike.items()
            if found
        },
        "gain_of_choosing": gain(true, others["one"], others["best"], rng),
    }


def neighbour_figures(
    sets: Mapping[str, np.ndarray], melodies: list[np.ndarray], names: list[str]
) -> dict[str, Any]:
    known = moves_of(melodies)
    figures: dict[str, Any] = {}
    for name, windows in sets.items():
        ours = list(windows[..., 0].reshape(len(windows), -1))
        moves = moves_of(ours)
        longest, nearest = longest_shared(moves, known)
        figures[name] = {
            "longest_notes": np.bincount(longest),  # windows that share so many notes at most
            "median_notes": np.median(longest),
            "p95_notes": np.quantile(longest, 0.95),
            "known_eight_notes": known_share(ours, melodies),
            "known_two_bars": known_two_bars(ours, melodies),
        }
        if name == "best":
            figures["most_like"] = [
                {"sample": int(row) + 1, "notes": longest[row], "file": names[nearest[row]]}
                for row in np.argsort(-longest, kind="stable")[:MOST_LIKE_SAMPLES]
                if nearest[row] >= 0
            ]
    return figures
