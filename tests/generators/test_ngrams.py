"""What tunes have in common, in any key."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators import ngrams
from generators.corpus import Corpus
from generators.errors import WeightsError
from generators.events import FIRST_PITCH_TOKEN
from generators.ngrams import (
    KNOWN,
    NOTES,
    known_melodies,
    known_shares,
    load_known,
    melody_ngrams,
    save_known,
)

TUNE = (0, 2, 4, 5, 7, 4, 0, 2, 4, 0, 7, 9)  # semitones


def tokens(tune: tuple[int, ...], transpose: int = 40, every: int = 2, rest: int = 0) -> np.ndarray:
    melody = np.zeros(rest + every * len(tune), np.int16)
    melody[rest::every] = np.array(tune) + transpose
    return melody[None]


@given(st.integers(2, 70), st.integers(0, 40))
def test_a_tune_is_the_same_in_every_key_and_wherever_it_begins(key: int, rest: int) -> None:
    here, there = melody_ngrams(tokens(TUNE)), melody_ngrams(tokens(TUNE, key, rest=rest))
    np.testing.assert_array_equal(here[0], there[0])


def test_a_tune_of_n_notes_has_n_less_seven() -> None:
    hashes, rows = melody_ngrams(tokens(TUNE))
    assert len(np.unique(hashes)) == len(TUNE) - NOTES + 1
    assert not rows.any()


def test_another_rhythm_is_another_tune() -> None:
    assert not np.isin(
        melody_ngrams(tokens(TUNE))[0], melody_ngrams(tokens(TUNE, every=3))[0]
    ).any()


def test_a_note_that_ends_sooner_is_the_same_tune() -> None:
    staccato = tokens(TUNE)
    staccato[0, 1::2] = 1
    np.testing.assert_array_equal(melody_ngrams(staccato)[0], melody_ngrams(tokens(TUNE))[0])


def test_no_tune_reaches_from_one_melody_into_the_next() -> None:
    both = np.concatenate([tokens(TUNE), tokens(TUNE[::-1])])
    hashes, rows = melody_ngrams(both)
    alone = [melody_ngrams(each[None])[0] for each in both]
    np.testing.assert_array_equal(hashes, np.concatenate(alone))
    np.testing.assert_array_equal(rows, np.repeat([0, 1], [len(each) for each in alone]))


def test_one_pitch_over_and_over_is_nobodys_tune() -> None:
    assert not len(melody_ngrams(tokens((5,) * 20))[0])


@pytest.mark.parametrize("melody", [np.zeros((3, 64), np.int16), np.zeros((0, 64), np.int16)])
def test_silence_has_no_tunes(melody: np.ndarray) -> None:
    hashes, rows = melody_ngrams(melody)
    assert len(hashes) == len(rows) == 0


def melodies(corpus: Corpus, *, held_out: bool) -> list[np.ndarray]:
    return [
        corpus.tokens[None, offset : offset + steps]
        for file, part, offset, steps in corpus.tracks
        if part == 0 and corpus.files[file].held_out == held_out
    ]


def shares(found: list[np.ndarray], known: np.ndarray) -> list[float]:
    return [float(known_shares(*melody_ngrams(each), 1, known)[0]) for each in found]


def test_training_melodies_are_known(corpus: Corpus) -> None:
    known = known_melodies(corpus)
    with_tunes = [each for each in melodies(corpus, held_out=False) if len(melody_ngrams(each)[0])]
    assert with_tunes
    assert set(shares(with_tunes, known)) == {1.0}
    assert (np.diff(known.astype(np.int64)) > 0).all()


def test_held_out_melodies_are_hardly_known(corpus: Corpus) -> None:
    assert np.mean(shares(melodies(corpus, held_out=True), known_melodies(corpus))) < 0.5


def test_a_sample_of_what_is_known_tells_the_share_still(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = known_melodies(corpus)
    monkeypatch.setattr(ngrams, "MOST_KNOWN", len(whole) // 2)
    half = known_melodies(corpus)
    np.testing.assert_array_equal(half, whole[: len(whole) // 2])
    known = [each for each in melodies(corpus, held_out=False) if len(melody_ngrams(each)[0]) > 20]
    assert np.mean(shares(known, half)) > 0.95


def test_a_melody_without_tunes_shares_none() -> None:
    assert shares([np.zeros((1, 64), np.int16)], np.zeros(0, np.uint32)) == [0.0]


def test_what_is_known_comes_back_from_its_file(tmp_path: Path) -> None:
    known = np.array([1, 5, 2**32 - 1], np.uint32)
    save_known(known, tmp_path)
    np.testing.assert_array_equal(load_known(tmp_path), known)
    assert [path.name for path in tmp_path.iterdir()] == [KNOWN]


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert load_known(tmp_path) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"music", np.array([2, 1], np.uint32), np.array([1.0]), np.zeros((1, 2), np.uint32)],
    ids=["empty", "text", "unsorted", "floats", "a table"],
)
def test_a_file_that_is_something_else_is_named(tmp_path: Path, content: object) -> None:
    if isinstance(content, bytes):
        (tmp_path / KNOWN).write_bytes(content)
    else:
        np.save(tmp_path / KNOWN, content)  # type: ignore[arg-type]  # not an array: the point
    with pytest.raises(WeightsError, match=r"known\.npy.*or remove it"):
        load_known(tmp_path)


def test_the_file_stays_below_a_megabyte(tmp_path: Path) -> None:
    save_known(np.arange(ngrams.MOST_KNOWN, dtype=np.uint32), tmp_path)
    assert (tmp_path / KNOWN).stat().st_size < 1_000_000


def test_tokens_below_the_first_pitch_are_no_notes() -> None:
    assert not len(melody_ngrams(np.full((1, 64), FIRST_PITCH_TOKEN - 1))[0])
