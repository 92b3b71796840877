"""HLS made of real AAC, as long as a test likes, without the time to encode it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from renderer.formats import FORMATS
from renderer.pcm import Packet
from station.hls import Hls
from station.hls_files import HlsFiles
from station.timeline import Timeline
from tests.renderer.decoding import SECOND, encoded, noise
from tests.station.fakes import MIDNIGHT

FRAME = 1_024  # of sound, in each packet
BLOCK_PACKETS = 23  # about half a second
NOON = MIDNIGHT.timestamp() + 43_200


@cache
def some_packets() -> list[Packet]:
    return encoded(FORMATS["aac"], noise(2 * SECOND))[2:-2]


def packets(first: int, count: int) -> list[Packet]:
    """Numbers `first` to `first + count` of an endless stream."""
    some = some_packets()
    return [
        replace(some[number % len(some)], position=number * FRAME)
        for number in range(first, first + count)
    ]


def blocks(count: int, first: int = 0) -> Iterator[list[Packet]]:
    """So many packets from `first` on, as a station publishes them."""
    for number in range(first, first + count, BLOCK_PACKETS):
        yield packets(number, min(BLOCK_PACKETS, first + count - number))


def make_hls(
    folder: Path,
    timeline: Timeline | None = None,
    *,
    run: str = "cafe0000",
    files: HlsFiles | None = None,
    segment_seconds: float = 4.0,
    window_seconds: float = 60.0,
) -> Hls:
    return Hls(
        "main",
        run,
        timeline or Timeline(MIDNIGHT),
        files or make_files(folder),
        segment_seconds=segment_seconds,
        window_seconds=window_seconds,
    )


def make_files(folder: Path, into: Path | None = None) -> HlsFiles:
    return HlsFiles(folder / "hls" / "main.json", into, now=lambda: NOON)
