"""Ogg Opus with libopus: one encoder without an end, its packets laid into a chain of links.

Plain, the chain has a single link: browsers stop where a second one begins. Tagged, each piece
has a link of its own that says its title. The encoder never hears of that. A link ends within
the packet that holds the last frame of its piece, and the granule says at which; the next link
repeats that packet and those of the 200 ms before it, and its pre-skip says where it begins to be
heard. So decoders play on over a join without a frame too many, too few, or not yet settled.

Sources: RFC 7845 §4.2 (pre-skip), §4.4 and §4.5 (a granule cuts off the end), §5 (headers);
RFC 3533 §4 (chains).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from renderer.codec import Codec
from renderer.framing import opus_pre_skip, split_ogg
from renderer.marks import MARKS, piece_tags
from renderer.ogg import OggStream, comments
from renderer.pcm import CHANNELS, Packet, Preamble, Start

# Constrained: a stream that says 96 kbit/s takes no more than that from a listener for long.
CODEC_OPTIONS = {"application": "audio", "frame_duration": "20", "vbr": "constrained"}
PAGE_PACKETS = 5  # 100 ms
PACKET_FRAMES = 960  # 20 ms
# A decoder that began 200 ms before differs from one that always listened by -51 dB at the most,
# by -115 dB on the average of music; after the 80 ms of RFC 7845 by -11 and -54 dB.
WARM_UP_FRAMES = 10 * PACKET_FRAMES
REPEATED_PACKETS = 11  # the warm-up, and the packet with the last frame of a piece
ARTIST = "Latent FM"
PREAMBLE_PAGES = 3  # OpusHead, OpusTags, and the packets of the warm-up

_PRE_SKIP = slice(10, 12)  # in OpusHead


@dataclass(frozen=True, slots=True)
class _Link:
    """One logical stream of the chain."""

    stream: OggStream
    origin: int  # where its granules count from
    preamble: Preamble


class OpusEncoder:
    """One endless Ogg Opus stream.

    Inside, time is counted in frames as they leave a decoder that read every packet. Silence
    goes in before the sound, so that the first link has something to warm up with too.
    """

    def __init__(
        self, bitrate_kbps: int, start_position: int = 0, *, is_tagged: bool = False
    ) -> None:
        """Raises:
        EncoderError: libopus did not start.
        """
        self._codec = Codec(
            "libopus", sample_format="flt", bitrate_kbps=bitrate_kbps, options=CODEC_OPTIONS
        )
        self._is_tagged = is_tagged
        self._origin = start_position - WARM_UP_FRAMES  # the position of time 0
        self._taken = WARM_UP_FRAMES  # sound up to here went in
        self._told = WARM_UP_FRAMES  # ... and up to here is on pages
        self._next = WARM_UP_FRAMES // PACKET_FRAMES  # number of the first packet not on a page
        self._packets: list[bytes] = []
        self._oldest = 0  # number of the first of them
        self._link: _Link | None = None
        self._starts: deque[Start] = deque()  # of pieces that have no link yet
        silence = np.zeros((WARM_UP_FRAMES - self._delay, CHANNELS), dtype=np.float32)
        self._packets += self._codec.encode(silence)

    def encode(self, samples: np.ndarray, starts: Sequence[Start] = ()) -> list[Packet]:
        if self._is_tagged:
            self._starts.extend(starts)
        self._packets += self._codec.encode(samples.astype(np.float32, copy=False))
        self._taken += len(samples)
        return self._full_pages((self._oldest + len(self._packets)) * PACKET_FRAMES)

    def close(self) -> list[Packet]:
        self._packets += self._codec.drain()
        pages = self._full_pages(self._taken)
        if self._told < self._taken:
            link = self._link or self._linked(self._told, MARKS)
            pages.append(self._page(link, self._taken, is_last=True))
        return pages

    def _full_pages(self, ready: int) -> list[Packet]:
        """What fills whole pages of the packets before the time `ready`."""
        pages = []
        while (end := (self._next + PAGE_PACKETS) * PACKET_FRAMES) <= ready:
            if self._link is None:  # who begins with the stream, or began before it
                tags = self._tags_of_next() if self._next_start() <= end else MARKS
                self._link = self._linked(self._told, tags)
            # A link has to end on a page, so it cannot end where all is on pages already.
            cut = max(self._next_start(), self._next * PACKET_FRAMES + 1)
            if cut <= end:
                pages.append(self._page(self._link, int(cut), is_last=True))
                self._link = self._linked(self._told, self._tags_of_next())
            else:
                pages.append(self._page(self._link, end))
        return pages

    def _page(self, link: _Link, end: int, *, is_last: bool = False) -> Packet:
        """The packets up to the one with the last frame before the time `end`."""
        after = -(-end // PACKET_FRAMES)
        data = link.stream.page(
            self._between(self._next, after), end - link.origin, is_last=is_last
        )
        packet = Packet(data, self._origin + self._told, end - self._told, link.preamble)
        self._next, self._told = after, end
        forgotten = max(0, after - REPEATED_PACKETS - self._oldest)
        del self._packets[:forgotten]
        self._oldest += forgotten
        return packet

    def _linked(self, begin: int, tags: Mapping[str, str]) -> _Link:
        """A new link, heard from the time `begin`, which is in the packet before the next."""
        first = (begin - WARM_UP_FRAMES) // PACKET_FRAMES
        stream, origin = OggStream(), first * PACKET_FRAMES
        pages = (
            head_page(stream, self._codec.header, begin - origin),
            stream.page([b"OpusTags" + comments(tags)], 0),
            stream.page(self._between(first, self._next), self._next * PACKET_FRAMES - origin),
        )
        return _Link(stream, origin, Preamble(b"".join(pages)))

    def _between(self, first: int, after: int) -> list[bytes]:
        return self._packets[first - self._oldest : after - self._oldest]

    def _next_start(self) -> float:
        """The time of the first frame of the next piece that was told of."""
        return self._starts[0].position - self._origin if self._starts else math.inf

    def _tags_of_next(self) -> dict[str, str]:
        return piece_tags(self._starts.popleft().piece, ARTIST)

    @property
    def _delay(self) -> int:
        """Frames by which libopus gives sound back later."""
        return int.from_bytes(self._codec.header[_PRE_SKIP], "little")


def opus_preamble(packets: Sequence[Packet], first: int) -> Preamble:
    """What goes before `packets[first]`, for a decoder that begins there.

    In the middle of a link the headers do, and the pre-skip takes away what it decodes before it
    has settled. Of a link that is over sooner than that it hears all, as well as it can.
    """
    preamble = packets[first].preamble
    [page], _ = split_ogg(packets[first].data)
    if page.number == PREAMBLE_PAGES:  # the first with its own packets
        return preamble
    (head, tags, _), _ = split_ogg(preamble.data)
    pre_skip = opus_pre_skip(head)
    link = list(takewhile(lambda packet: packet.preamble is preamble, packets[first:]))
    left = sum(packet.frames for packet in link)
    if first + len(link) == len(packets) or left > pre_skip:
        return Preamble(head.data + tags.data, pre_skip)
    # Where its first page is the last, no granule before says how much of that is cut off.
    added = -left % PACKET_FRAMES if len(link) == 1 else 0
    return Preamble(head_page(OggStream(head.serial), head.body, 0) + tags.data, -added)


def head_page(stream: OggStream, head: bytes, pre_skip: int) -> bytes:
    """OpusHead, with another pre-skip."""
    at = _PRE_SKIP
    return stream.page([head[: at.start] + pre_skip.to_bytes(2, "little") + head[at.stop :]], 0)
