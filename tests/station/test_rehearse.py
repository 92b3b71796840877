"""A rehearsal: the coming programme in figures, and its joins back to back."""

from __future__ import annotations

import asyncio
import json
from datetime import time
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from generators.keys import KEYS, fifths_apart, parse_key
from generators.music import PARTS, STEPS_PER_BAR
from generators.sampler import Sampler
from generators.weights import ModelFolder
from renderer.balancer import Balancer
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.score import frames_of
from renderer.synth import Synth
from station.join_reel import AROUND_BARS, excerpt, reel, reel_frames
from station.offline import Offline
from station.rehearsal import DIALS, HEADING, Item, place_on_circle, rehearse, summary, to_json
from station.rehearsal_plot import draw
from station.settings import GeneratorSettings, Settings, StationSettings
from station.show_settings import ShowSettings
from tests.fonts import FONT
from tests.pieces import make_piece
from tests.station.fakes import MIDNIGHT, InProcess

MINUTES = 4
SHOW = ShowSettings(
    name="Dawn",
    starts=time(0),
    tempo_qpm=(120, 150),
    bridge_bars=2,
    energy=((time(0), -1.0), (time(1), 1.0)),
)


@pytest.fixture(scope="module")
def items(sampler: Sampler, model_folder: ModelFolder) -> list[Item]:
    settings = Settings(
        generator=GeneratorSettings(candidates=2, shelf_minutes=1),
        stations={"main": StationSettings(shows=(SHOW,), timezone="Europe/Berlin")},
    )
    decoder = InProcess(sampler, model_folder)
    offline = Offline(settings, "main", decoder, None, seed=1, begins=MIDNIGHT)

    async def listen() -> list[Item]:
        return [item async for item in rehearse(offline, 60 * MINUTES)]

    return asyncio.run(listen())


def test_pieces_follow_each_other_to_the_end(items: list[Item]) -> None:
    assert [item.end for item in items[:-1]] == [item.position for item in items[1:]]
    assert items[-1].position < 60 * MINUTES * SAMPLE_RATE_HZ <= items[-1].end


def test_every_join_is_judged_once(items: list[Item]) -> None:
    real = [item for item in items if item.piece.origin != "bridge"]
    assert [item.join is not None for item in real] == [False, *[True] * (len(real) - 1)]
    for one, other in pairwise(real):
        assert other.join is not None
        assert (other.join.old, other.join.new) == (one.piece, other.piece)
        assert other.join.bridge is not None
        assert other.join.bridge.parents == (one.piece.id, other.piece.id)
        assert other.join.position == one.end


def test_times_are_by_the_clock_on_the_wall(items: list[Item]) -> None:
    assert items[0].row.startswith("01:00:00 ")  # midnight UTC, in Berlin's winter


def test_dials_follow_the_show_through_the_hour(items: list[Item]) -> None:
    energy = [item.dials.energy for item in items]
    assert energy[0] == 1.0  # at 01:00 the curve has come to its top
    assert energy == sorted(energy, reverse=True)
    assert energy[-1] < 1.0


def test_rows_stand_under_their_heading(items: list[Item]) -> None:
    title = HEADING.index("title")
    assert {item.row[title:] for item in items} == {item.piece.title for item in items}


def test_other_programs_can_read_it(items: list[Item]) -> None:
    read = json.loads(to_json(items, seed=1))
    assert read["seed"] == 1
    assert [row["id"] for row in read["pieces"]] == [item.piece.id for item in items]
    assert read["pieces"][0]["dials"].keys() == set(DIALS)
    assert read["pieces"][2]["join"]["step_ratio"] >= 0


def test_the_summary_counts_the_joins(items: list[Item]) -> None:
    joins = sum(item.join is not None for item in items)
    assert summary(items).startswith(f"{joins} joins: step ")
    assert summary(items[:1]) == "no joins"


def test_it_can_be_drawn(items: list[Item], tmp_path: Path) -> None:
    draw(items, tmp_path / "rehearsal.svg", "Latent FM, seed 1")
    picture = (tmp_path / "rehearsal.svg").read_text()
    assert "minutes" in picture


def test_neighbours_on_the_circle_are_a_fifth_apart() -> None:
    assert place_on_circle("C major") == place_on_circle("A minor") == 0
    assert (place_on_circle("G major"), place_on_circle("F major")) == (1, -1)
    for key in KEYS:
        assert abs(place_on_circle(str(key))) in (fifths_apart(key, parse_key("C major")), 6)


def test_an_excerpt_has_the_notes_of_its_bars() -> None:
    piece = make_piece(bars=8)
    part = excerpt(piece, 2, 5)
    assert part.trio.steps == 3 * STEPS_PER_BAR
    assert part.bars == piece.bars[2:5]
    for name in PARTS:
        heard = [n for n in getattr(piece.trio, name) if 2 <= n.start // STEPS_PER_BAR < 5]
        moved = [note.start + 2 * STEPS_PER_BAR for note in getattr(part.trio, name)]
        assert moved == [note.start for note in heard]


def test_a_reel_plays_each_join_with_some_bars_around_it(items: list[Item]) -> None:
    [join, *_] = [item.join for item in items if item.join]
    make_synth = partial(Synth, FONT)
    sound = np.concatenate(list(reel([join], make_synth, Balancer(make_synth))))
    assert join.bridge is not None
    bar_seconds = [240 / piece.tempo_qpm for piece in (join.old, join.new)]
    wanted = AROUND_BARS * bar_seconds[0] + join.bridge.seconds + (AROUND_BARS + 1) * bar_seconds[1]
    assert len(sound) == reel_frames([join]) == pytest.approx(wanted * SAMPLE_RATE_HZ, abs=4)
    music = sound[: -frames_of(excerpt(join.new, 0, 1))]
    seconds = music[: len(music) // SAMPLE_RATE_HZ * SAMPLE_RATE_HZ].reshape(-1, SAMPLE_RATE_HZ, 2)
    assert np.abs(seconds).max(axis=(1, 2)).min() > 0.01  # no second of it is silent
