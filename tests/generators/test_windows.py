"""Batches of windows: what augmentation may and may not change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from generators.config import TrainingConfig
from generators.corpus import AS_FOUND, NO_DRUMS, Corpus
from generators.errors import CorpusError
from generators.events import FIRST_PITCH_TOKEN
from generators.windows import MIX, Windows

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


def with_kinds(corpus: Corpus) -> Corpus:
    """The corpus, every second window of it under no drums and every third one arranged."""
    windows = corpus.windows.copy()
    windows[::2, 2] = NO_DRUMS
    windows[::3, 2] = corpus.windows[::3, 2]
    windows[::3, 4] = 1
    return replace(corpus, windows=windows)


def test_windows_know_their_kinds(corpus: Corpus) -> None:
    counts = Windows(with_kinds(corpus), 4, held_out=False).counts
    assert tuple(counts) == tuple(MIX)
    assert min(counts.values()) > 0


def test_kinds_are_drawn_as_the_mix_says(corpus: Corpus) -> None:
    windows = Windows(with_kinds(corpus), 4, held_out=False)
    drawn = windows.draw(np.random.default_rng(3), 20_000)
    kinds = np.where(drawn[:, 4] != AS_FOUND, 2, (drawn[:, 2] == NO_DRUMS).astype(int))
    shares = np.bincount(kinds, minlength=3) / len(drawn)
    assert shares == pytest.approx(np.array(list(MIX.values())) / sum(MIX.values()), abs=0.02)


def test_a_window_without_drums_gets_some(corpus: Corpus, rng: np.random.Generator) -> None:
    silent = corpus.windows.copy()
    silent[:, 2] = NO_DRUMS
    windows = Windows(replace(corpus, windows=silent), 4, held_out=False)
    assert (windows.batch(rng, 16, PLAIN)[..., 2] > 0).any(axis=(1, 2)).all()


def test_only_drums_as_found_are_borrowed(corpus: Corpus, rng: np.random.Generator) -> None:
    """An arrangement's drums are heard with its own bass; to swap, there are real ones."""
    arranged = replace(corpus, windows=corpus.windows.copy())
    arranged.windows[:, 4] = 1
    swapped = Windows(arranged, 4, held_out=False).batch(rng, 8, replace(PLAIN, swapped_drums=1.0))
    assert not swapped[..., 2].any()


def test_what_is_measured_is_as_found(corpus: Corpus) -> None:
    windows = Windows(with_kinds(corpus), 4, held_out=False)
    assert len(windows.spread(10_000)) == windows.counts["trio"]
