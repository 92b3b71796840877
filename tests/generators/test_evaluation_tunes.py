"""Which windows are measured: held-out ones only, and each tune as much as any other."""

from __future__ import annotations

import numpy as np
import pytest

from generators.corpus import Corpus
from generators.errors import CorpusError
from generators.evaluation.tunes import by_tune, training_melodies
from generators.windows import Windows


def test_each_tune_counts_alike(corpus: Corpus) -> None:
    found = by_tune(corpus, 2, 40, held_out=False)
    counts = np.bincount(found.tunes)
    assert len(found.tokens) == 40
    assert counts.max() - counts.min() <= 1


def test_held_out_windows_are_whole_trios_of_held_out_files(corpus: Corpus) -> None:
    found = by_tune(corpus, 4, 1_000, held_out=True)
    held_out = Windows(corpus, 4, held_out=True).spread(10_000)
    assert {w.tobytes() for w in found.tokens} <= {w.tobytes() for w in held_out}
    assert found.tokens.dtype == np.int64


def test_a_side_gives_what_it_has(corpus: Corpus) -> None:
    everything = Windows(corpus, 4, held_out=True).spread(10_000)
    assert len(by_tune(corpus, 4, 10_000, held_out=True).tokens) == len(everything)


def test_the_sets_of_the_windows_add_up(corpus: Corpus) -> None:
    found = by_tune(corpus, 2, 40, held_out=False)
    assert sum(found.sets.values()) == 40


def test_windows_longer_than_all_files_are_a_corpus_error(corpus: Corpus) -> None:
    with pytest.raises(CorpusError, match="no held-out trios of 999 bars"):
        by_tune(corpus, 999, 10, held_out=True)


def test_no_held_out_melody_is_searched_for_copies(corpus: Corpus) -> None:
    _, names = training_melodies(corpus)
    held_out = {f"{file.set_name}/{file.name}" for file in corpus.files if file.held_out}
    assert names
    assert not held_out & set(names)
