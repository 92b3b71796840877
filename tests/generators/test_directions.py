"""Directions: found where they are, kept with their weights, and pulling as far as asked."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.attributes import ATTRIBUTES
from generators.corpus import Corpus
from generators.directions import FILE, Directions, Effects, load_directions, save_directions
from generators.errors import CorpusError, GeneratorError, WeightsError
from generators.find_directions import directions_of, find_directions
from generators.model import MusicVAE
from generators.music import PARTS
from generators.weights import SHIPPED_MODEL, ModelFolder, open_model, save_model
from tests.generators.tiny import TINY

NAMES = tuple(ATTRIBUTES)


def directions(z_size: int = 64, seed: int = 3) -> Directions:
    vectors = np.random.default_rng(seed).standard_normal((len(NAMES), z_size)).astype(np.float32)
    nothing = np.zeros(0)
    effects = Effects(nothing, nothing, nothing, samples=0, temperature=0.9)
    return Directions(NAMES, 0.15 * vectors, "ab" * 32, 64, effects)


def coordinates(latents: np.ndarray, by: Directions) -> np.ndarray:
    """Where latents lie, in units, `(n, A)`."""
    return np.asarray(latents @ np.linalg.pinv(by.vectors))


@pytest.fixture
def folder(model: MusicVAE, tmp_path: Path) -> ModelFolder:
    save_model(model, tmp_path / "tiny", {"name": "tiny"})
    return open_model(tmp_path / "tiny")


@pytest.fixture(scope="module")
def varied(corpus: Corpus) -> Corpus:
    """The corpus with fewer drums in every other file: each song of it has the same beat."""
    tokens = corpus.tokens.copy()
    for file, part, offset, steps in corpus.tracks:
        if PARTS[part] == "drums" and file % 2:
            tokens[offset : offset + steps : 4] = 0
    return replace(corpus, tokens=tokens)


def found(folder: ModelFolder, corpus: Corpus) -> Directions:
    keep = folder.path / "partial"
    return find_directions(folder, corpus, windows=96, samples=4, keep=keep)


@given(st.integers(0, 1000), st.sampled_from(range(len(NAMES))), st.floats(-2, 2))
def test_a_full_pull_leads_where_it_was_asked_to(seed: int, at: int, target: float) -> None:
    steering = directions()
    # Never drawn as the directions are: one that is a direction has no other length to keep.
    latents = np.random.default_rng([seed, 1]).standard_normal((1, 64)).astype(np.float32)
    lengthened = 8 * latents / np.linalg.norm(latents)
    targets, pulls = np.eye(len(NAMES))[at] * target, np.eye(len(NAMES))[at]
    lies = coordinates(steering.pulled(lengthened, targets, pulls), steering)[0, at]
    assert lies == pytest.approx(target, abs=0.2 + 0.2 * abs(target))  # its length is kept


@given(st.integers(0, 1000), st.lists(st.floats(-3, 3), min_size=len(NAMES), max_size=len(NAMES)))
def test_a_pull_keeps_every_latents_length(seed: int, targets: list[float]) -> None:
    latents = np.random.default_rng(seed).standard_normal((3, 64)).astype(np.float32)
    moved = directions().pulled(latents, np.array(targets), np.ones(len(NAMES)))
    assert np.linalg.norm(moved, axis=1) == pytest.approx(np.linalg.norm(latents, axis=1), rel=1e-4)


def test_no_pull_moves_nothing(rng: np.random.Generator) -> None:
    latents = rng.standard_normal((2, 64), np.float32)
    moved = directions().pulled(latents, np.ones(len(NAMES)), np.zeros(len(NAMES)))
    assert moved == pytest.approx(latents, abs=1e-5)


def test_piece_after_piece_a_pull_goes_no_further_than_its_target(rng: np.random.Generator) -> None:
    steering = directions()
    latents = rng.standard_normal((1, 64), np.float32)
    for _ in range(50):
        latents = steering.pulled(latents, np.full(len(NAMES), 1.5), np.full(len(NAMES), 0.3))
    assert coordinates(latents, steering)[0] == pytest.approx(1.5, abs=0.3)


def test_a_pull_leaves_the_contrast_between_sections(rng: np.random.Generator) -> None:
    steering = directions()
    latents = rng.standard_normal((2, 64), np.float32)
    moved = steering.pulled(latents, np.full(len(NAMES), 0.5), np.ones(len(NAMES)))
    before, after = (coordinates(each, steering) for each in (latents, moved))
    assert after[0] - after[1] == pytest.approx(before[0] - before[1], abs=1.0)


def test_latents_of_another_model_are_refused() -> None:
    with pytest.raises(ValueError, match="of size 64"):
        directions().pulled(np.ones((1, 32), np.float32), np.zeros(6), np.zeros(6))


def test_an_attribute_is_found_where_it_was_hidden(rng: np.random.Generator) -> None:
    hidden = np.linalg.qr(rng.standard_normal((32, len(NAMES))))[0].T  # orthonormal, (A, 32)
    values = rng.standard_normal((2000, len(NAMES)))
    values[:, 1] += 0.8 * values[:, 0]  # as attributes go together in music
    mu = values @ hidden + rng.standard_normal((2000, 32))
    vectors = directions_of(mu, np.full(mu.shape, 0.5), values)
    lengths = np.linalg.norm(vectors, axis=1)
    assert ((vectors * hidden).sum(axis=1) / lengths).min() > 0.98
    assert lengths[2] == pytest.approx(np.sqrt(1 + 1 + 0.25), rel=0.1)  # a standard deviation


def test_without_its_sigmas_a_models_unit_is_the_priors(rng: np.random.Generator) -> None:
    mu, values = rng.standard_normal((200, 8)), rng.standard_normal((200, len(NAMES)))
    vectors = directions_of(mu, np.full(mu.shape, np.nan), values)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0)


def test_music_that_never_varies_gives_no_directions(rng: np.random.Generator) -> None:
    mu = rng.standard_normal((100, 8))
    with pytest.raises(CorpusError, match="do not differ in density"):
        directions_of(mu, mu, np.zeros((100, len(NAMES))))


def test_directions_are_found_for_any_model(folder: ModelFolder, varied: Corpus) -> None:
    made = found(folder, varied)
    save_directions(made, folder.path)
    loaded = load_directions(folder.path)
    assert loaded is not None
    assert loaded.vectors.shape == (len(NAMES), TINY.z_size)
    assert loaded.effects.means.shape == (len(NAMES), 5, len(NAMES))
    np.testing.assert_equal(asdict(loaded), asdict(made))


def test_interrupted_work_goes_on_to_the_same_end(folder: ModelFolder, varied: Corpus) -> None:
    whole = found(folder, varied)
    chunks = sorted((folder.path / "partial").iterdir())
    chunks[0].write_bytes(b"torn")
    chunks[-1].unlink()
    np.testing.assert_equal(asdict(found(folder, varied)), asdict(whole))


def test_too_little_to_measure_is_refused(folder: ModelFolder, varied: Corpus) -> None:
    with pytest.raises(GeneratorError, match="64 windows and 2 samples"):
        find_directions(folder, varied, windows=10, samples=4, keep=folder.path / "partial")


def test_a_model_without_directions_has_none(folder: ModelFolder) -> None:
    assert load_directions(folder.path) is None


def test_directions_of_other_weights_are_refused(folder: ModelFolder) -> None:
    save_directions(directions(), folder.path)
    with pytest.raises(WeightsError, match="belongs to the weights abababababab"):
        load_directions(folder.path)


def test_a_torn_file_is_refused(folder: ModelFolder) -> None:
    save_directions(replace(directions(), weights_sha256=folder.sha256), folder.path)
    whole = (folder.path / FILE).read_bytes()
    (folder.path / FILE).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match="latentfm directions"):
        load_directions(folder.path)


@pytest.mark.parametrize(
    ("name", "least"), [("density", 1.5), ("register", 1.2), ("syncopation", 0.7), ("drums", 1.5)]
)
def test_the_shipped_directions_do_what_they_say(name: str, least: float) -> None:
    shipped = load_directions(SHIPPED_MODEL)
    assert shipped is not None
    at = shipped.names.index(name)
    up, unmoved = (shipped.effects.means[at, shift] for shift in (-1, 2))
    changes = (up - unmoved) / shipped.effects.spreads
    assert changes[at] > least  # two units up, in standard deviations
    assert np.abs(np.delete(changes, at)).max() < 0.6 * changes[at]


def test_the_shipped_directions_are_of_the_shipped_weights() -> None:
    shipped = load_directions(SHIPPED_MODEL)
    description = json.loads((SHIPPED_MODEL / "model.json").read_text())
    assert shipped is not None
    assert shipped.weights_sha256 == description["sha256"]
