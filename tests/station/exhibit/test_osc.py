"""OSC in, with python-osc at the other end."""

from __future__ import annotations

import asyncio
import contextlib
import re
import struct
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message import OscMessage

from station.controls import Controls
from station.exhibit.budget import Budget
from station.exhibit.osc_commands import HEARD, OscCommands
from station.exhibit.osc_in import MOST_AHEAD_SECONDS, OscIn
from station.exhibit.osc_packet import messages
from station.exhibit.osc_space import ANSWERS, MUSIC, PREFIX, STATE
from station.exhibit.room import Turned
from station.exhibit.wires import Wires
from station.exhibit_settings import ExhibitSettings, OscSettings, SensorSettings
from station.programme import Programme
from station.settings import RendererSettings, Settings, StorageSettings
from tests.fonts import FONT
from tests.station.conftest import off_air
from tests.station.exhibit.desks import Desk, desk, message
from tests.station.fakes import FakeTime

ROW = re.compile(r"^\| `(/[^`]+)` \|([^|]*)\|", re.MULTILINE)
DOCS = (Path(__file__).parents[3] / "docs" / "osc.md").read_text()


SETTINGS = ExhibitSettings(
    osc=OscSettings(listen="127.0.0.1:0"),
    sensors=(SensorSettings(name="door", dial="density", smoothing_seconds=0),),
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programme]:
    folder = StorageSettings(folder=tmp_path_factory.mktemp("osc"))
    programme = Programme(Settings(storage=folder, renderer=RendererSettings(soundfont=FONT)))
    yield programme
    off_air(programme)


@pytest.fixture
def programme(shared: Programme) -> Programme:
    """One that is not on air, with everything as it was at the start."""
    shared.exhibit.room.turn(asdict(Turned()), "test")
    shared.first.producer.turn(Controls().as_dict())
    return shared


@pytest.fixture
def wires(programme: Programme) -> Wires:
    """With a sensor, and OSC on a port that the kernel gives."""
    return wired(programme, SETTINGS)


def wired(programme: Programme, settings: ExhibitSettings) -> Wires:
    exhibit = programme.exhibit
    return Wires(settings, exhibit.station, exhibit.room, exhibit.heard_at)


@asynccontextmanager
async def at_the_desk(wires: Wires) -> AsyncIterator[Desk]:
    async with wires.running():
        assert wires.osc_in is not None
        await wires.osc_in.is_listening.wait()
        async with desk(wires.osc_in.port) as made:
            yield made


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(2000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came")


async def turned(wires: Wires) -> None:
    """Until what was heard is done."""
    await until(lambda: not wires.turning.is_busy)


async def test_a_desk_turns_the_controls(programme: Programme, wires: Wires) -> None:
    async with at_the_desk(wires) as made:
        made.send("/controls/energy", 0.3)
        made.send("/controls/adventure", 1)  # an int for a float
        made.send("/controls/brightness", "-0.25")  # a text
        made.send("/controls/tempo", True)
        made.send("/controls/key", "A minor")
        assert await made.settled() == []
        await turned(wires)
    controls = programme.first.controls
    assert (controls.energy, controls.adventure, controls.brightness) == (0.3, 1.0, -0.25)
    assert (controls.tempo, controls.key) == (1.0, "A minor")


async def test_a_desk_gives_a_control_back_to_the_show(programme: Programme, wires: Wires) -> None:
    async with at_the_desk(wires) as made:
        made.send("/controls/energy", 0.3)
        made.send("/controls/energy", None)
        await made.settled()
        await turned(wires)
    assert programme.first.controls.energy is None


async def test_a_fader_is_turned_to_where_it_ends(programme: Programme, wires: Wires) -> None:
    async with at_the_desk(wires) as made:
        for step in range(100):
            made.send("/controls/energy", step / 100)
        await made.settled()
        await turned(wires)
    assert programme.first.controls.energy == 0.99


@pytest.mark.parametrize(
    ("sent", "is_so"),
    [
        ([("/room/mute",)], {"muted": True}),
        ([("/room/mute", 1), ("/room/mute", 0)], {"muted": False}),
        ([("/room/mute", 1), ("/room/unmute", 1), ("/room/unmute", 0)], {"muted": False}),
        ([("/room/pause",), ("/room/resume", 0)], {"paused": True}),
        ([("/room/pause",), ("/room/resume",)], {"paused": False}),
        ([("/room/display", "off")], {"display": False}),
        ([("/room/display", 0.0), ("/room/display", "on")], {"display": True}),
        ([("/room/volume", 0.5)], {"volume": 0.5}),
    ],
)
async def test_a_desk_turns_the_room(
    programme: Programme, wires: Wires, sent: list[tuple[Any, ...]], is_so: dict[str, Any]
) -> None:
    async with at_the_desk(wires) as made:
        for each in sent:
            made.send(*each)
        assert await made.settled() == []
        await turned(wires)
    assert is_so.items() <= programme.exhibit.room.state.as_dict().items()


async def test_a_sensor_speaks_osc(programme: Programme, wires: Wires) -> None:
    async with at_the_desk(wires) as made:
        made.send("/sensor/door", 1.0)
        await made.settled()
        await until(lambda: programme.first.controls.density is not None)
    assert programme.first.controls.density == 1.0
    assert wires.sensors == {"door": {"dial": "density", "wants": 1.0}}


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (("/controls/energy", 2.0), "energy must be from -1.0 to 1.0, not 2.0"),
        (("/controls/energy", float("nan")), "a finite number is wanted"),
        (("/controls/energy", "loud"), "a number is wanted, not 'loud'"),
        (("/controls/energy",), "one value is wanted, not 0"),
        (("/controls/energy", 0.1, 0.2), "one value is wanted, not 2"),
        (("/controls/key", "H moll"), "key: "),
        (("/room/volume", 7), "volume must be a number from 0 to 1"),
        (("/sensor/window", 1.0), "no sensor is called 'window'"),
        (("/nothing",), "nothing is at this address"),
        (("/controls/energy", b"blob"), "type 'b' is not understood"),
        (("/ping", ("d", 1e300)), "a number is too large"),
    ],
)
async def test_what_cannot_be_is_refused_with_words(
    wires: Wires, sent: tuple[Any, ...], words: str
) -> None:
    async with at_the_desk(wires) as made:
        made.send(*sent)
        [(address, (asked, said))] = await made.settled()
    assert address == "/error"
    assert asked in (PREFIX + sent[0], "")
    assert words in said


async def test_one_who_errs_on_and_on_is_told_once_a_second(wires: Wires) -> None:
    async with at_the_desk(wires) as made:
        for _ in range(50):
            made.send("/nothing")
        began = time.monotonic()
        errors = await made.settled()
    assert 1 <= len(errors) <= 2 + time.monotonic() - began


async def test_two_that_answer_each_other_come_to_an_end(wires: Wires) -> None:
    async with at_the_desk(wires) as made:
        made.send("/error", "/x", "what?")
        made.send("/pong")
        assert await made.settled() == []


async def test_a_bundle_is_done_when_its_time_has_come(programme: Programme, wires: Wires) -> None:
    commands = OscCommands(wires.turning, wires.hear_sensors)
    local = [ip_network("127.0.0.0/8")]
    wires.osc_in = OscIn("127.0.0.1:0", local, commands, unix=lambda: 1e9)  # its time stands
    async with at_the_desk(wires) as made:
        made.send_bytes(bundle(1e9 + 50, message("/room/mute")))
        made.send_bytes(bundle(1e9 + 0.05, message("/room/volume", 0.25)))
        await until(lambda: programme.exhibit.room.state.volume == 0.25)
        assert not programme.exhibit.room.state.muted


async def test_a_bundle_too_far_ahead_is_refused(wires: Wires) -> None:
    async with at_the_desk(wires) as made:
        ahead = time.time() + 2 * MOST_AHEAD_SECONDS
        made.send_bytes(bundle(ahead, message("/room/mute")))
        [(_, (asked, said))] = await made.settled()
    assert asked == f"{PREFIX}/room/mute"
    assert "60 s at most" in said


async def test_a_flood_drowns_nobody_for_long(
    wires: Wires, caplog: pytest.LogCaptureFixture
) -> None:
    async with at_the_desk(wires) as made:
        await until(lambda: some(made, "/controls/energy", 0.5) and "may be lost" in caplog.text)
        await until(lambda: some(made, "/ping", count=1) and made.has_heard)


async def test_a_large_bundle_counts_as_many_messages(
    wires: Wires, caplog: pytest.LogCaptureFixture
) -> None:
    async with at_the_desk(wires) as made:
        for _ in range(5):
            made.send_bytes(bundle(1.0, *[message("/room/mute", 0)] * 190))
        await until(lambda: "may be lost" in caplog.text)


def some(desk: Desk, *said: Any, count: int = 100) -> bool:
    for _ in range(count):
        desk.send(*said)
    return True


def test_a_budget_is_a_seconds_worth_and_fills_up_again(time: FakeTime) -> None:
    budget = Budget(10, now=time.now)
    assert [budget.take() for _ in range(12)] == [True] * 10 + [False] * 2
    time.advance(0.25)
    assert [budget.take() for _ in range(3)] == [True, True, False]


async def test_a_stranger_is_not_obeyed(
    programme: Programme, caplog: pytest.LogCaptureFixture
) -> None:
    osc = OscSettings(listen="127.0.0.1:0", allow=(ip_network("10.0.0.0/8"),))
    async with at_the_desk(wired(programme, ExhibitSettings(osc=osc))) as made:
        made.send("/room/mute")
        await until(lambda: "127.0.0.1 is not in [exhibit.osc] allow" in caplog.text)
        assert not made.has_heard
    assert not programme.exhibit.room.state.muted


@pytest.mark.parametrize(
    ("osc", "words"),
    [
        ({"allow": ["10.0.0.0/99"]}, "not a valid IPv4 or IPv6 network"),
        ({"listen": "127.0.0.1:99999"}, "a port is at most 65535"),
        ({"send": ["127.0.0.1:99999"]}, "a port is at most 65535"),
    ],
)
def test_settings_that_cannot_be_are_refused(osc: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        OscSettings.model_validate(osc)


def bundle(unix_seconds: float, *contents: bytes) -> bytes:
    builder = OscBundleBuilder(unix_seconds)  # type: ignore[arg-type]  # it does take a float
    for each in contents:
        builder.add_content(OscMessage(each))
    return builder.build().dgram


@given(st.binary(max_size=200) | st.binary(max_size=200).map(b"#bundle\0".__add__))
@example(b"#bundle\0" + bytes(7) + b"\1" + struct.pack(">i", -4))  # python-osc never returns
@example(b"#bundle\0" + bytes(7) + b"\1" + struct.pack(">i", 0))
@example((b"#bundle\0" + bytes(7) + b"\1" + struct.pack(">i", 4000)) * 200)
@example(b"/a\0\0,t\0\0" + b"\xff" * 8)
@example(b"/\xff\0\0")
@example(b"/a\0\0,[[\0")
def test_no_datagram_does_more_than_be_refused(datagram: bytes) -> None:
    with contextlib.suppress(ValueError):
        messages(datagram)


def test_the_docs_have_every_address_that_is_told_or_understood() -> None:
    told, heard = (
        {address: args.strip("` ") for address, args in ROW.findall(part)}
        for part in DOCS.split("## What it hears")
    )
    assert told == {**MUSIC, **STATE}
    assert heard == {**HEARD, **ANSWERS}
