"""A listener made of a socket: it sees the bytes as they come."""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np

from renderer.errors import FramingError
from renderer.framing import split_mp3, split_ogg

RATE_HZ = 48_000
PATIENCE_SECONDS = 30.0


@dataclass
class Listening:
    """An open stream."""

    status: int
    headers: dict[str, str]  # names in lower case
    reader: asyncio.StreamReader

    async def read(self, size: int) -> bytes:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.reader.readexactly(size)


@contextlib.asynccontextmanager
async def listen(
    port: int, path: str, *extra: str, method: str = "GET", version: str = "1.1"
) -> AsyncIterator[Listening]:
    """Ask for `path`; `extra` are header lines. Gone when the block ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield await _ask(reader, writer, path, extra, method, version)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def _ask(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    path: str,
    extra: tuple[str, ...],
    method: str,
    version: str,
) -> Listening:
    lines = [f"{method} {path} HTTP/{version}", "Host: 127.0.0.1", *extra, "", ""]
    writer.write("\r\n".join(lines).encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    fields = (line.split(":", 1) for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, value in fields}
    return Listening(int(head[0].split()[1]), headers, reader)


def from_a_frame(sound: bytes) -> bytes:
    """MP3 with titles, or through an Icecast, may begin inside a frame."""
    for start in re.finditer(rb"\xff\xfb", sound):
        with contextlib.suppress(FramingError):
            split_mp3(sound[start.start() :])
            return sound[start.start() :]
    raise AssertionError("no frame begins anywhere")


def decode(data: bytes, format: str) -> np.ndarray:
    """The sound of the whole packets in `data`, or of all of it, float32 `(frames, 2)`.

    Raises:
        AssertionError: the decoder had something to complain about.
    """
    if format == "mp3":
        data = b"".join(split_mp3(data)[0])
    elif format == "opus":
        data = b"".join(page.data for page in split_ogg(data)[0])
    command = ["ffmpeg", "-v", "error", "-i", "pipe:", "-ac", "2", "-ar", str(RATE_HZ)]
    done = subprocess.run([*command, "-f", "f32le", "pipe:"], input=data, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    return np.frombuffer(done.stdout, "<f4").reshape(-1, 2)
