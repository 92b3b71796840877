"""One output format on air: the packets of the last seconds, and everyone who hears them."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Protocol

from renderer.formats import Format
from renderer.pcm import NO_PREAMBLE, SAMPLE_RATE_HZ, Packet, Preamble
from station.icy import METAINT, IcyStream


class Listener(Protocol):
    """Someone at the other end of a socket."""

    icy: bool  # wants titles cut in

    @property
    def backlog_bytes(self) -> int:
        """What was sent and has not left this machine yet."""

    def send(self, data: bytes) -> None:
        """Never waits."""

    def end(self) -> None:
        """The stream is over: finish what was sent, then close."""

    def cut_off(self) -> None:
        """Let go at once, with whatever was not sent."""


class Mount:
    """No queue, no task and no copy a listener: the cost of one is one write a tick."""

    def __init__(
        self,
        format: Format,
        *,
        bitrate_kbps: int,
        burst_seconds: float,
        max_backlog_seconds: float,
        title_at: Callable[[int], str],
    ) -> None:
        """`title_at` says which title is right at a position."""
        self.format = format
        self.bitrate_kbps = bitrate_kbps
        self.let_go = 0  # listeners that were too slow
        self.published_at = 0.0  # monotonic seconds
        self.bytes_sent = 0
        self._max_backlog_bytes = round(max_backlog_seconds * bitrate_kbps * 1000 / 8)
        self._burst_frames = round(burst_seconds * SAMPLE_RATE_HZ)
        self._recent: deque[Packet] = deque()
        self._preamble = NO_PREAMBLE  # of the newest packet
        self._listeners: set[Listener] = set()
        self._title_at = title_at
        self._icy = IcyStream()

    @property
    def is_on_air(self) -> bool:
        return bool(self._recent)

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    @property
    def icy_listeners(self) -> int:
        return sum(listener.icy for listener in self._listeners)

    def join(self, listener: Listener) -> tuple[bytes, int]:
        """From now on `listener` gets every packet. Only once the mount is on air.

        Returns:
            What it must be sent first (a preamble and the burst), and the position of the first
            sound that a decoder gives back for it.
        """
        recent = list(self._recent)
        first = self._burst_begins(recent)
        self._listeners.add(listener)
        preamble = self.format.joining(recent, first)
        position = recent[first].position + preamble.drops_frames
        sound = _joined(recent[first:], recent[first].preamble)
        if not listener.icy:
            return preamble.data + sound, position
        return self._icy_burst(len(sound)), recent[first].position

    def leave(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    def publish(self, packets: Sequence[Packet]) -> None:
        """Put packets on air. Never waits: the clock calls this."""
        self.published_at = time.monotonic()
        if not packets:
            return
        self._remember(packets)
        plain = _joined(packets, self._preamble)
        self._preamble = packets[-1].preamble
        titled = b"".join(
            self._icy.cut(b"".join(packet.data for packet in group), title)
            for title, group in self._by_title(packets)
        )
        self._send(plain, titled)

    def close(self) -> None:
        """The end: every listener's stream ends after what it was sent."""
        for listener in tuple(self._listeners):
            listener.end()
        self._listeners.clear()
        self._recent.clear()  # nobody joins any more

    def _send(self, plain: bytes, titled: bytes) -> None:
        for listener in tuple(self._listeners):
            if listener.backlog_bytes > self._max_backlog_bytes:
                # Let go rather than skipped ahead: a gap would break the stream's framing.
                self._listeners.discard(listener)
                self.let_go += 1
                listener.cut_off()
            else:
                data = titled if listener.icy else plain
                self.bytes_sent += len(data)
                listener.send(data)

    def _remember(self, packets: Iterable[Packet]) -> None:
        # A titled burst may have to begin up to two blocks earlier than a plain one.
        two_blocks = 2 * METAINT * 8 * SAMPLE_RATE_HZ // (self.bitrate_kbps * 1000)
        keep = self._burst_frames + two_blocks
        self._recent.extend(packets)
        newest = self._recent[-1].position
        while self._recent[0].position < newest - keep:
            self._recent.popleft()

    def _burst_begins(self, recent: Sequence[Packet]) -> int:
        """Which packet begins the last seconds; the newest at least is in them."""
        newest = recent[-1]
        first = min(newest.position, newest.position + newest.frames - self._burst_frames)
        return bisect_left(recent, first, key=lambda packet: packet.position)

    def _icy_burst(self, least_bytes: int) -> bytes:
        """At least so much sound, ending as far behind a block as the shared stream is now.

        It has a block of its own, for the title; and it may begin inside a packet, which every
        MP3 decoder passes over.
        """
        recent = sum(len(packet.data) for packet in self._recent)
        blocks = max(1, -((self._icy.behind - least_bytes) // METAINT))
        blocks = min(blocks, (recent - self._icy.behind) // METAINT)
        stream, out = IcyStream(), []
        skip = recent - self._icy.behind - blocks * METAINT
        for title, group in self._by_title(self._recent):
            part = b"".join(packet.data for packet in group)
            out.append(stream.cut(part[skip:], title))
            skip = max(0, skip - len(part))
        return b"".join(out)

    def _by_title(self, packets: Iterable[Packet]) -> Iterable[tuple[str, Iterable[Packet]]]:
        return groupby(packets, key=lambda packet: self._title_at(packet.position))


def _joined(packets: Iterable[Packet], preamble: Preamble) -> bytes:
    """The packets as they are sent to whoever has read `preamble`."""
    out = []
    for packet in packets:
        if packet.preamble is not preamble:
            preamble = packet.preamble
            out.append(preamble.data)
        out.append(packet.data)
    return b"".join(out)
