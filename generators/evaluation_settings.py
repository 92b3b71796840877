"""How much an evaluation measures. Apart from `generators.evaluation`, which needs torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    windows: int = 512  # held-out windows, for reconstruction and for statistics
    pairs: int = 128  # of held-out windows, for interpolation
    samples: int = 512  # from the prior, for statistics
    candidates: int = 24  # for each sample; the critic's choice is set beside the first one
    temperature: float = 0.9  # of the samples: what the station's shows have by default
    seed: int = 0

    def __post_init__(self) -> None:
        lowest = {"windows": 1, "pairs": 1, "samples": 2, "candidates": 1, "seed": 0}
        for name, low in lowest.items():
            if getattr(self, name) < low:
                raise ValueError(f"{name} must be {low} or more, not {getattr(self, name)}")
        if not 0 < self.temperature <= 2:
            raise ValueError(f"temperature must be above 0 and at most 2, not {self.temperature}")
