"""Batches of windows: what augmentation may and may not change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from generators.config import TrainingConfig
from generators.corpus import Corpus
from generators.errors import CorpusError
from generators.events import FIRST_PITCH_TOKEN
from generators.windows import Windows

PLAIN = TrainingConfig(swapped_drums=0.0, transpose_semitones=(0, 0))


@pytest.fixture
def windows(corpus: Corpus) -> Windows:
    return Windows(corpus, bars=4, held_out=False)


def test_a_batch_has_the_models_shape(windows: Windows, rng: np.random.Generator) -> None:
    batch = windows.batch(rng, 5, TrainingConfig())
    assert batch.shape == (5, 4, 16, 3)
    assert batch.dtype == np.int64


def test_equal_seeds_give_equal_batches(windows: Windows) -> None:
    one, other = (windows.batch(np.random.default_rng(3), 8, TrainingConfig()) for _ in range(2))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("semitones", [-5, -1, 6])
def test_transposition_moves_melody_like_bass(windows: Windows, semitones: int) -> None:
    shifted = replace(PLAIN, transpose_semitones=(semitones, semitones))
    before = windows.batch(np.random.default_rng(3), 8, PLAIN)
    after = windows.batch(np.random.default_rng(3), 8, shifted)
    struck = before[..., :2] >= FIRST_PITCH_TOKEN
    assert set((after - before)[..., :2][struck].tolist()) == {semitones}
    np.testing.assert_array_equal(after[..., 2], before[..., 2])


def test_swapped_drums_leave_melody_and_bass_alone(
    windows: Windows, rng: np.random.Generator
) -> None:
    before = windows.batch(np.random.default_rng(3), 8, PLAIN)
    after = windows.batch(np.random.default_rng(3), 8, replace(PLAIN, swapped_drums=1.0))
    np.testing.assert_array_equal(after[..., :2], before[..., :2])
    assert (after[..., 2] > 0).any(axis=(1, 2)).all()


def test_no_window_is_on_both_sides(corpus: Corpus, windows: Windows) -> None:
    held_out = Windows(corpus, bars=4, held_out=True)
    assert len(held_out) > 0
    assert len(windows) + len(held_out) == len(corpus.windows)
    train = {window.tobytes() for window in windows.spread(10_000)[..., 0]}
    assert not train & {window.tobytes() for window in held_out.spread(10_000)[..., 0]}


def test_a_side_without_windows_is_a_corpus_error(corpus: Corpus) -> None:
    with pytest.raises(CorpusError, match="no training windows of 16 bars"):
        Windows(corpus, bars=16, held_out=False)
