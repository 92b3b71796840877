"""Thousands of listeners in one process, and what they notice: `latentfm loadtest`."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from station.continuity import are_alike, mp3_is_whole
from station.loadtest_ear import Ear

CHECKED = 4  # listeners whose bytes are kept
BEAT_SECONDS = 0.05
RAMP_BEAT_SECONDS = 0.005  # few ask at a time: the queue of some servers is five long
TELL_EVERY = 100  # listeners
SETTLE_SECONDS = 1.0  # for the last one's burst, which is no rate


@dataclass(frozen=True, slots=True)
class Load:
    """Who listens to what."""

    host: str  # as the server knows itself
    address: str  # where it is
    port: int
    path: str
    listeners: int
    ramp: float  # new listeners a second
    seconds: float  # to listen, once the last has asked
    icy: bool = False  # ask for titles
    tls: bool = False

    @property
    def total_seconds(self) -> float:
        return self.listeners / self.ramp + self.seconds

    def request(self) -> bytes:
        """In HTTP/1.0, so that nobody cuts the stream into chunks on the way."""
        titles = ["Icy-MetaData: 1"] if self.icy else []
        lines = [f"GET {self.path} HTTP/1.0", f"Host: {self.host}:{self.port}", *titles, "", ""]
        return "\r\n".join(lines).encode()


@dataclass(frozen=True, slots=True)
class Heard:
    """What a load test found. Times in seconds."""

    asked: int
    connected: int
    refused: Counter[str]  # by status, or in words
    first_byte: tuple[float, ...]  # from asking, sorted
    soon: tuple[float, ...]  # the same, to the first 16 KB
    longest_gap: float
    stalls: int
    disconnected: int
    rates: tuple[float, ...]  # bytes a second of each, once all were served, sorted
    checked: int
    whole: int | None  # of the checked, those whose MP3 frames follow one another; None: no MP3
    alike: bool  # all checked have the same bytes
    late: float  # this process itself, at worst: waits that are no fault of the server

    @property
    def is_well(self) -> bool:
        """All who asked heard everything, and in time."""
        is_whole = self.alike and self.whole in (None, self.checked)
        return self.connected == self.asked and not self.stalls + self.disconnected and is_whole


class LoadTest:
    """Make it, `run` it, ask what was `heard`; also when it was cancelled halfway."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._ears: list[Ear] = []
        self._connecting: set[asyncio.Task[None]] = set()
        self._settled_at = 0.0  # when the last had asked and was served
        self._ended_at = 0.0
        self._late = 0.0

    async def run(self, progress: Callable[[float, int], None] = lambda passed, ears: None) -> None:
        """`progress` is told the seconds passed, and how many listen."""
        load, began = self._load, time.monotonic()

        async def beat(seconds: float) -> float:
            """A moment later: how long it has gone on."""
            due = time.monotonic() + seconds
            await asyncio.sleep(seconds)
            now = time.monotonic()
            self._late = max(self._late, now - due)
            return now - began

        def tell() -> None:
            progress(time.monotonic() - began, sum(ear.listens for ear in self._ears))

        try:
            passed = 0.0
            at_once = 1 + round(2 * load.ramp * RAMP_BEAT_SECONDS)  # also when we are late
            while (asked := len(self._ears)) < load.listeners:
                due = min(load.listeners, asked + at_once, round(passed * load.ramp) + 1)
                for number in range(asked, due):
                    self._ask(number)
                    if not number % TELL_EVERY:
                        tell()
                passed = await beat(RAMP_BEAT_SECONDS)
            began_to_hear = passed
            while passed < began_to_hear + min(SETTLE_SECONDS, load.seconds / 2):
                passed = await beat(BEAT_SECONDS)
            self._settled_at = began + passed
            for ear in self._ears:
                ear.settled_bytes = ear.bytes
            while passed < began_to_hear + load.seconds:
                passed = await beat(BEAT_SECONDS)
                tell()
        finally:
            self._end()

    def _ask(self, number: int) -> None:
        load = self._load
        every = max(1, load.listeners // CHECKED)
        keeps = number % every == 0 and number // every < CHECKED
        ear = Ear(load.request(), keeps=keeps)
        self._ears.append(ear)
        task = asyncio.create_task(self._connect(ear))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, ear: Ear) -> None:
        load = self._load
        loop, name = asyncio.get_running_loop(), load.host if load.tls else None
        try:
            await loop.create_connection(
                lambda: ear, load.address, load.port, ssl=load.tls or None, server_hostname=name
            )
        except OSError as error:
            ear.refused = f"no connection ({error.strerror or error})"

    def _end(self) -> None:
        self._ended_at = time.monotonic()
        for ear in self._ears:
            ear.close()
        for task in self._connecting:
            task.cancel()

    def heard(self) -> Heard:
        connected = [ear for ear in self._ears if ear.last_at]
        silent = sum(not ear.last_at and not ear.refused for ear in self._ears)
        refused = Counter(ear.refused for ear in self._ears if ear.refused)
        if silent:
            refused["no answer"] += silent
        seconds = self._ended_at - self._settled_at
        rates = [(ear.bytes - ear.settled_bytes) / seconds for ear in connected if not ear.lost]
        streams = [ear.sound for ear in connected if ear.kept]
        is_mp3 = any(ear.is_mp3 for ear in connected)
        return Heard(
            asked=len(self._ears),
            connected=len(connected),
            refused=refused,
            first_byte=_sorted(ear.first_at - ear.asked_at for ear in connected if ear.first_at),
            soon=_sorted(ear.soon_at - ear.asked_at for ear in connected if ear.soon_at),
            longest_gap=max((ear.longest_gap for ear in connected), default=0.0),
            stalls=sum(ear.stalls for ear in connected),
            disconnected=sum(ear.lost for ear in connected),
            rates=_sorted(rates) if self._settled_at else (),
            checked=len(streams),
            whole=sum(map(mp3_is_whole, streams)) if is_mp3 else None,
            alike=are_alike(streams),
            late=self._late,
        )


def _sorted(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(sorted(values))
