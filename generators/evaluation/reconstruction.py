"""The paper's reconstruction table: how much of a window comes back through its latent.

Roberts et al. (ICML 2018) count every step; as two steps in three hold what sounds, we count the
events by themselves too. "Teacher-forced" hears the true notes so far, "sampled" only itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from tqdm import tqdm

from generators.evaluation.subjects import Subject
from generators.events import HOLD
from generators.music import PARTS

Shares = tuple[float, float, float]  # right, 0..1: melody, bass, drums
EVALUATION_SEED = 0

# Table 1 of the paper, trios of 16 bars: recalled, as no copy could be read, and on other music.
PAPER = {
    "flat": {"forced": (0.796, 0.829, 0.903), "sampled": (0.579, 0.565, 0.641)},
    "hierarchical": {"forced": (0.848, 0.880, 0.912), "sampled": (0.753, 0.773, 0.863)},
}


@dataclass(frozen=True, slots=True)
class Counted:
    """Shares right in one setting: of all steps, and of the steps with an event."""

    steps: Shares
    events: Shares


@dataclass(frozen=True, slots=True)
class Reconstruction:
    forced: Counted  # teacher-forced, the likeliest token
    drawn: Counted  # teacher-forced, a draw at temperature 1, as in the paper: expected share
    sampled: Counted  # decoded from mu at temperature 1
    guess: Counted  # always the most common token (steps) or event (events)
    nats: float  # of reconstruction, a window
    kl: float  # nats a window
    windows: int


def reconstruct(
    subject: Subject,
    windows: np.ndarray,
    batch: int = 128,
    seed: int = EVALUATION_SEED,
    *,
    progress: bool = False,
) -> Reconstruction:
    """Windows `(n, bars, 16, 3)` through the model and back, from mu."""
    likeliest, probability, sampled, nats, kl = [], [], [], 0.0, 0.0
    starts = range(0, len(windows), batch)
    for start in tqdm(starts, desc="reconstruction", unit="batch", disable=not progress):
        truth = windows[start : start + batch]
        mu, sigma = subject.encode(truth)
        kl += float((0.5 * (mu**2 + sigma**2 - 1) - np.log(sigma + 1e-6)).sum(dtype=np.float64))
        tokens = torch.from_numpy(truth).flatten(1, 2)  # (B, T, 3)
        chosen, chances = [], []
        for part, logits in enumerate(subject.teacher_forced(mu, truth)):
            logs = logits.log_softmax(-1)  # (B, T, depth)
            true = logs.gather(-1, tokens[..., part : part + 1]).squeeze(-1)
            nats -= true.sum(dtype=torch.float64).item()
            chosen.append(logs.argmax(-1).view(truth.shape[:-1]).numpy())
            chances.append(true.exp().view(truth.shape[:-1]).numpy())
        likeliest.append(np.stack(chosen, axis=-1) == truth)
        probability.append(np.stack(chances, axis=-1))
        seeds = seed + start + np.arange(len(truth))
        sampled.append(subject.sample(mu, seeds, temperature=1.0) == truth)
    right = (np.concatenate(each) for each in (likeliest, probability, sampled))
    forced, drawn, free = (_counted(each, windows) for each in right)
    return Reconstruction(
        forced=forced,
        drawn=drawn,
        sampled=free,
        guess=common_token(windows),
        nats=nats / len(windows),
        kl=kl / len(windows),
        windows=len(windows),
    )


def common_token(windows: np.ndarray) -> Counted:
    """What always saying the part's most common token, or its most common event, gets right."""
    steps, events = [], []
    for part in range(len(PARTS)):
        counts = np.bincount(windows[..., part].ravel(), minlength=HOLD + 2)
        struck = counts[HOLD + 1 :]
        steps.append(float(counts.max() / counts.sum()))
        events.append(float(struck.max() / struck.sum()) if struck.any() else np.nan)
    return Counted((steps[0], steps[1], steps[2]), (events[0], events[1], events[2]))


def _counted(right: np.ndarray, truth: np.ndarray) -> Counted:
    steps, events = [], []
    for part in range(len(PARTS)):
        each, event = right[..., part], truth[..., part] != HOLD
        steps.append(float(each.mean(dtype=np.float64)))
        events.append(float(each[event].mean(dtype=np.float64)) if event.any() else np.nan)
    return Counted((steps[0], steps[1], steps[2]), (events[0], events[1], events[2]))
