"""The groove model at the drums: from hits to how they are struck."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import torch

from generators.errors import WeightsError
from generators.events import DRUM_BITS
from generators.groove.model import posterior, struck
from generators.groove.performances import WINDOW_BARS
from generators.groove.touch import Touch, hits_of
from generators.magenta.config import MagentaConfig
from generators.magenta.model import MagentaVAE
from generators.music import STEPS_PER_BAR, TICKS_PER_STEP
from generators.weights import load_model, open_model

_WINDOW = WINDOW_BARS * STEPS_PER_BAR


def load_drummer(folder: Path) -> Drummer:
    """The drummer of a model folder.

    Raises:
        WeightsError: the folder is not whole, or holds no model of this kind.
    """
    opened = open_model(folder)
    config = opened.config
    if not isinstance(config, MagentaConfig) or config.head != "groove":
        raise WeightsError(f"{folder} holds no groove model")
    if config.controls != DRUM_BITS or config.steps != _WINDOW:
        raise WeightsError(f"{folder}: only a groovae_2bar_hits_control can play given hits")
    return Drummer(load_model(opened), opened.sha256)


class Drummer:
    """Plays given hits with the touch of the model's mean."""

    def __init__(self, model: MagentaVAE, sha256: str = "") -> None:
        """`sha256` is of the weights, for whoever writes down who played."""
        self._sha256 = sha256
        # In float64 no machine's way of adding up tips a velocity over to the next whole number.
        self._model = copy.deepcopy(model).double().eval()

    @torch.inference_mode()
    def touch(self, drums: np.ndarray) -> Touch:
        """How each hit of drum tokens int16 `(16 bars,)` is struck.

        A bar is heard twice, with the one before it and with the one after it, and played as the
        mean of both: so no window's edge is heard.
        """
        hits = hits_of(drums)  # (S, 9)
        bars = len(hits) // STEPS_PER_BAR
        padded = np.pad(hits, ((STEPS_PER_BAR, STEPS_PER_BAR), (0, 0))).astype(np.float64)
        starts = np.arange(bars + 1) * STEPS_PER_BAR
        windows = padded[starts[:, None] + np.arange(_WINDOW)]  # (bars + 1, 32, 9)
        # What returns is played as it was, and thought of once.
        different, which = np.unique(windows, axis=0, return_inverse=True)
        heard = torch.from_numpy(different)
        mu, _ = posterior(self._model, heard)
        velocities, early = (
            _overlaid(each.numpy()[which]) for each in struck(self._model, heard, mu)
        )
        return Touch(
            np.clip(np.rint(127 * velocities), 1, 127).astype(np.int16),
            np.rint(-early * TICKS_PER_STEP / 2).astype(np.int16),
            self._sha256,
        )


def _overlaid(windows: np.ndarray) -> np.ndarray:
    """Windows `(bars + 1, 32, 9)`, one a bar, to the mean of both halves on each bar `(S, 9)`."""
    second, first = windows[:-1, STEPS_PER_BAR:], windows[1:, :STEPS_PER_BAR]
    return np.asarray((first + second) / 2).reshape(-1, DRUM_BITS)
