"""HTTP Live Streaming: AAC packets cut into segments, and the playlist of the last minute.

All in memory, and all on the event loop: a tick appends some packets, and each few seconds one
segment is made of them, which takes less than a millisecond. HlsFiles does what needs a disk.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import accumulate

from renderer.errors import RenderError
from renderer.fmp4 import fragment, timed_title
from renderer.framing import AAC_FRAMES_OF_SOUND
from renderer.pcm import SAMPLE_RATE_HZ, Packet
from station.hls_files import HlsFiles, Numbers, Window
from station.hls_playlist import Segment, Sounding, playlist
from station.timeline import Timeline
from storage.fault import Fault

HLS = "hls"  # the mount, where listeners are counted
FEWEST_SEGMENTS = 3  # in a playlist: players begin so far from its end (RFC 8216 §6.3.3)


class Hls:
    """The segments of one station, and what they are called."""

    def __init__(
        self,
        station: str,
        run: str,
        timeline: Timeline,
        files: HlsFiles,
        *,
        segment_seconds: float,
        window_seconds: float,
    ) -> None:
        """`run` is a name that no earlier broadcast of this station had."""
        whole = int(segment_seconds * SAMPLE_RATE_HZ) // AAC_FRAMES_OF_SOUND
        self._segment_frames = whole * AAC_FRAMES_OF_SOUND  # never longer than was asked for
        self._window_frames = max(
            round(window_seconds * SAMPLE_RATE_HZ), FEWEST_SEGMENTS * self._segment_frames
        )
        # RFC 8216 wants no duration, rounded, above the target; some players do not round.
        self.target_seconds = math.ceil(self._segment_frames / SAMPLE_RATE_HZ)
        self._run = run
        self._timeline = timeline
        self._files = files
        self._numbers = files.numbers
        self._segments: deque[Segment] = deque()  # those of the playlist, and as many old ones
        self._window: Window | None = None  # until there is a segment
        self._packets: list[Packet] = []  # of the segment to come
        self._end = 0  # where the newest packet ends
        self._began = timeline.utc(0)  # as it was when that packet came
        self._breaks = True  # before the segment to come, as at each start
        self._fault = Fault(f"HLS of {station} has a gap")

    @property
    def playlist(self) -> bytes:
        """Empty until there is a segment."""
        return self._window.playlist if self._window else b""

    def file(self, name: str) -> bytes | None:
        """A segment, or what comes before it; None if there is none of this name (any more)."""
        return self._window.files.get(name) if self._window else None

    def publish(self, packets: Sequence[Packet]) -> None:
        """Put AAC packets on air. Never waits: the clock calls this."""
        began = self._timeline.utc(0)
        for packet in packets:
            if packet.position < 0:
                continue  # the codec warms up; MP4 has no time before 0
            if packet.position != self._end or began != self._began:
                self._cut()
                self._breaks = True
            self._packets.append(packet)
            self._end, self._began = packet.position + packet.frames, began
            if self._end - self._packets[0].position >= self._segment_frames:
                self._cut()

    def close(self) -> None:
        """The last seconds become a segment too. The playlist does not end: we come back."""
        self._cut()
        self._files.close(self._numbers)

    def _cut(self) -> None:
        """Make a segment of the packets there are, if there are any."""
        packets, self._packets = self._packets, []
        if not packets:
            return
        try:
            segment = self._segment(packets)
        except RenderError as error:
            self._fault.begins(str(error))
            self._breaks = True
            return
        self._fault.ends()
        self._breaks = False
        self._numbers = Numbers(segment.number + 1, segment.discontinuity)
        self._segments.append(segment)
        self._window = self._make_window()
        self._files.put(self._window)

    def _make_window(self) -> Window:
        """The playlist, and the files of twice as long: what it named a moment ago is fetched."""
        kept = self._newest(2 * (self._window_frames + self._segment_frames))
        while len(self._segments) > kept:
            self._segments.popleft()
        segments = tuple(self._segments)
        listed = segments[-self._newest(self._window_frames) :]
        files = {segment.init_name: segment.init for segment in segments}
        files |= {segment.name: segment.data for segment in segments}
        return Window(
            playlist=playlist(listed, self.target_seconds).encode(),
            files=files,
            seconds=sum(segment.seconds for segment in segments),
            numbers=self._numbers,
        )

    def _newest(self, frames: int) -> int:
        """How many of the newest segments last so long."""
        lasting = accumulate(segment.frames for segment in reversed(self._segments))
        return sum(each < frames for each in lasting) + 1

    def _segment(self, packets: Sequence[Packet]) -> Segment:
        position, end = packets[0].position, packets[-1].position + packets[-1].frames
        number = self._numbers.segment
        made = fragment(packets, number)
        pieces = self._sounding(position, end)
        # Told at the start of each segment too, for whoever begins with it.
        titles = (timed_title(each.title, max(each.position, position)) for each in pieces)
        digest = blake2b(made.init, digest_size=4).hexdigest()
        return Segment(
            run=self._run,
            number=number,
            discontinuity=self._numbers.discontinuity + self._breaks,
            breaks=self._breaks,
            position=position,
            frames=end - position,
            began=self._utc(position),
            pieces=pieces,
            init_name=f"init-{digest}.mp4",
            init=made.init,
            data=b"".join(titles) + made.media,
        )

    def _sounding(self, position: int, end: int) -> tuple[Sounding, ...]:
        """What sounds in these frames; a piece keeps the time it was first given."""
        before = self._segments[-1].pieces if self._segments else ()
        known = {each.position: each for each in before}
        return tuple(
            known.get(start.position)
            or Sounding(
                start.position, self._utc(start.position), start.piece.title, start.piece.id
            )
            for start in self._timeline.since(position)
            if start.position < end
        )

    def _utc(self, position: int) -> datetime:
        """When it went on air. The clock may have started again since: see Timeline.on_air_at."""
        return self._began + timedelta(seconds=position / SAMPLE_RATE_HZ)
