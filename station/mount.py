"""One output format on air: the packets of the last seconds, and everyone who hears them."""

from __future__ import annotations

import logging
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import groupby
from typing import Protocol

from renderer.formats import Format
from renderer.mp3_start import filler
from renderer.pcm import NO_PREAMBLE, SAMPLE_RATE_HZ, Packet, Preamble
from station.icy import METAINT, IcyStream
from station.subticks import Later, Subticks, on_the_loop

logger = logging.getLogger(__name__)

BORROWED_FRAMES = SAMPLE_RATE_HZ // 2  # more than a packet of any format needs of those before it


class Listener(Protocol):
    """Someone at the other end of a socket."""

    icy: bool  # wants titles cut in

    def send(self, data: bytes) -> int:
        """Never waits. Returns how many bytes have not left this machine yet."""

    def end(self) -> None:
        """The stream is over: finish what was sent, then close."""

    def cut_off(self) -> None:
        """Let go at once, with whatever was not sent."""


class Mount:
    """No queue, no task and no copy a listener: the cost of one is one write a tick.

    Listeners are spread over sub-ticks, so that none of them holds the event loop for long.
    """

    def __init__(
        self,
        format: Format,
        *,
        bitrate_kbps: int,
        burst_seconds: float,
        max_backlog_seconds: float,
        title_at: Callable[[int], str],
        later: Later = on_the_loop,
    ) -> None:
        """`title_at` says which title is right at a position; `later` is how sub-ticks wait."""
        self.format = format
        self.bitrate_kbps = bitrate_kbps
        self.let_go = 0  # listeners that were too slow
        self.listener_peak = 0  # most at once, since the start
        self.published_at = 0.0  # monotonic seconds
        self.bytes_sent = 0
        self._max_backlog_bytes = round(max_backlog_seconds * bitrate_kbps * 1000 / 8)
        self._burst_frames = round(burst_seconds * SAMPLE_RATE_HZ)
        self._recent: deque[Packet] = deque()
        self._preamble = NO_PREAMBLE  # of the newest packet
        self._listeners: Subticks[Listener] = Subticks(later)
        self._bursts: dict[tuple[bool, bool], tuple[bytes, int]] = {}  # made since the last block
        self._title_at = title_at
        self._icy = IcyStream()

    @property
    def is_on_air(self) -> bool:
        return bool(self._recent)

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def join(self, listener: Listener, *, burst: bool = True) -> tuple[bytes, int]:
        """From now on `listener` gets every packet. Only once the mount is on air.

        Returns:
            What it must be sent first (a preamble, and the burst or one packet), and the
            position of the first sound that a decoder gives back for it.
        """
        self._listeners.add(listener)
        self.listener_peak = max(self.listener_peak, self.listeners)
        first, position = self._first(listener.icy, burst)
        self.bytes_sent += len(first)
        return first, position

    def opening(self) -> bytes:
        """What one who joined now, and wanted no titles, would be sent first."""
        return self._first(icy=False, burst=True)[0]

    def leave(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    def publish(self, packets: Sequence[Packet]) -> None:
        """Put packets on air. Never waits: the clock calls this."""
        self.published_at = time.monotonic()
        if not packets:
            return
        self._remember(packets)
        self._bursts.clear()
        plain = _joined(packets, self._preamble)
        self._preamble = packets[-1].preamble
        titled = b"".join(
            self._icy.cut(b"".join(packet.data for packet in group), title)
            for title, group in self._by_title(packets)
        )
        self._listeners.tick(partial(self._send, plain, titled))

    def close(self) -> None:
        """The end: every listener's stream ends after what it was sent."""
        self._listeners.finish()
        for listener in self._listeners:
            listener.end()
        self._listeners.clear()
        self._recent.clear()  # nobody joins any more

    def _send(self, plain: bytes, titled: bytes, listeners: Sequence[Listener]) -> None:
        for listener in listeners:
            try:
                data = titled if listener.icy else plain
                if listener.send(data) > self._max_backlog_bytes:
                    # Let go rather than skipped ahead: a gap would break the stream's framing.
                    self._listeners.discard(listener)
                    self.let_go += 1
                    listener.cut_off()
                self.bytes_sent += len(data)
            except Exception:  # whatever it has, the others do not get it
                logger.exception("a listener failed, and is let go")
                self._listeners.discard(listener)

    def _remember(self, packets: Iterable[Packet]) -> None:
        # A titled burst may have to begin up to two blocks earlier than a plain one.
        two_blocks = 2 * METAINT * 8 * SAMPLE_RATE_HZ // (self.bitrate_kbps * 1000)
        keep = self._burst_frames + two_blocks + BORROWED_FRAMES
        self._recent.extend(packets)
        newest = self._recent[-1].position
        while self._recent[0].position < newest - keep:
            self._recent.popleft()

    def _first(self, icy: bool, burst: bool) -> tuple[bytes, int]:
        """What whoever joins now is sent first, and the position of its first sound."""
        kind = (icy, burst)
        if kind not in self._bursts:  # it is the same for all who join between two blocks
            self._bursts[kind] = self._begin(*kind)
        return self._bursts[kind]

    def _begin(self, icy: bool, burst: bool) -> tuple[bytes, int]:
        recent = list(self._recent)
        first = self._burst_begins(recent) if burst else len(recent) - 1
        if icy:
            return self._begin_titled(recent, first)
        preamble = self.format.joining(recent, first)
        data = preamble.data + _joined(recent[first:], recent[first].preamble)
        return data, recent[first].position + preamble.drops_frames

    def _burst_begins(self, recent: Sequence[Packet]) -> int:
        """Which packet begins the last seconds; the newest at least is in them."""
        newest = recent[-1]
        first = min(newest.position, newest.position + newest.frames - self._burst_frames)
        return bisect_left(recent, first, key=lambda packet: packet.position)

    def _begin_titled(self, recent: Sequence[Packet], at_latest: int) -> tuple[bytes, int]:
        """The same with titles, ending as far behind a block as the shared stream is now.

        There is a block inside, for the title. Where whole packets do not come to the right
        number of bytes, what is missing is filled up before them.
        """
        sizes = [len(packet.data) for packet in recent]
        behind, most = self._icy.behind, sum(sizes)
        blocks = max(1, -((behind - sum(sizes[at_latest:])) // METAINT))
        # Before the first block of all there is none inside: it will have the title.
        size = behind + METAINT * min(blocks, (most - behind) // METAINT)
        first, sound = 0, most
        while sound + len((preamble := self.format.joining(recent, first)).data) > size:
            sound -= sizes[first]
            first += 1
        start = filler(size - sound - len(preamble.data)) + preamble.data
        stream, out = IcyStream(), []
        for title, group in self._by_title(recent[first:]):
            out.append(stream.cut(start + b"".join(packet.data for packet in group), title))
            start = b""
        return b"".join(out), recent[first].position + preamble.drops_frames

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
