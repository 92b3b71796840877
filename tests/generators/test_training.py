"""Training for seconds: it learns, it can be interrupted, and its folder opens."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from generators import training as training_module
from generators.card import CARD
from generators.config import TrainingConfig
from generators.corpus import Corpus
from generators.evaluation import measure, most_common
from generators.model import MusicVAE
from generators.training import LOG, Training
from generators.weights import load_model, open_model
from generators.windows import Windows
from tests.generators.tiny import TINY

FAST = TrainingConfig(batch=16, learning_rate=1e-2, beta_warmup_steps=10)


class Clock:
    """Time that passes by a second each time it is asked for."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        self.seconds += 1
        return self.seconds


@pytest.fixture(autouse=True)
def _seconds_are_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step takes a second by this clock, however slow the machine; and few are measured on."""
    monkeypatch.setattr(training_module, "time", Clock())
    monkeypatch.setattr(training_module, "MEASURED_WINDOWS", 8)
    monkeypatch.setattr(training_module, "AVERAGE_DECAY", 0.9)  # of few steps, not of thousands


@pytest.fixture(scope="module")
def windows(corpus: Corpus) -> np.ndarray:
    return Windows(corpus, TINY.bars, held_out=False).spread(32)


def train(corpus: Corpus, folder: Path, minutes: float) -> Training:
    training = Training(corpus, folder, TINY, FAST)
    training.run(minutes)
    return training


def test_a_minute_of_steps_lowers_the_loss(
    corpus: Corpus, windows: np.ndarray, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    before = measure(MusicVAE(TINY), windows)
    train(corpus, tmp_path, minutes=1.5)
    after = measure(load_model(open_model(tmp_path)), windows)
    assert after.nats < 0.85 * before.nats


def test_an_interrupted_run_goes_on_where_it_was(corpus: Corpus, tmp_path: Path) -> None:
    first = train(corpus, tmp_path, minutes=0.1)
    second = Training(corpus, tmp_path, TINY, FAST)
    assert (second.step, second.seconds) == (first.step, first.seconds)
    assert first.step > 0
    second.run(minutes=0.2)
    assert second.step > first.step


def test_a_finished_run_is_not_trained_further(corpus: Corpus, tmp_path: Path) -> None:
    steps = train(corpus, tmp_path, minutes=0.1).step
    assert train(corpus, tmp_path, minutes=0.1).step == steps


def test_a_run_leaves_a_model_with_its_facts(corpus: Corpus, tmp_path: Path) -> None:
    training = train(corpus, tmp_path, minutes=0.1)
    folder = open_model(tmp_path)
    assert folder.config == TINY
    assert folder.facts["training_steps"] == training.step
    line = json.loads((tmp_path / LOG).read_text().splitlines()[-1])
    assert line["held_out"] == folder.facts["held_out"]


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
        torch.nn.init.zeros_(decoder.logits.weight)  # type: ignore[arg-type,union-attr]
        torch.nn.init.constant_(decoder.logits.bias[token : token + 1], 100.0)  # type: ignore[index,union-attr]
    figures = measure(model, np.full((3, TINY.bars, 16, 3), music, np.int64))
    assert figures.teacher_forced == figures.sampled == (1.0, 1.0, 1.0)
    assert figures.nats == pytest.approx(0)


def test_the_most_common_event_is_the_figure_to_beat() -> None:
    windows = np.zeros((1, 1, 16, 3), np.int64)
    windows[0, 0, :4, :] = [[40, 20, 1], [40, 20, 1], [40, 22, 1], [42, 24, 1]]
    assert most_common(windows) == (0.75, 0.5, 1.0)


def test_the_card_says_from_which_step_other_settings_held(corpus: Corpus, tmp_path: Path) -> None:
    first = train(corpus, tmp_path, minutes=0.1)
    wilder = replace(FAST, token_dropout=0.9)
    Training(corpus, tmp_path, TINY, wilder).run(minutes=0.2)
    card = (tmp_path / CARD).read_text()
    assert "- From step 0, " in card
    assert f"- From step {first.step}, " in card
    assert "token_dropout 0.9" in card.split(f"- From step {first.step}, ")[1]
