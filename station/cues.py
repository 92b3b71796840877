"""How pieces went on air and were left again, read from the log. Pure.

An airing says where a piece began. Where the next one began says where it was left, and that says
how: at its end, cut at a bar line (new controls), or faded over (a skip). What no airing tells is
in the log as events: in which balance a piece was played and where the leveller was, and that the
station went off the air.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import chain, pairwise
from typing import Any, Literal

from generators.music import Piece
from renderer.mastering import Level
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.score import bar_frames, frames_of
from renderer.synth import BLOCK_FRAMES
from storage.records import AiredPiece, Airing, StationEvent

# Kinds of events.
OFF_AIR = "off air"
SOUND = "sound"  # one for each piece but bridges, which nobody hears for long

CLOCK_JITTER = timedelta(seconds=1)  # less is rounding; the clock starts again after 5 s

Way = Literal["end", "cut", "skip", "off", "lost"]


@dataclass(frozen=True, slots=True)
class Remarks:
    """What events say of airings."""

    plain: Set[tuple[str, int]] = frozenset()  # (broadcast, position): in the plain balance
    levels: Mapping[tuple[str, int], Level] = field(default_factory=dict)  # the leveller's there
    off_air: Mapping[str, int] = field(default_factory=dict)  # by broadcast: where it ended


@dataclass(frozen=True, slots=True)
class Cue:
    """A piece as it was on air."""

    piece: Piece
    broadcast_id: str
    began: datetime  # UTC: when position 0 of the broadcast would have been, by this cue's clock
    begin: int  # position
    end: int  # position
    way: Way  # how it was left at `end`; "off" is a fade, "lost" is not known
    is_measured: bool = True  # balanced by what was measured, not by the plain balance

    @property
    def is_joined(self) -> bool:
        """The next cue goes on where this one is left, on the same synth."""
        return self.way in ("end", "cut", "skip")

    def utc(self, position: int) -> datetime:
        return self.began + timedelta(seconds=position / SAMPLE_RATE_HZ)

    def position_at(self, utc: datetime) -> int:
        return _frames(utc - self.began)


def sound_detail(
    airing: Airing, is_measured: bool, position: int, level: Level | None
) -> dict[str, Any]:
    """How a piece that began is balanced, and where the leveller is at a position."""
    begin = {"broadcast": airing.broadcast_id, "begin": airing.position, "measured": is_measured}
    return begin | ({"position": position, **asdict(level)} if level else {})


def off_air_detail(broadcast_id: str, position: int) -> dict[str, Any]:
    """Where a broadcast ended, in a fade."""
    return {"broadcast": broadcast_id, "position": position}


def remarks(events: Iterable[StationEvent]) -> Remarks:
    plain, levels, off_air = set(), {}, {}
    for event in events:
        match event.kind, event.detail:
            case "off air", {"broadcast": broadcast, "position": position}:
                off_air[broadcast] = position
            case "sound", {"broadcast": broadcast, "begin": begin, "measured": is_measured}:
                if not is_measured:
                    plain.add((broadcast, begin))
                if "gain_db" in event.detail:
                    level = Level(event.detail["gain_db"], event.detail["heard_lufs"])
                    levels[broadcast, event.detail["position"]] = level
    return Remarks(plain, levels, off_air)


def cues(aired: Iterable[AiredPiece], said: Remarks) -> Iterator[Cue]:
    """The cues of one station's airings, oldest first. Each is told once the next airing is."""
    before: Cue | None = None
    for each, following in pairwise(chain(aired, [None])):
        assert each is not None
        before = _cue(each, following, said, before)
        yield before


def _cue(each: AiredPiece, following: AiredPiece | None, said: Remarks, before: Cue | None) -> Cue:
    airing, piece = each.airing, each.piece
    begin = airing.position
    began = _began(each)
    if (
        before is not None
        and before.broadcast_id == airing.broadcast_id
        and abs(before.began - began) < CLOCK_JITTER
    ):
        began = before.began  # or rounding would put a click between two pieces
    end, way = _left(each, following, said)
    return Cue(
        piece=piece,
        broadcast_id=airing.broadcast_id,
        began=began,
        begin=begin,
        end=end,
        way=way,
        is_measured=(airing.broadcast_id, begin) not in said.plain,
    )


def _left(each: AiredPiece, following: AiredPiece | None, said: Remarks) -> tuple[int, Way]:
    """Where a piece was left, and how."""
    begin, broadcast_id = each.airing.position, each.airing.broadcast_id
    end = begin + frames_of(each.piece)
    if following is not None and following.airing.broadcast_id == broadcast_id:
        left = following.airing.position
        if left == end:
            return end, "end"
        if left - begin in bar_frames(each.piece)[1:]:
            return left, "cut"
        if left < end and left % BLOCK_FRAMES == 0:
            return left, "skip"
        return min(left, end), "lost"  # a block of silence, say, after the synth had failed
    off = said.off_air.get(broadcast_id)
    if off is not None and begin < off <= end:
        return off, "off"
    if following is not None:  # nobody said goodbye: at the latest, when the station was back
        end = min(end, begin + _frames(following.airing.aired_at - each.airing.aired_at))
    return end, "lost"


def _began(each: AiredPiece) -> datetime:
    return each.airing.aired_at - timedelta(seconds=each.airing.position / SAMPLE_RATE_HZ)


def _frames(time: timedelta) -> int:
    return round(time.total_seconds() * SAMPLE_RATE_HZ)
