"""The generator process: real, killed, missing its weights, and brought back."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from generators.critic import choose
from generators.errors import WorkerError
from generators.events import DRUM_BIT
from generators.groove.drummer import load_drummer
from generators.groove.touch import SHIPPED_GROOVE
from generators.music import Bar
from generators.ngrams import KNOWN, melody_ngrams, save_known, shortened
from generators.sampler import Sampler
from generators.weights import WEIGHTS, ModelFolder, open_model
from station import generator as generator_module
from station.generator import Generator, Plan
from tests.generators.magenta.folders import imported
from tests.generators.tiny import TINY

pytestmark = pytest.mark.asyncio(loop_scope="module")

BARS = tuple(Bar(0, 1, number / 4, number % TINY.bars) for number in range(4))


@pytest.fixture(autouse=True)
def _no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator_module, "FIRST_BACKOFF_SECONDS", 0.0)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def generator(model_folder: ModelFolder) -> AsyncIterator[Generator]:
    """One for all that do it no harm."""
    generator = Generator(model_folder.path)
    yield generator
    await generator.close()


@pytest_asyncio.fixture(loop_scope="module")
async def doomed(model_folder: ModelFolder) -> AsyncIterator[Generator]:
    """One to be killed."""
    generator = Generator(model_folder.path)
    yield generator
    await generator.close()


@pytest.fixture
def plan() -> Plan:
    latents = np.random.default_rng(1).standard_normal((2, TINY.z_size), dtype=np.float32)
    return Plan(latents, BARS, seed=2**63 - 1, temperature=1.0)


def is_alive(pid: int) -> bool:
    """Also as a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_the_process_gives_the_notes_its_model_gives_here(
    generator: Generator, plan: Plan, sampler: Sampler
) -> None:
    before = generator.music_seconds
    [tokens] = await generator.decode([plan])
    here = sampler.decode(plan.latents, plan.bars, plan.seed, plan.temperature)
    np.testing.assert_array_equal(tokens, here)
    assert generator.fault is None
    assert generator.model is not None
    assert generator.music_seconds - before == len(BARS) * 2


async def test_the_process_gives_the_candidate_that_the_critic_would_take_here(
    generator: Generator, plan: Plan, sampler: Sampler
) -> None:
    plans = [replace(plan, seed=seed) for seed in range(9)]
    chosen = await generator.choose(plans, np.zeros(0, np.uint64))
    tokens = [sampler.decode(p.latents, p.bars, p.seed, p.temperature) for p in plans]
    best, verdict = choose(np.stack(tokens))
    assert (chosen.index, chosen.verdict) == (best, verdict)
    np.testing.assert_array_equal(chosen.tokens, tokens[best])
    assert generator.seconds_a_bar is not None
    assert 0 < generator.seconds_a_bar < 10


async def test_the_process_knows_what_was_heard_and_what_was_learnt(
    model_folder: ModelFolder, plan: Plan, sampler: Sampler, tmp_path: Path
) -> None:
    bars = tuple(Bar(0, 1, take / 32, take % TINY.bars, take=take) for take in range(32))
    plan = replace(plan, bars=bars)
    tokens = sampler.decode(plan.latents, plan.bars, plan.seed, plan.temperature)
    hashes, _ = melody_ngrams(tokens[None, :, 0])
    assert len(hashes)
    learnt = shutil.copytree(model_folder.path, tmp_path / "learnt")
    save_known(np.unique(shortened(hashes)), learnt)
    generator = Generator(learnt)
    try:
        chosen = await generator.choose([plan], hashes)
    finally:
        await generator.close()
    assert chosen.verdict.terms["fresh"] < 0.1
    assert chosen.verdict.terms["own"] < 0.1


async def test_a_damaged_list_of_known_melodies_stops_no_music(
    model_folder: ModelFolder, plan: Plan, tmp_path: Path
) -> None:
    folder = shutil.copytree(model_folder.path, tmp_path / "damaged")
    (folder / KNOWN).write_bytes(b"torn")
    generator = Generator(folder)
    try:
        chosen = await generator.choose([plan], np.zeros(0, np.uint64))
    finally:
        await generator.close()
    assert chosen.verdict.terms["own"] == 1.0


async def test_a_killed_process_is_a_worker_error_until_it_is_kept_alive(
    doomed: Generator, plan: Plan
) -> None:
    await doomed.keep_alive()
    before = doomed.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    with pytest.raises(WorkerError, match="died"):
        await doomed.decode([plan])
    assert doomed.fault == "the generator process died"
    assert doomed.faults == 1

    await doomed.keep_alive()
    assert doomed.pid not in (None, before)
    assert doomed.fault is None
    assert len(await doomed.decode([plan])) == 1
    after = doomed.pid
    assert after is not None
    await doomed.close()
    assert not is_alive(before)
    assert not is_alive(after)


async def test_missing_weights_say_which_and_what_to_do(tmp_path: Path) -> None:
    generator = Generator(tmp_path / "nowhere")
    with pytest.raises(WorkerError, match=r"no model at .*nowhere.*\[generator\] model"):
        await generator.decode([])
    assert "nowhere" in (generator.fault or "")
    assert generator.pid is None


async def test_weights_cut_short_start_no_process(
    model_folder: ModelFolder, tmp_path: Path
) -> None:
    broken = shutil.copytree(model_folder.path, tmp_path / "broken")
    (broken / WEIGHTS).write_bytes((broken / WEIGHTS).read_bytes()[:-1])
    generator = Generator(broken)
    with pytest.raises(WorkerError, match="cut short or altered"):
        await generator.decode([])
    assert generator.pid is None


async def test_keeping_a_broken_one_alive_raises_nothing(tmp_path: Path) -> None:
    generator = Generator(tmp_path / "nowhere")
    await generator.keep_alive()
    assert generator.faults == 1


async def test_faults_make_it_wait_longer_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator_module, "FIRST_BACKOFF_SECONDS", 1000.0)
    generator = Generator(tmp_path / "nowhere")
    for _ in range(3):
        await generator.keep_alive()
    assert generator.faults == 1  # the second and third came too soon to try


async def test_another_model_can_sing_the_melody(
    model_folder: ModelFolder, plan: Plan, tmp_path: Path
) -> None:
    melodies = imported(tmp_path / "melodies", "cat-mel_2bar_small", name="Melodies")
    alone = Generator(model_folder.path)
    together = Generator(model_folder.path, {"melody": melodies})
    try:
        [ours], [both] = await alone.decode([plan]), await together.decode([plan])
        assert together.model is not None
        assert together.model.name == "tiny, melody by Melodies"
    finally:
        await alone.close()
        await together.close()
    assert (ours[:, 0] != both[:, 0]).any()
    np.testing.assert_array_equal(ours[:, 1:], both[:, 1:])


async def test_a_partner_that_cannot_sing_its_part_is_named(
    model_folder: ModelFolder, plan: Plan, tmp_path: Path
) -> None:
    drums = imported(tmp_path / "drums", "cat-drums_2bar_small", name="Beats")
    generator = Generator(model_folder.path, {"melody": drums})
    with pytest.raises(WorkerError, match="Beats sings drums, not melody"):
        await generator.decode([plan])


def a_beat() -> np.ndarray:
    """Two bars with a kick and a snare."""
    drums = np.zeros(32, np.int16)
    drums[::8], drums[4::8] = 1 << DRUM_BIT[36], 1 << DRUM_BIT[38]
    return drums


async def test_the_process_gives_drums_the_touch_they_have_here(generator: Generator) -> None:
    touch = await generator.touch(a_beat())
    here = load_drummer(SHIPPED_GROOVE).touch(a_beat())
    assert touch is not None
    np.testing.assert_array_equal(touch.velocities, here.velocities)
    np.testing.assert_array_equal(touch.offsets_ticks, here.offsets_ticks)
    assert touch.sha256 == here.sha256 == open_model(SHIPPED_GROOVE).sha256


async def test_without_a_whole_groove_model_the_music_goes_on(
    model_folder: ModelFolder, plan: Plan, tmp_path: Path
) -> None:
    folder = shutil.copytree(SHIPPED_GROOVE, tmp_path / "torn")
    (folder / WEIGHTS).write_bytes(b"torn")
    generator = Generator(model_folder.path, groove=folder)
    try:
        assert await generator.touch(a_beat()) is None
        assert len(await generator.decode([plan])) == 1
    finally:
        await generator.close()
    assert generator.faults == 0
