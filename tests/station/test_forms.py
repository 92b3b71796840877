"""The shape of a piece: how long it is, what returns, who rests, and where drums lead over."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.music import PARTS, Bar
from station.forms import (
    FORMS,
    Form,
    draw_plans,
    draw_sections,
    form_named,
    letters,
    section_bars,
)

MUSIC = Path(__file__).parents[2] / "docs" / "music.md"
windows = st.sampled_from([2, 4, 8, 16])
tempi_qpm = st.floats(50, 160)
texts = st.from_regex("A[A-Da-d]{0,15}", fullmatch=True)
forms = st.sampled_from(list(FORMS.values())) | texts.map(form_named)
seeds = st.integers(0, 2**32)


def bars_of(form: Form, window: int = 4, tempo_qpm: float = 92, seed: int = 1) -> tuple[Bar, ...]:
    return form.bars(window, tempo_qpm, np.random.default_rng(seed))


def voice(bar: Bar) -> tuple[int, int, int]:
    """What the model sings in a bar, whoever rests."""
    return bar.start, bar.place, bar.take


@given(forms, windows, tempi_qpm, seeds)
def test_a_piece_lasts_one_to_four_minutes(
    form: Form, window: int, tempo_qpm: float, seed: int
) -> None:
    bars = bars_of(form, window, tempo_qpm, seed)
    assert 60 <= len(bars) * 4 * 60 / tempo_qpm <= 240


@given(forms, windows, tempi_qpm)
def test_every_letter_has_as_many_bars(form: Form, window: int, tempo_qpm: float) -> None:
    fitted = form.fitted(window, tempo_qpm)
    assert len(bars_of(form, window, tempo_qpm)) == len(fitted.letters) * section_bars(window)


@given(forms, windows, tempi_qpm)
def test_what_was_fitted_fits(form: Form, window: int, tempo_qpm: float) -> None:
    fitted = form.fitted(window, tempo_qpm)
    assert fitted.fitted(window, tempo_qpm) == fitted


@given(forms, windows, tempi_qpm, seeds)
def test_the_same_letter_is_the_same_music(
    form: Form, window: int, tempo_qpm: float, seed: int
) -> None:
    bars = bars_of(form, window, tempo_qpm, seed)
    long = section_bars(window)
    sections = [tuple(map(voice, bars[at : at + long])) for at in range(0, len(bars), long)]
    fitted = form.fitted(window, tempo_qpm).letters
    assert len(set(zip(fitted, sections, strict=True))) == len(set(sections)) == len(set(fitted))


@given(forms, windows, tempi_qpm, seeds)
def test_drums_lead_over_into_each_change_that_they_play_after(
    form: Form, window: int, tempo_qpm: float, seed: int
) -> None:
    bars = bars_of(form, window, tempo_qpm, seed)
    for number, (bar, following) in enumerate(pairwise(bars)):
        is_change = (number + 1) % section_bars(window) == 0 or bar.rests != following.rests
        assert bar.fill == (is_change and "d" not in following.rests)
    assert not bars[-1].fill  # what follows is another piece


@given(forms, windows, tempi_qpm, seeds)
def test_somebody_always_plays(form: Form, window: int, tempo_qpm: float, seed: int) -> None:
    for bar in bars_of(form, window, tempo_qpm, seed):
        assert set(bar.rests) < {part[0] for part in PARTS}


@given(forms, windows, tempi_qpm)
def test_bars_need_the_latents_that_are_drawn(form: Form, window: int, tempo_qpm: float) -> None:
    fitted = form.fitted(window, tempo_qpm)
    used = {bar.start for bar in bars_of(fitted, window, tempo_qpm)}
    assert used == set(range(len(letters(fitted.letters))))


def test_a_section_is_a_phrase_and_its_answer() -> None:
    bars = bars_of(form_named("AaBA"))
    assert [(bar.start, bar.place) for bar in bars[:8]] == [
        *((0, 0), (0, 1), (0, 2), (0, 3)),
        *((0, 0), (0, 1), (1, 2), (1, 3)),  # ends as its variation does
    ]


def test_a_section_that_has_no_variation_says_itself_twice() -> None:
    b = bars_of(form_named("AaBA"))[16:24]
    assert [bar.place for bar in b] == [0, 1, 2, 3] * 2
    assert {bar.start for bar in b} == {2}


def test_a_variation_is_sung_with_the_noise_of_its_section() -> None:
    assert {bar.take for bar in bars_of(form_named("AaaA"))} == {0}


def test_a_long_window_is_a_section() -> None:
    bars = bars_of(form_named("ABA"), window=16)
    assert [bar.place for bar in bars] == [*range(16)] * 3


def test_what_leads_to_the_end_is_heard_when_there_is_little_time() -> None:
    assert FORMS["song"].fitted(16, 50).letters == "ABA"
    assert FORMS["arch"].fitted(16, 70).letters == "ABCA"  # ACBA, by its new names


def test_the_middle_comes_round_again_when_there_is_much_time() -> None:
    assert FORMS["rondo"].fitted(4, 160).letters == "ABCABA"
    assert form_named("AB").fitted(4, 112).letters == "ABAB"


def test_parts_come_in_one_after_the_other() -> None:
    rests = [bar.rests for bar in bars_of(FORMS["build"])]
    assert (rests[0], rests[4], rests[-1]) == ("dm", "m", "")


def test_the_end_thins_out() -> None:
    rests = [bar.rests for bar in bars_of(FORMS["drift"])]
    assert (rests[-8], rests[-1]) == ("d", "md")


def test_pieces_of_one_form_differ_in_who_rests() -> None:
    assert len({bars_of(FORMS["arch"], seed=seed) for seed in range(60)}) == 8  # 3 sections rest


@pytest.mark.parametrize("text", ["", "sonata", "XYZ", "BA", "aA", "A" * 17, "A B"])
def test_an_unknown_form_is_told_the_known_ones(text: str) -> None:
    with pytest.raises(ValueError, match="song, ballad, rondo, build, arch, drift, or write"):
        form_named(text)


def test_plain_letters_are_arranged_too() -> None:
    assert form_named("AaBCA") == Form("AaBCA", ("d", "", "", "m", "d"))


def test_a_variation_lies_nearer_to_its_section_than_another_section_does() -> None:
    def unlike(one: np.ndarray, other: np.ndarray) -> float:
        return float(np.arccos(one @ other / np.linalg.norm(one) / np.linalg.norm(other)))

    rng = np.random.default_rng(1)
    main, varied, other = draw_sections(rng, form="AaBA", home=None, z_size=128, adventure=1.0)
    assert unlike(main, varied) < unlike(main, other)


def test_candidates_are_the_same_however_many_there_are() -> None:
    def draw(rng: np.random.Generator) -> np.ndarray:
        return draw_sections(rng, form="AB", home=None, z_size=8, adventure=1.0)

    few, many = (draw_plans(7, count, draw, (), 0.9) for count in (2, 5))
    for one, other in zip(few, many, strict=False):
        np.testing.assert_array_equal(one.latents, other.latents)
        assert one.seed == other.seed


def test_the_docs_list_every_form() -> None:
    rows = re.findall(r"\| `(\w+)` \| ([A-Da-d]+) \| ([mbd· ]+) \|", MUSIC.read_text())
    listed = {name: Form(a, tuple(rests.replace("·", "").split(" "))) for name, a, rests in rows}
    assert listed == FORMS
