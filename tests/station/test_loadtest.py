"""The load test: it says what its listeners noticed, and asks nobody it should not."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import resource
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from station import loadtest_command
from station.errors import StationError
from station.loadtest import Heard, Load, LoadTest
from station.loadtest_command import report
from station.loadtest_ear import Ear
from tests.station.fakes import FakeTime
from tests.station.test_continuity import mp3

HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\nicy-metaint:16000\r\n\r\n"
BLOCK_SECONDS = 0.05
LOAD = Load("127.0.0.1", "127.0.0.1", 0, "/stream.mp3", listeners=8, ramp=200, seconds=0.4)

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def radio(*, blocks: int = 1_000, cut: int = 0) -> Serve:
    """A stream without titles, the same for all, that ends or lacks bytes after some blocks."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD.replace(b"icy-metaint:16000\r\n", b""))
        for number in range(blocks + (1_000 if cut else 0)):
            writer.write(mp3(4, seed=number)[cut if number == blocks else 0 :])
            await writer.drain()
            await asyncio.sleep(BLOCK_SECONDS)

    return serve


async def full(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 503 Service Unavailable\r\n\r\nall places are taken")


@contextlib.asynccontextmanager
async def on_air(serve: Serve) -> AsyncIterator[Load]:
    """A server, and what to ask of it."""
    tasks = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(ConnectionError), contextlib.closing(writer):
            await serve(reader, writer)

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield replace(LOAD, port=server.sockets[0].getsockname()[1])
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def listen(serve: Serve, *, listeners: int = 8, ramp: float = 200) -> Heard:
    async with on_air(serve) as load:
        test = LoadTest(replace(load, listeners=listeners, ramp=ramp))
        await test.run()
    return test.heard()


def hear(ear: Ear, data: bytes) -> None:
    ear.get_buffer(-1)[: len(data)] = data
    ear.buffer_updated(len(data))


async def test_listeners_of_a_whole_stream_find_it_whole() -> None:
    heard = await listen(radio())
    assert (heard.connected, heard.disconnected, heard.refused.total()) == (8, 0, 0)
    assert (heard.checked, heard.whole, heard.alike) == (4, 4, True)


async def test_bytes_that_are_missing_are_noticed() -> None:
    heard = await listen(radio(blocks=2, cut=100))
    assert heard.whole == 0
    assert not heard.is_well


async def test_streams_that_end_are_counted() -> None:
    heard = await listen(radio(blocks=2))
    assert heard.disconnected == heard.connected == 8
    assert not heard.is_well


async def test_a_refusal_is_told_by_its_status() -> None:
    heard = await listen(full)
    assert (heard.connected, heard.disconnected, heard.refused) == (0, 0, Counter({"503": 8}))
    assert not heard.is_well


async def test_where_nobody_listens_none_is_connected() -> None:
    test = LoadTest(replace(LOAD, port=1, listeners=2))
    await test.run()
    (why,) = test.heard().refused
    assert why.startswith("no connection")


async def test_listeners_come_no_faster_than_asked() -> None:
    came: list[float] = []

    async def watch(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(asyncio.get_running_loop().time())
        await full(reader, writer)

    await listen(watch, listeners=20, ramp=50)
    assert max(came) - min(came) > 19 / 50 - 0.1


def test_a_wait_between_two_reads_is_a_gap() -> None:
    time = FakeTime()
    ear = Ear(b"", keeps=False, now=time.now)
    time.advance(3)  # until it is answered is no gap
    hear(ear, HEAD + b"sound")
    for seconds in (0.5, 0.8, 0.7):
        time.advance(seconds)
        hear(ear, b"sound")
    assert ear.longest_gap == pytest.approx(0.8)
    assert ear.stalls == 1


def test_silence_at_the_end_is_a_gap_too() -> None:
    time = FakeTime()
    ear = Ear(b"", keeps=False, now=time.now)
    time.advance(1)
    hear(ear, HEAD + b"sound")
    time.advance(9)
    ear.close()
    assert (ear.longest_gap, ear.stalls) == (9, 1)


def test_a_head_may_come_in_pieces() -> None:
    ear = Ear(b"", keeps=True)
    for byte in HEAD + b"sound":
        hear(ear, bytes([byte]))
    assert (ear.is_mp3, ear.sound, ear.bytes) == (True, b"sound", 5)


WELL = Heard(
    asked=2,
    connected=2,
    refused=Counter(),
    first_byte=(0.001, 0.02),
    soon=(0.002, 0.03),
    longest_gap=0.51,
    stalls=0,
    disconnected=0,
    rates=(15_000.0, 16_000.0),
    checked=2,
    whole=2,
    alike=True,
    late=0.01,
)


@pytest.mark.parametrize(
    "fault",
    [{"stalls": 1}, {"disconnected": 1}, {"connected": 1}, {"whole": 1}, {"alike": False}],
    ids=str,
)
def test_any_fault_is_one(fault: dict[str, int]) -> None:
    assert WELL.is_well
    assert not replace(WELL, **fault).is_well  # type: ignore[arg-type]  # each has its field's type


def test_a_report_says_whose_the_gaps_may_be() -> None:
    assert "late" not in "\n".join(report(WELL))
    assert "up to 0.40 s late" in report(replace(WELL, late=0.4))[-1]


def command(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    loadtest_command.add_to(parser.add_subparsers().add_parser)
    parsed = parser.parse_args(["loadtest", *arguments])
    status: int = parsed.command(parsed)
    return status


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["http://192.0.2.1/stream.mp3"], "is not this machine.*--allow-remote"),
        (["ftp://127.0.0.1/x"], "write it like http://"),
        (["http://127.0.0.1:99999/x"], "ort out of range"),
        (["http://127.0.0.1/x", "-n", "20001"], "-n must be from 1 to 20000, not 20001"),
        (["http://127.0.0.1/x", "--seconds", "601"], "--seconds must be from 0.1 to 600"),
        (["http://127.0.0.1/x", "--ramp", "0"], "--ramp must be from 1"),
        (["http://no..host/x"], "no machine is called"),
    ],
)
def test_what_it_will_not_do_is_said(arguments: list[str], words: str) -> None:
    with pytest.raises(StationError, match=words):
        command(*arguments)


def test_too_few_files_for_so_many_listeners_is_said() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        pytest.skip("any number of files may be open here")
    with pytest.raises(StationError, match="open files, and this shell allows"):
        loadtest_command._raise_file_limit(hard)


async def test_interrupted_it_still_says_what_was_heard() -> None:
    asked = asyncio.Event()

    async def watch(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await radio()(reader, writer)

    async with on_air(watch) as load:
        test = LoadTest(replace(load, seconds=60))
        running = asyncio.create_task(loadtest_command._run(test, load))
        await asked.wait()
        running.cancel()
        assert await running == loadtest_command.INTERRUPTED
    assert test.heard().asked > 0
