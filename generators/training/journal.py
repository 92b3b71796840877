"""What a run tells while it trains: a bar, a line a measurement, and curves in TensorBoard."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tqdm import tqdm

from generators.evaluation import Figures
from generators.music import PARTS
from generators.training.keep import Measured
from generators.training.state import Progress

logger = logging.getLogger(__name__)

LOG = "training.jsonl"
TENSORBOARD = "tensorboard"
_BAR = "{desc}: {percentage:3.0f}%|{bar}| {n:.1f}/{total:g} min [{remaining} left{postfix}]"


class Journal:
    """One sitting's. A resumed run writes on in the same files."""

    def __init__(self, folder: Path, step: int, minutes: float, minutes_done: float) -> None:
        self._folder = folder
        self._curves = _curves(folder / TENSORBOARD, step)
        self._held_out = ""  # the last measurement, for the bar
        self._minutes = minutes
        self._bar = tqdm(
            total=minutes, initial=minutes_done, desc="training", bar_format=_BAR, mininterval=1.0
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._bar.close()
        if self._curves is not None:
            self._curves.close()

    def steps(self, progress: Progress, values: Mapping[str, float]) -> None:
        """Means of the last steps (nats, kl, windows_per_second) and where the schedules are."""
        minutes = min(progress.seconds / 60, self._minutes)
        words = f"step {progress.step:,}, {values['windows_per_second']:.0f} windows/s"
        words += f", {values['nats']:.0f}+{values['kl']:.0f} nats{self._held_out}"
        self._bar.set_postfix_str(words, refresh=False)
        self._bar.update(minutes - self._bar.n)
        self._draw(progress.step, {f"steps/{name}": value for name, value in values.items()})

    def measurement(
        self, progress: Progress, values: Mapping[str, float], measured: Measured, is_best: bool
    ) -> None:
        """A line of `training.jsonl`, a line on the screen, and points on the curves."""
        sides = {"held_out": measured.held_out, "training_files": measured.seen}
        line: dict[str, Any] = {"step": progress.step, "seconds": round(progress.seconds), **values}
        line |= {side: figures.as_dict() for side, figures in sides.items()}
        line |= {"score": measured.score, "kept": is_best}
        with (self._folder / LOG).open("a") as log:
            log.write(json.dumps(line) + "\n")
        self._draw(progress.step, {"held_out/score": measured.score})
        for side, figures in sides.items():
            self._draw(progress.step, {f"{side}/{n}": v for n, v in _by_part(figures).items()})
        self._held_out = f", held out {measured.score:.3f}"
        told = "; ".join(f"{side.replace('_', ' ')} {each}" for side, each in sides.items())
        kept = "kept" if is_best else "not kept"
        tqdm.write(f"step {progress.step:,}: {told}; score {measured.score:.4f}, {kept}")

    def _draw(self, step: int, values: Mapping[str, float]) -> None:
        if self._curves is not None:
            for name, value in values.items():
                self._curves.add_scalar(name, value, step)


def _by_part(figures: Figures) -> dict[str, float]:
    shares = zip(PARTS, figures.teacher_forced, figures.sampled, strict=True)
    by_part = {"nats": figures.nats, "kl": figures.kl}
    for part, forced, sampled in shares:
        by_part |= {f"teacher_forced/{part}": forced, f"sampled/{part}": sampled}
    return by_part


def _curves(folder: Path, step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter  # slow to import: only here
    except ImportError:
        logger.info("tensorboard is not installed: the figures are in %s only", LOG)
        return None
    # A run that died after its last checkpoint goes those steps again: the old ones are hidden.
    return SummaryWriter(folder, purge_step=step + 1)
