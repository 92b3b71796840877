"""The figures that training watches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from generators.corpus import Corpus
from generators.evaluation import measure, most_common
from generators.model import MusicVAE
from generators.windows import Windows
from tests.generators.tiny import TINY


@pytest.fixture(scope="module")
def windows(corpus: Corpus) -> np.ndarray:
    return Windows(corpus, TINY.bars, held_out=False).spread(32)


def test_figures_do_not_hang_on_the_batch(windows: np.ndarray, model: MusicVAE) -> None:
    one, other = measure(model, windows), measure(model, windows, batch=5)
    assert one.sampled == other.sampled
    assert one.nats == pytest.approx(other.nats)
    assert one.kl == pytest.approx(other.kl)


def test_measuring_leaves_the_model_in_training(windows: np.ndarray) -> None:
    model = MusicVAE(TINY).train()
    measure(model, windows)
    assert model.training


def test_a_model_that_knows_all_the_music_there_is_has_every_event_right() -> None:
    model, music = MusicVAE(TINY), (40, 20, 5)
    for decoder, token in zip(model.decoders, music, strict=True):
        torch.nn.init.zeros_(decoder.logits.weight)  # type: ignore[arg-type,union-attr]  # a Linear
        torch.nn.init.constant_(decoder.logits.bias[token : token + 1], 100.0)  # type: ignore[index,union-attr]
    figures = measure(model, np.full((3, TINY.bars, 16, 3), music, np.int64))
    assert figures.teacher_forced == figures.sampled == (1.0, 1.0, 1.0)
    assert figures.nats == pytest.approx(0)


def test_the_most_common_event_is_the_figure_to_beat() -> None:
    windows = np.zeros((1, 1, 16, 3), np.int64)
    windows[0, 0, :4, :] = [[40, 20, 1], [40, 20, 1], [40, 22, 1], [42, 24, 1]]
    assert most_common(windows) == (0.75, 0.5, 1.0)
