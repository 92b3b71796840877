"""Training for seconds: it learns, it can be interrupted, and its folder opens."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]  # has no types
    EventAccumulator,
)

from generators.card import CARD
from generators.corpus import Corpus
from generators.evaluation import measure
from generators.model import MusicVAE
from generators.training import run
from generators.training.checkpoint import CHECKPOINT, load_checkpoint
from generators.training.errors import TrainingError
from generators.training.journal import LOG, TENSORBOARD
from generators.training.keep import windows_seen
from generators.training.state import Progress
from generators.weights import load_model, open_model
from generators.windows import Windows
from tests.generators.tiny import TINY
from tests.generators.training.runs import FAST, Clock, new_run, no_file_larger_than, train


def log_of(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / LOG).read_text().splitlines()]


def test_a_minute_of_steps_lowers_the_loss(corpus: Corpus, tmp_path: Path) -> None:
    windows = Windows(corpus, TINY.bars, held_out=False).spread(32)
    torch.manual_seed(0)
    before = measure(MusicVAE(TINY), windows)
    train(corpus, tmp_path, minutes=1)
    after = measure(load_model(open_model(tmp_path)), windows)
    assert after.nats < 0.9 * before.nats


def test_an_interrupted_run_ends_as_an_uninterrupted_one(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(corpus, tmp_path / "whole", minutes=0.3)
    monkeypatch.setattr(run, "time", Clock(interrupted_after=8))
    cut = train(corpus, tmp_path / "cut", minutes=0.3)
    assert 0 < cut.progress.step < whole.progress.step
    monkeypatch.setattr(run, "time", Clock())
    assert train(corpus, tmp_path / "cut", minutes=0.3).progress.step == whole.progress.step
    one, other = (load_checkpoint(tmp_path / name)[0] for name in ("whole", "cut"))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_finished_run_is_not_trained_further(corpus: Corpus, tmp_path: Path) -> None:
    first = train(corpus, tmp_path, minutes=0.1)
    lines = log_of(tmp_path)
    assert train(corpus, tmp_path, minutes=0.1).progress == first.progress
    assert log_of(tmp_path) == lines


def test_a_run_leaves_a_model_with_its_facts(corpus: Corpus, tmp_path: Path) -> None:
    progress = train(corpus, tmp_path, minutes=0.1).progress
    folder = open_model(tmp_path)
    assert folder.config == TINY
    assert folder.facts["training_steps"] == progress.step
    assert folder.facts["training_windows"] == progress.step * FAST.batch
    assert log_of(tmp_path)[-1]["held_out"] == folder.facts["held_out"]


def test_the_weights_that_did_best_are_kept(corpus: Corpus, tmp_path: Path) -> None:
    training = new_run(corpus, tmp_path)
    best = training.run(0.6, measure_every_seconds=6)
    lines = log_of(tmp_path)
    assert len(lines) == 6
    assert best.score == max(line["score"] for line in lines)  # type: ignore[type-var]  # from JSON
    assert [line["step"] for line in lines if line["kept"]][-1] == best.step
    assert open_model(tmp_path).facts["training_steps"] == best.step


def test_a_run_that_gets_no_better_ends(corpus: Corpus, tmp_path: Path) -> None:
    stuck = replace(FAST, learning_rate=1e-8, final_learning_rate=0, weight_decay=0)
    training = new_run(corpus, tmp_path, stuck)
    training.run(10, measure_every_seconds=2, patience=3)
    assert training.progress.since_best == 3
    assert training.progress.seconds < 60
    assert load_checkpoint(tmp_path)[1]["step"] == training.progress.step


def test_a_loss_that_is_no_number_stops_the_run(corpus: Corpus, tmp_path: Path) -> None:
    kept = train(corpus, tmp_path, minutes=0.1).progress.step
    wild = new_run(corpus, tmp_path, replace(FAST, learning_rate=1.0, weight_decay=10))
    for weights in wild.model.parameters():
        torch.nn.init.constant_(weights, torch.inf)
    with pytest.raises(TrainingError, match=f"step {kept:,} stand.*lower --learning-rate"):
        wild.run(1)
    assert load_checkpoint(tmp_path)[1]["step"] == kept


def test_a_folder_that_cannot_be_written_is_named(corpus: Corpus, tmp_path: Path) -> None:
    training = train(corpus, tmp_path, minutes=0.1)
    (tmp_path / LOG).unlink()
    (tmp_path / LOG).mkdir()
    with pytest.raises(TrainingError, match=f"cannot save to {tmp_path}: .*{LOG}"):
        training.run(0.2)


def test_a_disk_that_fills_leaves_the_last_checkpoint(corpus: Corpus, tmp_path: Path) -> None:
    training = train(corpus, tmp_path, minutes=0.1)
    training.progress.best = None  # so that the next weights are kept
    with no_file_larger_than(10_000), pytest.raises(TrainingError, match="cannot save"):
        training.run(1, measure_every_seconds=3)
    assert load_checkpoint(tmp_path)[1]["seconds"] == 6
    assert open_model(tmp_path).facts["training_seconds"] == 6
    assert not list(tmp_path.glob("*.partial"))


def test_the_card_says_from_which_step_other_settings_held(corpus: Corpus, tmp_path: Path) -> None:
    first = train(corpus, tmp_path, minutes=0.1).progress
    new_run(corpus, tmp_path, replace(FAST, token_dropout=0.9)).run(1, measure_every_seconds=10)
    card = (tmp_path / CARD).read_text()
    assert "- From step 0, " in card
    assert "token_dropout 0.9" in card.split(f"- From step {first.step}, ")[1]


def test_windows_are_counted_by_the_batch_of_their_sitting() -> None:
    sittings = [
        {"from_step": step, "settings": {"batch": batch}} for step, batch in ((0, 16), (10, 64))
    ]
    assert windows_seen(Progress(step=12, sittings=sittings)) == 10 * 16 + 2 * 64


def test_the_curves_go_on_where_the_run_does(corpus: Corpus, tmp_path: Path) -> None:
    for minutes in (0.5, 1):
        train(corpus, tmp_path, minutes)
    curves = EventAccumulator(str(tmp_path / TENSORBOARD)).Reload()
    steps = [event.step for event in curves.Scalars("steps/nats")]
    assert steps == [20, 30, 40, 60]
    assert {"held_out/score", "held_out/sampled/drums", "steps/windows_per_second"} <= set(
        curves.Tags()["scalars"]
    )


def test_a_run_leaves_nothing_half_written(corpus: Corpus, tmp_path: Path) -> None:
    train(corpus, tmp_path, minutes=0.1)
    names = {path.name for path in tmp_path.iterdir()}
    expected = {CHECKPOINT, CARD, LOG, TENSORBOARD, "model.json", "model.safetensors"}
    assert names == expected


def test_batches_are_those_of_their_step(corpus: Corpus, tmp_path: Path) -> None:
    training = new_run(corpus, tmp_path)
    with training.batches() as batches:
        drawn = [batches.next() for _ in range(4)]
    training.progress.step = 3
    with training.batches() as batches:
        seed, tokens = batches.next()
    assert seed == drawn[3][0]
    np.testing.assert_array_equal(tokens, drawn[3][1])
    assert not torch.equal(drawn[2][1], drawn[3][1])
