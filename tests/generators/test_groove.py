"""The groove model: what it reads, how it learns, and how the one we ship plays."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from generators.errors import CorpusError, WeightsError
from generators.events import DRUM_BIT
from generators.groove.drummer import Drummer, load_drummer
from generators.groove.figures import by_place, constant, errors, tokens_of
from generators.groove.folder import save_groove
from generators.groove.model import new_model
from generators.groove.performances import read_performances, side_of
from generators.groove.touch import SHIPPED_GROOVE, Touch
from generators.groove.training import GrooveTraining, Training
from generators.music import TICKS_PER_STEP
from generators.weights import SHIPPED_MODEL, WEIGHTS
from tests.generators.drummers import (
    KICK,
    LATE_SECONDS,
    SNARE,
    STEP_SECONDS,
    rock,
    write_dataset,
    write_performance,
)

FEW = GrooveTraining(batch=4)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("groove") / "drummers")


def drums(bars: int, also: tuple[tuple[int, int], ...] = ()) -> np.ndarray:
    """The rock beat as tokens, with other hits in each bar."""
    tokens = np.zeros(16 * bars, np.int16)
    more = [(16 * bar + step, pitch) for bar in range(bars) for step, pitch in also]
    for step, pitch in rock(bars) + more:
        tokens[step] |= 1 << DRUM_BIT[pitch]
    return tokens


def test_a_performance_is_read_with_its_strength_and_its_time(dataset: Path) -> None:
    grid = read_performances(dataset)[0].grid  # (64, 3, 9)
    hits, velocities, early = grid.transpose(1, 0, 2)
    np.testing.assert_array_equal(tokens_of(read_performances(dataset)[0]), drums(4))
    snare = DRUM_BIT[SNARE]
    assert velocities[4, snare] == pytest.approx(115 / 127, abs=1e-3)
    assert early[4, snare] == pytest.approx(-2 * LATE_SECONDS / STEP_SECONDS, abs=0.02)
    assert not hits[1].any()


def test_a_drummers_steady_lag_is_taken_out(dataset: Path) -> None:
    lagging = write_dataset(dataset.parent / "lagging", lag_seconds=0.03)
    on_time, late = (read_performances(folder)[0].grid[:, 2] for folder in (dataset, lagging))
    np.testing.assert_allclose(on_time, late, atol=0.02)


def test_the_floor_toms_rim_is_a_low_tom(tmp_path: Path) -> None:
    name = "drummer1/eval_session/1_rock_120_beat_4-4.mid"
    write_dataset(tmp_path)
    write_performance(tmp_path / name, [(0, 36), (8, 38)], first_pitch=58)
    [first] = [p for p in read_performances(tmp_path) if p.name == name]
    assert first.grid[0, 0].nonzero()[0].tolist() == [DRUM_BIT[45]]


def test_the_evaluation_sessions_are_only_for_the_test() -> None:
    assert side_of("groove/drummer7/eval_session/3_soul-groove3_86_beat_4-4.mid") == "test"
    names = [f"drummer1/session2/{number}_funk_92_beat_4-4.mid" for number in range(500)]
    sides = [side_of(name) for name in names]
    assert "test" not in sides
    assert 25 < sides.count("validation") < 75


def test_a_folder_without_drummers_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no train performances in 4/4: it takes the Groove"):
        read_performances(tmp_path)


def test_a_drummer_who_plays_as_recorded_makes_no_error(dataset: Path) -> None:
    performances = read_performances(dataset)
    train = [p for p in performances if p.side == "train"]
    found = errors(performances, by_place(train))  # all play alike here
    assert found.velocity < 0.01
    assert found.offset_ms < 1.1  # of a tick
    assert errors(performances, constant(train)).velocity > 15


def test_training_goes_on_where_it_was(dataset: Path, tmp_path: Path) -> None:
    performances = read_performances(dataset)
    first = Training(performances, tmp_path / "run", FEW)
    first.run(0.003)
    again = Training(performances, tmp_path / "run", FEW)
    assert (again.step, again.seconds, again.best) == (first.step, first.seconds, first.best)
    again.run(again.seconds / 60 + 0.003)
    assert again.step > first.step


def test_training_learns_how_a_beat_is_played(dataset: Path, tmp_path: Path) -> None:
    training = Training(read_performances(dataset), tmp_path, FEW)
    nats = [training.learn(0.0) for _ in range(30)]
    assert np.mean(nats[-5:]) < np.mean(nats[:5]) / 2


def test_a_folder_with_something_else_is_left_alone(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(WeightsError, match="holds no run to go on with"):
        Training(read_performances(dataset), tmp_path, FEW)


def test_a_saved_model_plays_as_it_did(tmp_path: Path) -> None:
    model = new_model(seed=3)
    with torch.no_grad():
        for weights in model.parameters():
            weights.add_(0.1 * torch.randn(weights.shape, generator=torch.manual_seed(4)))
    save_groove(model, tmp_path, {})
    here, there = Drummer(model).touch(drums(3)), load_drummer(tmp_path).touch(drums(3))
    np.testing.assert_array_equal(here.velocities, there.velocities)
    np.testing.assert_array_equal(here.offsets_ticks, there.offsets_ticks)


def test_a_model_of_another_kind_cannot_drum() -> None:
    with pytest.raises(WeightsError, match="holds no groove model"):
        load_drummer(SHIPPED_MODEL)


def test_a_torn_groove_model_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(SHIPPED_GROOVE, tmp_path / "torn")
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-1])
    with pytest.raises(WeightsError, match="cut short or altered"):
        load_drummer(folder)


def test_a_touch_has_nine_drums() -> None:
    with pytest.raises(ValueError, match=r"\(steps, 9\)"):
        Touch(np.zeros((16, 8), np.int16), np.zeros((16, 8), np.int16))


@pytest.fixture(scope="module")
def shipped() -> Drummer:
    return load_drummer(SHIPPED_GROOVE)


def test_the_shipped_drummer_plays_the_same_each_time(shipped: Drummer) -> None:
    one, other = (shipped.touch(drums(4, also=((7, SNARE),))) for _ in range(2))
    np.testing.assert_array_equal(one.velocities, other.velocities)
    np.testing.assert_array_equal(one.offsets_ticks, other.offsets_ticks)


def test_the_shipped_drummer_knows_a_ghost_note_from_a_backbeat(shipped: Drummer) -> None:
    touch = shipped.touch(drums(4, also=((7, SNARE), (9, SNARE))))
    snare = touch.velocities[16:48, DRUM_BIT[SNARE]].reshape(2, 16)
    assert (snare[:, [4, 12]].min(axis=1) > 2 * snare[:, [7, 9]].max(axis=1)).all()


def test_the_shipped_drummer_stays_within_half_a_step(shipped: Drummer) -> None:
    rng = np.random.default_rng(1)
    touch = shipped.touch(rng.integers(0, 512, 16 * 8).astype(np.int16))
    assert abs(touch.offsets_ticks).max() <= TICKS_PER_STEP // 2
    assert touch.velocities.min() >= 1
    assert touch.velocities.max() <= 127


def test_a_bar_does_not_care_what_is_played_far_from_it(shipped: Drummer) -> None:
    beat = drums(6)
    other = beat.copy()
    other[-16:] = 1 << DRUM_BIT[KICK]
    one, two = shipped.touch(beat), shipped.touch(other)
    np.testing.assert_array_equal(one.velocities[:64], two.velocities[:64])
    assert (one.velocities[64:80] != two.velocities[64:80]).any()


def test_no_drums_have_a_touch_too(shipped: Drummer) -> None:
    assert shipped.touch(np.zeros(32, np.int16)).velocities.shape == (32, 9)
