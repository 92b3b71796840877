"""What a client may do to the server, and for how long: over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from tests.web.conftest import until
from web import connections
from web.access_log import AccessLog
from web.connections import MOST_UNANSWERED_BYTES, Door, listen, most_connections

HEADER_SECONDS = 0.3
ASKING = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
BIG = b"x" * 20_000_000  # more than sockets hold

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def hello(request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def slow(request: web.Request) -> web.Response:
    await asyncio.sleep(2 * HEADER_SECONDS)
    return web.Response(text="at last")


async def big(request: web.Request) -> web.Response:
    return web.Response(body=BIG)


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"live")
    await asyncio.Event().wait()
    return response


@contextlib.asynccontextmanager
async def serving(handler: Handler, most: int = 10) -> AsyncIterator[tuple[Door, int]]:
    app = web.Application()
    app.router.add_route("*", "/", handler)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    door = Door(runner, most, HEADER_SECONDS, AccessLog())
    server = await listen(door, "127.0.0.1", 0)
    try:
        yield door, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await runner.cleanup()


@contextlib.asynccontextmanager
async def client(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def answer(port: int, *parts: bytes) -> bytes:
    """All there is to read until the server closes."""
    async with asyncio.timeout(10), client(port) as (reader, writer):
        received = b""
        with contextlib.suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await writer.drain()
            while data := await reader.read(65_536):
                received += data
        return received


async def test_one_that_asks_for_nothing_is_closed() -> None:
    async with serving(hello) as (_, port):
        began = time.monotonic()
        assert await answer(port) == b""
    assert time.monotonic() - began >= HEADER_SECONDS


async def test_a_request_that_drips_gets_no_more_time() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            for letter in 500 * b"a":
                writer.write(bytes([letter]))
                await asyncio.sleep(HEADER_SECONDS / 10)

    async with serving(hello) as (_, port), client(port) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nX: ")
        dripping = asyncio.create_task(drip(writer))
        async with asyncio.timeout(20 * HEADER_SECONDS):
            assert await reader.read() == b""
        dripping.cancel()


async def test_after_an_answer_the_next_request_has_as_long() -> None:
    async with serving(hello) as (_, port), client(port) as (reader, writer):
        for _ in range(3):
            writer.write(ASKING)
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(HEADER_SECONDS / 2)
        assert await reader.read() == b""


async def test_an_answer_may_take_longer_than_the_question() -> None:
    async with serving(slow) as (_, port):
        assert (await answer(port, ASKING)).endswith(b"at last")


async def test_a_request_that_is_too_large_is_told_so() -> None:
    fields = b"".join(b"X-%d: %s\r\n" % (number, 1_000 * b"a") for number in range(40))
    async with serving(hello) as (_, port):
        assert (await answer(port, b"GET / HTTP/1.1\r\n", fields)).startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is TLS\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /" + 9_000 * b"a" + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + 100 * b"X: y\r\n" + b"\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ],
)
async def test_garbage_is_refused_without_a_word_in_the_log(
    garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with serving(hello) as (_, port):
        assert (await answer(port, garbage)).startswith(b"HTTP/1.0 400")
    assert not caplog.records


async def test_one_connection_too_many_is_told_so_until_another_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "storage.fault")
    async with serving(hello, most=2) as (door, port):
        async with client(port), client(port) as (reader, writer):
            writer.write(ASKING)  # by its answer both are in
            await reader.readuntil(b"hello")
            refused = await answer(port)
        assert refused.startswith(b"HTTP/1.1 503")
        assert refused.endswith(b"too many open connections\n")
        assert (await answer(port, ASKING)).startswith(b"HTTP/1.1 200")
        assert door.open == 0
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


async def test_one_that_never_reads_its_answer_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ANSWER_SECONDS", HEADER_SECONDS)
    monkeypatch.setattr(connections, "ANSWER_BYTES_PER_SECOND", 10**12)
    async with serving(big) as (door, port), client(port) as (reader, writer):
        writer.write(ASKING)
        await reader.readuntil(b"\r\n\r\n")

        async def is_gone() -> bool:
            return door.open == 0

        await until(is_gone)


async def test_one_that_reads_gets_all_of_a_large_answer() -> None:
    async with serving(big) as (_, port):
        assert (await answer(port, ASKING)).endswith(BIG)


async def test_what_is_sent_to_a_stream_is_not_kept() -> None:
    async with serving(endless) as (_, port), client(port) as (reader, writer):
        writer.write(ASKING)
        await reader.readuntil(b"live")
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionError):
                writer.write(MOST_UNANSWERED_BYTES * b"a")
                await reader.read()


@pytest.mark.parametrize(("wanted", "most"), [(0, 824), (300, 300), (5_000, 824)])
def test_as_many_connections_as_files_may_be_open(
    wanted: int, most: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    limits = [(512, 1_024)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, new: limits.append(new))
    assert most_connections(wanted) == most
    assert limits[-1] == (1_024, 1_024)
    assert ("LimitNOFILE" in caplog.text) == (wanted > most)
