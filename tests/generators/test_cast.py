"""Which models sing on air, alone and together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from generators.cast import load, open_cast
from generators.errors import WeightsError
from generators.events import PART_DEPTHS
from generators.model import MusicVAE
from generators.music import STEPS_PER_BAR, Bar
from generators.weights import save_model
from tests.generators.magenta.folders import imported

TRIOS = ("hierdec-trio_16bar", "hier-trio_4bar", "flat-trio_16bar")
CPU = torch.device("cpu")


@pytest.fixture
def ours(tmp_path: Path, model: MusicVAE) -> Path:
    save_model(model, tmp_path / "ours", {"name": "ours"})
    return tmp_path / "ours"


def sung(lead: Path, partners: dict[str, Path], bars: list[Bar]) -> np.ndarray:
    cast = open_cast(lead, partners)
    rng = np.random.default_rng(3)
    latents = rng.standard_normal((2, cast.z_size)).astype(np.float32)
    (tokens,) = load(cast, CPU).decode_many([(latents, bars, 11, 1.0)])
    return tokens


def walk(bars: int, places: int) -> list[Bar]:
    """A section, a bridge of as many bars, a section."""
    ends = [[Bar(at, at, 0.0, place) for place in range(places)] for at in (0, 1)]
    bridge = [Bar(0, 1, (n + 1) / (bars + 1), n % places) for n in range(bars)]
    return [*ends[0], *bridge, *ends[1]]


@pytest.mark.parametrize("name", TRIOS)
def test_any_imported_trio_model_can_lead(tmp_path: Path, name: str) -> None:
    tokens = sung(imported(tmp_path / "trio", name), {}, walk(3, 4))
    assert tokens.shape == (11 * STEPS_PER_BAR, 3)
    assert (tokens.max(axis=0) < PART_DEPTHS).all()
    assert (tokens.max(axis=0) > 0).all()


@pytest.mark.parametrize("name", TRIOS)
def test_a_piece_is_the_same_each_time_it_is_sung(tmp_path: Path, name: str) -> None:
    path = imported(tmp_path / "trio", name)
    np.testing.assert_array_equal(sung(path, {}, walk(2, 4)), sung(path, {}, walk(2, 4)))


def test_a_flat_models_section_sounds_the_same_with_a_bridge_before_it(tmp_path: Path) -> None:
    path = imported(tmp_path / "trio", "flat-trio_16bar")
    section = [Bar(1, 1, 0.0, place) for place in range(4)]
    alone, after = sung(path, {}, section), sung(path, {}, walk(3, 4))
    np.testing.assert_array_equal(alone, after[-len(alone) :])


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("melody", "cat-mel_2bar_small"),
        ("melody", "hierdec-mel_16bar"),
        ("drums", "cat-drums_2bar_small"),
        ("drums", "hier-trio_4bar"),
    ],
)
def test_a_part_of_ours_can_be_anothers(ours: Path, tmp_path: Path, part: str, name: str) -> None:
    bars = walk(3, 2)
    alone = sung(ours, {}, bars)
    together = sung(ours, {part: imported(tmp_path / "other", name)}, bars)
    column = ("melody", "bass", "drums").index(part)
    changed = (alone != together).any(axis=0)
    assert [bool(c) for c in changed] == [column == each for each in range(3)]


def test_ours_can_drum_for_magentas(ours: Path, tmp_path: Path) -> None:
    lead = imported(tmp_path / "trio", "hier-trio_4bar")
    assert sung(lead, {"drums": ours}, walk(3, 4)).shape == (11 * STEPS_PER_BAR, 3)


def test_a_cast_is_named_after_all_who_sing(ours: Path, tmp_path: Path) -> None:
    melodies = imported(tmp_path / "other", "cat-mel_2bar_small", name="Melodies")
    alone, cast = open_cast(ours, {}), open_cast(ours, {"melody": melodies})
    assert cast.name == "ours, melody by Melodies"
    assert cast.sha256 != alone.sha256 == alone.lead.sha256


def test_a_model_without_a_part_cannot_sing_it(ours: Path, tmp_path: Path) -> None:
    drums = imported(tmp_path / "other", "cat-drums_2bar_small", name="Beats")
    with pytest.raises(WeightsError, match=r"\[generator\] melody: Beats sings drums, not melody"):
        open_cast(ours, {"melody": drums})
    with pytest.raises(WeightsError, match=r"\[generator\] model: .* not melody, bass"):
        open_cast(drums, {})


@pytest.mark.parametrize("name", ["nade-drums_2bar_reduced", "groovae_4bar"])
def test_a_model_that_draws_no_classes_is_not_for_the_air(
    ours: Path, tmp_path: Path, name: str
) -> None:
    with pytest.raises(WeightsError, match="no classes to draw notes from"):
        open_cast(ours, {"drums": imported(tmp_path / "other", name)})
