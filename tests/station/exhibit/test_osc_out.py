"""OSC out, read by python-osc."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pythonosc.osc_bundle import OscBundle

from station.exhibit.moments import BarBegins, Beat, KeyDown, PieceBegins, Pulse
from station.exhibit.osc_out import MOST_A_SECOND as BUNDLES_A_SECOND
from station.exhibit.osc_out import OscOut
from station.exhibit.osc_space import PREFIX
from tests.pieces import make_piece


class Lamp:
    """Is told of the music and the room, and keeps the datagrams."""

    def __init__(self) -> None:
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.name = f"127.0.0.1:{self.socket.getsockname()[1]}"

    async def next(self) -> OscBundle:
        loop = asyncio.get_running_loop()
        return OscBundle(await asyncio.wait_for(loop.sock_recv(self.socket, 9000), 20))


@pytest.fixture
def lamp() -> Iterator[Lamp]:
    lamp = Lamp()
    yield lamp
    lamp.socket.close()


@asynccontextmanager
async def telling(out: OscOut) -> AsyncIterator[None]:
    task = asyncio.create_task(out.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    out.close()


def said(found: OscBundle) -> list[tuple[str, list[Any]]]:
    return [(each.address.removeprefix(PREFIX), each.params) for each in found]


async def test_a_lamp_is_told_of_the_music_with_the_time_it_is_heard(lamp: Lamp) -> None:
    out, piece = OscOut([lamp.name], dict, now=lambda: 100.0, unix=lambda: 1e9), make_piece()
    down = KeyDown("drums", 36, 95, 0.25)
    out.play(100.05, [PieceBegins(piece), BarBegins(1, 120.0), Beat(1, 1, 120.0), Pulse(0), down])
    found = await lamp.next()
    out.close()
    assert found.timestamp == pytest.approx(1e9 + 0.05, abs=1e-6)
    begins = [piece.id, "Piece 0", "C major", "test", 120.0, 120.0, 8.0]
    assert said(found) == [
        ("/piece", begins),
        ("/bar", [1, 120.0]),
        ("/beat", [1, 1, 120.0]),
        ("/note/drums", [36, 95, 0.25]),
    ]


async def test_a_lamp_that_comes_late_is_told_what_plays(lamp: Lamp) -> None:
    state = {"/listeners": (3,)}
    out = OscOut([lamp.name], lambda: state)
    out.play(time.monotonic(), [PieceBegins(make_piece())])
    await lamp.next()
    async with telling(out):
        (now, piece), listeners = said(await lamp.next())
    assert (now, piece[1], listeners) == ("/now", "Piece 0", ("/listeners", [3]))


async def test_a_lamp_is_told_only_what_changes(lamp: Lamp) -> None:
    state: dict[str, tuple[Any, ...]] = {"/room/muted": (0,), "/room/volume": (1.0,)}
    out = OscOut([lamp.name], lambda: dict(state))
    async with telling(out):
        await lamp.next()
        state["/room/volume"] = (0.5,)
        assert said(await lamp.next()) == [("/room/volume", [0.5])]


async def test_one_who_is_away_costs_the_others_nothing(
    lamp: Lamp, caplog: pytest.LogCaptureFixture
) -> None:
    no_name, no_port = f"{'long' * 20}.example:9000", "127.0.0.1:0"
    out = OscOut([no_name, no_port, lamp.name], lambda: {"/listeners": (1,)})
    async with telling(out):
        for _ in range(3):
            assert said(await lamp.next()) == [("/listeners", [1])]
            out.tell_all()
    assert len(caplog.messages) == 2  # each is said once
    assert {no_name, no_port} == {re.findall(r"reach (\S+):", line)[0] for line in caplog.messages}


async def test_however_wild_the_music_so_many_bundles_go_out_a_second(
    lamp: Lamp, caplog: pytest.LogCaptureFixture
) -> None:
    out = OscOut([lamp.name], dict, now=lambda: 0.0)
    lamp.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    for _ in range(2 * BUNDLES_A_SECOND):
        out.play(0.0, [Beat(1, 1, 120.0)])
    out.close()
    told = 0
    with contextlib.suppress(BlockingIOError):
        while lamp.socket.recv(100):
            told += 1
    assert 0 < told <= BUNDLES_A_SECOND
    assert len(caplog.messages) == 1
