"""A change of controls: heard at a bar line soon, and nothing is aired twice or out of order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from generators.errors import WorkerError
from generators.music import Piece
from generators.recipe import identified
from renderer.pcm import SAMPLE_RATE_HZ, Start
from renderer.score import bar_frames, frames_of
from station.clock import ticks
from station.controls import Controls
from station.replan import Promise, Span, first_seam, spans
from station.settings import GeneratorSettings, Settings
from station.show_settings import ShowSettings
from station.station import Station
from station.stream_settings import HlsSettings
from storage import queries
from storage.database import Database
from storage.journal import Journal
from storage.records import StationEvent
from tests.pieces import make_piece
from tests.station.bystanders import without_mastering
from tests.station.fakes import NULL_FORMATS, FakeTime, NullSynth

BAR = 96_000  # frames of a bar at 120 qpm


def bridge(seed: int) -> Piece:
    return make_piece(seed=seed, origin="bridge")


def test_a_piece_is_left_at_the_first_bar_line_that_is_far_enough() -> None:
    piece = make_piece(bars=4)
    seam = first_seam([Span(piece, 1000, 1000 + 4 * BAR)], 1000 + BAR + 1)
    assert seam is not None
    assert (seam.bar, seam.position) == (1, 1000 + 2 * BAR)


def test_a_piece_that_was_announced_is_heard_for_a_bar() -> None:
    piece = make_piece(bars=4)
    seam = first_seam([Span(piece, 1000, 1000 + 4 * BAR)], 0)
    assert seam is not None
    assert seam.position == 1000 + BAR


def test_a_bridge_is_never_left_before_it_has_arrived() -> None:
    crossing, arrived = bridge(1), make_piece(seed=2)
    coming = spans(Span(crossing, 0, 4 * BAR), [arrived])
    seam = first_seam(coming, BAR)
    assert seam is not None
    assert (seam.piece, seam.position) == (arrived, 5 * BAR)


def test_a_piece_that_is_cut_is_not_left_beyond_its_cut() -> None:
    playing, following = Span(make_piece(bars=4), 0, 2 * BAR), make_piece(seed=2)
    coming = spans(playing, [bridge(1), following])
    assert [span.begin for span in coming] == [0, 2 * BAR, 6 * BAR]
    seam = first_seam(coming, 2 * BAR + 1)
    assert seam is not None
    assert (seam.piece, seam.position) == (following, 7 * BAR)


def test_with_nothing_known_beyond_there_is_no_seam() -> None:
    assert first_seam([Span(make_piece(bars=4), 0, 4 * BAR)], 4 * BAR + 1) is None


class Writer:
    """In the composer's place: writes pieces by hand, and takes as many blocks as it is told."""

    def __init__(self) -> None:
        self.blocks = 0
        self.fails = False
        self.written = 0
        self.next_block: Callable[[], Awaitable[Any]]

    async def compose(
        self,
        after: Piece | None,
        show: ShowSettings,
        controls: Controls,
        ready_seconds: float,
        leave_bar: int,
    ) -> list[Piece]:
        for _ in range(self.blocks):
            await self.next_block()
        if self.fails:
            raise WorkerError("the generator process died")
        self.written += 1
        tempo_qpm = 120 * controls.tempo
        new = make_piece(seed=self.written, bars=16, tempo_qpm=tempo_qpm)
        if after is None:
            return [new]
        between = make_piece(seed=self.written, bars=2, tempo_qpm=tempo_qpm, origin="bridge")
        return [identified(replace(between, parents=(after.id, new.id))), new]


class Broadcast:
    """A station on air in a time of its own, which stands still while anything is asked of it."""

    def __init__(self, folder: Path) -> None:
        settings = Settings(
            generator=GeneratorSettings(shelf_minutes=3), hls=HlsSettings(enabled=False)
        )
        self.database = Database.open(f"sqlite:///{folder}/replan.db")
        self.journal = Journal(folder / "journal", self.database)
        self.time = FakeTime()
        self.starts: list[Start] = []
        self.writer = Writer()
        self.generator = SimpleNamespace(fault=None)
        self.station = Station(
            "main",
            settings,
            self.generator,  # type: ignore[arg-type]  # all that is asked of it here
            self.journal,
            NullSynth,  # type: ignore[arg-type]  # a stand-in
            seed=1,
            formats=NULL_FORMATS,
            clock=partial(ticks, now=self.time.now, sleep=self._sleep),
            utc=self.time.utc,
            now=self.time.now,
        )
        self.station.timeline.watch(self.starts.append)
        self.station.producer.composer = self.writer  # type: ignore[assignment]  # a stand-in
        self.station.producer._balancer = None
        without_mastering(self.station)
        self.writer.next_block = self.station._published.wait
        self._asked = 0
        self.station.replanner._on_synth = self._between_blocks

    async def until(self, seconds: float) -> None:
        """Be on air until then, topping up as the scheduler does."""
        while self.time.seconds < seconds:
            await self.station.top_up()
            await self.station._published.wait()

    async def go_on(self, seconds: float) -> None:
        await self.until(self.time.seconds + seconds)

    def events(self, kind: str) -> list[StationEvent]:
        assert self.journal.flush(10)
        found = queries.events(self.database, "main", limit=1000)
        return [event for event in reversed(found) if event.kind == kind]

    async def _sleep(self, seconds: float) -> None:
        quiet_turns = 0  # of the event loop: then everybody waits for the next block
        while quiet_turns < 20:
            await asyncio.sleep(0)
            quiet_turns = 0 if self._asked else quiet_turns + 1
        self.time.seconds += seconds

    async def _between_blocks(self, work: Callable[[], Any]) -> Any:
        self._asked += 1
        try:
            return await self.station._between_blocks(work)
        finally:
            self._asked -= 1


@pytest.fixture
async def broadcast(tmp_path: Path) -> AsyncIterator[Broadcast]:
    broadcast = Broadcast(tmp_path)
    await broadcast.station.top_up()
    running = asyncio.create_task(broadcast.station.run())
    await broadcast.until(8)
    yield broadcast
    await broadcast.station.close()
    await running
    broadcast.station.free()
    broadcast.journal.close(5)
    broadcast.database.close()


def assert_in_order(starts: list[Start]) -> None:
    """Each piece at most once, on a bar line of the one before; each bridge between its ends."""
    ids = [start.piece.id for start in starts]
    assert len(set(ids)) == len(ids)
    for one, following in pairwise(starts):
        heard = following.position - one.position
        assert heard in (*bar_frames(one.piece)[1:], frames_of(one.piece))
    for one, between, other in zip(starts, starts[1:], starts[2:], strict=False):
        if between.piece.origin == "bridge":
            assert between.piece.parents == (one.piece.id, other.piece.id)


async def heard_at(broadcast: Broadcast, promise: Promise) -> Start | None:
    """What begins where the change was promised."""
    assert promise.position is not None
    await broadcast.until(promise.position / SAMPLE_RATE_HZ + 1)
    return next((start for start in broadcast.starts if start.position == promise.position), None)


@pytest.mark.parametrize("blocks", [0, 4])
async def test_a_change_is_heard_at_the_bar_line_that_was_promised(
    broadcast: Broadcast, blocks: int
) -> None:
    broadcast.writer.blocks = blocks
    await broadcast.go_on(140)  # long enough to have learnt how long composing takes
    promise = await broadcast.station.turn({"tempo": 1.5})
    assert promise.lead_seconds is not None
    assert 0 < promise.lead_seconds < 10
    start = await heard_at(broadcast, promise)
    assert start is not None
    assert (start.piece.origin, start.piece.tempo_qpm) == ("bridge", 180)
    [noted] = broadcast.events("replan")
    assert noted.detail["position"] == promise.position


async def test_the_shelf_holds_nothing_of_the_old_plan(broadcast: Broadcast) -> None:
    before = {piece.id for piece in broadcast.station.shelf.pieces}
    await heard_at(broadcast, await broadcast.station.turn({"tempo": 1.5}))
    await broadcast.go_on(60)
    assert before.isdisjoint(start.piece.id for start in broadcast.starts)
    assert before.isdisjoint(piece.id for piece in broadcast.station.shelf.pieces)
    assert_in_order(broadcast.starts)


async def test_turning_without_a_pause_keeps_every_piece_in_its_place(broadcast: Broadcast) -> None:
    dice = random.Random(1)
    for _ in range(80):
        broadcast.writer.blocks = dice.choice((0, 1, 8))
        await broadcast.station.turn({"tempo": dice.uniform(0.5, 1.5)})
        await broadcast.go_on(dice.uniform(0, 5))
    await broadcast.station.turn({"tempo": 0.5})
    await broadcast.go_on(60)
    assert_in_order(broadcast.starts)
    assert broadcast.starts[-1].piece.tempo_qpm == 60
    assert len(broadcast.events("replan")) > 10


async def test_who_keeps_turning_is_heard_all_the_same(broadcast: Broadcast) -> None:
    broadcast.writer.blocks = 6
    for number in range(60):
        await broadcast.station.turn({"tempo": 1 + number / 200})
        await broadcast.go_on(1)
    assert broadcast.starts[-1].piece.tempo_qpm > 120


async def test_composing_that_is_too_slow_takes_a_later_bar(broadcast: Broadcast) -> None:
    promise = await broadcast.station.turn({"tempo": 1.5})
    broadcast.writer.blocks = 20  # it never took so long before
    assert await heard_at(broadcast, promise) is None
    await broadcast.go_on(60)
    [noted] = broadcast.events("replan")
    [turned] = [start for start in broadcast.starts if start.position == noted.detail["position"]]
    assert turned.piece.tempo_qpm == 180
    assert_in_order(broadcast.starts)


async def test_without_a_generator_the_change_waits_for_the_next_piece(
    broadcast: Broadcast,
) -> None:
    broadcast.generator.fault = "the generator process died"
    shelf = broadcast.station.shelf.pieces
    promise = await broadcast.station.turn({"tempo": 1.5})
    assert (promise.position, promise.lead_seconds) == (None, None)
    assert "away" in promise.note
    assert broadcast.station.shelf.pieces == shelf
    await broadcast.go_on(300)
    assert broadcast.starts[-1].piece.tempo_qpm == 180


async def test_a_generator_that_dies_meanwhile_leaves_the_shelf_as_it_was(
    broadcast: Broadcast,
) -> None:
    shelf = broadcast.station.shelf.pieces
    broadcast.writer.fails = True
    await broadcast.station.turn({"tempo": 1.5})
    await broadcast.go_on(5)
    assert broadcast.station.shelf.pieces == shelf
    [noted] = broadcast.events("replan")
    assert "died" in noted.detail["put off"]


async def test_what_was_turned_while_the_generator_was_away_is_heard_soon_after_it_is_back(
    broadcast: Broadcast,
) -> None:
    broadcast.writer.fails = True
    await broadcast.station.turn({"tempo": 1.5})
    await broadcast.go_on(5)
    broadcast.writer.fails = False
    await broadcast.station.top_up()
    await broadcast.go_on(20)
    assert broadcast.starts[-1].piece.tempo_qpm == 180
    assert_in_order(broadcast.starts)


async def test_the_same_again_while_the_generator_is_away_changes_nothing(
    broadcast: Broadcast,
) -> None:
    broadcast.generator.fault = "the generator process died"
    await broadcast.station.turn({"tempo": 1.0})
    shelf = broadcast.station.shelf.pieces
    broadcast.generator.fault = None
    await broadcast.go_on(5)
    assert broadcast.station.shelf.pieces[: len(shelf)] == shelf
    assert not broadcast.events("replan")


async def test_the_same_again_is_promised_for_the_same_time(broadcast: Broadcast) -> None:
    promise = await broadcast.station.turn({"tempo": 1.5})
    again = await broadcast.station.turn({"tempo": 1.5})
    assert again.position == promise.position
    assert len(broadcast.events("controls")) == 1


async def test_a_skip_goes_on_with_the_next_piece_within_a_second(broadcast: Broadcast) -> None:
    await broadcast.go_on(0)
    asked = broadcast.station.position
    following = broadcast.station.shelf.pieces[1]
    await broadcast.station.skip()
    await broadcast.go_on(3)
    assert broadcast.starts[-1].piece is following
    assert broadcast.starts[-1].position - asked <= SAMPLE_RATE_HZ


async def test_a_skip_of_a_bridge_goes_where_the_bridge_led(broadcast: Broadcast) -> None:
    while broadcast.starts[-1].piece.origin != "bridge":
        await broadcast.go_on(0.5)
    arriving = broadcast.starts[-1].piece.parents[1]
    await broadcast.station.skip()
    await broadcast.go_on(1.5)
    assert broadcast.starts[-1].piece.id == arriving


async def test_skips_and_turns_together_air_nothing_twice(broadcast: Broadcast) -> None:
    dice = random.Random(2)
    for _ in range(60):
        if dice.random() < 0.5:
            await broadcast.station.skip()
        else:
            await broadcast.station.turn({"tempo": dice.uniform(0.5, 1.5)})
        await broadcast.go_on(dice.uniform(0, 5))
    ids = [start.piece.id for start in broadcast.starts]
    assert len(set(ids)) == len(ids)


async def test_a_turn_in_the_very_moment_of_the_swap_is_not_lost(broadcast: Broadcast) -> None:
    swap = broadcast.station.replanner._swap

    def turned_meanwhile(*plan: Any) -> bool:
        broadcast.station.producer.turn({"tempo": 0.5})
        return swap(*plan)

    broadcast.station.replanner._swap = turned_meanwhile  # type: ignore[assignment, method-assign]  # the same, and more
    await broadcast.station.turn({"tempo": 1.5})
    await broadcast.go_on(60)
    assert broadcast.starts[-1].piece.tempo_qpm == 60
