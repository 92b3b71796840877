"""Two listeners of a mount, one after the other: what both were sent must be the same bytes."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp

from bench.players import Played

APART_SECONDS = 7.0  # more than a burst: the second joins a stream that the first hears live
MOST_SECONDS = 300.0  # both are kept in memory
ANCHOR_BYTES = 2_048


async def compared(mount: str, url: str, icy: bool, seconds: float) -> Played:
    """Bytes from where the second one is past its preamble, to the end of the shorter."""
    seconds = min(seconds, MOST_SECONDS)
    first = asyncio.create_task(_read(url, icy, seconds))
    await asyncio.sleep(APART_SECONDS)
    second = await _read(url, icy, seconds - APART_SECONDS)
    heard, wall = differences(await first, second)
    client = "two listeners" + (" with titles" if icy else "")
    wrong = () if heard == wall else (f"{wall - heard} bytes of {wall} differ",)
    return Played(client, mount, seconds if not wrong else 0.0, seconds, wrong)


def differences(one: bytes, other: bytes) -> tuple[int, int]:
    """(equal bytes, bytes that overlap) of two listeners; `other` joined later.

    The overlap begins at half of what `other` heard: what lies before it may be its preamble and
    its burst, whose title block is its own.
    """
    begin = len(other) // 2
    at = one.find(other[begin : begin + ANCHOR_BYTES])
    if at < 0:
        return 0, len(other) - begin
    ours, theirs = other[begin:], one[at:]
    length = min(len(ours), len(theirs))
    if ours[:length] == theirs[:length]:
        return length, length
    return sum(a == b for a, b in zip(ours, theirs, strict=False)), length


async def _read(url: str, icy: bool, seconds: float) -> bytes:
    out = bytearray()
    headers = {"Icy-MetaData": "1"} if icy else {}
    async with aiohttp.request("GET", url, headers=headers) as answer:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for chunk in answer.content.iter_any():
                    out += chunk
    return bytes(out)
