"""The broadcast again, from a moment on: the log's pieces through the same player and master.

Joins, cuts and skips fall on the frame where they were. What had begun before the moment is
played first, unheard, for what rings on from it; where the leveller stood, the log says.
docs/time-machine.md has the distances.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise

import numpy as np

from renderer.balance import Balance, plain_balance
from renderer.balancer import Balancer
from renderer.errors import RenderError
from renderer.mastering import Level, Master
from renderer.pcm import CHANNELS, SAMPLE_RATE_HZ, Pcm
from renderer.player import Player
from renderer.synth import Synth
from station.cues import Cue, cues, remarks
from station.errors import NothingAiredError
from station.timeline import utc_now
from storage import queries
from storage.database import Database
from storage.records import AiredPiece

logger = logging.getLogger(__name__)

BLOCK_FRAMES = SAMPLE_RATE_HZ // 2  # what a station that goes off the air fades out in
# At least. Cymbals ring for two seconds; but in FluidSynth the attack of a note hangs on what its
# voice played before, and some voices have a turn only where the music is thick.
WARM_UP_SECONDS = 120.0
QUICK_SECONDS = 10.0  # the same for who waits to hear it: what differs is 50 dB softer
# FluidSynth's effects swing: the room once a second, the chorus each 10/3 s. On its blocks of 64
# frames, on the master's hops of 4,800, they are where they were every 20 s.
SWING_FRAMES = 20 * SAMPLE_RATE_HZ
# Airings read at a time: notes in memory are work for the garbage collector, which stops everyone.
OPENING = 16
PAGE = 8
SOON = timedelta(seconds=1)  # a time may be written in whole seconds
EARLY = timedelta(seconds=10)  # an event may be noted so long before its piece is on air


class Replay:
    """What one station aired from a moment on. One thread uses it."""

    def __init__(
        self,
        database: Database,
        station: str,
        begins: datetime,
        seconds: float,
        *,
        make_synth: Callable[[], Synth],
        balancer: Balancer,
        warm_up_seconds: float = WARM_UP_SECONDS,
        utc: Callable[[], datetime] = utc_now,
    ) -> None:
        """Look it up; nothing is played yet.

        Args:
            seconds: how much is wanted; of what would go beyond now, there is less.
            make_synth: with every sound font there is.
            balancer: not that of a station on air, which must remember its own pieces.

        Raises:
            NothingAiredError: no music was on air at `begins`; it names the nearest that was.
            DatabaseError: the log cannot be read.
        """
        self.station = station
        self.begins = begins
        self._database = database
        self._make_synth = make_synth
        self._balancer = balancer
        if begins >= (now := utc()):
            raise NothingAiredError(f"{begins.isoformat()} is still to come: it is {_iso(now)}")
        ends = min(begins + timedelta(seconds=seconds), now)
        self.frames = round((ends - begins).total_seconds() * SAMPLE_RATE_HZ)
        just_after = begins + timedelta(microseconds=1)
        heard = queries.airings_before(database, station, just_after, OPENING)[::-1]
        coming = self._after(begins)[:1]
        since = heard[0].airing.aired_at - EARLY if heard else begins
        noted = queries.events_between(database, station, since, ends + EARLY)
        self._remarks = remarks(noted)
        told = list(cues([*heard, *coming], self._remarks))[: len(heard)]
        if told and told[-1].position_at(begins) < told[-1].end:
            warm = begins - timedelta(seconds=warm_up_seconds)
            first = len(told) - 1
            while first > 0 and told[first - 1].is_joined and heard[first].airing.aired_at > warm:
                first -= 1
            self._opening = heard[first:]
        elif coming and coming[0].airing.aired_at < begins + SOON:
            self._opening = coming
        else:
            raise NothingAiredError(_nothing(station, begins, heard, coming))

    def sound(self) -> Generator[np.ndarray, None, None]:
        """Blocks of float32 (n, 2), `self.frames` in all; empty ones while it warms up.

        Time stays true: while the station was off the air, there is silence. It ends early
        where the log does. Close it, and its synth is freed.

        Raises:
            DatabaseError, RenderError: it cannot go on.
        """
        done, deck = 0, None
        log = cues(self._airings(), self._remarks)
        try:
            for cue, following in pairwise(chain(log, [None])):
                assert cue is not None
                deck = deck or Deck(self._make_synth(), cue, self._balance, self._remarks.levels)
                for pcm in deck.play(cue, following):
                    early = done - (pcm.position - cue.position_at(self.begins))  # frames
                    away = _silence(min(-early, self.frames - done))
                    for part in chain(away, [pcm.samples[max(0, early) :]]):
                        yield part[: self.frames - done]
                        done += len(part)
                    if done >= self.frames:
                        return
                if not cue.is_joined:
                    deck.close()
                    deck = None
        finally:
            if deck is not None:
                deck.close()

    def _airings(self) -> Iterator[AiredPiece]:
        page = self._opening
        while page:
            yield from page
            page = self._after(page[-1].airing.aired_at)

    def _after(self, utc: datetime) -> list[AiredPiece]:
        page = queries.airings_from(self._database, self.station, utc, PAGE)
        return [each for each in page if each.airing.aired_at > utc]

    def _balance(self, cue: Cue) -> Balance:
        if not cue.is_measured:
            return plain_balance(cue.piece)
        try:
            return self._balancer.measure(cue.piece)
        except RenderError as error:  # as on air
            logger.warning("%s plays in its plain balance: %s", cue.piece.id, error)
            return plain_balance(cue.piece)


class Deck:
    """An unbroken stretch of a broadcast, on a synth of its own."""

    def __init__(
        self,
        synth: Synth,
        first: Cue,
        balance_of: Callable[[Cue], Balance],
        levels: Mapping[tuple[str, int], Level],
    ) -> None:
        """The synth is the deck's from now on. `levels`: by broadcast and position."""
        self._synth = synth
        self._broadcast_id = first.broadcast_id
        self._levels = levels
        self._coming = first
        self._master = Master()
        self._player = Player(
            synth,
            lambda: self._coming.piece,
            lambda _: balance_of(self._coming),
            first.begin - first.begin % SWING_FRAMES,
            first.begin,
        )
        for _ in self._until(first.begin):  # silence: the master counts its hops in it
            pass
        self._player.render(0)  # ... and `first` begins

    def play(self, cue: Cue, following: Cue | None) -> Iterator[Pcm]:
        """A cue until it was left, and on into the one that followed; mastered.

        Its positions are true, so it begins `Master.delay_frames` before the cue and ends
        as much before its end.
        """
        self._coming = following if following is not None and cue.is_joined else cue
        if cue.way == "cut" and not self._player.cut(cue.end):
            raise AssertionError(f"no bar line at {cue.end}, where the log has a cut")
        for pcm in self._until(cue.end):
            samples = pcm.samples
            if cue.way == "off":
                samples = samples * _fade(pcm.position - cue.end, len(samples))
            yield Pcm(samples, pcm.position - Master.delay_frames)
        if cue.way == "skip":
            self._player.skip()
            self._player.render(0)  # the next one begins before another frame is made

    def close(self) -> None:
        self._synth.close()

    def _until(self, position: int) -> Iterator[Pcm]:
        """In the station's own blocks, for it noted its levels between two of them."""
        while (at := self._player.position) < position:
            if level := self._levels.get((self._broadcast_id, at)):
                self._master.resume(level)
            pcm = self._player.render(min(BLOCK_FRAMES - at % BLOCK_FRAMES, position - at))
            yield replace(pcm, samples=self._master.process(pcm.samples))


def _iso(utc: datetime) -> str:
    """Like 2026-11-21T14:32:00Z: the first whole second that is not before it."""
    whole = utc.astimezone(UTC) + timedelta(microseconds=999_999)
    return whole.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _nothing(station: str, utc: datetime, heard: list[AiredPiece], coming: list[AiredPiece]) -> str:
    nearest = [_iso(each.airing.aired_at) for each in (*heard[-1:], *coming)]
    times = " and ".join(nearest)
    return f"{station} aired nothing at {utc.isoformat()}" + (
        f"; the nearest pieces began at {times}" if nearest else ", nor at any other time"
    )


def _silence(frames: int) -> Iterator[np.ndarray]:
    for left in range(frames, 0, -BLOCK_FRAMES):
        yield np.zeros((min(BLOCK_FRAMES, left), CHANNELS), np.float32)


def _fade(since_end: int, frames: int) -> np.ndarray:
    """The gain of a station's last block, from so many frames after its end: (frames, 1)."""
    left = -since_end - 1 - np.arange(frames, dtype=np.float32)
    gain: np.ndarray = np.clip(left / (BLOCK_FRAMES - 1), 0, 1)[:, None]
    return gain
