"""What must come out even after any number of frames: bench/long_run.py asks at the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from renderer.formats import FORMATS
from renderer.framing import AAC_FRAMES_OF_SOUND, MP3_FRAMES_OF_SOUND, split_ogg
from renderer.pcm import SAMPLE_RATE_HZ, Packet, Start
from station.hls import Hls
from station.hls_files import HlsFiles
from station.icy import METAINT
from station.mount import Mount
from station.timeline import Timeline

MOST_INSIDE_FRAMES = 10_000  # that a codec and its page may hold back
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
SEGMENT_SECONDS = 4.0


class Faults:
    """What was not exact, each kind once."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def unless(self, right: bool, kind: str, words: str) -> None:
        if not right:
            self.found.setdefault(kind, words)


class IcyListener:
    """Counts what it hears like a player: bytes of sound, and a title now and then."""

    icy = True

    def __init__(self) -> None:
        self.sound_bytes = 0
        self.titles: list[tuple[int, str]] = []  # bytes of sound before a block, and what it says
        self._until_block = METAINT
        self._block = b""  # one that is not whole yet
        self._wanted = 0  # bytes of it

    def send(self, data: bytes) -> int:
        at = 0
        while at < len(data):
            if self._until_block:
                take = min(self._until_block, len(data) - at)
                self._until_block -= take
                self.sound_bytes += take
                at += take
                continue
            if not self._wanted:
                self._wanted, at = 1 + 16 * data[at], at + 1
                self._block = b"\0"
            part = data[at : at + self._wanted - len(self._block)]
            self._block, at = self._block + part, at + len(part)
            if len(self._block) == self._wanted:
                text = self._block[1:].rstrip(b"\0").decode()
                shown = text[len("StreamTitle='") : -2] if text else self.titles[-1][1]
                self.titles.append((self.sound_bytes, shown))
                self._until_block, self._wanted = METAINT, 0
        return 0

    def end(self) -> None: ...

    def cut_off(self) -> None: ...


class Positions:
    """Packets, one after another."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.packets = 0
        self.data_bytes = 0
        self.first: int | None = None
        self.end = 0
        self.frames = 0

    def take(self, packet: Packet) -> None:
        if self.first is None:
            self.first = self.end = packet.position
        self._faults.unless(
            packet.position == self.end,
            "positions",
            f"packet {self.packets} is at {packet.position}, not {self.end}",
        )
        self.packets += 1
        self.data_bytes += len(packet.data)
        self.frames += packet.frames
        self.end = packet.position + packet.frames

    def ended(self, given_frames: int) -> None:
        first = self.first or 0
        self._faults.unless(
            self.end == first + self.frames and 0 <= given_frames - self.end < MOST_INSIDE_FRAMES,
            "positions",
            f"ended at {self.end} of {given_frames}, from {first} with {self.frames}",
        )


class Granules:
    """Pages of Ogg: numbered without a gap, each granule where its packet ends."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._link: tuple[int, int] | None = None  # serial number, and the position of granule 0
        self._next_page = 0
        self.links: list[int] = []  # where each begins to be heard
        self.newest = 0

    def take(self, packet: Packet) -> None:
        pages, _ = split_ogg(packet.data)
        end = packet.position + packet.frames
        if self._link is None or pages[0].serial != self._link[0]:
            self._link = (pages[0].serial, end - pages[-1].granule)
            self._next_page = pages[0].number
            self.links.append(packet.position)
        for page in pages:
            right = page.number == self._next_page
            self._faults.unless(right, "pages", f"page {page.number}")
            self._next_page += 1
        self.newest = pages[-1].granule
        self._faults.unless(
            self.newest == end - self._link[1],
            "granules",
            f"{self.newest} at {end}, in a link from {self._link}",
        )


class Titles:
    """An MP3 mount with a listener since the start, and one since the middle."""

    def __init__(self, faults: Faults, bitrate_kbps: int, title_at: Callable[[int], str]) -> None:
        self._faults = faults
        self._title_at = title_at
        self._frame_bytes = bitrate_kbps * 3
        self._mount = Mount(
            FORMATS["mp3"],
            bitrate_kbps=bitrate_kbps,
            burst_seconds=5.0,
            max_backlog_seconds=10.0,
            title_at=title_at,
        )
        self.listeners: list[IcyListener] = []

    def publish(self, packets: Sequence[Packet], half_way: bool) -> None:
        self._mount.publish(packets)
        if self._mount.is_on_air and len(self.listeners) < 1 + half_way:
            self.listeners.append(IcyListener())
            self.listeners[-1].send(self._mount.join(self.listeners[-1])[0])

    def ended(self, all_bytes: int, first: int) -> None:
        for listener in self.listeners:
            blocks = listener.sound_bytes // METAINT
            self._faults.unless(
                abs(len(listener.titles) - blocks) <= 1, "ICY blocks", f"{blocks} are due"
            )
            joined = all_bytes - listener.sound_bytes  # its sound is the end of all there was
            for offset, shown in listener.titles:
                packet = (joined + offset) // self._frame_bytes
                right = self._title_at(first + packet * MP3_FRAMES_OF_SOUND)
                self._faults.unless(
                    shown == right, "ICY titles", f"{shown} for {right} at {offset}"
                )


class Segments:
    """HLS, in memory."""

    def __init__(self, faults: Faults, folder: Path) -> None:
        self._faults = faults
        files = HlsFiles(folder / "numbers.json")
        self._first_number = files.numbers.segment
        self.timeline = Timeline(EPOCH)
        self.hls = Hls(
            "long",
            "run",
            self.timeline,
            files,
            segment_seconds=SEGMENT_SECONDS,
            window_seconds=60.0,
        )

    def publish(self, packets: Sequence[Packet], starts: Sequence[Start]) -> None:
        for start in starts:
            self.timeline.add(start)
        self.hls.publish(packets)

    def ended(self, end: int) -> str:
        text = self.hls.playlist.decode()
        listed = text.count("#EXTINF")
        number = int(re.findall(r"MEDIA-SEQUENCE:(\d+)", text)[0]) + listed - 1
        per_segment = (
            int(SEGMENT_SECONDS * SAMPLE_RATE_HZ) // AAC_FRAMES_OF_SOUND * AAC_FRAMES_OF_SOUND
        )
        due = end // per_segment - 1  # segments before the newest
        right = self._first_number + due
        self._faults.unless(number == right, "HLS sequence", f"{number}, not {right}")
        date = datetime.fromisoformat(re.findall(r"PROGRAM-DATE-TIME:(\S+)", text)[-1])
        on_air = EPOCH + timedelta(seconds=due * per_segment / SAMPLE_RATE_HZ)
        is_exact = abs(date - on_air) < timedelta(milliseconds=1)
        self._faults.unless(is_exact, "HLS date", f"{date}, not {on_air}")
        return f"media sequence {number}, {due} after the first"
