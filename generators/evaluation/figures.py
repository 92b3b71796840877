"""The few figures that training watches: events right on one side of the split, and the loss.

Two steps in three are "nothing happens", so plain accuracy flatters a model that plays nothing.
What counts is the steps where something *is* struck or ended.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from generators.evaluation.reconstruction import Shares, common_token, reconstruct
from generators.evaluation.subjects import OurSubject
from generators.model import MusicVAE


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of events right, 0..1, melody, bass, drums; and the loss in nats a window."""

    teacher_forced: Shares
    sampled: Shares  # decoded from mu at temperature 1, fed by itself
    nats: float
    kl: float

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    def __str__(self) -> str:
        forced = "/".join(f"{share:.3f}" for share in self.teacher_forced)
        sampled = "/".join(f"{share:.3f}" for share in self.sampled)
        return f"forced {forced} sampled {sampled} {self.nats:.0f}+{self.kl:.0f} nats"


def measure(model: MusicVAE, windows: np.ndarray, batch: int = 128) -> Figures:
    """Figures over windows `(n, bars, 16, 3)`, int64. The model is left in the mode it was in."""
    training = model.training
    found = reconstruct(OurSubject(model), windows, batch)
    model.train(training)
    return Figures(found.forced.events, found.sampled.events, found.nats, found.kl)


def most_common(windows: np.ndarray) -> Shares:
    """Events right if every event were the part's most common one: the figure to beat."""
    return common_token(windows).events
